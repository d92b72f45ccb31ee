"""Time zones as tables of constant offsets, so that wall clocks become integer arithmetic.

``zoneinfo`` answers "what is the offset at this instant" but lists no transitions. They are found here by looking
every three days and halving: no zone of the tz database has changed its offset twice within six days since 1900
(``docs/design/partitions-and-cron.md``), so none is missed.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from earmark.values.clock import Micros, from_datetime
from earmark.values.errors import DagsterInvalidDefinitionError, caller_location, did_you_mean

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_STRIDE = 3 * DAY
_AHEAD = 3652 * DAY
_MICROSECOND = datetime.resolution
_FLOOR = int(from_datetime(datetime(1970, 1, 1, tzinfo=UTC)))
_EARLY_FLOOR = int(from_datetime(datetime(1800, 1, 1, tzinfo=UTC)))
CEILING = int(from_datetime(datetime(9999, 1, 1, tzinfo=UTC)))


@cache
def zone_info(name: str) -> ZoneInfo:
    """Return the zone called ``name``.

    Raises:
        DagsterInvalidDefinitionError: The tz database has no such zone; the error names the nearest.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        pass
    raise DagsterInvalidDefinitionError(
        f"There is no time zone {name!r}.{did_you_mean(name, available_timezones())}",
        hint="Zones are named as in the tz database, for example 'Europe/Berlin' or 'UTC'.",
        where=caller_location(),
        timezone=name,
    )


class Rows(NamedTuple):
    """A table of offsets: from ``starts[i]`` (UTC) on, the wall clock is UTC plus ``offsets[i]``, up to ``covered``."""

    starts: tuple[int, ...]
    offsets: tuple[int, ...]
    covered: int


class Offsets:
    """The offsets of one zone, found as they are needed.

    ``rows`` is replaced as a whole when it grows, so threads may share the object without a lock.

    Args:
        name: A zone of the tz database.
        early: Whether the table begins in 1800 instead of 1970.
    """

    def __init__(self, name: str, early: bool = False) -> None:
        self.zone = zone_info(name)
        start = _EARLY_FLOOR if early else _FLOOR
        fixed = self.zone.utcoffset(None)
        if fixed is not None:
            self.rows = Rows((start,), (fixed // _MICROSECOND,), CEILING)
            return
        self.rows = Rows((start,), (self._offset(start),), start)

    def covering(self, until: int) -> Rows:
        """Return a table that is right for every instant up to ``until`` (and some years more)."""
        rows = self.rows
        if until <= rows.covered:
            return rows
        goal = max(min(until + _AHEAD, CEILING), rows.covered)
        starts, found = list(rows.starts), list(rows.offsets)
        here, offset = rows.covered, found[-1]
        while here < goal:
            there = min(here + _STRIDE, goal)
            after = self._offset(there)
            if after != offset:
                starts.append(self._change(here, there, offset))
                found.append(after)
                offset = after
            here = there
        self.rows = rows = Rows(tuple(starts), tuple(found), max(goal, until))
        return rows

    def wall(self, instant: int) -> int:
        """Return what the wall clock shows at ``instant``, in microseconds since 1970-01-01 of that clock."""
        rows = self.covering(instant)
        return instant + rows.offsets[_row(rows, instant)]

    def is_repeated(self, instant: int) -> bool:
        """Say whether the wall clock has shown the same time before (the second 01:30 of an autumn day)."""
        rows = self.covering(instant)
        row = _row(rows, instant)
        return row > 0 and instant + rows.offsets[row] < rows.starts[row] + rows.offsets[row - 1]

    def instants(self, wall: int) -> tuple[int, ...]:
        """Return the instants at which the wall clock shows ``wall``: one, two (repeated), or in a gap its end."""
        rows = self.covering(wall + 2 * DAY)
        if len(rows.starts) == 1:
            return (wall - rows.offsets[0],)
        middle = _row(rows, wall - rows.offsets[_row(rows, wall)])
        near = range(max(middle - 1, 0), min(middle + 2, len(rows.starts)))
        found = tuple(wall - rows.offsets[row] for row in near if _row(rows, wall - rows.offsets[row]) == row)
        return found or (min(rows.starts[row] for row in near if rows.starts[row] + rows.offsets[row] > wall),)

    def _offset(self, instant: int) -> int:
        offset = datetime.fromtimestamp(instant // SECOND, self.zone).utcoffset()
        assert offset is not None
        return offset // _MICROSECOND

    def _change(self, before: int, after: int, old: int) -> int:
        low, high = before // SECOND, after // SECOND
        while high - low > 1:
            middle = (low + high) // 2
            if self._offset(middle * SECOND) == old:
                low = middle
            else:
                high = middle
        return high * SECOND


def _row(rows: Rows, instant: int) -> int:
    return max(bisect_right(rows.starts, instant) - 1, 0)


@cache
def offsets(name: str, early: bool = False) -> Offsets:
    """Return the table of a zone; every caller shares it."""
    return Offsets(name, early)


def is_early(instant: Micros | int) -> bool:
    """Say whether an instant lies before the usual tables begin (1970)."""
    return instant < _FLOOR + DAY
