"""Schedules as data."""

from __future__ import annotations

from typing import Any

import msgspec

from earmark.partitions.cron import Cron
from earmark.specs.metadata import restore_metadata

DEFAULT_CATCH_UP = 5
"""How many missed ticks a schedule makes up for unless it says so."""


class ScheduleSpec(msgspec.Struct, frozen=True, omit_defaults=True):
    """A schedule, as data.

    Args:
        name: Its name.
        cron_schedules: When it ticks: one or more cron expressions.
        job_name: The job that it asks for.
        timezone: The IANA zone in which the expressions are read; UTC if ``None``.
        tags: Labels of the schedule and of the runs that it asks for.
        description: Text for people.
        metadata: Facts about it.
        owners: E-mail addresses or ``team:NAME``.
        runs_by_default: Whether it ticks before anybody switched it on.
        catch_up: How many of the ticks missed while nobody was there it makes up for, the latest ones: 0 for none,
            1 for the last.
        jitter_seconds: By up to how many seconds each tick is put off, so that not all schedules start at once.
        asset_query: The assets that it asks for, as a query, where it was given assets rather than a job.

    Example:
        >>> ScheduleSpec("nightly", ("0 2 * * *",), "etl", timezone="Europe/Helsinki").cron.describe()
        'every day at 02:00'
    """

    name: str
    cron_schedules: tuple[str, ...]
    job_name: str | None = None
    timezone: str | None = None
    tags: dict[str, str] = {}
    description: str | None = None
    metadata: dict[str, Any] = {}
    owners: tuple[str, ...] = ()
    runs_by_default: bool = False
    catch_up: int = DEFAULT_CATCH_UP
    jitter_seconds: float = 0.0
    asset_query: str | None = None

    def __post_init__(self) -> None:
        if self.metadata:
            msgspec.structs.force_setattr(self, "metadata", restore_metadata(self.metadata))

    @property
    def cron(self) -> Cron:
        """When it ticks, as arithmetic.

        Raises:
            DagsterInvalidDefinitionError: An expression or the zone is invalid.
        """
        return Cron(self.cron_schedules, self.timezone or "UTC")
