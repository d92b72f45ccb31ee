"""What executing a job in this process gives back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

from earmark.define.ops.job import JobDefinition
from earmark.define.ops.outputs import NO_VALUE
from earmark.events import kinds
from earmark.events.assets import AssetCheckEvaluation, AssetMaterialization, AssetObservation
from earmark.events.envelope import Event
from earmark.execute.dagster_event import DagsterEvent, DagsterEventType, StepFailureData
from earmark.plan.plan import Plan
from earmark.runs.run import DagsterRun
from earmark.values.errors import DagsterInvariantViolationError, DagsterStepOutputNotFoundError, did_you_mean
from earmark.values.keys import AssetKey

_T = DagsterEventType
_PLANNED = (
    kinds.Logged,
    kinds.AssetMaterializationPlanned,
    kinds.AssetCheckPlanned,
    kinds.AssetFailedToMaterialize,
    kinds.DynamicOutputsMapped,
)


class ExecutionResult:
    """A run that has ended: its events, and what its nodes did.

    Args:
        job_def: The job.
        dagster_run: The run as it ended.
        events: Its events, in order.
        plan: What was executed.
    """

    def __init__(self, job_def: JobDefinition, dagster_run: DagsterRun, events: Sequence[Event], plan: Plan) -> None:
        self._job_def = job_def
        self._run = dagster_run
        self._plan = plan
        self._told = events

    @cached_property
    def _all(self) -> list[DagsterEvent]:
        name = self._job_def.name
        return [DagsterEvent(event, name) for event in self._told if not isinstance(event.fact, kinds.Logged)]

    @cached_property
    def _events(self) -> list[DagsterEvent]:
        return [one for one in self._all if not isinstance(one.event.fact, _PLANNED)]

    @property
    def success(self) -> bool:
        """Whether the run succeeded."""
        return self._run.is_success

    @property
    def run_id(self) -> str:
        """The run's id."""
        return self._run.run_id

    @property
    def dagster_run(self) -> DagsterRun:
        """The run as it ended."""
        return self._run

    @property
    def job_def(self) -> JobDefinition:
        """The job."""
        return self._job_def

    @property
    def all_events(self) -> Sequence[DagsterEvent]:
        """The events of the run, in order."""
        return self._events

    @property
    def all_node_events(self) -> Sequence[DagsterEvent]:
        """The events of steps."""
        return [event for event in self._events if event.step_key is not None and event.is_step_event]

    def filter_events(self, event_filter: Callable[[DagsterEvent], bool]) -> Sequence[DagsterEvent]:
        """Return the events for which ``event_filter`` is true."""
        return [event for event in self._events if event_filter(event)]

    def _of_type(self, *wanted: DagsterEventType) -> Sequence[DagsterEvent]:
        return [event for event in self._all if event.event_type in wanted]

    def events_for_node(self, node_name: str) -> Sequence[DagsterEvent]:
        """Return the events of one node (``graph.op`` for one inside a graph)."""
        self._require_node(node_name)
        return [event for event in self.all_node_events if _belongs(event, node_name)]

    def compute_events_for_handle(self, handle: Any) -> Sequence[DagsterEvent]:
        """Return the events of one node."""
        return [event for event in self.all_node_events if _belongs(event, str(handle))]

    def _require_node(self, node_name: str) -> None:
        for step in self._plan.steps:
            if ".".join(step.path) == node_name or ".".join(step.path).startswith(node_name + "."):
                return
        known = [".".join(step.path) for step in self._plan.steps]
        raise DagsterInvariantViolationError(
            f"{self._job_def.name} has no op named {node_name}.{did_you_mean(node_name, known)}"
        )

    # What nodes did ------------------------------------------------------------------------------------------------

    def is_node_success(self, node_str: str) -> bool:
        """Whether the node's step succeeded."""
        return self._has(node_str, _T.STEP_SUCCESS)

    def is_node_failed(self, node_str: str) -> bool:
        """Whether the node's step failed."""
        return self._has(node_str, _T.STEP_FAILURE)

    def is_node_skipped(self, node_str: str) -> bool:
        """Whether the node's step was skipped."""
        return self._has(node_str, _T.STEP_SKIPPED)

    def is_node_untouched(self, node_str: str) -> bool:
        """Whether the node has no events at all."""
        return not self.compute_events_for_handle(node_str)

    def _has(self, node_str: str, wanted: DagsterEventType) -> bool:
        return any(event.event_type is wanted for event in self.events_for_node(node_str))

    def retry_attempts_for_node(self, node_str: str) -> int:
        """Return how often the node's step was tried again."""
        return sum(event.event_type is _T.STEP_RESTARTED for event in self.events_for_node(node_str))

    def failure_data_for_node(self, node_str: str) -> StepFailureData | None:
        """Return why the node's step failed, or ``None``."""
        for event in self.events_for_node(node_str):
            if event.is_step_failure:
                return event.step_failure_data
        return None

    def asset_materializations_for_node(self, node_name: str) -> Sequence[AssetMaterialization]:
        """Return the materializations that a node made."""
        return [event.materialization for event in self.events_for_node(node_name) if event.is_step_materialization]

    def asset_observations_for_node(self, node_name: str) -> Sequence[AssetObservation]:
        """Return the observations that a node made."""
        return [
            event.asset_observation_data.asset_observation
            for event in self.events_for_node(node_name)
            if event.is_asset_observation
        ]

    def expectation_results_for_node(self, node_str: str) -> Sequence[Any]:
        """Return the expectations that a node evaluated."""
        return [event.event_specific_data for event in self.events_for_node(node_str) if event.is_expectation_result]

    # Events by type ------------------------------------------------------------------------------------------------

    def get_asset_materialization_events(self) -> Sequence[DagsterEvent]:
        """Return all materializations."""
        return self._of_type(_T.ASSET_MATERIALIZATION)

    def get_asset_materialization_planned_events(self) -> Sequence[DagsterEvent]:
        """Return what the run intended to write."""
        return self._of_type(_T.ASSET_MATERIALIZATION_PLANNED)

    def get_asset_observation_events(self) -> Sequence[DagsterEvent]:
        """Return all observations."""
        return self._of_type(_T.ASSET_OBSERVATION)

    def get_asset_check_evaluations(self) -> Sequence[AssetCheckEvaluation]:
        """Return the results of all checks."""
        return [event.asset_check_evaluation_data for event in self._of_type(_T.ASSET_CHECK_EVALUATION)]

    def get_step_success_events(self) -> Sequence[DagsterEvent]:
        """Return the successes of steps."""
        return self._of_type(_T.STEP_SUCCESS)

    def get_step_failure_events(self) -> Sequence[DagsterEvent]:
        """Return the failures of steps."""
        return self._of_type(_T.STEP_FAILURE)

    def get_step_skipped_events(self) -> Sequence[DagsterEvent]:
        """Return the skips of steps."""
        return self._of_type(_T.STEP_SKIPPED)

    def get_failed_step_keys(self) -> set[str]:
        """Return the keys of failed steps."""
        return {event.step_key for event in self.get_step_failure_events() if event.step_key is not None}

    def get_run_success_event(self) -> DagsterEvent:
        """Return the success of the run."""
        return self._one(_T.RUN_SUCCESS)

    def get_run_failure_event(self) -> DagsterEvent:
        """Return the failure of the run."""
        return self._one(_T.RUN_FAILURE)

    def _one(self, wanted: DagsterEventType) -> DagsterEvent:
        found = self._of_type(wanted)
        if not found:
            raise DagsterInvariantViolationError(f"The run has no {wanted.value} event.")
        return found[0]

    # Values --------------------------------------------------------------------------------------------------------

    def _value(self, step_key: str, output_name: str, mapping_key: str | None) -> Any:
        raise NotImplementedError

    def output_for_node(self, node_str: str, output_name: str = "result") -> Any:
        """Return the value that a node gave; for a dynamic output, a dict by mapping key.

        Raises:
            DagsterInvariantViolationError: There is no such node or output, or the node did not give it.
        """
        for step in self._plan.steps:
            if ".".join(step.path) == node_str:
                break
        else:
            return self._output_of_graph(node_str, output_name)
        if step.output(output_name) is None:
            raise DagsterInvariantViolationError(f"{node_str.rpartition('.')[2]} has no output named {output_name}.")
        return self._gathered(step.key, output_name, node_str)

    def _output_of_graph(self, node_str: str, output_name: str) -> Any:
        self._require_node(node_str)
        names = node_str.split(".")
        graph = self._job_def.definitions_along(names)[-1]
        source = graph.spec.output_sources.get(output_name)
        if source is None:
            raise DagsterInvariantViolationError(f"{node_str} has no output named {output_name}.")
        return self.output_for_node(f"{node_str}.{source.node}", source.output)

    def output_value(self, output_name: str = "result") -> Any:
        """Return the value of an output of the job's graph.

        Raises:
            DagsterInvariantViolationError: The graph has no such output, or it never came.
        """
        source = None if self._job_def.graph_def is None else self._job_def.graph.spec.output_sources.get(output_name)
        if source is None:
            raise DagsterInvariantViolationError(
                f"Could not find top-level output '{output_name}' in '{self._job_def.name}'."
            )
        return self.output_for_node(source.node, source.output)

    def _gathered(self, step_key: str, output_name: str, node_str: str) -> Any:
        given: dict[str | None, Any] = {}
        for event in self._of_type(_T.STEP_OUTPUT):
            key = event.step_key or ""
            data = event.step_output_data
            if data.output_name != output_name or key.partition("[")[0] != step_key:
                continue
            mapped = key.partition("[")[2].rstrip("]") or data.mapping_key
            given[mapped] = self._value(key, output_name, data.mapping_key)
        if not given:
            raise DagsterInvariantViolationError(f"No outputs found for output '{output_name}' from node '{node_str}'.")
        return given.get(None, given)


