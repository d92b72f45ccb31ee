"""The closed union of facts: one event, one class.

``event_type`` of each class is the name that the public API gives it (``DagsterEventType``). A fact that has no
public counterpart is an ``ENGINE_EVENT`` to users of that API.
"""

from __future__ import annotations

from typing import ClassVar, Union

import msgspec

from earmark.events.assets import AssetCheckEvaluation, AssetMaterialization, AssetObservation
from earmark.specs.metadata import AnyMetadataValue
from earmark.values.clock import Micros
from earmark.values.keys import AssetCheckKey, AssetKey
from earmark.values.states import FailureReason


class ErrorInfo(msgspec.Struct, frozen=True, omit_defaults=True):
    """An exception as data: its class name, message, formatted stack lines, and what caused it."""

    class_name: str
    message: str
    stack: tuple[str, ...] = ()
    cause: ErrorInfo | None = None

    @property
    def cls_name(self) -> str:
        """The name of its class, as the API calls it."""
        return self.class_name

    def to_string(self) -> str:
        """Return the error as Python would print it, the cause first."""
        own = "".join(self.stack) + f"{self.class_name}: {self.message}"
        if self.cause is None:
            return own
        return f"{self.cause.to_string()}\n\nThe above exception was the cause of this one:\n\n{own}"


class Fact(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="fact", gc=False):
    """What an event says. ``event_type`` is its public name."""

    event_type: ClassVar[str] = "ENGINE_EVENT"


# The life of a run -------------------------------------------------------------------------------------------


class RunEnqueued(Fact, frozen=True, tag="run_enqueued"):
    """The run waits in the queue."""

    event_type: ClassVar[str] = "RUN_ENQUEUED"


class RunDequeued(Fact, frozen=True, tag="run_dequeued"):
    """The leader of ``epoch`` admitted the run: every limit in its way had a free slot.

    ``passed`` is the record of the decision: for each limit, how much was taken with this run, and how much there is.
    """

    event_type: ClassVar[str] = "RUN_DEQUEUED"
    epoch: int | None = None
    passed: dict[str, tuple[int, int]] = {}


class RunStarting(Fact, frozen=True, tag="run_starting"):
    """A launcher was asked to start a worker, which must claim the run with ``launch_token``."""

    event_type: ClassVar[str] = "RUN_STARTING"
    launcher: str = ""
    launch_token: str = ""
    attempt: int = 1


class RunRequeued(Fact, frozen=True, tag="run_requeued"):
    """No worker claimed the run within the start timeout; it waits again."""

    event_type: ClassVar[str] = "RUN_ENQUEUED"
    message: str = ""


class RunStarted(Fact, frozen=True, tag="run_started"):
    """A worker claimed the run and begins with user code."""

    event_type: ClassVar[str] = "RUN_START"
    host: str = ""
    pid: int = 0
    image: str | None = None


class RunSucceeded(Fact, frozen=True, tag="run_succeeded"):
    """Every step that had to succeed did."""

    event_type: ClassVar[str] = "RUN_SUCCESS"


class RunFailed(Fact, frozen=True, tag="run_failed"):
    """The run ended without success; ``reason`` says what kind of end it was."""

    event_type: ClassVar[str] = "RUN_FAILURE"
    reason: FailureReason = FailureReason.UNKNOWN
    message: str = ""
    error: ErrorInfo | None = None
    failed_steps: tuple[str, ...] = ()


class RunCanceling(Fact, frozen=True, tag="run_canceling"):
    """Somebody asked for the end of the run; its worker has been told."""

    event_type: ClassVar[str] = "RUN_CANCELING"
    author: str = ""
    message: str = ""


class RunCanceled(Fact, frozen=True, tag="run_canceled"):
    """The run ended because somebody asked for it."""

    event_type: ClassVar[str] = "RUN_CANCELED"
    author: str = ""
    message: str = ""


class RunTagged(Fact, frozen=True, tag="run_tagged"):
    """Tags of the run were edited after it was requested; ``None`` removes a key."""

    tags: dict[str, str | None]
    author: str = ""


# The life of a step ------------------------------------------------------------------------------------------


class StepWorkerStarting(Fact, frozen=True, tag="step_worker_starting"):
    """A process for the step is about to start."""

    event_type: ClassVar[str] = "STEP_WORKER_STARTING"


class StepWorkerStarted(Fact, frozen=True, tag="step_worker_started"):
    """The process for the step runs."""

    event_type: ClassVar[str] = "STEP_WORKER_STARTED"
    pid: int = 0


class StepWaiting(Fact, frozen=True, tag="step_waiting"):
    """The step is ready but waits for a slot of a pool or of a limit by tag."""

    waits_for: tuple[str, ...] = ()


