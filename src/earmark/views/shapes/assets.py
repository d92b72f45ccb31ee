"""Assets: rows, details, partitions, checks."""

from __future__ import annotations

from typing import Literal

import msgspec

from earmark.views.shapes.tags import TagWithOrigin
from earmark.views.shapes.values import ErrorInfo, MetadataEntry

AssetStatus = Literal["materialized", "stale", "failed", "skipped", "running", "queued", "missing", "external"]


class PartitionCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How many partitions are in each status."""

    total: int
    materialized: int
    failed: int
    running: int
    missing: int


class CheckCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How many checks ended how."""

    total: int
    passed: int
    failed: int
    warned: int


class AssetRow(msgspec.Struct, frozen=True, kw_only=True):
    """An asset in the catalog."""

    key: str
    group: str
    location: str
    kinds: list[str]
    owners: list[str]
    tags: dict[str, str]
    status: AssetStatus
    materialized_at: int | None
    run_id: str | None
    partitions: PartitionCounts | None
    checks: CheckCounts | None
    error: str | None
    """First line of the error when failed or skipped."""


class AssetTreeRow(msgspec.Struct, frozen=True, kw_only=True):
    """A folder or an asset in the tree of keys."""

    prefix: str
    """Key prefix, e.g. ``marts/finance``."""
    name: str
    count: int
    failed: int
    stale: int
    asset: AssetRow | None
    """The asset itself when the prefix is a whole key."""
    has_children: bool


class AssetDetailPartitionDimension(msgspec.Struct, frozen=True, kw_only=True):
    """One way in which something is cut."""

    name: str
    kind: str
    total: int
    first: str
    last: str


class AssetDetailFailure(msgspec.Struct, frozen=True, kw_only=True):
    """The last failure of an asset, where nothing was written since."""

    run_id: str
    at: int
    step: str
    error: ErrorInfo


class AssetDetailStaleCause(msgspec.Struct, frozen=True, kw_only=True):
    """Why an asset is stale."""

    asset: str
    reason: str
    partitions: int | None
    """For how many of its partitions that is so; null for an asset without."""


class AssetDetailFreshness(msgspec.Struct, frozen=True, kw_only=True):
    """Whether an asset is as fresh as its policy asks."""

    state: Literal["fresh", "late", "unknown"]
    policy: str
    deadline: int | None


class AssetDetailTrend(msgspec.Struct, frozen=True, kw_only=True):
    """A number over the last materializations."""

    name: str
    at: list[int]
    values: list[float | None]


class AssetDetail(AssetRow, frozen=True, kw_only=True):
    """An asset's page."""

    description: str | None
    code_version: str | None
    definition_at: str | None
    is_executable: bool
    is_stale_definition: bool
    tag_rows: list[TagWithOrigin]
    metadata: list[MetadataEntry]
    upstream: list[AssetRow]
    downstream: list[AssetRow]
    jobs: list[str]
    automation: list[str]
    op: str | None
    pool: str | None
    io_manager: str | None
    partition_dimensions: list[AssetDetailPartitionDimension]
    latest: AssetEvent | None
    failure: AssetDetailFailure | None
    skipped_because: str | None
    """The failed upstream asset for status ``skipped``."""
    stale_causes: list[AssetDetailStaleCause]
    freshness: AssetDetailFreshness | None
    trends: list[AssetDetailTrend]
    """Numeric metadata of the last 50 materializations; ``values`` holds one number or null for each ``at``."""


class AssetEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened to an asset."""

    seq: int
    at: int
    kind: Literal["materialization", "observation", "failure", "skip", "check"]
    """A ``skip`` is an asset that was not tried because one upstream failed."""
    run_id: str | None
    job: str | None
    partition: str | None
    tags: dict[str, str]
    metadata: list[MetadataEntry]
    message: str | None


PartitionStatus = Literal["materialized", "failed", "running", "missing", "stale"]


class PartitionSpan(msgspec.Struct, frozen=True, kw_only=True):
    """Partitions beside each other that are in the same status."""

    from_: int = msgspec.field(name="from")
    to: int
    """Exclusive."""
    status: PartitionStatus
    first: str
    last: str


class PartitionMapDimension(msgspec.Struct, frozen=True, kw_only=True):
    """A dimension of partitions."""

    name: str
    total: int
    first: str
    last: str
    keys: list[str]
    """All its keys, where there are at most 400."""


class PartitionMapRow(msgspec.Struct, frozen=True, kw_only=True):
    """The spans of one value of the first dimension."""

    key: str | None
    spans: list[PartitionSpan]
    """Empty where there are more than 300."""
    lengths: str | None
    """Then, how many neighbours are of which status: the letter of it, and the number unless it is 1. The letters are
    m(issing), w(ritten), f(ailed), r(unning), s(tale), n(ot asked for)."""


class PartitionMap(msgspec.Struct, frozen=True, kw_only=True):
    """All partitions of an asset as spans: one row per value of the first of two dimensions."""

    dimensions: list[PartitionMapDimension]
    rows: list[PartitionMapRow]
    counts: PartitionCounts


class PartitionBox(msgspec.Struct, frozen=True, kw_only=True):
    """What a box of the map holds: its corners as whole keys, and how many partitions are in each status."""

    first: str
    last: str
    counts: PartitionCounts


class PartitionRow(msgspec.Struct, frozen=True, kw_only=True):
    """One partition."""

    key: str
    status: PartitionStatus
    at: int | None
    run_id: str | None
    run_tags: dict[str, str]
    error: str | None
    stale_causes: list[str]
    """Why it is stale: ``orders has newer data``."""


class CheckRowHistory(msgspec.Struct, frozen=True, kw_only=True):
    """One result of a check."""

    at: int
    passed: bool
    run_id: str


class CheckRow(msgspec.Struct, frozen=True, kw_only=True):
    """A check with its latest result."""

    asset: str
    name: str
    description: str | None
    is_blocking: bool
    status: Literal["passed", "failed", "warned", "running", "never"]
    at: int | None
    run_id: str | None
    metadata: list[MetadataEntry]
    history: list[CheckRowHistory]


class ConditionNode(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a condition, and of what it is true."""

    label: str
    is_true: bool
    partitions: int | None
    """Of how many partitions it is true; ``None`` where there are none."""
    keys: list[str]
    """The first of them; neighbours in time as ``first...last``."""
    children: list[ConditionNode]


class AssetAutomationEvaluation(msgspec.Struct, frozen=True, kw_only=True):
    """One evaluation of a condition: how it came out, or why it could not be evaluated."""

    id: str
    at: int
    requested: int
    run_ids: list[str]
    tree: ConditionNode | None
    error: ErrorInfo | None


class AssetAutomation(msgspec.Struct, frozen=True, kw_only=True):
    """The condition of an asset or job and its latest evaluations."""

    condition: str | None
    evaluations: list[AssetAutomationEvaluation]