class ExecuteInProcessResult(ExecutionResult):
    """The result of :meth:`JobDefinition.execute_in_process` and :func:`materialize`, values of outputs included.

    Example:
        >>> from earmark import asset, materialize
        >>> @asset
        ... def answer():
        ...     return 42
        >>> materialize([answer]).output_for_node("answer")
        42
    """

    def __init__(
        self,
        job_def: JobDefinition,
        dagster_run: DagsterRun,
        events: Sequence[Event],
        plan: Plan,
        captured: Mapping[tuple[str, str, str | None], Any],
    ) -> None:
        super().__init__(job_def, dagster_run, events, plan)
        self._captured = captured

    def _value(self, step_key: str, output_name: str, mapping_key: str | None) -> Any:
        value = self._captured.get((step_key, output_name, mapping_key))
        return None if value is NO_VALUE else value

    def asset_value(self, asset_key: Any) -> Any:
        """Return the value that the run gave an asset.

        Raises:
            DagsterStepOutputNotFoundError: The run wrote no such asset.
        """
        key = AssetKey.from_coercible(asset_key)
        for step in self._plan.steps:
            for out in step.outputs:
                if out.asset_key == key:
                    return self._gathered(step.key, out.name, step.key)
        known = [one.to_user_string() for one in self._plan.assets]
        raise DagsterStepOutputNotFoundError(
            f"The run wrote no asset {key.to_user_string()}.{did_you_mean(key.to_user_string(), known)}"
        )


def _belongs(event: DagsterEvent, node: str) -> bool:
    handle = event.node_handle or ""
    return handle == node or handle.startswith(node + ".")
