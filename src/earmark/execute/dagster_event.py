"""Events as user code knows them: views of what the store keeps, under the public names."""

from __future__ import annotations

import logging
from enum import StrEnum
from functools import cached_property
from typing import Any, get_args

import msgspec
from msgspec.structs import replace

from earmark.events import kinds
from earmark.events.envelope import Event
from earmark.events.kinds import AnyFact, ErrorInfo
from earmark.execute.event_text import message_of
from earmark.specs.metadata import AnyMetadataValue
from earmark.values import errors
from earmark.values.clock import to_seconds
from earmark.values.keys import AssetKey


class DagsterEventType(StrEnum):
    """The public name of each kind of event.

    Example:
        >>> @em.asset
        ... def orders():
        ...     return 1
        >>> result = em.materialize([orders])
        >>> [
        ...     str(event.asset_key)
        ...     for event in result.all_events
        ...     if event.event_type is DagsterEventType.ASSET_MATERIALIZATION
        ... ]
        ["AssetKey(['orders'])"]
    """

    STEP_OUTPUT = "STEP_OUTPUT"
    STEP_INPUT = "STEP_INPUT"
    STEP_FAILURE = "STEP_FAILURE"
    STEP_START = "STEP_START"
    STEP_SUCCESS = "STEP_SUCCESS"
    STEP_SKIPPED = "STEP_SKIPPED"
    STEP_WORKER_STARTING = "STEP_WORKER_STARTING"
    STEP_WORKER_STARTED = "STEP_WORKER_STARTED"
    RESOURCE_INIT_STARTED = "RESOURCE_INIT_STARTED"
    RESOURCE_INIT_SUCCESS = "RESOURCE_INIT_SUCCESS"
    RESOURCE_INIT_FAILURE = "RESOURCE_INIT_FAILURE"
    STEP_UP_FOR_RETRY = "STEP_UP_FOR_RETRY"
    STEP_RESTARTED = "STEP_RESTARTED"
    ASSET_MATERIALIZATION = "ASSET_MATERIALIZATION"
    ASSET_MATERIALIZATION_PLANNED = "ASSET_MATERIALIZATION_PLANNED"
    ASSET_FAILED_TO_MATERIALIZE = "ASSET_FAILED_TO_MATERIALIZE"
    ASSET_OBSERVATION = "ASSET_OBSERVATION"
    STEP_EXPECTATION_RESULT = "STEP_EXPECTATION_RESULT"
    ASSET_CHECK_EVALUATION_PLANNED = "ASSET_CHECK_EVALUATION_PLANNED"
    ASSET_CHECK_EVALUATION = "ASSET_CHECK_EVALUATION"
    RUN_ENQUEUED = "PIPELINE_ENQUEUED"
    RUN_DEQUEUED = "PIPELINE_DEQUEUED"
    RUN_STARTING = "PIPELINE_STARTING"
    RUN_START = "PIPELINE_START"
    RUN_SUCCESS = "PIPELINE_SUCCESS"
    RUN_FAILURE = "PIPELINE_FAILURE"
    RUN_CANCELING = "PIPELINE_CANCELING"
    RUN_CANCELED = "PIPELINE_CANCELED"
    RUN_SUSPENDED = "RUN_SUSPENDED"
    RUN_RESUMED = "RUN_RESUMED"
    OBJECT_STORE_OPERATION = "OBJECT_STORE_OPERATION"
    ASSET_STORE_OPERATION = "ASSET_STORE_OPERATION"
    LOADED_INPUT = "LOADED_INPUT"
    HANDLED_OUTPUT = "HANDLED_OUTPUT"
    ENGINE_EVENT = "ENGINE_EVENT"
    HOOK_COMPLETED = "HOOK_COMPLETED"
    HOOK_ERRORED = "HOOK_ERRORED"
    HOOK_SKIPPED = "HOOK_SKIPPED"
    ALERT_START = "ALERT_START"
    ALERT_SUCCESS = "ALERT_SUCCESS"
    ALERT_FAILURE = "ALERT_FAILURE"
    LOGS_CAPTURED = "LOGS_CAPTURED"
    FRESHNESS_STATE_EVALUATION = "FRESHNESS_STATE_EVALUATION"
    FRESHNESS_STATE_CHANGE = "FRESHNESS_STATE_CHANGE"
    ASSET_HEALTH_CHANGED = "ASSET_HEALTH_CHANGED"
    ASSET_WIPED = "ASSET_WIPED"
    CODE_LOCATION_UPDATED = "CODE_LOCATION_UPDATED"

    # The older names of the same events.
    PIPELINE_ENQUEUED = RUN_ENQUEUED
    PIPELINE_DEQUEUED = RUN_DEQUEUED
    PIPELINE_STARTING = RUN_STARTING
    PIPELINE_START = RUN_START
    PIPELINE_SUCCESS = RUN_SUCCESS
    PIPELINE_FAILURE = RUN_FAILURE
    PIPELINE_CANCELING = RUN_CANCELING
    PIPELINE_CANCELED = RUN_CANCELED


