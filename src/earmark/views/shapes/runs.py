"""Runs: rows, details, logs, why they wait."""

from __future__ import annotations

from typing import Literal

import msgspec

from earmark.views.shapes.deployment import Holder, LimitKind
from earmark.views.shapes.tags import TagEdit, TagWithOrigin
from earmark.views.shapes.values import ErrorInfo, MetadataEntry

RunStatus = Literal["NOT_STARTED", "QUEUED", "STARTING", "STARTED", "SUCCESS", "FAILURE", "CANCELING", "CANCELED"]


RunAction = Literal["cancel", "retry", "retry_from_failure", "tag", "delete", "prioritise"]


class RunSource(msgspec.Struct, frozen=True, kw_only=True):
    """What asked for a run."""

    kind: Literal["manual", "schedule", "sensor", "automation", "backfill", "retry", "cli", "api"]
    name: str | None
    tick: str | None


class Wait(msgspec.Struct, frozen=True, kw_only=True):
    """The one gate that binds first; ``Explanation`` has all of them."""

    sentence: str
    limit_id: str | None
    label: str
    used: int
    limit: int
    holder: str | None
    position: int
    """Counted from 1."""


class StepCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How many steps of a run are where."""

    total: int
    succeeded: int
    failed: int
    running: int
    skipped: int


class RunRowFailure(msgspec.Struct, frozen=True, kw_only=True):
    """Why a run failed."""

    step: str | None
    message: str
    reason: str


class RunRow(msgspec.Struct, frozen=True, kw_only=True):
    """A run in the list."""

    id: str
    job: str | None
    location: str
    status: RunStatus
    tags: dict[str, str]
    priority: int
    created_at: int
    started_at: int | None
    ended_at: int | None
    duration: float | None
    queued: float | None
    partition: str | None
    assets: list[str]
    """At most 3 keys; ``asset_count`` counts all."""
    asset_count: int
    source: RunSource
    steps: StepCounts
    wait: Wait | None
    failure: RunRowFailure | None
    parent: str | None
    root: str | None
    actions: list[RunAction]


class RunCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Runs by state, for the tabs."""

    all: int
    queued: int
    running: int
    failed: int
    succeeded: int
    canceled: int
    backfills: int


StepStatus = Literal["waiting", "ready", "running", "succeeded", "failed", "skipped", "retrying", "canceled", "not_run"]


