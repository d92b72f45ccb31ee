"""All steps in this process: one after the other, coroutines side by side."""

from __future__ import annotations

import random
from contextvars import copy_context
from typing import TYPE_CHECKING

from earmark.execute.scope import RunScope
from earmark.execute.step import StepEnd, execute_step
from earmark.plan.step import Step

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

_MAX_COROUTINES = 64


class InProcessWorkers:
    """Executes plain functions at once, and each coroutine function in a thread with an event loop of its own.

    Args:
        run: The run, with its resources set up.
    """

    def __init__(self, run: RunScope) -> None:
        self._run = run
        self._pool: ThreadPoolExecutor | None = None
        self._running: dict[Future[StepEnd], Step] = {}

    @property
    def busy(self) -> bool:
        """Whether coroutines go on."""
        return bool(self._running)

    def start(self, step: Step, attempt: int) -> StepEnd | None:
        """Execute an attempt; a coroutine only begins."""
        if not self._run.job.op_definition(step.path).signature.is_async:
            return self._execute(step, attempt)
        if self._pool is None:
            from concurrent.futures import ThreadPoolExecutor

            self._pool = ThreadPoolExecutor(_MAX_COROUTINES, thread_name_prefix="step")
        self._running[self._pool.submit(copy_context().run, self._execute, step, attempt)] = step
        return None

    def _execute(self, step: Step, attempt: int) -> StepEnd:
        # In a worker the start is stored before user code runs: if that kills the process, the log says which step did.
        told = self._run.recorder.flush if self._run.log_key else None
        return execute_step(self._run, step, attempt, chance=random.random(), when_started=told)

    def wait(self, seconds: float) -> list[tuple[Step, StepEnd]]:
        """Wait for coroutines, at most so many seconds, and return those that ended."""
        from concurrent.futures import FIRST_COMPLETED, wait

        done, _ = wait(list(self._running), timeout=seconds, return_when=FIRST_COMPLETED)
        return [(self._running.pop(future), future.result()) for future in done]

    def close(self) -> None:
        """Let threads go."""
        if self._pool is not None:
            self._pool.shutdown(wait=True)
