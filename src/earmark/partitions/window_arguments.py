"""What a time window definition is given, checked and turned into what it stores."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Union

import msgspec

from earmark.partitions.fields import CronFields, cron_fields
from earmark.partitions.keyformat import key_format
from earmark.partitions.timeline import pattern
from earmark.partitions.zones import SECOND, is_early, offsets, zone_info
from earmark.values.clock import Micros, from_datetime, from_seconds, to_datetime
from earmark.values.errors import DagsterInvalidDefinitionError, caller_location

TimeLike = Union[datetime, str]


class TimestampWithTimezone(msgspec.Struct, frozen=True):
    """An instant (POSIX seconds) and the zone in which it was meant."""

    timestamp: float
    timezone: str

    @property
    def micros(self) -> Micros:
        """The instant in microseconds."""
        return from_seconds(self.timestamp)


def window_fields(
    start: TimeLike,
    fmt: str,
    end: TimeLike | None,
    timezone: str | None,
    end_offset: int,
    cron: str,
    exclusions: Sequence[str | datetime] | None,
) -> dict[str, Any]:
    """Return the fields of a time window definition, checked.

    Raises:
        DagsterInvalidDefinitionError: One of them is invalid.
    """
    zone = timezone or "UTC"
    zone_info(zone)
    fields = cron_fields(cron)
    _require_telling_format(fmt, fields, cron)
    excluded = _exclusions(exclusions, zone)
    _require_a_window(cron, excluded)
    return {
        "start_ts": _timestamp(start, fmt, zone, "start"),
        "end_ts": None if end is None else _timestamp(end, fmt, zone, "end"),
        "timezone": zone,
        "fmt": fmt,
        "end_offset": end_offset,
        "cron_schedule": cron,
        "exclusions": excluded,
    }


def _require_a_window(cron: str, excluded: tuple[str | TimestampWithTimezone, ...] | None) -> None:
    crons = tuple(item for item in excluded or () if isinstance(item, str))
    if crons and pattern(cron, crons).is_empty:
        raise DagsterInvalidDefinitionError(
            f"The exclusions {list(crons)} leave none of the windows that begin at {cron!r}.",
            where=caller_location(),
        )


def _require_telling_format(fmt: str, fields: CronFields, cron: str) -> None:
    hidden = key_format(fmt).cannot_tell(fields)
    if hidden:
        raise DagsterInvalidDefinitionError(
            f"The key format {fmt!r} does not show the {hidden}, in which the windows of {cron!r} differ:"
            " several partitions would have the same key.",
            where=caller_location(),
            fmt=fmt,
        )


def _timestamp(given: Any, fmt: str, zone: str, what: str) -> TimestampWithTimezone:
    if isinstance(given, str):
        read = key_format(fmt).read(given)
        if read is None:
            example = key_format(fmt).write(int(from_datetime(datetime(2024, 1, 31))), 0)
            raise DagsterInvalidDefinitionError(
                f"The {what} {given!r} is not written in the key format {fmt!r}.",
                hint=f"Write it like {example!r}, or pass a datetime.",
                where=caller_location(),
                value=given,
            )
        wall, offset = read
        instant = offsets(zone, is_early(wall)).instants(wall)[0] if offset is None else wall - offset
        return TimestampWithTimezone(instant / SECOND, zone)
    if isinstance(given, date) and not isinstance(given, datetime):
        given = datetime(given.year, given.month, given.day)
    if not isinstance(given, datetime):
        raise DagsterInvalidDefinitionError(
            f"The {what} is a datetime or text in the key format {fmt!r}, not {given!r}.", where=caller_location()
        )
    aware = given if given.tzinfo is not None else given.replace(tzinfo=zone_info(zone))
    return TimestampWithTimezone((aware - _EPOCH) / timedelta(seconds=1), zone)


_EPOCH = to_datetime(Micros(0))


def _exclusions(given: Any, zone: str) -> tuple[str | TimestampWithTimezone, ...] | None:
    if not given:
        return None
    if isinstance(given, str):
        given = (given,)
    found: list[str | TimestampWithTimezone] = []
    for item in given:
        if isinstance(item, str):
            cron_fields(item)
            found.append(item)
        elif isinstance(item, TimestampWithTimezone):
            found.append(item)
        elif isinstance(item, (date, datetime)):
            found.append(_timestamp(item, "%Y", zone, "exclusion"))
        else:
            raise DagsterInvalidDefinitionError(
                f"An exclusion is a cron expression or a datetime, not {item!r}.", where=caller_location(), value=item
            )
    return tuple(found)