def type_of_fact(fact: AnyFact) -> DagsterEventType | None:
    """Return the public type of a fact; ``None`` for a line of ``context.log``."""
    return None if isinstance(fact, kinds.Logged) else DagsterEventType[fact.event_type]


class StepOutputData(msgspec.Struct, frozen=True):
    """Which output a step gave."""

    output_name: str
    mapping_key: str | None = None
    metadata: dict[str, AnyMetadataValue] = msgspec.field(default_factory=dict)
    type_check_passed: bool = True


class StepFailureData(msgspec.Struct, frozen=True):
    """Why a step failed. ``user_failure_data`` holds what a :class:`Failure` said."""

    error: ErrorInfo | None
    """What failed. An exception of the user's function is the ``cause`` of a ``DagsterExecutionStepExecutionError``."""
    user_failure_data: Any = None
    error_source: str = "USER_CODE_ERROR"

    @property
    def error_display_string(self) -> str:
        """The error as text, the cause with it."""
        return "" if self.error is None else self.error.to_string()


class UserFailureData(msgspec.Struct, frozen=True):
    """What a :class:`Failure` said."""

    label: str
    description: str | None
    metadata: dict[str, AnyMetadataValue]


class StepMaterializationData(msgspec.Struct, frozen=True):
    """Which asset was written."""

    materialization: Any


class AssetObservationData(msgspec.Struct, frozen=True):
    """What was learnt about an asset."""

    asset_observation: Any


class JobFailureData(msgspec.Struct, frozen=True):
    """Why a run failed."""

    error: ErrorInfo | None
    failure_reason: Any
    first_step_failure_event: Any = None


def _as_raised(error: ErrorInfo | None, step_key: str | None) -> ErrorInfo | None:
    if error is None or error.class_name == "Failure" or hasattr(errors, error.class_name):
        return error
    message = f'Error occurred while executing op "{step_key}":'
    return ErrorInfo("DagsterExecutionStepExecutionError", message, cause=error)


_OF_STEPS = (
    *get_args(kinds.StepFact),
    kinds.AssetMaterialized,
    kinds.AssetObserved,
    kinds.AssetCheckEvaluated,
)


def _with_versions(event: Event) -> Any:
    """The materialization that an event tells of, with its versions among the tags, where older code looks for them."""
    fact = event.fact
    assert isinstance(fact, kinds.AssetMaterialized)
    if fact.data_version is None:
        return fact.materialization
    code_version = fact.code_version or event.run_id
    versions = {"dagster/data_version": fact.data_version}
    if code_version is not None:
        versions["dagster/code_version"] = code_version
    return replace(fact.materialization, tags={**versions, **fact.materialization.tags})


def _seen_with_version(fact: kinds.AssetObserved) -> Any:
    """The observation that an event tells of, with the version that was seen among the tags."""
    if fact.data_version is None:
        return fact.observation
    tags = {"dagster/data_version": fact.data_version, **fact.observation.tags}
    return replace(fact.observation, tags=tags)


