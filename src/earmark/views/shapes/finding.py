"""Saved views, the palette, time lines and insights."""

from __future__ import annotations

from typing import Literal

import msgspec

from earmark.views.shapes.runs import RunStatus


class SavedView(msgspec.Struct, frozen=True, kw_only=True):
    """A saved view: a name and an address."""

    id: str
    name: str
    url: str
    """Relative address with its search, e.g. ``runs?q=status:failed``."""
    owner: str | None
    is_shared: bool
    is_pinned: bool
    is_built_in: bool
    count: int | None


class SavedViewEdit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A saved view as it should be."""

    name: str
    url: str
    is_shared: bool = False
    is_pinned: bool = False


class SearchHit(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the palette found."""

    kind: Literal[
        "asset", "job", "op", "run", "tag", "group", "owner", "automation", "backfill", "limit", "location", "action"
    ]
    label: str
    detail: str | None
    url: str
    count: int | None


class SearchResult(msgspec.Struct, frozen=True, kw_only=True):
    """What the palette found, best first."""

    items: list[SearchHit]


class TimelineRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run on a time line."""

    id: str
    status: RunStatus
    job: str | None
    start: int
    end: int | None
    """Null while it goes on."""


class TimelineRowFuture(msgspec.Struct, frozen=True, kw_only=True):
    """A tick to come."""

    at: int
    name: str


class TimelineRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of a time line."""

    value: str | None
    """The job, the automation or the tag's value; null for things without it."""
    runs: list[TimelineRun]
    omitted: int
    """Runs beyond the 200 newest that are sent."""
    future: list[TimelineRowFuture]
    """Ticks to come."""
    total: int
    failed: int


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """Runs over time, in rows."""

    by: str
    from_: int = msgspec.field(name="from")
    to: int
    now: int
    rows: list[TimelineRow]
    omitted_rows: int


class InsightTotals(msgspec.Struct, frozen=True, kw_only=True):
    """What a set of runs comes to."""

    runs: int
    failed: int
    failure_rate: float | None
    queue_p50: float | None
    duration_p50: float | None
    duration_p95: float | None
    duration_total: float
    cost: float | None


class InsightSeries(msgspec.Struct, frozen=True, kw_only=True):
    """A set of runs over time."""

    value: str | None
    totals: InsightTotals
    runs: list[int]
    failed: list[int]
    queue_p50: list[float | None]
    duration_p50: list[float | None]
    cost: list[float | None]


class Insights(msgspec.Struct, frozen=True, kw_only=True):
    """Runs by a tag, over time."""

    by: str
    buckets: list[int]
    """Starts of the buckets."""
    bucket_size: float
    totals: InsightTotals
    omitted: int
    """How many older runs match besides, and are not summed up: only so many are, the newest."""
    series: list[InsightSeries]


class CostPeriod(msgspec.Struct, frozen=True, kw_only=True):
    """A day, a week or a month."""

    start: int
    end: int
    """Now, of the one that is going on."""
    is_over: bool


class CostRow(msgspec.Struct, frozen=True, kw_only=True):
    """What the runs with one word cost in each period."""

    value: str | None
    """The word; null for runs without one."""
    amounts: list[float]
    runs: list[int]
    """How many runs they are of."""


class CostReport(msgspec.Struct, frozen=True, kw_only=True):
    """What runs cost, period by period."""

    by: str
    measure: str
    """``run_time`` (seconds), ``runs``, ``cost`` or ``metadata:NAME``."""
    periods: list[CostPeriod]
    totals: CostRow
    rows: list[CostRow]
    """Those that cost most first; ``(other)`` sums up the rest, and what has no word comes last."""
    measures: list[str]
    """The names under which the newest materializations of assets have numbers, those that look like costs first."""
    omitted: int
    """How many older runs match besides, and are not summed up."""
