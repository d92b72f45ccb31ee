"""A run from its start to its end in the process that executes it."""

from __future__ import annotations

import logging
import os
import platform
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from earmark.define.ops.job import JobDefinition
from earmark.define.ops.loggers import default_loggers
from earmark.events.envelope import Event
from earmark.events.kinds import (
    AssetCheckPlanned,
    AssetMaterializationPlanned,
    ErrorInfo,
    RunCanceled,
    RunFailed,
    RunStarted,
    RunSucceeded,
)
from earmark.execute.errors import error_info
from earmark.execute.executors import in_process
from earmark.execute.instance import DagsterInstance
from earmark.execute.parents import ParentOutputs
from earmark.execute.partitions import RunPartitions
from earmark.execute.patience import with_patience
from earmark.execute.pools import StorePools
from earmark.execute.recorder import Recorder
from earmark.execute.run_config import ResolvedConfig
from earmark.execute.scope import RunScope
from earmark.plan.plan import Plan
from earmark.runs.limits import PoolLimits
from earmark.runs.run import DagsterRun
from earmark.system import tracing
from earmark.values.errors import DagsterExecutionInterruptedError, DagsterInvalidConfigError, did_you_mean
from earmark.values.states import DagsterRunStatus, FailureReason

Execute = Callable[..., list[tuple[str, BaseException]]]
"""Executes every step of a run's plan, and returns each failed step with what it raised; see :mod:`.executors`."""