class DagsterEvent(msgspec.Struct, frozen=True, dict=True):
    """One event of a run, under its public names.

    Example:
        >>> from earmark import asset, materialize
        >>> @asset
        ... def orders(): ...
        >>> [event.asset_key for event in materialize([orders]).get_asset_materialization_events()]
        [AssetKey(['orders'])]
    """

    event: Event
    job_name: str | None = None

    @property
    def event_type(self) -> DagsterEventType:
        """What kind of event it is."""
        return type_of_fact(self.event.fact) or DagsterEventType.ENGINE_EVENT

    @property
    def event_type_value(self) -> str:
        """What kind of event it is, as text."""
        return self.event_type.value

    @property
    def step_key(self) -> str | None:
        """The step it belongs to."""
        return self.event.step_key

    @property
    def step_handle(self) -> str | None:
        """The step it belongs to."""
        return self.event.step_key

    @property
    def node_handle(self) -> str | None:
        """The node it belongs to: names joined by dots, without a mapping key."""
        return None if self.event.step_key is None else self.event.step_key.partition("[")[0]

    @property
    def node_name(self) -> str | None:
        """The last name of the node it belongs to."""
        return None if self.node_handle is None else self.node_handle.rpartition(".")[2]

    @property
    def step_kind_value(self) -> str | None:
        """``COMPUTE`` for events of steps."""
        return None if self.step_key is None else "COMPUTE"

    @property
    def pid(self) -> int | None:
        """The process, where the event names one."""
        return getattr(self.event.fact, "pid", None)

    @property
    def logging_tags(self) -> dict[str, str]:
        """Which run, job and step the event belongs to."""
        named = {"run_id": self.event.run_id, "job_name": self.job_name, "step_key": self.step_key}
        return {key: value for key, value in named.items() if value is not None}

    @cached_property
    def message(self) -> str:
        """The event in one sentence."""
        return message_of(self.event, self.job_name)

    @property
    def asset_key(self) -> AssetKey | None:
        """The asset that the event is about."""
        fact = self.event.fact
        match fact:
            case kinds.AssetMaterialized():
                return fact.materialization.asset_key
            case kinds.AssetObserved():
                return fact.observation.asset_key
            case kinds.AssetCheckEvaluated():
                return fact.evaluation.asset_key
            case kinds.AssetCheckPlanned():
                return fact.check_key.asset_key
            case kinds.AssetMaterializationPlanned() | kinds.AssetFailedToMaterialize() | kinds.AssetWiped():
                return fact.asset_key
            case _:
                return None

    @property
    def partition(self) -> str | None:
        """The partition that the event is about."""
        fact = self.event.fact
        if isinstance(fact, kinds.AssetMaterialized):
            return fact.materialization.partition
        if isinstance(fact, kinds.AssetObserved):
            return fact.observation.partition
        return getattr(fact, "partition", None)

    @cached_property
    def event_specific_data(self) -> Any:
        """What the event says beyond its type."""
        fact = self.event.fact
        match fact:
            case kinds.OutputYielded():
                return StepOutputData(fact.output_name, fact.mapping_key, fact.metadata, fact.passed)
            case kinds.StepFailed():
                said = (
                    UserFailureData("intentional-failure", fact.message, fact.metadata)
                    if fact.metadata or fact.message
                    else None
                )
                return StepFailureData(_as_raised(fact.error, self.step_key), said)
            case kinds.AssetMaterialized():
                return StepMaterializationData(_with_versions(self.event))
            case kinds.AssetObserved():
                return AssetObservationData(_seen_with_version(fact))
            case kinds.AssetCheckEvaluated():
                return fact.evaluation
            case kinds.RunFailed():
                return JobFailureData(fact.error, fact.reason)
            case _:
                return fact

    @property
    def step_failure_data(self) -> StepFailureData:
        """Why the step failed."""
        data: StepFailureData = self._data(DagsterEventType.STEP_FAILURE)
        return data

    @property
    def step_output_data(self) -> StepOutputData:
        """Which output the step gave."""
        data: StepOutputData = self._data(DagsterEventType.STEP_OUTPUT)
        return data

    @property
    def step_materialization_data(self) -> StepMaterializationData:
        """Which asset was written."""
        data: StepMaterializationData = self._data(DagsterEventType.ASSET_MATERIALIZATION)
        return data

    @property
    def materialization(self) -> Any:
        """The materialization."""
        return self.step_materialization_data.materialization

    @property
    def asset_observation_data(self) -> AssetObservationData:
        """What was learnt about the asset."""
        data: AssetObservationData = self._data(DagsterEventType.ASSET_OBSERVATION)
        return data

    @property
    def asset_check_evaluation_data(self) -> Any:
        """The result of the check."""
        return self._data(DagsterEventType.ASSET_CHECK_EVALUATION)

    @property
    def job_failure_data(self) -> JobFailureData:
        """Why the run failed."""
        data: JobFailureData = self._data(DagsterEventType.RUN_FAILURE)
        return data

    def _data(self, wanted: DagsterEventType) -> Any:
        if self.event_type is not wanted:
            raise AttributeError(f"A {self.event_type_value} event has no data of {wanted.value}.")
        return self.event_specific_data

    def _is(self, *wanted: DagsterEventType) -> bool:
        return self.event_type in wanted

    @property
    def is_step_event(self) -> bool:
        """Whether it is something that a step did: not the setting up of resources, not what hooks did afterwards."""
        return self.step_key is not None and isinstance(self.event.fact, _OF_STEPS)

    @property
    def is_step_start(self) -> bool:
        """Whether a step began."""
        return self._is(DagsterEventType.STEP_START)

    @property
    def is_step_success(self) -> bool:
        """Whether a step succeeded."""
        return self._is(DagsterEventType.STEP_SUCCESS)

    @property
    def is_step_failure(self) -> bool:
        """Whether a step failed."""
        return self._is(DagsterEventType.STEP_FAILURE)

    @property
    def is_step_skipped(self) -> bool:
        """Whether a step was skipped."""
        return self._is(DagsterEventType.STEP_SKIPPED)

    @property
    def is_step_up_for_retry(self) -> bool:
        """Whether a step is tried again."""
        return self._is(DagsterEventType.STEP_UP_FOR_RETRY)

    @property
    def is_step_restarted(self) -> bool:
        """Whether a step began again."""
        return self._is(DagsterEventType.STEP_RESTARTED)

    @property
    def is_step_materialization(self) -> bool:
        """Whether an asset was written."""
        return self._is(DagsterEventType.ASSET_MATERIALIZATION)

    @property
    def is_asset_observation(self) -> bool:
        """Whether something was learnt about an asset."""
        return self._is(DagsterEventType.ASSET_OBSERVATION)

    @property
    def is_asset_materialization_planned(self) -> bool:
        """Whether an asset is about to be written."""
        return self._is(DagsterEventType.ASSET_MATERIALIZATION_PLANNED)

    @property
    def is_successful_output(self) -> bool:
        """Whether a step gave an output."""
        return self._is(DagsterEventType.STEP_OUTPUT)

    @property
    def is_handled_output(self) -> bool:
        """Whether an output was stored."""
        return self._is(DagsterEventType.HANDLED_OUTPUT)

    @property
    def is_loaded_input(self) -> bool:
        """Whether an input was loaded."""
        return self._is(DagsterEventType.LOADED_INPUT)

    @property
    def is_expectation_result(self) -> bool:
        """Whether an expectation was evaluated."""
        return self._is(DagsterEventType.STEP_EXPECTATION_RESULT)

    @property
    def is_engine_event(self) -> bool:
        """Whether the orchestrator speaks."""
        return self._is(DagsterEventType.ENGINE_EVENT)

    @property
    def is_resource_init_failure(self) -> bool:
        """Whether resources could not be set up."""
        return self._is(DagsterEventType.RESOURCE_INIT_FAILURE)

    @property
    def is_hook_event(self) -> bool:
        """Whether it is about a hook."""
        return self._is(DagsterEventType.HOOK_COMPLETED, DagsterEventType.HOOK_ERRORED, DagsterEventType.HOOK_SKIPPED)

    @property
    def is_run_failure(self) -> bool:
        """Whether the run failed."""
        return self._is(DagsterEventType.RUN_FAILURE)

    @property
    def is_job_failure(self) -> bool:
        """Whether the run failed."""
        return self.is_run_failure

    @property
    def is_job_success(self) -> bool:
        """Whether the run succeeded."""
        return self._is(DagsterEventType.RUN_SUCCESS)

    @property
    def is_failure(self) -> bool:
        """Whether anything failed."""
        return self._is(
            DagsterEventType.STEP_FAILURE, DagsterEventType.RUN_FAILURE, DagsterEventType.RESOURCE_INIT_FAILURE
        )


