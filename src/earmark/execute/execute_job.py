"""Executing a job with its own executor, on an instance that lasts: :func:`execute_job` and re-execution."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from earmark.define.config.run_config import run_config_dict
from earmark.define.ops.job import JobDefinition
from earmark.events.envelope import Event
from earmark.execute.event_log import all_events
from earmark.execute.executors import executor_for
from earmark.execute.inputs import manager_named
from earmark.execute.instance import DagsterInstance
from earmark.execute.io_contexts.build import build_input_context
from earmark.execute.io_contexts.output import OutputContext
from earmark.execute.io_managers import fs_io_manager
from earmark.execute.parents import ParentOutputs
from earmark.execute.recorder import Recorder
from earmark.execute.request import asset_selection_of, new_run
from earmark.execute.resources import resources_for
from earmark.execute.results import ExecutionResult
from earmark.execute.run import RunExecution
from earmark.execute.run_config import resolve_run_config
from earmark.plan import resume
from earmark.plan.plan import Plan
from earmark.runs.request import Again, RunAsk
from earmark.runs.run import DagsterRun
from earmark.specs.op import DEFAULT_IO_MANAGER
from earmark.values import wire
from earmark.values.errors import DagsterInvalidDefinitionError, DagsterInvariantViolationError, caller_location
from earmark.values.keys import AssetKey


class ReconstructableJob:
    """A job by the function that makes it, so that another process can make it again.

    Args:
        make: A module-level function without arguments that returns a job, or a module-level job.
    """

    def __init__(self, make: Any) -> None:
        self._make = make

    def get_definition(self) -> JobDefinition:
        """Return the job.

        Raises:
            DagsterInvalidDefinitionError: What was given makes no job.
        """
        made = self._make if isinstance(self._make, JobDefinition) else self._make()
        if isinstance(made, JobDefinition):
            return made
        if hasattr(made, "to_job"):
            job: JobDefinition = made.to_job()
            return job
        raise DagsterInvalidDefinitionError(f"reconstructable takes a function that returns a job, not {made!r}.")


def reconstructable(target: JobDefinition | Callable[[], JobDefinition]) -> ReconstructableJob:
    """Wrap a module-level job, or a function that returns one, for :func:`execute_job`.

    Raises:
        DagsterInvariantViolationError: It is a lambda, or defined inside a function, so no other process can find it.

    Example:
        >>> from earmark import job
        >>> @job
        ... def nightly(): ...
        >>> reconstructable(nightly).get_definition().name
        'nightly'
    """
    if isinstance(target, JobDefinition):
        return ReconstructableJob(target)
    if getattr(target, "__name__", "") == "<lambda>":
        raise DagsterInvariantViolationError(
            "reconstructable takes a function with a name, not a lambda.", where=caller_location()
        )
    if "<locals>" in getattr(target, "__qualname__", ""):
        raise DagsterInvariantViolationError(
            f"reconstructable takes a function of a module; {target.__name__!r} is defined inside another function.",
            where=caller_location(),
        )
    return ReconstructableJob(target)


def build_reconstructable_job(
    reconstructor_module_name: str,
    reconstructor_function_name: str,
    reconstructable_args: Sequence[Any] | None = None,
    reconstructable_kwargs: Mapping[str, Any] | None = None,
    reconstructor_working_directory: str | None = None,
) -> ReconstructableJob:
    """Return a job by the module, the function and the arguments that make it.

    Example:
        >>> build_reconstructable_job("my_project.jobs", "make_job", ["nightly"])  # doctest: +ELLIPSIS
        <...ReconstructableJob object at ...>
    """

    def make() -> Any:
        import importlib
        import sys

        if reconstructor_working_directory and reconstructor_working_directory not in sys.path:
            sys.path.insert(0, reconstructor_working_directory)
        function = getattr(importlib.import_module(reconstructor_module_name), reconstructor_function_name)
        return function(*(reconstructable_args or ()), **(reconstructable_kwargs or {}))

    return ReconstructableJob(make)


@dataclass(frozen=True)
class ReexecutionOptions:
    """Which run to execute again, and which of its steps.

    Args:
        parent_run_id: The run.
        step_selection: Step queries; all steps if empty.

    Example:
        >>> ReexecutionOptions(parent_run_id="r1", step_selection=["clean*"]).parent_run_id
        'r1'
    """

    parent_run_id: str
    step_selection: Sequence[str] = ()

    @staticmethod
    def from_failure(run_id: str, instance: DagsterInstance) -> ReexecutionOptions:
        """Return the options that execute what failed, and what was not reached because of it.

        Raises:
            DagsterInvariantViolationError: The run did not fail.
        """
        run = instance.store.runs.get(run_id)
        if not run.is_failure:
            raise DagsterInvariantViolationError(
                f"Run {run_id} is {run.status.value}; only a failed run can be executed again from its failure."
            )
        return ReexecutionOptions(run_id, tuple(steps_from_failure(run, instance)))


def stored_plan(run: DagsterRun, instance: DagsterInstance) -> Plan:
    """Return the plan of a run as the store has it.

    Raises:
        DagsterInvariantViolationError: The store does not have it.
    """
    return plan_of_run(run, None if run.plan_hash is None else instance.store.plans.get(run.plan_hash))


def plan_of_run(run: DagsterRun, stored: bytes | None) -> Plan:
    """Return the plan of a run from what the store has of it.

    Raises:
        DagsterInvariantViolationError: The store does not have it.
    """
    if stored is None:
        raise DagsterInvariantViolationError(f"The plan of run {run.run_id} is not in the store.")
    return wire.decode(stored, Plan)


def steps_from_failure(run: DagsterRun, instance: DagsterInstance) -> list[str]:
    """Return the steps of a run that did not succeed and were not skipped on purpose, in the plan's order."""
    left = ParentOutputs.left_by(run, instance)
    return resume.steps_from_failure(stored_plan(run, instance), left.done, left.mapping_keys)


