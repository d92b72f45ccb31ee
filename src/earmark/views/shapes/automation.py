"""Schedules, sensors, conditions and their ticks."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from earmark.views.shapes.runs import EventLevel
from earmark.views.shapes.tags import TagWithOrigin
from earmark.views.shapes.values import ErrorInfo

AutomationKind = Literal["schedule", "sensor", "automation"]


TickStatus = Literal["started", "succeeded", "skipped", "failed"]


class AutomationRowRecent(msgspec.Struct, frozen=True, kw_only=True):
    """A tick, as small as can be."""

    id: str
    status: TickStatus
    at: int
    runs: int


class AutomationRow(msgspec.Struct, frozen=True, kw_only=True):
    """A schedule, sensor or condition in the list."""

    name: str
    kind: AutomationKind
    location: str
    is_running: bool
    tags: dict[str, str]
    rhythm: str
    """``0 6 * * *`` or ``every 30 s``, and the words for it."""
    rhythm_words: str
    timezone: str | None
    targets: list[str]
    last_tick: TickRow | None
    next_at: int | None
    recent: list[AutomationRowRecent]
    """The last 20 ticks, oldest first."""
    runs_today: int


class AutomationDetail(AutomationRow, frozen=True, kw_only=True):
    """The page of a schedule, sensor or condition."""

    description: str | None
    cursor: str | None
    minimum_interval: float | None
    default_status: Literal["running", "stopped"]
    tag_rows: list[TagWithOrigin]
    upcoming: list[int]


class TickRow(msgspec.Struct, frozen=True, kw_only=True):
    """An evaluation in the list."""

    id: str
    automation: str
    kind: AutomationKind
    at: int
    ended_at: int | None
    status: TickStatus
    run_ids: list[str]
    requested: int
    refused: int
    """So many of them were refused."""
    skip_reason: str | None
    error: ErrorInfo | None
    cursor: str | None


class TickDetailLog(msgspec.Struct, frozen=True, kw_only=True):
    """A line that an evaluation logged."""

    at: int
    level: EventLevel
    message: str


class TickDetailRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A run that an evaluation asked for."""

    run_key: str | None
    job: str | None
    partition: str | None
    tags: dict[str, str]
    """What the evaluation set; of one that was only tried, all that the run would have."""
    run_config: dict[str, Any]
    """Of an evaluation that was only tried; else the run shows it."""
    refused: str | None
    """Why no run was made of it."""


class TickDetailPartitions(msgspec.Struct, frozen=True, kw_only=True):
    """Keys that an evaluation asked to add to dynamic partitions, or to delete from them."""

    definition: str
    action: Literal["add", "delete"]
    keys: list[str]


class TickDetail(TickRow, frozen=True, kw_only=True):
    """An evaluation with its log and what it asked for."""

    logs: list[TickDetailLog]
    requests: list[TickDetailRequest]
    partitions: list[TickDetailPartitions]
    output: str
    """What its code printed, the beginning of it."""