class StepAttempt(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt at a step."""

    number: int
    started_at: int
    ended_at: int | None
    status: StepStatus


class StepRow(msgspec.Struct, frozen=True, kw_only=True):
    """A step of a run."""

    key: str
    op: str
    status: StepStatus
    tags: dict[str, str]
    pool: str | None
    assets: list[str]
    depends_on: list[str]
    ready_at: int | None
    """When its inputs were there; the time to ``started_at`` is waiting."""
    wait_reason: str | None
    started_at: int | None
    ended_at: int | None
    attempts: list[StepAttempt]
    error: ErrorInfo | None
    skipped_because: str | None
    metadata: list[MetadataEntry]
    last_good: float | None
    """The step's duration in the last good run of the job."""
    has_output: bool


class RunDetailFirstFailure(msgspec.Struct, frozen=True, kw_only=True):
    """The first thing that failed."""

    step: str | None
    at: int
    error: ErrorInfo


class RunDetailLastGood(msgspec.Struct, frozen=True, kw_only=True):
    """The last good run of the job."""

    id: str
    duration: float


class RunDetailFlowConflict(msgspec.Struct, frozen=True, kw_only=True):
    """Assets disagreed about a tag that flows."""

    key: str
    values: list[str]
    resolution: str


class RunDetailTagHistory(msgspec.Struct, frozen=True, kw_only=True):
    """An edit of tags after launch."""

    at: int
    author: str
    set: dict[str, str]
    remove: list[str]


class RunDetailWorker(msgspec.Struct, frozen=True, kw_only=True):
    """Where a run executes."""

    pid: int | None
    host: str | None
    image: str | None


class RunDetail(RunRow, frozen=True, kw_only=True):
    """A run's page."""

    tag_rows: list[TagWithOrigin]
    step_rows: list[StepRow]
    first_failure: RunDetailFirstFailure | None
    config: str
    op_selection: list[str]
    asset_selection: list[str]
    family: list[RunRow]
    """The runs of its root, oldest first, itself included."""
    last_good: RunDetailLastGood | None
    flow_conflicts: list[RunDetailFlowConflict]
    tag_history: list[RunDetailTagHistory]
    """The tag edits after launch, newest first."""
    worker: RunDetailWorker | None
    trace_id: str | None
    """The trace of OpenTelemetry that it belongs to."""


class RunComparisonStep(msgspec.Struct, frozen=True, kw_only=True):
    """A step in two runs; ``None`` stands where a run has no such step."""

    key: str
    status: StepStatus | None
    other_status: StepStatus | None
    seconds: float | None
    other_seconds: float | None
    change: float | None
    """How many seconds longer it took in the run than in the other."""
    attempts: int
    other_attempts: int


class RunComparisonTag(msgspec.Struct, frozen=True, kw_only=True):
    """A tag that two runs do not have alike."""

    key: str
    value: str | None
    other: str | None
    is_system: bool


class RunComparisonConfig(msgspec.Struct, frozen=True, kw_only=True):
    """A value of the configuration that two runs do not have alike, as JSON."""

    path: str
    """``ops.load.config.limit``."""
    value: str | None
    other: str | None


class RunComparison(msgspec.Struct, frozen=True, kw_only=True):
    """Two runs beside each other. What is alike is left out, but for the steps."""

    run: RunRow
    other: RunRow
    is_last_good: bool
    """The other is the last good run before, and was not named."""
    same_plan: bool
    """Both executed the same steps of the same definitions."""
    steps: list[RunComparisonStep]
    tags: list[RunComparisonTag]
    config: list[RunComparisonConfig]


EventLevel = Literal["debug", "info", "warning", "error", "critical"]


class RunEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the log."""

    seq: int
    at: int
    kind: str
    level: EventLevel
    step: str | None
    message: str
    error: ErrorInfo | None
    metadata: list[MetadataEntry]
    asset: str | None
    is_late: bool
    is_noise: bool
    """Housekeeping (resources, loaded inputs), folded by default."""


class RunEvents(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the log; ``next_cursor`` is always given: read on from it while the run lives.

    ``total`` and ``levels`` count what the part went over, the events that the filters left out as well. The sums over
    all parts are those of the log.
    """

    items: list[RunEvent]
    next_cursor: str
    total: int
    at_end: bool
    levels: dict[EventLevel, int]


class RunOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A part of what a step printed."""

    step: str | None
    stream: Literal["stdout", "stderr"]
    text: str
    offset: int
    next_offset: int
    size: int
    at_end: bool


class Gate(msgspec.Struct, frozen=True, kw_only=True):
    """A limit in the way of a run."""

    limit_id: str | None
    kind: Literal["priority", "paused", "location", "start"] | LimitKind
    label: str
    used: int
    limit: int
    is_open: bool
    holders: list[Holder]
    position: int | None
    would_open: str


class ExplanationAhead(msgspec.Struct, frozen=True, kw_only=True):
    """A run that leaves the queue before."""

    run_id: str
    job: str | None
    priority: int


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """Why a run waits."""

    run_id: str
    status: RunStatus
    sentence: str
    decided_at: int
    priority: int
    effective_priority: int
    position: int | None
    ahead: list[ExplanationAhead]
    gates: list[Gate]


class BulkRuns(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something to be done to many runs."""

    action: RunAction
    ids: list[str] | None = None
    """Either ids or a query."""
    q: str | None = None
    expected: int | None = None
    """With ``q``: refused with 409 when more match by now than the person saw."""
    tags: TagEdit | None = None
    priority: int | None = None
    dry_run: bool = False


class BulkResultFailed(msgspec.Struct, frozen=True, kw_only=True):
    """One that it did not work for."""

    id: str
    detail: str


class BulkResult(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it."""

    matched: int
    done: int
    run_ids: list[str]
    failed: list[BulkResultFailed]