class JobExecutionResult(ExecutionResult):
    """The result of :func:`execute_job`; a context manager, inside which values of outputs can be loaded.

    Example:
        >>> from earmark import DagsterInstance, execute_job, job, reconstructable
        >>> @job
        ... def nothing(): ...
        >>> with DagsterInstance.ephemeral() as instance:
        ...     with execute_job(reconstructable(nothing), instance) as result:
        ...         result.success
        True
    """

    def __init__(
        self,
        job_def: JobDefinition,
        dagster_run: DagsterRun,
        events: Sequence[Event],
        plan: Plan,
        execution: RunExecution,
    ) -> None:
        super().__init__(job_def, dagster_run, events, plan)
        self._execution = execution
        self._stack: ExitStack | None = None

    def __enter__(self) -> JobExecutionResult:
        self._stack = ExitStack()
        scope = self._execution.scope
        # The run has ended: nothing of this belongs in its log. Only what loads values is set up.
        scope.recorder = Recorder(self.run_id, lambda _run_id, events: events, scope.clock)
        loading = tuple(replace(step, required_resources=frozenset()) for step in scope.plan.steps)
        self._stack.enter_context(resources_for(scope, loading, {DEFAULT_IO_MANAGER: fs_io_manager}))
        return self

    def __exit__(self, *exc: object) -> None:
        if self._stack is not None:
            self._stack.close()
            self._stack = None

    def _value(self, step_key: str, output_name: str, mapping_key: str | None) -> Any:
        if self._stack is None:
            raise DagsterInvariantViolationError(
                "Values of outputs can be loaded inside the result only.",
                hint="Write: with execute_job(...) as result:",
            )
        scope = self._execution.scope
        step = scope.plan.step(step_key.partition("[")[0])
        out = step.output(output_name)
        assert out is not None
        upstream = OutputContext(
            step_key=step_key,
            run_id=self.run_id,
            mapping_key=mapping_key,
            **_context_fields(scope, out),
        )
        context = build_input_context(
            name="dummy_input_name", upstream_output=upstream, asset_key=out.asset_key, instance=scope.instance
        )
        return manager_named(scope, out.io_manager_key).load_input(context)


