"""Schedules as data."""

from __future__ import annotations

from typing import Any

import msgspec

from earmark.specs.metadata import restore_metadata


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

    def __post_init__(self) -> None:
        if self.metadata:
            msgspec.structs.force_setattr(self, "metadata", restore_metadata(self.metadata))
