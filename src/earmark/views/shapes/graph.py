"""The graph of assets, laid out."""

from __future__ import annotations

import msgspec

from earmark.views.shapes.assets import AssetStatus, CheckCounts, PartitionCounts


class GraphGroup(msgspec.Struct, frozen=True, kw_only=True):
    """A group of assets, drawn as a box."""

    id: str
    label: str
    count: int
    statuses: dict[AssetStatus, int]
    rank: int
    """Layer from the left, and place in the layer."""
    order: int


class GraphNode(msgspec.Struct, frozen=True, kw_only=True):
    """An asset, drawn."""

    key: str
    group: str
    """The group it is drawn in."""
    status: AssetStatus
    kinds: list[str]
    tags: dict[str, str]
    materialized_at: int | None
    partitions: PartitionCounts | None
    checks: CheckCounts | None
    upstream: int
    downstream: int
    rank: int
    order: int


class GraphEdge(msgspec.Struct, frozen=True, kw_only=True):
    """A dependency between what is drawn."""

    source: str
    """An asset key, or a collapsed group as ``group:ID``."""
    target: str
    count: int


class Graph(msgspec.Struct, frozen=True, kw_only=True):
    """A graph of assets, groups first."""

    version: str
    by: str
    groups: list[GraphGroup]
    nodes: list[GraphNode]
    """Assets of expanded groups only (all of them when focused)."""
    edges: list[GraphEdge]
    total: int
    truncated: bool