class StepStarted(Fact, frozen=True, tag="step_started"):
    """The step begins; ``attempt`` counts from 1."""

    event_type: ClassVar[str] = "STEP_START"
    attempt: int = 1


class InputLoaded(Fact, frozen=True, tag="input_loaded"):
    """An IO manager loaded an input of the step."""

    event_type: ClassVar[str] = "LOADED_INPUT"
    input_name: str
    manager_key: str = ""
    upstream_step: str | None = None
    upstream_output: str | None = None
    metadata: dict[str, AnyMetadataValue] = {}


class InputChecked(Fact, frozen=True, tag="input_checked"):
    """An input went through the check of its type."""

    event_type: ClassVar[str] = "STEP_INPUT"
    input_name: str
    passed: bool = True
    description: str | None = None


class OutputYielded(Fact, frozen=True, tag="output_yielded"):
    """The user's code gave an output."""

    event_type: ClassVar[str] = "STEP_OUTPUT"
    output_name: str
    mapping_key: str | None = None
    passed: bool = True
    metadata: dict[str, AnyMetadataValue] = {}


class OutputHandled(Fact, frozen=True, tag="output_handled"):
    """An IO manager stored an output of the step."""

    event_type: ClassVar[str] = "HANDLED_OUTPUT"
    output_name: str
    manager_key: str = ""
    mapping_key: str | None = None
    metadata: dict[str, AnyMetadataValue] = {}


class StepSucceeded(Fact, frozen=True, tag="step_succeeded"):
    """The step ended well; its outputs are stored. ``duration`` is in microseconds."""

    event_type: ClassVar[str] = "STEP_SUCCESS"
    duration: int = 0


class StepFailed(Fact, frozen=True, tag="step_failed"):
    """The step ended without success."""

    event_type: ClassVar[str] = "STEP_FAILURE"
    error: ErrorInfo | None = None
    message: str = ""
    attempt: int = 1
    metadata: dict[str, AnyMetadataValue] = {}


class StepSkipped(Fact, frozen=True, tag="step_skipped"):
    """The step never ran; ``reason`` says which upstream step or output was missing."""

    event_type: ClassVar[str] = "STEP_SKIPPED"
    reason: str = ""


class StepUpForRetry(Fact, frozen=True, tag="step_up_for_retry"):
    """The step failed and is tried again after ``delay`` seconds; ``attempt`` is the one that failed."""

    event_type: ClassVar[str] = "STEP_UP_FOR_RETRY"
    error: ErrorInfo | None = None
    delay: float | None = None
    attempt: int = 1


class StepRestarted(Fact, frozen=True, tag="step_restarted"):
    """The step begins again; ``attempt`` counts from 2."""

    event_type: ClassVar[str] = "STEP_RESTARTED"
    attempt: int = 2


class DynamicOutputsMapped(Fact, frozen=True, tag="dynamic_outputs_mapped"):
    """The mapping keys of a dynamic output are known; placeholder steps that wait for them expand."""

    output_name: str
    mapping_keys: tuple[str, ...]


class ExpectationEvaluated(Fact, frozen=True, tag="expectation_evaluated"):
    """The user's code reported an expectation."""

    event_type: ClassVar[str] = "STEP_EXPECTATION_RESULT"
    success: bool
    label: str | None = None
    description: str | None = None
    metadata: dict[str, AnyMetadataValue] = {}


# Assets ------------------------------------------------------------------------------------------------------


class AssetMaterializationPlanned(Fact, frozen=True, tag="asset_materialization_planned"):
    """The run intends to materialize the asset (or the partition of it)."""

    event_type: ClassVar[str] = "ASSET_MATERIALIZATION_PLANNED"
    asset_key: AssetKey
    partition: str | None = None


class AssetMaterialized(Fact, frozen=True, tag="asset_materialized"):
    """The asset (or a partition of it) was written."""

    event_type: ClassVar[str] = "ASSET_MATERIALIZATION"
    materialization: AssetMaterialization
    output_name: str | None = None
    code_version: str | None = None
    data_version: str | None = None
    input_data_versions: dict[str, str] = {}


class AssetObserved(Fact, frozen=True, tag="asset_observed"):
    """Something was learnt about the asset without writing it."""

    event_type: ClassVar[str] = "ASSET_OBSERVATION"
    observation: AssetObservation
    data_version: str | None = None


class AssetFailedToMaterialize(Fact, frozen=True, tag="asset_failed_to_materialize"):
    """A planned materialization did not come; ``skipped`` where an upstream failure kept it from being tried."""

    event_type: ClassVar[str] = "ASSET_FAILED_TO_MATERIALIZE"
    asset_key: AssetKey
    partition: str | None = None
    skipped: bool = False
    error: ErrorInfo | None = None


