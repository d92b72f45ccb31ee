"""Grains: hourly, daily, weekly, monthly, as cron expressions and back."""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache

import msgspec

from earmark.partitions.fields import cron_fields
from earmark.values.errors import (
    DagsterInvalidDefinitionError,
    DagsterInvalidInvocationError,
    caller_location,
)


class ScheduleType(StrEnum):
    """The grain of a schedule or of time windows."""

    HOURLY = "HOURLY"
    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"


class GrainOffsets(msgspec.Struct, frozen=True):
    """A cron expression taken apart: its grain and where in the hour, day, week or month it fires."""

    schedule_type: ScheduleType | None = None
    minute: int | None = None
    hour: int | None = None
    day: int | None = None

    def required(self, part: str, cron: str) -> int:
        """Return the minute, hour or day.

        Raises:
            DagsterInvalidInvocationError: The expression has no single one.
        """
        value: int | None = getattr(self, part)
        if value is None:
            raise DagsterInvalidInvocationError(
                f"The windows of {cron!r} have no single {part} offset.", where=caller_location(), cron_schedule=cron
            )
        return value


def cron_of(
    schedule_type: ScheduleType | None,
    minute_offset: int | None,
    hour_offset: int | None,
    day_offset: int | None,
    cron_schedule: str | None,
) -> str:
    """Return the cron expression that a grain with offsets means, or the one given.

    Raises:
        DagsterInvalidDefinitionError: Both or neither were given, or an offset does not go with the grain.
    """
    given = [minute_offset, hour_offset, day_offset]
    if cron_schedule is not None:
        if schedule_type is not None or any(offset is not None for offset in given):
            raise DagsterInvalidDefinitionError(
                "With cron_schedule, the arguments schedule_type, minute_offset, hour_offset and day_offset"
                " have no place: the expression says it all.",
                where=caller_location(),
            )
        return cron_schedule
    if schedule_type is None:
        raise DagsterInvalidDefinitionError(
            "Time windows need a cron_schedule (or a schedule_type).", where=caller_location()
        )
    minute = _within(minute_offset or 0, 0, 59, "minute_offset")
    hour = _within(hour_offset or 0, 0, 23, "hour_offset")
    if schedule_type is ScheduleType.HOURLY:
        _refuse("hourly", hour_offset=hour_offset, day_offset=day_offset)
        return f"{minute} * * * *"
    if schedule_type is ScheduleType.DAILY:
        _refuse("daily", day_offset=day_offset)
        return f"{minute} {hour} * * *"
    if schedule_type is ScheduleType.WEEKLY:
        return f"{minute} {hour} * * {_within(day_offset or 0, 0, 6, 'day_offset')}"
    return f"{minute} {hour} {_within(1 if day_offset is None else day_offset, 1, 31, 'day_offset')} * *"


@lru_cache(maxsize=1024)
def offsets_of(cron: str) -> GrainOffsets:
    """Return the grain and offsets of a cron expression; the grain is ``None`` if it is no simple one."""
    fields = cron_fields(cron)
    minute = fields.minutes[0] if len(fields.minutes) == 1 else None
    if len(fields.months) < 12 or minute is None or fields.last_day or fields.nth_weekdays:
        return GrainOffsets(minute=minute, hour=fields.hours[0] if len(fields.hours) == 1 else None)
    if fields.every_hour and fields.any_day and fields.any_weekday:
        return GrainOffsets(ScheduleType.HOURLY, minute, 0)
    if len(fields.hours) != 1:
        return GrainOffsets(minute=minute)
    hour = fields.hours[0]
    if fields.any_day and fields.any_weekday:
        return GrainOffsets(ScheduleType.DAILY, minute, hour)
    if fields.any_day and len(fields.weekdays) == 1:
        return GrainOffsets(ScheduleType.WEEKLY, minute, hour, fields.weekdays[0])
    if fields.any_weekday and len(fields.days) == 1:
        return GrainOffsets(ScheduleType.MONTHLY, minute, hour, fields.days[0])
    return GrainOffsets(minute=minute, hour=hour)


def cron_with(
    cron: str,
    minute_of_hour: int | None,
    hour_of_day: int | None,
    day_of_week: int | None,
    day_of_month: int | None,
) -> str:
    """Return a grain's cron expression with some parts replaced.

    Raises:
        DagsterInvalidInvocationError: A part does not go with the grain, or the expression has none.
    """
    given = {
        "minute_of_hour": minute_of_hour,
        "hour_of_day": hour_of_day,
        "day_of_week": day_of_week,
        "day_of_month": day_of_month,
    }
    grain = offsets_of(cron)
    if all(value is None for value in given.values()):
        return cron
    allowed = _PARTS.get(grain.schedule_type, ())
    for name, value in given.items():
        if value is not None and name not in allowed:
            kind = grain.schedule_type.value.lower() if grain.schedule_type else f"{cron!r}"
            raise DagsterInvalidInvocationError(
                f"{name} has no place with {kind} partitions.", where=caller_location(), argument=name
            )
    minute, hour, day, month, weekday = cron.split() if not cron.startswith("@") else _plain(grain)
    return " ".join(
        [
            minute if minute_of_hour is None else str(_within(minute_of_hour, 0, 59, "minute_of_hour")),
            hour if hour_of_day is None else str(_within(hour_of_day, 0, 23, "hour_of_day")),
            day if day_of_month is None else str(_within(day_of_month, 1, 31, "day_of_month")),
            month,
            weekday if day_of_week is None else str(_within(day_of_week, 0, 6, "day_of_week")),
        ]
    )


_PARTS: dict[ScheduleType | None, tuple[str, ...]] = {
    ScheduleType.HOURLY: ("minute_of_hour",),
    ScheduleType.DAILY: ("minute_of_hour", "hour_of_day"),
    ScheduleType.WEEKLY: ("minute_of_hour", "hour_of_day", "day_of_week"),
    ScheduleType.MONTHLY: ("minute_of_hour", "hour_of_day", "day_of_month"),
}


def _plain(grain: GrainOffsets) -> list[str]:
    weekly, monthly = (grain.schedule_type is kind for kind in (ScheduleType.WEEKLY, ScheduleType.MONTHLY))
    hour = "*" if grain.schedule_type is ScheduleType.HOURLY else str(grain.hour)
    return [str(grain.minute), hour, str(grain.day) if monthly else "*", "*", str(grain.day) if weekly else "*"]


def _within(value: int, low: int, high: int, name: str) -> int:
    if isinstance(value, int) and low <= value <= high:
        return value
    raise DagsterInvalidDefinitionError(
        f"{name} is a number from {low} to {high}, not {value!r}.", where=caller_location(), value=value
    )


def _refuse(grain: str, **offsets: int | None) -> None:
    for name, value in offsets.items():
        if value:
            raise DagsterInvalidDefinitionError(
                f"{name} has no place with {grain} windows.", where=caller_location(), argument=name
            )
