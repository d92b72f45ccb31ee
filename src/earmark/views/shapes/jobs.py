"""Jobs and ops."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from earmark.views.shapes.runs import RunStatus
from earmark.views.shapes.tags import TagWithOrigin


class RunSpark(msgspec.Struct, frozen=True, kw_only=True):
    """A run, as small as can be."""

    id: str
    status: RunStatus
    duration: float | None
    at: int


class JobRow(msgspec.Struct, frozen=True, kw_only=True):
    """A job in the list."""

    name: str
    location: str
    description: str | None
    kind: Literal["asset", "op"]
    tags: dict[str, str]
    ops: int
    assets: int
    recent: list[RunSpark]
    """The last 10 runs, oldest first."""
    p50: float | None
    failure_rate: float | None
    automation: list[str]
    next_at: int | None


class JobDetailPartitionDimension(msgspec.Struct, frozen=True, kw_only=True):
    """One way in which a job is cut."""

    name: str
    kind: str
    total: int
    first: str
    last: str


class JobDetailResource(msgspec.Struct, frozen=True, kw_only=True):
    """A resource that a job may use."""

    name: str
    kind: str


class JobDetail(JobRow, frozen=True, kw_only=True):
    """A job's page."""

    tag_rows: list[TagWithOrigin]
    config_schema: dict[str, Any]
    """JSON Schema of the run config; ``{}`` when it takes none."""
    default_config: str
    selection: str | None
    asset_keys: list[str]
    partition_dimensions: list[JobDetailPartitionDimension]
    resources: list[JobDetailResource]
    hooks: list[str]


class OpRow(msgspec.Struct, frozen=True, kw_only=True):
    """An op in the list."""

    name: str
    kind: Literal["op", "asset", "graph"]
    job: str
    location: str
    description: str | None
    tags: dict[str, str]
    pool: str | None
    retries: int
    p50: float | None


class JobGraphNode(OpRow, frozen=True, kw_only=True):
    """An op, drawn."""

    rank: int
    order: int
    inputs: list[str]
    outputs: list[str]
    asset_keys: list[str]


class JobGraphEdge(msgspec.Struct, frozen=True, kw_only=True):
    """A dependency between ops."""

    source: str
    target: str
    label: str


class JobGraph(msgspec.Struct, frozen=True, kw_only=True):
    """The ops of a job, laid out."""

    nodes: list[JobGraphNode]
    edges: list[JobGraphEdge]
