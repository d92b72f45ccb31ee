"""All steps in this process: one after the other, coroutines side by side."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from earmark.decide.steps import StepBoard, TagLimit
from earmark.events.kinds import AssetFailedToMaterialize, EngineNoted, StepSkipped
from earmark.execute.scope import RunScope
from earmark.execute.step import StepEnd, StepFailure, StepRetry, StepSuccess, execute_step
from earmark.plan.step import Step

_MAX_COROUTINES = 64


class StepLoop:
    """Drives a board: takes ready steps, executes them, tells the board how they ended.

    Args:
        run: The run, with its resources set up.
        tag_limits: Limits over the tags of running steps.
        max_concurrent: How many coroutine steps may run at once.
        stop_at_first_failure: Whether the first failure ends the loop.
        sleep: Waits so many seconds; replaced in tests.
        acquire: Takes a slot of a step's pool; ``False`` leaves the step waiting.
        release: Gives the slot back.
    """

    def __init__(
        self,
        run: RunScope,
        *,
        tag_limits: Iterable[TagLimit] = (),
        max_concurrent: int | None = None,
        stop_at_first_failure: bool = False,
        sleep: Callable[[float], None] = time.sleep,
        acquire: Callable[[Step], bool] | None = None,
        release: Callable[[Step], None] | None = None,
    ) -> None:
        self._run = run
        self._board = StepBoard(
            run.plan,
            tag_limits=tag_limits,
            max_concurrent=max_concurrent,
            given=run.instance.given_mapping_keys(run.run),
        )
        self._attempts: dict[str, int] = {}
        self._due: dict[str, float] = {}
        self._stop = stop_at_first_failure
        self._sleep = sleep
        self._acquire = acquire
        self._release = release
        self.failures: list[tuple[str, BaseException]] = []
        run.mapping_keys = self._board.mapping_keys
        run.gave = self._board.gave

    def execute(self) -> None:
        """Execute until every step has ended (or the first has failed, where asked to stop there)."""
        with ThreadPoolExecutor(_MAX_COROUTINES, thread_name_prefix="step") as pool:
            running: dict[Future[StepEnd], Step] = {}
            while not self._board.is_done:
                self._tell_skips()
                if self._stop and self.failures:
                    break
                step = self._board.take(self._may_start)
                if step is None:
                    if self._board.is_done:
                        break
                    self._wait(running)
                elif self._is_async(step):
                    running[pool.submit(self._attempt, step)] = step
                else:
                    self._tell(step, self._attempt(step))
            for future in running:
                self._tell(running[future], future.result())
        self._tell_skips()

    def _is_async(self, step: Step) -> bool:
        signature = self._run.job.op_definition(step.path).signature
        return signature.is_async

    def _may_start(self, step: Step) -> bool:
        if self._due.get(step.key, 0.0) > time.monotonic():
            return False
        return step.pool is None or self._acquire is None or self._acquire(step)

    def _attempt(self, step: Step) -> StepEnd:
        attempt = self._attempts[step.key] = self._attempts.get(step.key, 0) + 1
        try:
            return execute_step(self._run, step, attempt, chance=random.random())
        finally:
            if step.pool is not None and self._release is not None:
                self._release(step)

    def _tell(self, step: Step, end: StepEnd) -> None:
        match end:
            case StepSuccess(outputs, mapping_keys):
                self._board.succeed(step.key, outputs, mapping_keys)
            case StepFailure(exception):
                self.failures.append((step.key, exception))
                self._tell_failed_assets(step, skipped=False)
                self._board.fail(step.key)
            case StepRetry(delay):
                self._due[step.key] = time.monotonic() + delay
                self._board.retry(step.key)

    def _wait(self, running: dict[Future[StepEnd], Step]) -> None:
        """Nothing may start now: wait for a coroutine to end, for a retry to be due, or for a slot of a pool."""
        now = time.monotonic()
        due = [moment - now for moment in self._due.values() if moment > now]
        pause = min(due, default=0.05 if not running else 1.0)
        if not running:
            self._sleep(min(pause, 1.0))
            return
        done, _ = wait(list(running), timeout=pause, return_when=FIRST_COMPLETED)
        for future in done:
            self._tell(running.pop(future), future.result())

    def _tell_skips(self) -> None:
        skips, self._board.skips = self._board.skips, []
        for skip in skips:
            if skip.step.mapped_over is not None and skip.step.mapping_key is None and not skip.abandoned:
                continue
            if skip.abandoned:
                self._run.recorder.add(EngineNoted(f"Not executed: {skip.reason}."), skip.step.key)
                self._tell_failed_assets(skip.step, skipped=True)
            else:
                self._run.recorder.add(StepSkipped(skip.reason), skip.step.key)

    def _tell_failed_assets(self, step: Step, *, skipped: bool) -> None:
        partition = self._run.partitions.key
        for key in step.assets:
            if key not in self._run.data_versions:
                self._run.recorder.add(AssetFailedToMaterialize(key, partition, skipped), step.key)
