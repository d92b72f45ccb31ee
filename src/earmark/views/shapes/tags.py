"""Tags: keys, values, where each came from."""

from __future__ import annotations

from typing import Literal

import msgspec

from earmark.views.shapes.deployment import LimitRow

TagOrigin = Literal[
    "graph",
    "job",
    "asset",
    "group",
    "project",
    "partition",
    "schedule",
    "sensor",
    "automation",
    "backfill",
    "parent",
    "request",
    "system",
    "edit",
]


class TagWithOriginOverride(msgspec.Struct, frozen=True, kw_only=True):
    """A value that another one won over."""

    value: str
    origin: TagOrigin
    origin_name: str | None


class TagWithOrigin(msgspec.Struct, frozen=True, kw_only=True):
    """A tag of a run or a definition, with what set it."""

    key: str
    value: str
    origin: TagOrigin
    origin_name: str | None
    """The name of what set it: the job, asset or schedule, the author of an edit."""
    is_system: bool
    """Begins with ``dagster/``."""
    is_editable: bool
    """A user may set or remove it."""
    overrides: list[TagWithOriginOverride]
    """Values it won over, the nearest first."""
    warning: str | None
    """A rule of good values it breaks, in words."""


class TagKeyRow(msgspec.Struct, frozen=True, kw_only=True):
    """A tag key, with how much carries it."""

    key: str
    hue: int | None
    """0-11 when a person chose one; null means by hash of the key."""
    description: str | None
    is_system: bool
    values: int
    assets: int
    jobs: int
    ops: int
    runs: int
    failure_rate: float | None
    """Share of runs of the last 7 days that failed, 0..1; null without finished runs."""
    limits: int
    top_values: list[str]
    """The most frequent values."""
    near: list[str]
    """Keys that differ from this one by case, plural or one letter."""


class TagValueRow(msgspec.Struct, frozen=True, kw_only=True):
    """One value of a tag key, with how much carries it."""

    value: str
    assets: int
    jobs: int
    ops: int
    runs: int
    running: int
    queued: int
    failure_rate: float | None
    near: list[str]


class TagKeyDetailUntagged(msgspec.Struct, frozen=True, kw_only=True):
    """Things without a key, with the query that lists them."""

    scope: Literal["assets", "jobs", "ops"]
    count: int
    q: str


class TagKeyDetail(TagKeyRow, frozen=True, kw_only=True):
    """A tag key with the limits bound to it and what lacks it."""

    limit_rows: list[LimitRow]
    untagged: list[TagKeyDetailUntagged]
    """Things without the key, with the query that lists them."""


class TagKeyEdit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The colour and the description of a key."""

    hue: int | None = None
    description: str | None = None


class NearDuplicateWord(msgspec.Struct, frozen=True, kw_only=True):
    """A word, and how many things use it."""

    word: str
    count: int


class NearDuplicate(msgspec.Struct, frozen=True, kw_only=True):
    """Words that were probably meant to be one."""

    scope: Literal["key", "value"]
    key: str | None
    words: list[NearDuplicateWord]
    reason: str


class UntaggedReportKey(msgspec.Struct, frozen=True, kw_only=True):
    """How much lacks one key."""

    key: str
    assets: int
    jobs: int
    asset_share: float


class UntaggedReportWithoutAny(msgspec.Struct, frozen=True, kw_only=True):
    """How much has no tag of people's own."""

    assets: int
    jobs: int


class UntaggedReport(msgspec.Struct, frozen=True, kw_only=True):
    """How much carries no tag, by key and at all."""

    keys: list[UntaggedReportKey]
    without_any: UntaggedReportWithoutAny


class TagFinding(msgspec.Struct, frozen=True, kw_only=True):
    """Something that breaks what the project declares about a key."""

    kind: Literal["asset", "job", "op", "run"]
    name: str
    """Its name; of a run, its id."""
    key: str
    value: str | None
    """The value that it has; ``None`` where it lacks the tag."""
    rule: Literal["required", "values", "pattern"]
    message: str
    mend: str
    """What to do about it."""
    enforce: Literal["warn", "refuse"]
    """Whether launches that it concerns are refused."""


class SystemTag(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the registry of system tags."""

    key: str
    description: str
    set_by: str
    is_editable: bool
    example: str | None


class TagSuggestion(msgspec.Struct, frozen=True, kw_only=True):
    """A key or a value that may be meant."""

    key: str
    value: str | None
    count: int
    description: str | None
    is_system: bool


class TagEdit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Tags to set and keys to remove."""

    set: dict[str, str] = {}
    remove: list[str] = []
