"""Drives a board of steps: takes what is ready, has it executed, tells the board and the log how it ended."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from typing import Protocol

from earmark.decide.steps import StepBoard, TagLimit
from earmark.events.kinds import AssetFailedToMaterialize, DynamicOutputsMapped, Logged, StepSkipped, StepWaiting
from earmark.execute.scope import RunScope
from earmark.execute.step import StepEnd, StepFailure, StepRetry, StepSuccess
from earmark.plan.step import Step

_LONGEST_WAIT = 1.0


class Workers(Protocol):
    """Where steps are executed."""

    def start(self, step: Step, attempt: int) -> StepEnd | None:
        """Begin an attempt; return how it ended, or ``None`` if it goes on in the background."""

    def wait(self, seconds: float) -> list[tuple[Step, StepEnd]]:
        """Wait for attempts in the background, at most so long, and return those that ended."""

    @property
    def busy(self) -> bool:
        """Whether attempts go on in the background."""


class Pools(Protocol):
    """Slots of pools, shared with other runs."""

    def acquire(self, step: Step) -> bool:
        """Take a slot of the step's pool; ``False`` if there is none now."""

    def release(self, step: Step) -> None:
        """Give the slot back."""


class StepLoop:
    """Executes all steps of a run.

    Args:
        run: The run.
        workers: Where steps are executed.
        tag_limits: Limits over the tags of running steps.
        max_concurrent: How many steps may run at once; ``None`` for any number.
        stop_at_first_failure: Whether the first failure ends the loop.
        pools: Slots of pools; ``None`` if pools hold nothing back.
        sleep: Waits so many seconds; replaced in tests.
        monotonic: A clock that only goes forward, in seconds; replaced in tests.
    """

    def __init__(
        self,
        run: RunScope,
        workers: Workers,
        *,
        tag_limits: Iterable[TagLimit] = (),
        max_concurrent: int | None = None,
        stop_at_first_failure: bool = False,
        pools: Pools | None = None,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._run = run
        self._workers = workers
        self._pools = pools
        self._sleep = sleep
        self._monotonic = monotonic
        self._stop = stop_at_first_failure
        self._attempts: dict[str, int] = {}
        self._due: dict[str, float] = {}
        self._said_waiting: set[str] = set()
        self.failures: list[tuple[str, BaseException]] = []
        parents = run.parents
        self._board = StepBoard(
            run.plan,
            tag_limits=tag_limits,
            max_concurrent=max_concurrent,
            given=parents.mapping_keys,
            gave_before=parents.gave,
        )
        run.mapping_keys = lambda key, output: self._board.mapping_keys(key, output) or parents.keys(key, output)
        run.gave = self._board.gave

    def execute(self) -> list[tuple[str, BaseException]]:
        """Execute until every step has ended, or the first has failed where asked to stop there; return failures."""
        while not self._board.is_done:
            self._tell_skips()
            if self._stop and self.failures:
                break
            step = self._board.take(self._may_start)
            if step is not None:
                self._begin(step)
            elif not self._board.is_done:
                self._wait()
        while self._workers.busy:
            self._wait()
        self._tell_skips()
        return self.failures

    def _may_start(self, step: Step) -> bool:
        if self._due.get(step.key, 0.0) > self._monotonic():
            return False
        if step.pool is None or self._pools is None or self._pools.acquire(step):
            return True
        if step.key not in self._said_waiting:
            self._said_waiting.add(step.key)
            self._run.recorder.add(StepWaiting((f"pool {step.pool}",)), step.key)
            self._run.recorder.flush()
        return False

    def _begin(self, step: Step) -> None:
        attempt = self._attempts[step.key] = self._attempts.get(step.key, 0) + 1
        self._said_waiting.discard(step.key)
        end = self._workers.start(step, attempt)
        if end is not None:
            self._tell(step, end)

    def _tell(self, step: Step, end: StepEnd) -> None:
        if step.pool is not None and self._pools is not None:
            self._pools.release(step)
        match end:
            case StepSuccess(outputs, mapping_keys):
                for name, keys in mapping_keys.items():
                    self._run.recorder.add(DynamicOutputsMapped(name, keys), step.key)
                self._board.succeed(step.key, outputs, mapping_keys)
            case StepFailure(exception):
                self.failures.append((step.key, exception))
                self._tell_failed_assets(step, skipped=False)
                self._board.fail(step.key)
            case StepRetry(delay):
                self._due[step.key] = self._monotonic() + delay
                self._board.retry(step.key)

    def _wait(self) -> None:
        """Nothing may start now: wait for a step to end, for a retry to be due, or for a slot of a pool."""
        now = self._monotonic()
        due = [moment - now for moment in self._due.values() if moment > now]
        waits_for_pool = bool(self._said_waiting)
        pause = min([*due, 0.05 if waits_for_pool else _LONGEST_WAIT])
        if not self._workers.busy:
            self._sleep(max(0.0, pause))
            return
        for step, end in self._workers.wait(pause):
            self._tell(step, end)

    def _tell_skips(self) -> None:
        skips, self._board.skips = self._board.skips, []
        for skip in skips:
            if skip.abandoned:
                told = f'Step "{skip.step.key}" is not executed: {skip.reason}.'
                self._run.recorder.add(Logged(logging.ERROR, told, "earmark"), skip.step.key)
                self._tell_failed_assets(skip.step, skipped=True)
            elif skip.step.mapped_over is None or skip.step.mapping_key is not None:
                self._run.recorder.add(StepSkipped(skip.reason), skip.step.key)

    def _tell_failed_assets(self, step: Step, *, skipped: bool) -> None:
        partition = self._run.partitions.key
        for key in step.assets:
            if key not in self._run.data_versions:
                self._run.recorder.add(AssetFailedToMaterialize(key, partition, skipped), step.key)