def _context_fields(scope: Any, out: Any) -> dict[str, Any]:
    return {
        "name": out.name,
        "job_name": scope.job.name,
        "definition_metadata": {},
        "config": None,
        "dagster_type": None,
        "resource_config": None,
        "resources": scope.resources,
        "op_def": None,
        "asset_key": out.asset_key,
        "partitions": scope.partitions,
        "partitions_def": None,
        "instance": scope.instance,
        "log": None,
        "step_context": scope,
    }


def execute_job(
    job: ReconstructableJob | JobDefinition,
    instance: DagsterInstance,
    run_config: Any = None,
    tags: Mapping[str, Any] | None = None,
    raise_on_error: bool = False,
    op_selection: Sequence[str] | None = None,
    reexecution_options: ReexecutionOptions | None = None,
    asset_selection: Sequence[AssetKey] | None = None,
    *,
    partition_key: str | None = None,
    listen: Callable[[Event], None] | None = None,
    ask: RunAsk | None = None,
) -> JobExecutionResult:
    """Execute a job with its own executor.

    Args:
        job: A job, wrapped by :func:`reconstructable`.
        instance: Where events and values go.
        run_config: The run's configuration.
        tags: Labels of the run.
        raise_on_error: Whether the first failure is raised.
        op_selection: Only these ops.
        reexecution_options: The run to execute again.
        asset_selection: Only these assets.
        partition_key: The partition to run.
        listen: Called with each event of this process as it happens.
        ask: What is asked for beyond these, by a command of ours.

    Raises:
        DagsterInvalidConfigError: The configuration does not fit.
        Exception: What user code raised, where ``raise_on_error`` is true.

    Example:
        >>> from earmark import job, op
        >>> @op
        ... def greet():
        ...     return "hello"
        >>> @job
        ... def greeting():
        ...     greet()
        >>> with DagsterInstance.ephemeral() as instance:
        ...     execute_job(reconstructable(greeting), instance).success
        True
    """
    definition = job.get_definition() if isinstance(job, ReconstructableJob) else job
    selected = asset_selection_of(asset_selection)
    plan = definition.plan(asset_selection=selected, op_selection=op_selection)
    wanted = ask or RunAsk()
    given: Any = run_config
    if given is None and definition.partitioned_config is not None and partition_key is not None:
        given = definition.partitioned_config.get_run_config_for_partition_key(partition_key)
    steps: tuple[str, ...] | None = None
    again: Again | None = None
    if reexecution_options is not None:
        parent = instance.store.runs.get(reexecution_options.parent_run_id)
        again = Again(parent=parent, from_failure=bool(reexecution_options.step_selection))
        given = run_config if run_config is not None else (parent.run_config or None)
        if reexecution_options.step_selection:
            steps = _selected_steps(plan, reexecution_options.step_selection)
            plan = plan.only(steps)
    config = resolve_run_config(definition, plan, given)
    result = new_run(
        definition,
        plan,
        instance,
        replace(
            wanted,
            tags={**wanted.tags, **(tags or {})},
            partition=partition_key or wanted.partition,
            run_config=None if given is None else run_config_dict(given),
            asset_selection=selected,
            op_selection=None if op_selection is None else tuple(op_selection),
            resolved_op_selection=None if op_selection is None else frozenset(".".join(s.path) for s in plan.steps),
            again=again,
            step_keys=steps,
        ),
    )
    execution = RunExecution(
        definition,
        result.run,
        plan,
        instance,
        config,
        execute=executor_for(definition.executor_def, config.execution),
        raise_on_error=raise_on_error,
        listen=listen,
    )
    ended = execution.execute()
    return JobExecutionResult(definition, ended, all_events(instance.store, ended.run_id), plan, execution)


def _selected_steps(plan: Plan, queries: Sequence[str]) -> tuple[str, ...]:
    named = [query for query in queries if query.partition("[")[0] in plan.by_key]
    if len(named) == len(queries):
        place = {key: number for number, key in enumerate(plan.by_key)}
        return tuple(sorted(dict.fromkeys(named), key=lambda key: place[key.partition("[")[0]]))
    from earmark.graph.ops import select_steps

    return tuple(select_steps(queries, plan))