class EventLogEntry(msgspec.Struct, frozen=True):
    """One row of a run's log: an event, or a line of ``context.log``.

    Example:
        >>> from earmark import DagsterInstance, asset, materialize
        >>> @asset
        ... def orders(): ...
        >>> instance = DagsterInstance.ephemeral()
        >>> run_id = materialize([orders], instance=instance).run_id
        >>> instance.all_logs(run_id)[0].run_id == run_id
        True
    """

    event: Event
    job_name: str | None = None

    @property
    def run_id(self) -> str | None:
        """The run."""
        return self.event.run_id

    @property
    def timestamp(self) -> float:
        """When, in POSIX seconds."""
        return to_seconds(self.event.timestamp)

    @property
    def step_key(self) -> str | None:
        """The step."""
        return self.event.step_key

    @property
    def level(self) -> int:
        """How severe it is, by the numbers of Python's logging module."""
        fact = self.event.fact
        if isinstance(fact, kinds.Logged):
            return fact.level
        return logging.ERROR if DagsterEvent(self.event).is_failure else logging.DEBUG

    @property
    def is_dagster_event(self) -> bool:
        """Whether it is an event, not a line of ``context.log``."""
        return not isinstance(self.event.fact, kinds.Logged)

    @property
    def dagster_event(self) -> DagsterEvent | None:
        """The event."""
        return DagsterEvent(self.event, self.job_name) if self.is_dagster_event else None

    def get_dagster_event(self) -> DagsterEvent:
        """Return the event; a line of ``context.log`` is none.

        Raises:
            ValueError: It is a line of ``context.log``.
        """
        event = self.dagster_event
        if event is None:
            raise ValueError("This row is a line of context.log, not an event.")
        return event

    @property
    def dagster_event_type(self) -> DagsterEventType | None:
        """What kind of event it is."""
        return type_of_fact(self.event.fact)

    @property
    def message(self) -> str:
        """The row in one sentence."""
        fact = self.event.fact
        return fact.message if isinstance(fact, kinds.Logged) else DagsterEvent(self.event, self.job_name).message

    @property
    def user_message(self) -> str:
        """The row in one sentence."""
        return self.message

    @property
    def error_info(self) -> ErrorInfo | None:
        """The exception, if there was one."""
        return getattr(self.event.fact, "error", None)

    @property
    def asset_materialization(self) -> Any:
        """The materialization, if it is one."""
        fact = self.event.fact
        return _with_versions(self.event) if isinstance(fact, kinds.AssetMaterialized) else None

    @property
    def asset_observation(self) -> Any:
        """The observation, if it is one."""
        fact = self.event.fact
        return _seen_with_version(fact) if isinstance(fact, kinds.AssetObserved) else None

    @property
    def asset_check_evaluation(self) -> Any:
        """The result of a check, if it is one."""
        fact = self.event.fact
        return fact.evaluation if isinstance(fact, kinds.AssetCheckEvaluated) else None


def entry_of(event: Event, job_name: str | None = None) -> EventLogEntry:
    """Return a stored event as a row of a log."""
    return EventLogEntry(event, job_name)
