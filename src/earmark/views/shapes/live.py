"""What the stream of changes says."""

from __future__ import annotations

from typing import Literal

import msgspec


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """Something that changed: never the thing itself; clients read again what they show."""

    kind: Literal["run", "run_events", "asset", "tick", "automation", "backfill", "limit", "location", "daemon", "view"]
    id: str
    status: str | None
    """A run's or backfill's new status, where it changed."""


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """A batch of changes."""

    changes: list[Change]
