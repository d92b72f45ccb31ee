"""How the steps of a run are executed: one after the other in this process, or each in a process of its own."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from earmark.decide.steps import TagLimit
from earmark.events.kinds import EngineNoted, LogsCaptured
from earmark.execute.executors.loop import Pools, StepLoop
from earmark.execute.executors.same_process import InProcessWorkers
from earmark.execute.init_executor import InitExecutorContext
from earmark.execute.io_managers import fs_io_manager
from earmark.execute.recorder import written_soon
from earmark.execute.resources import resources_for
from earmark.execute.scope import RunScope
from earmark.specs.op import DEFAULT_IO_MANAGER
from earmark.system.heap import standing_heap
from earmark.tags.system import STEP_TIMEOUT

Failures = list[tuple[str, BaseException]]


def in_process(run: RunScope, *, stop_at_first_failure: bool = False, pools: Pools | None = None) -> Failures:
    """Execute all steps in this process; return each failed step with what it raised."""
    pid = os.getpid()
    run.recorder.add(EngineNoted(f"Executing steps in process (pid: {pid})"))
    started = run.clock()
    with resources_for(run, run.plan.steps, {DEFAULT_IO_MANAGER: fs_io_manager}):
        run.recorder.add(LogsCaptured(run.log_key))
        workers = InProcessWorkers(run)
        if any(STEP_TIMEOUT in step.tags for step in run.plan.steps):
            told = f"{STEP_TIMEOUT} does not hold here: steps share the process of their run."
            run.recorder.add(EngineNoted(told))
        with written_soon(run.recorder), standing_heap(len(run.plan.steps)):
            failures = _all_steps(run, workers, stop_at_first_failure, pools)
    milliseconds = (run.clock() - started) // 1000
    run.recorder.add(EngineNoted(f"Finished steps in process (pid: {pid}) in {milliseconds}ms"))
    return failures


def _all_steps(run: RunScope, workers: InProcessWorkers, stop: bool, pools: Pools | None) -> Failures:
    try:
        return StepLoop(run, workers, stop_at_first_failure=stop, pools=pools).execute()
    finally:
        workers.close()


class Forked:
    """Executes each step in a process of its own; call it with a run as :func:`in_process`.

    Args:
        max_concurrent: How many steps at once; the number of cores if ``None``.
        tag_limits: Limits over the tags of running steps.
        grace: How many seconds steps have to end when the run is cancelled.
    """

    def __init__(
        self, max_concurrent: int | None = None, tag_limits: Sequence[TagLimit] = (), grace: float = 10.0
    ) -> None:
        self._max_concurrent = max_concurrent or os.cpu_count() or 1
        self._tag_limits = tuple(tag_limits)
        self._grace = grace

    def __call__(self, run: RunScope, *, stop_at_first_failure: bool = False, pools: Pools | None = None) -> Failures:
        """Execute all steps of the run."""
        from earmark.execute.executors.forked import ForkedWorkers

        workers = ForkedWorkers(run)
        loop = StepLoop(
            run,
            workers,
            tag_limits=self._tag_limits,
            max_concurrent=self._max_concurrent,
            stop_at_first_failure=stop_at_first_failure,
            pools=pools,
        )
        pid, started = os.getpid(), run.clock()
        run.recorder.add(EngineNoted(f"Executing steps in a process each, by this one (pid: {pid})"))
        try:
            failures = loop.execute()
        except BaseException:
            workers.stop(self._grace)
            raise
        finally:
            workers.close()
        seconds = (run.clock() - started) / 1_000_000
        run.recorder.add(EngineNoted(f"All processes of steps ended after {seconds:.2f}s (pid: {pid})"))
        return failures


def executor_for(definition: Any, execution: Mapping[str, Any], *, default: Any = None) -> Any:
    """Return what executes the steps of a job, by its executor definition and a run's configuration.

    Args:
        definition: The job's executor, or ``None``.
        execution: The part of the run's configuration under ``execution``.
        default: What executes steps where the job names no executor; each in its own process if ``None``.

    Raises:
        DagsterInvalidConfigError: The configuration does not fit the executor.
    """
    config = (execution.get("config") or {}) if definition is None else definition.settings(execution)
    if definition is None or definition.base_name == "multi_or_in_process_executor":
        if "in_process" in config:
            return in_process
        if default is not None and not config:
            return default
        return _forked(config.get("multiprocess") or config)
    if definition.executor_creation_fn is not None:
        return executor_for(definition.executor_creation_fn(InitExecutorContext(definition, config)), {})
    return in_process if definition.base_name == "in_process" else _forked(config)


def _forked(settings: Mapping[str, Any]) -> Forked:
    limits = [
        TagLimit(
            entry["key"],
            entry["limit"],
            entry.get("value") if isinstance(entry.get("value"), str) else None,
            per_value=isinstance(entry.get("value"), Mapping),
        )
        for entry in settings.get("tag_concurrency_limits") or ()
    ]
    return Forked(settings.get("max_concurrent"), limits)