class AssetWiped(Fact, frozen=True, tag="asset_wiped"):
    """The asset's history (or that of ``partitions``) no longer counts."""

    event_type: ClassVar[str] = "ASSET_WIPED"
    asset_key: AssetKey
    partitions: tuple[str, ...] | None = None
    author: str = ""


class AssetCheckPlanned(Fact, frozen=True, tag="asset_check_planned"):
    """The run intends to evaluate the check."""

    event_type: ClassVar[str] = "ASSET_CHECK_EVALUATION_PLANNED"
    check_key: AssetCheckKey


class AssetCheckEvaluated(Fact, frozen=True, tag="asset_check_evaluated"):
    """A check was evaluated."""

    event_type: ClassVar[str] = "ASSET_CHECK_EVALUATION"
    evaluation: AssetCheckEvaluation


# Around the steps --------------------------------------------------------------------------------------------


class ResourceInitStarted(Fact, frozen=True, tag="resource_init_started"):
    """Resources are being set up."""

    event_type: ClassVar[str] = "RESOURCE_INIT_STARTED"
    keys: tuple[str, ...] = ()


class ResourceInitSucceeded(Fact, frozen=True, tag="resource_init_succeeded"):
    """Resources are set up; ``durations`` maps each key to microseconds."""

    event_type: ClassVar[str] = "RESOURCE_INIT_SUCCESS"
    durations: dict[str, int] = {}


class ResourceInitFailed(Fact, frozen=True, tag="resource_init_failed"):
    """A resource could not be set up."""

    event_type: ClassVar[str] = "RESOURCE_INIT_FAILURE"
    key: str = ""
    error: ErrorInfo | None = None


class HookCompleted(Fact, frozen=True, tag="hook_completed"):
    """A hook ran after the step."""

    event_type: ClassVar[str] = "HOOK_COMPLETED"
    hook: str


class HookErrored(Fact, frozen=True, tag="hook_errored"):
    """A hook raised; the step's state is not touched by it."""

    event_type: ClassVar[str] = "HOOK_ERRORED"
    hook: str
    error: ErrorInfo | None = None


class HookSkipped(Fact, frozen=True, tag="hook_skipped"):
    """A hook did not apply to the step's end."""

    event_type: ClassVar[str] = "HOOK_SKIPPED"
    hook: str


class LogsCaptured(Fact, frozen=True, tag="logs_captured"):
    """Where the captured stdout and stderr of ``steps`` lie, relative to the home's log folder."""

    event_type: ClassVar[str] = "LOGS_CAPTURED"
    log_key: str
    steps: tuple[str, ...] = ()


class Logged(Fact, frozen=True, tag="logged"):
    """A line of ``context.log``. ``level`` is the number of Python's logging module."""

    event_type: ClassVar[str] = "LOG"
    level: int
    message: str
    logger: str = ""


class EngineNoted(Fact, frozen=True, tag="engine_noted"):
    """The orchestrator says something about the run that changes no state."""

    message: str
    error: ErrorInfo | None = None
    metadata: dict[str, AnyMetadataValue] = {}


class RetryDecided(Fact, frozen=True, tag="retry_decided"):
    """Whether the failed run is re-executed by itself, and at what instant."""

    will_retry: bool
    reason: str = ""
    due: Micros | None = None
    retry_number: int | None = None


RunFact = Union[
    RunEnqueued, RunDequeued, RunStarting, RunRequeued, RunStarted, RunSucceeded, RunFailed, RunCanceling,
    RunCanceled,
]  # fmt: skip
"""Facts that have a row in the transition table of runs."""

StepFact = Union[
    StepWorkerStarting, StepWorkerStarted, StepWaiting, StepStarted, InputLoaded, InputChecked, OutputYielded,
    OutputHandled, StepSucceeded, StepFailed, StepSkipped, StepUpForRetry, StepRestarted, DynamicOutputsMapped,
    ExpectationEvaluated,
]  # fmt: skip

AssetFact = Union[
    AssetMaterializationPlanned, AssetMaterialized, AssetObserved, AssetFailedToMaterialize, AssetWiped,
    AssetCheckPlanned, AssetCheckEvaluated,
]  # fmt: skip
"""Facts from which the state of assets and checks is folded."""

AnyFact = Union[
    RunFact, StepFact, AssetFact, RunTagged, ResourceInitStarted, ResourceInitSucceeded, ResourceInitFailed,
    HookCompleted, HookErrored, HookSkipped, LogsCaptured, Logged, EngineNoted, RetryDecided,
]  # fmt: skip
"""Every fact there is."""