class RunExecution:
    """Executes one run that is stored and has not started (or was claimed by this process).

    Args:
        job: The job.
        run: The run.
        plan: What of it runs.
        instance: The handle on the store and the home.
        config: The run's configuration, checked.
        execute: How its steps are executed.
        input_values: Values for the job's own inputs.
        keep: Whether events and values of outputs are kept, for a result.
        claimed: Whether a ``RunStarted`` is stored already.
        raise_on_error: Whether the first failure ends the run and is raised.
        listen: Called with each event as it happens.
        patience: How many seconds a store that is out of reach is waited for, before the run meets the error.
        pool_limits: What the settings files say of pools.
    """

    def __init__(
        self,
        job: JobDefinition,
        run: DagsterRun,
        plan: Plan,
        instance: DagsterInstance,
        config: ResolvedConfig,
        *,
        execute: Execute = in_process,
        input_values: Mapping[str, Any] | None = None,
        keep: bool = False,
        claimed: bool = False,
        raise_on_error: bool = False,
        listen: Callable[[Event], None] | None = None,
        patience: float = 0.0,
        pool_limits: PoolLimits | None = None,
    ) -> None:
        self._execute = execute
        self._patience = patience
        self._pool_limits = pool_limits
        self._claimed = claimed
        self._raise = raise_on_error
        self.recorder = Recorder(run.run_id, self._write, instance.clock, keep=keep, listen=listen)
        self.scope = RunScope(
            job=job,
            run=run,
            plan=plan,
            instance=instance,
            config=config,
            recorder=self.recorder,
            clock=instance.clock,
            partitions=RunPartitions.from_tags(run.tags, instance),
            captured={} if keep else None,
            input_values={**job.input_values, **(input_values or {})},
            parents=ParentOutputs.of(run, instance),
            loggers=job_loggers(job, config, run.run_id),
            log_key=run.run_id if claimed else "",
        )

    def execute(self, *, traceparent: str = "") -> DagsterRun:
        """Execute the run and return it as it ended.

        Args:
            traceparent: The span that the run's own belongs to, where this process traces.

        Raises:
            Exception: What a step raised, where ``raise_on_error`` is true; the run has ended by then.
        """
        self.carry_out(traceparent=traceparent)
        get = self.scope.instance.store.runs.get
        return with_patience(lambda: get(self.scope.run.run_id), self._patience)

    def carry_out(self, *, traceparent: str = "") -> None:
        """Execute the run as :meth:`execute` does, without asking the store how it ended."""
        run = self.scope.run
        attributes = {"earmark.run_id": run.run_id, "earmark.job": run.job_name}
        with tracing.span(f"run {run.job_name}", attributes, parent=traceparent, kind="consumer") as span:
            status = self._go()
            span.set({"earmark.status": status.value})
            if status is not DagsterRunStatus.SUCCESS:
                span.fail(f"The run is {status.value}.")

    def _go(self) -> DagsterRunStatus:
        run, recorder = self.scope.run, self.recorder
        if not self._claimed:
            image = run.tags.get("dagster/image")
            recorder.add(RunStarted(platform.node(), os.getpid(), image))
        self._tell_plan()
        recorder.flush()
        try:
            failures = self._execute(self.scope, stop_at_first_failure=self._raise, pools=self._pools())
        except DagsterExecutionInterruptedError as error:
            if self._claimed:
                # Why it was interrupted (cancelled, out of time) is for the supervisor to say.
                recorder.flush()
                raise
            recorder.add(RunCanceled(message=str(error) or "The run was interrupted."))
            recorder.flush()
            raise
        except KeyboardInterrupt:
            recorder.add(RunCanceled(message="The run was interrupted."))
            recorder.flush()
            raise
        except Exception as error:
            recorder.add(RunFailed(FailureReason.RUN_EXCEPTION, str(error), error_info(error)))
            recorder.flush()
            if self._raise:
                raise
            return DagsterRunStatus.FAILURE
        self._tell_end(failures)
        recorder.flush()
        if failures and self._raise:
            raise failures[0][1]
        return DagsterRunStatus.FAILURE if failures else DagsterRunStatus.SUCCESS

    def _write(self, run_id: str, events: Sequence[Event]) -> Sequence[Event]:
        record = self.scope.instance.store.runs.record
        return with_patience(lambda: record(run_id, events), self._patience)

    def _pools(self) -> StorePools | None:
        """Pools hold steps back across runs; a run that asks for none does not ask the store."""
        if not any(step.pool for step in self.scope.plan.steps):
            return None
        store, run_id = self.scope.instance.store, self.scope.run.run_id
        return StorePools(store, run_id, patience=self._patience, from_files=self._pool_limits)

    def _tell_plan(self) -> None:
        partitions = self.scope.partitions
        layer = self.scope.job.asset_layer
        for step in self.scope.plan.steps:
            for key in step.assets:
                spec = None if layer is None else layer.spec_of(key)
                keys: list[str | None] = [None]
                about_some = partitions.key is not None or partitions.key_range is not None
                if about_some and spec is not None and spec.partitions_def is not None:
                    keys = list(partitions.texts(spec.partitions_def))
                for partition in keys:
                    self.recorder.add(AssetMaterializationPlanned(key, partition), step.key)
            for check in step.checks:
                self.recorder.add(AssetCheckPlanned(check), step.key)

    def _tell_end(self, failures: list[tuple[str, BaseException]]) -> None:
        if not failures:
            self.recorder.add(RunSucceeded())
            return
        steps = tuple(key for key, _ in failures)
        first: ErrorInfo = error_info(failures[0][1])
        named = ", ".join(repr(key) for key in steps)
        message = f'Execution of run for "{self.scope.job.name}" failed. Steps failed: [{named}].'
        self.recorder.add(RunFailed(FailureReason.STEP_FAILURE, message, first, steps))


def job_loggers(job: JobDefinition, config: ResolvedConfig, run_id: str) -> tuple[logging.Logger, ...]:
    """Return the loggers of a run, made with their configuration: the job's own, or the default ones it configures.

    Raises:
        DagsterInvalidConfigError: The configuration does not fit, or names a logger that there is not.
    """
    known = job.loggers or {name: found for name, found in default_loggers().items() if name in config.loggers}
    unknown = sorted(set(config.loggers) - set(known))
    if unknown:
        raise DagsterInvalidConfigError(
            f"The job {job.name!r} has no logger {unknown[0]!r}.{did_you_mean(unknown[0], known)}"
        )
    made = []
    for name, definition in known.items():
        entry = config.loggers.get(name)
        raw = entry.get("config") if isinstance(entry, Mapping) else None
        made.append(definition.make(raw, job_def=job, run_id=run_id))
    return tuple(made)
