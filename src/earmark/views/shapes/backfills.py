"""Backfills."""

from __future__ import annotations

from typing import Literal

import msgspec

from earmark.views.shapes.assets import PartitionCounts, PartitionSpan
from earmark.views.shapes.values import ErrorInfo

BackfillStatus = Literal["queued", "running", "paused", "canceling", "canceled", "failed", "succeeded"]


class BackfillRow(msgspec.Struct, frozen=True, kw_only=True):
    """A backfill in the list."""

    id: str
    status: BackfillStatus
    title: str
    job: str | None
    asset_count: int
    tags: dict[str, str]
    priority: int
    created_at: int
    ended_at: int | None
    author: str | None
    partitions: PartitionCounts
    runs: int
    in_flight: int
    error: str | None
    actions: list[Literal["cancel", "pause", "resume", "retry_failed", "tag"]]


class BackfillDetailStrip(msgspec.Struct, frozen=True, kw_only=True):
    """How far a backfill has come with one asset."""

    asset: str | None
    dimensions: list[str]
    """The names of the two dimensions, where it has two: then there is a grid of it, too."""
    spans: list[PartitionSpan]
    counts: PartitionCounts


class BackfillDetail(BackfillRow, frozen=True, kw_only=True):
    """A backfill's page."""

    error_info: ErrorInfo | None
    first: str
    last: str
    max_in_flight: int
    strips: list[BackfillDetailStrip]
    """One strip per asset (or one for the job); spans index the partitions of the backfill in order."""


class BackfillRequestRange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A range of partitions, both ends included."""

    first: str
    last: str


class BackfillRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A backfill that is asked for."""

    job: str | None = None
    assets: list[str] = []
    q: str | None = None
    partitions: list[str] = []
    ranges: list[BackfillRequestRange] = []
    tags: dict[str, str] = {}
    only: Literal["all", "missing", "failed"] = "all"
    max_in_flight: int | None = None
