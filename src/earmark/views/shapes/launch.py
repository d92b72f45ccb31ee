"""What is launched, and what would come of it."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from earmark.views.shapes.jobs import JobDetailPartitionDimension
from earmark.views.shapes.runs import Gate
from earmark.views.shapes.tags import TagFinding, TagWithOrigin


class LaunchRequestPartitionRange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A range of partitions, both ends included."""

    first: str
    last: str


class LaunchRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be launched."""

    job: str | None = None
    """A job, or assets by key or query."""
    location: str | None = None
    assets: list[str] = []
    q: str | None = None
    config: str = ""
    """YAML or JSON text, as typed."""
    tags: dict[str, str] = {}
    remove_tags: list[str] = []
    """Inherited keys to leave out."""
    op_selection: list[str] = []
    partition: str | None = None
    partition_range: LaunchRequestPartitionRange | None = None
    only: Literal["all", "missing", "failed"] = "all"
    """Which of a range: all, those that were never written or failed, or those that failed."""
    parent: str | None = None
    """Re-execution of this run."""
    mode: Literal["all", "from_failure", "steps"] = "all"
    steps: list[str] = []


class ConfigFault(msgspec.Struct, frozen=True, kw_only=True):
    """A fault in a configuration."""

    path: str
    """``ops.load.config.limit``."""
    message: str
    line: int | None
    column: int | None


class LaunchPreviewFlowConflict(msgspec.Struct, frozen=True, kw_only=True):
    """Assets disagree about a tag that flows."""

    key: str
    values: list[str]
    resolution: str


class LaunchPreview(msgspec.Struct, frozen=True, kw_only=True):
    """What would come of a launch; nothing is stored."""

    tags: list[TagWithOrigin]
    faults: list[ConfigFault]
    refused: list[TagFinding]
    """What breaks a policy about tags that is enforced: with it, the launch is refused."""
    warnings: list[str]
    priority: int
    gates: list[Gate]
    position: int | None
    """Place in the queue if launched now; null when it would start at once."""
    estimated_wait: float | None
    """Seconds until its turn, at the pace of the last hour; null where too little started to say."""
    steps: list[str]
    assets: list[str]
    """What will be written."""
    partitions: int
    flow_conflicts: list[LaunchPreviewFlowConflict]


class LaunchForm(msgspec.Struct, frozen=True, kw_only=True):
    """What a launch of assets can be given: their configuration, and a partition."""

    config_schema: dict[str, Any]
    """JSON schema."""
    default_config: str
    """YAML text with what must be filled in."""
    partition_dimensions: list[JobDetailPartitionDimension]


class LaunchResult(msgspec.Struct, frozen=True, kw_only=True):
    """What was launched."""

    run_ids: list[str]
    backfill_id: str | None
