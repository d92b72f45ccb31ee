"""Sensors as data."""

from __future__ import annotations

from typing import Any

import msgspec

from earmark.specs.metadata import restore_metadata


class SensorSpec(msgspec.Struct, frozen=True, omit_defaults=True):
    """A sensor, as data.

    Args:
        name: Its name.
        kind: What it watches: ``standard``, ``asset``, ``multi_asset``, ``run_status`` or ``automation_condition``.
        job_names: The jobs that it may ask for.
        asset_query: The assets that it may ask for or watches, as a query.
        minimum_interval_seconds: The least time between two ticks.
        tags: Labels of the sensor and of the runs that it asks for.
        description: Text for people.
        metadata: Facts about it.
        owners: E-mail addresses or ``team:NAME``.
        runs_by_default: Whether it ticks before anybody switched it on.
    """

    name: str
    kind: str = "standard"
    job_names: tuple[str, ...] = ()
    asset_query: str | None = None
    minimum_interval_seconds: int = 30
    tags: dict[str, str] = {}
    description: str | None = None
    metadata: dict[str, Any] = {}
    owners: tuple[str, ...] = ()
    runs_by_default: bool = False

    def __post_init__(self) -> None:
        if self.metadata:
            msgspec.structs.force_setattr(self, "metadata", restore_metadata(self.metadata))
