"""Sensors as data."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

from earmark.specs.automation import AutomationCondition
from earmark.specs.metadata import restore_metadata
from earmark.values.keys import AssetKey

DEFAULT_INTERVAL = 30
"""The least number of seconds between two ticks of a sensor that does not say it."""


class SensorType(StrEnum):
    """What a sensor watches."""

    STANDARD = "standard"
    ASSET = "asset"
    MULTI_ASSET = "multi_asset"
    RUN_STATUS = "run_status"
    AUTOMATION_CONDITION = "automation_condition"
    RUN_QUERY = "run_query"


class SensorSpec(msgspec.Struct, frozen=True, omit_defaults=True):
    """A sensor, as data.

    Args:
        name: Its name.
        kind: What it watches: a word of :class:`SensorType`.
        job_names: The jobs that it may ask for.
        asset_query: The assets that it may ask for or watches, as a query.
        minimum_interval_seconds: The least time between two ticks.
        tags: Labels of the sensor and of the runs that it asks for.
        description: Text for people.
        metadata: Facts about it.
        owners: E-mail addresses or ``team:NAME``.
        runs_by_default: Whether it ticks before anybody switched it on.
        watched_assets: The assets whose events wake it.
        watched_statuses: The states of runs that wake it, as :class:`DagsterRunStatus` values.
        run_query: The query over runs that it watches.
        run_tags: Labels of the runs that it asks for, beside ``tags``.
        default_condition: The condition of assets that have none of their own.
        emit_backfills: Whether several partitions of an asset are asked for as one backfill rather than as runs.
    """

    name: str
    kind: str = SensorType.STANDARD
    job_names: tuple[str, ...] = ()
    asset_query: str | None = None
    minimum_interval_seconds: int = DEFAULT_INTERVAL
    tags: dict[str, str] = {}
    description: str | None = None
    metadata: dict[str, Any] = {}
    owners: tuple[str, ...] = ()
    runs_by_default: bool = False
    watched_assets: tuple[AssetKey, ...] = ()
    watched_statuses: tuple[str, ...] = ()
    run_query: str | None = None
    run_tags: dict[str, str] = {}
    default_condition: AutomationCondition | None = None
    emit_backfills: bool = True

    def __post_init__(self) -> None:
        if self.metadata:
            msgspec.structs.force_setattr(self, "metadata", restore_metadata(self.metadata))

    @property
    def is_woken(self) -> bool:
        """Whether events wake it, so that it needs no polling."""
        return bool(self.watched_assets or self.watched_statuses or self.run_query)
