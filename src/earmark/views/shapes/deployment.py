"""Limits, locations, daemons, configuration, the audit log."""

from __future__ import annotations

from typing import Literal

import msgspec

from earmark.views.shapes.values import ErrorInfo

LimitKind = Literal["runs", "tag", "query", "pool", "rate"]


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """A run (or step) that holds a slot."""

    run_id: str
    job: str | None
    step: str | None
    since: int
    value: str | None


class LimitRowGroup(msgspec.Struct, frozen=True, kw_only=True):
    """One value of a limit that is split by values."""

    value: str
    used: int
    waiting: int


class LimitRowWaiter(msgspec.Struct, frozen=True, kw_only=True):
    """A run that waits for a limit."""

    run_id: str
    job: str | None
    priority: int
    position: int
    since: int


class LimitRow(msgspec.Struct, frozen=True, kw_only=True):
    """A limit, with what it holds back."""

    id: str
    kind: LimitKind
    label: str
    key: str | None
    value: str | None
    per_unique_value: bool
    where: str | None
    per: list[str]
    limit: int
    """-1 is unlimited."""
    period: float | None
    """For ``rate``: ``limit`` per this many seconds."""
    used: int
    waiting: int
    groups: list[LimitRowGroup]
    """For limits per value: each value apart."""
    holders: list[Holder]
    waiters: list[LimitRowWaiter]
    source: Literal["settings", "edited", "default"]
    note: str | None
    updated_by: str | None
    updated_at: int | None


class LimitEdit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A limit as it should be."""

    kind: LimitKind
    key: str | None = None
    value: str | None = None
    per_unique_value: bool = False
    where: str | None = None
    per: list[str] = []
    limit: int
    period: float | None = None
    note: str | None = None


class LimitChange(msgspec.Struct, frozen=True, kw_only=True):
    """A change of a limit."""

    at: int
    author: str
    before: int | None
    after: int | None
    note: str | None


class LocationRowDiff(msgspec.Struct, frozen=True, kw_only=True):
    """What the last reload changed."""

    added: list[str]
    removed: list[str]
    changed: list[str]
    parts: dict[str, list[str]]
    """Of each that changed, which parts of it did: ``tags``, ``description``, ``cron_schedules``, ..."""


class LocationRow(msgspec.Struct, frozen=True, kw_only=True):
    """A code location."""

    name: str
    origin: str
    status: Literal["loaded", "loading", "failed", "stale", "gone"]
    """``stale`` is a location whose last good definitions serve, ``gone`` one that no host serves any more."""
    loaded_at: int | None
    load_time: float | None
    error: ErrorInfo | None
    assets: int
    jobs: int
    schedules: int
    sensors: int
    python: str | None
    version: str | None
    start_method: Literal["fork", "spawn"] | None
    warnings: list[str]
    served_by: str | None
    """The host that has the code, where this server has none of its own."""
    diff: LocationRowDiff
    """What the last reload changed."""


class DaemonRow(msgspec.Struct, frozen=True, kw_only=True):
    """A loop of a host, as the host last said."""

    name: str
    is_healthy: bool
    is_leader: bool
    """Its host leads, so that it acts and does not only stand by."""
    host: str
    pid: int | None
    version: str | None
    epoch: int | None
    """Of the lease, while its host leads."""
    started_at: int | None
    last_beat: int | None
    """When its host last said anything."""
    last_look: int | None
    """When its last look ended."""
    looks: int
    interval: float
    """How long it waits at most between two looks."""
    detail: str | None
    error: str | None
    """What keeps it from being healthy."""
    last_error: str | None
    """What went wrong in its latest look that failed; it may be healthy since."""
    last_error_at: int | None


class SettingRow(msgspec.Struct, frozen=True, kw_only=True):
    """A setting as it stands."""

    key: str
    value: str
    default: str | None
    source: str
    description: str


class InstanceConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The configuration of the instance; secrets are masked."""

    home: str
    store: str
    file: str | None
    text: str
    settings: list[SettingRow]
    queue_paused: bool


class AuditRow(msgspec.Struct, frozen=True, kw_only=True):
    """Something that somebody did."""

    seq: int
    at: int
    author: str
    action: str
    target: str
    detail: str
