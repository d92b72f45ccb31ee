"""Ticks by rank: how many ticks lie before an instant, and when the n-th one is, without walking.

The Gregorian calendar repeats every 400 years, weekdays included, and has 14 kinds of year. A pattern of wall-clock
times is therefore 14 small tables, and counting is a lookup. A timeline lays the pattern over a zone's offsets.

The rule over a change of clocks, the field's own:

- an expression that names all 24 hours follows the wall clock: it fires whenever the clock shows a matching time,
  in both repeated hours and not in the missing one, so once in every real hour;
- any other fires once for each matching time: at the *second* showing where the time is repeated, and at the end
  of the gap where it is missing (once, whatever falls into the gap or on its end).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import cache, lru_cache
from typing import NamedTuple

from earmark.partitions.fields import CronFields, cron_fields
from earmark.partitions.zones import CEILING, DAY, HOUR, MINUTE, Offsets, Rows, offsets

_CYCLE_DAYS = 146_097
_CYCLE_FIRST = date(2000, 1, 1).toordinal() - date(1970, 1, 1).toordinal()
_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def _years_of_cycle() -> tuple[list[int], list[tuple[bool, int]]]:
    starts, kinds, day = [0], [], 0
    for year in range(2000, 2400):
        leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        kinds.append((leap, (day + 6) % 7))  # 2000-01-01 was a Saturday; Sunday is 0
        day += 366 if leap else 365
        starts.append(day)
    return starts, kinds


_YEAR_STARTS, _YEAR_KINDS = _years_of_cycle()

TimesOn = Callable[[int, int, int, int], tuple[int, ...]]
"""From (month, day, weekday with Sunday 0, month's length) to the times of that date, in microseconds of the day."""


class Pattern:
    """A set of wall-clock times that depends on the date alone, counted from year to year.

    Args:
        times_on: The sorted times of a date.
    """

    def __init__(self, times_on: TimesOn) -> None:
        self.times_on = times_on
        tables = {kind: self._year(*kind) for kind in set(_YEAR_KINDS)}
        self._years = [tables[kind] for kind in _YEAR_KINDS]
        self._before_year = [0]
        for counts, _ in self._years:
            self._before_year.append(self._before_year[-1] + counts[-1])
        self._per_cycle = self._before_year[-1]

    @property
    def is_empty(self) -> bool:
        """Whether no date has any time."""
        return self._per_cycle == 0

    def before(self, wall: int) -> int:
        """Return the rank of ``wall``: the times of the pattern strictly before it, counted from 2000-01-01."""
        days, rest = divmod(wall, DAY)
        cycle, day = divmod(days - _CYCLE_FIRST, _CYCLE_DAYS)
        year = bisect_right(_YEAR_STARTS, day) - 1
        day -= _YEAR_STARTS[year]
        counts, times = self._years[year]
        return cycle * self._per_cycle + self._before_year[year] + counts[day] + bisect_left(times[day], rest)

    def before_all(self, instants: Sequence[int], offset: int, shift: int) -> list[int]:
        """Return the ranks, plus ``shift``, of the wall times ``offset`` after each instant."""
        return [self.before(instant + offset) + shift for instant in instants]

    def at(self, rank: int) -> int:
        """Return the time of the given rank."""
        cycle, rank = divmod(rank, self._per_cycle)
        year = bisect_right(self._before_year, rank) - 1
        rank -= self._before_year[year]
        counts, times = self._years[year]
        day = bisect_right(counts, rank) - 1
        days = cycle * _CYCLE_DAYS + _YEAR_STARTS[year] + day + _CYCLE_FIRST
        return days * DAY + times[day][rank - counts[day]]

    def between(self, first: int, stop: int) -> Iterator[int]:
        """Yield the times of the ranks from ``first`` to before ``stop``, in order."""
        if first >= stop:
            return
        wall = self.at(first)
        day, left = wall // DAY, stop - first
        cycle, of_cycle = divmod(day - _CYCLE_FIRST, _CYCLE_DAYS)
        year = bisect_right(_YEAR_STARTS, of_cycle) - 1
        of_year = of_cycle - _YEAR_STARTS[year]
        while left > 0:
            for index in range(of_year, len(self._years[year][1])):
                midnight = (cycle * _CYCLE_DAYS + _YEAR_STARTS[year] + index + _CYCLE_FIRST) * DAY
                for time in self._years[year][1][index]:
                    if midnight + time >= wall:
                        yield midnight + time
                        left -= 1
                        if not left:
                            return
            year, of_year = year + 1, 0
            if year == 400:
                year, cycle = 0, cycle + 1

    def _year(self, leap: bool, weekday: int) -> tuple[list[int], list[tuple[int, ...]]]:
        counts, times, total = [0], [], 0
        times_on = self.times_on
        for index, length in enumerate(_LENGTHS):
            days = length + (leap and index == 1)
            for day in range(1, days + 1):
                here = times_on(index + 1, day, weekday, days)
                times.append(here)
                total += len(here)
                counts.append(total)
                weekday = (weekday + 1) % 7
        return counts, times


class Steady(Pattern):
    """A pattern with the same evenly spaced times on every day: ranks are one division.

    Args:
        first: The first time of a day, in microseconds.
        period: The distance between times, a divisor of a day.
    """

    def __init__(self, first: int, period: int) -> None:
        self._first = first
        self._period = period
        times = tuple(range(first, DAY, period))
        self.times_on = lambda month, day, weekday, length: times

    @property
    def is_empty(self) -> bool:
        """Never: every day has its times."""
        return False

    def before(self, wall: int) -> int:
        """Return the rank of ``wall``."""
        return -((self._first - wall) // self._period)

    def before_all(self, instants: Sequence[int], offset: int, shift: int) -> list[int]:
        """Return the ranks, plus ``shift``, of the wall times ``offset`` after each instant."""
        first, period = self._first - offset, self._period
        return [shift - ((first - instant) // period) for instant in instants]

    def at(self, rank: int) -> int:
        """Return the time of the given rank."""
        return self._first + rank * self._period

    def between(self, first: int, stop: int) -> Iterator[int]:
        """Yield the times of the ranks from ``first`` to before ``stop``, in order."""
        return iter(range(self.at(first), self.at(stop), self._period))


def _times_of(fields: CronFields) -> tuple[int, ...]:
    return tuple(hour * HOUR + minute * MINUTE for hour in fields.hours for minute in fields.minutes)


@lru_cache(maxsize=1024)
def pattern(cron: str, without: tuple[str, ...] = ()) -> Pattern:
    """Return the wall-clock times that match ``cron`` and none of the expressions ``without``."""
    fields = cron_fields(cron)
    times = _times_of(fields)
    if without:
        return _difference(fields, times, [cron_fields(other) for other in without])
    everyday = fields.any_day and fields.any_weekday and len(fields.months) == 12
    period = DAY // len(times)
    if everyday and DAY % len(times) == 0 and times == tuple(range(times[0], DAY, period)):
        return Steady(times[0], period)
    return Pattern(
        lambda month, day, weekday, length: times if fields.matches_date(month, day, weekday, length) else ()
    )


def _difference(fields: CronFields, times: tuple[int, ...], others: Sequence[CronFields]) -> Pattern:
    removed = [(other, frozenset(_times_of(other))) for other in others]

    @cache
    def left(which: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(time for time in times if not any(time in removed[index][1] for index in which))

    def times_on(month: int, day: int, weekday: int, length: int) -> tuple[int, ...]:
        if not fields.matches_date(month, day, weekday, length):
            return ()
        return left(tuple(i for i, (other, _) in enumerate(removed) if other.matches_date(month, day, weekday, length)))

    return Pattern(times_on)


class Stretch(NamedTuple):
    """Ticks under one offset: their wall times, of which those before ``repeated_until`` were shown before."""

    offset: int
    repeated_until: int
    walls: Iterator[int]


class _Ranks(NamedTuple):
    zone: Rows
    first: tuple[int, ...]  # rank of the first tick at or after the row's start
    shift: tuple[int, ...]  # what to add to a pattern's rank within the row
    stop: tuple[int | None, ...]  # wall time at which the row's own ticks end
    extra: tuple[bool, ...]  # whether a missed tick fires at the row's start


class Timeline:
    """The ticks of a pattern in a zone, in order, each with its rank.

    Ranks are only meaningful as differences and as arguments of :meth:`at`. Threads may share a timeline.

    Args:
        walls: The wall-clock times.
        zone: The offsets of the zone.
        every_hour: Whether the pattern follows real hours (see the module's text).
        holes: Instants (sorted) that are left out where they are ticks.
    """

    def __init__(self, walls: Pattern, zone: Offsets, every_hour: bool, holes: Sequence[int] = ()) -> None:
        self.walls = walls
        self.zone = zone
        self.every_hour = every_hour
        rows = zone.rows
        first = 0 if walls.is_empty else walls.before(rows.starts[0] + rows.offsets[0])
        self._ranks = _Ranks(Rows(rows.starts[:1], rows.offsets[:1], rows.starts[0]), (first,), (0,), (None,), (False,))
        self._holes: list[int] = []
        self._hole_shifts: list[int] = []
        kept = [hole for hole in holes if self.is_tick(hole)]
        self._hole_shifts = [self._raw_rank(hole) - index for index, hole in enumerate(kept)]
        self._holes = kept

    @property
    def is_empty(self) -> bool:
        """Whether there is no tick at all."""
        return self.walls.is_empty

    def rank(self, instant: int) -> int:
        """Return the number of ticks strictly before ``instant``, up to a constant."""
        return self._raw_rank(instant) - (bisect_left(self._holes, instant) if self._holes else 0)

    def ranks(self, instants: Sequence[int]) -> list[int]:
        """Return the rank of each of many sorted instants, a stretch of constant offset at a time."""
        if self._holes or self.walls.is_empty or not instants:
            return [self.rank(instant) for instant in instants]
        zone, first, shift, stops, _ = self._covering(instants[-1])
        found: list[int] = []
        done, row = 0, max(bisect_right(zone.starts, instants[0]) - 1, 0)
        while done < len(instants):
            start, offset, stop = zone.starts[row], zone.offsets[row], stops[row]
            until = len(instants) if row + 1 == len(zone.starts) else bisect_left(instants, zone.starts[row + 1], done)
            at_start = bisect_right(instants, start, done, until) if row or instants[done] == start else done
            plain = until if stop is None else bisect_right(instants, stop - offset, at_start, until)
            found += [first[row]] * (at_start - done)
            found += self.walls.before_all(instants[at_start:plain], offset, shift[row])
            if stop is not None and plain < until:
                found += [self.walls.before(stop) + shift[row]] * (until - plain)
            done, row = until, row + 1
        return found

    def at(self, rank: int) -> int | None:
        """Return the tick of the given rank, or ``None`` beyond the calendar's end."""
        if self._holes:
            rank += bisect_right(self._hole_shifts, rank)
        return self._raw_at(rank)

    def is_tick(self, instant: int) -> bool:
        """Say whether there is a tick at ``instant``."""
        return self.rank(instant + 1) > self.rank(instant)

    def next_after(self, instant: int) -> int | None:
        """Return the first tick later than ``instant``."""
        return self.at(self.rank(instant + 1))

    def next_from(self, instant: int) -> int | None:
        """Return the first tick at ``instant`` or later."""
        return self.at(self.rank(instant))

    def previous_before(self, instant: int) -> int | None:
        """Return the last tick earlier than ``instant``."""
        return self.at(self.rank(instant) - 1)

    def stretches(self, first: int, stop: int) -> Iterator[Stretch]:
        """Yield the ticks of the ranks from ``first`` to before ``stop``, a stretch of constant offset at a time."""
        if first >= stop or self.walls.is_empty:
            return
        holes = set(self._holes)
        if holes:
            first += bisect_right(self._hole_shifts, first)
            stop += bisect_right(self._hole_shifts, stop - 1)
        last = self._raw_at(stop - 1)
        ranks = self._covering(CEILING if last is None else last)
        row = max(bisect_right(ranks.first, first) - 1, 0)
        while first < stop and row < len(ranks.first):
            offset = ranks.zone.offsets[row]
            until = min(stop, ranks.first[row + 1]) if row + 1 < len(ranks.first) else stop
            repeated = ranks.zone.starts[row] + ranks.zone.offsets[row - 1] if row else 0
            if ranks.extra[row] and first == ranks.first[row] < until:
                yield Stretch(offset, repeated, iter((ranks.zone.starts[row] + offset,)))
                first += 1
            if first < until:
                walls = self.walls.between(first - ranks.shift[row], until - ranks.shift[row])
                if holes:
                    walls = (wall for wall in walls if wall - offset not in holes)
                yield Stretch(offset, repeated, walls)
                first = until
            row += 1

    def ticks(self, first: int, stop: int) -> Iterator[int]:
        """Yield the ticks of the ranks from ``first`` to before ``stop``."""
        for offset, _, walls in self.stretches(first, stop):
            for wall in walls:
                yield wall - offset

    def _raw_rank(self, instant: int) -> int:
        if self.walls.is_empty:
            return 0
        zone, first, shift, stops, _ = self._covering(instant)
        row = max(bisect_right(zone.starts, instant) - 1, 0)
        if instant == zone.starts[row]:
            return first[row]
        wall = instant + zone.offsets[row]
        stop = stops[row]
        return self.walls.before(wall if stop is None or wall < stop else stop) + shift[row]

    def _raw_at(self, rank: int) -> int | None:
        if self.walls.is_empty:
            return None
        ranks = self._ranks
        while True:
            row = max(bisect_right(ranks.first, rank) - 1, 0)
            if ranks.extra[row] and rank == ranks.first[row]:
                return ranks.zone.starts[row]
            tick = self.walls.at(rank - ranks.shift[row]) - ranks.zone.offsets[row]
            if tick > CEILING:
                return None
            if row + 1 < len(ranks.first) or tick <= ranks.zone.covered:
                return tick
            ranks = self._covering(tick)

    def _covering(self, until: int) -> _Ranks:
        ranks = self._ranks
        if until <= ranks.zone.covered:
            return ranks
        zone, before = self.zone.covering(until), self.walls.before
        first, shift, stops, extra = list(ranks.first), list(ranks.shift), list(ranks.stop), list(ranks.extra)
        for row in range(len(first), len(zone.starts)):
            start, offset, earlier = zone.starts[row], zone.offsets[row], zone.offsets[row - 1]
            wall, shown_until = start + offset, start + earlier
            stop = wall if shown_until > wall and not self.every_hour else shown_until
            stops[-1] = stop
            rank = before(stop) + shift[-1]
            in_gap = before(wall) > before(shown_until) and not self.every_hour
            missed = in_gap and before(wall + 1) == before(wall)
            first.append(rank)
            extra.append(missed)
            shift.append(rank + missed - before(wall))
            stops.append(None)
        self._ranks = ranks = _Ranks(zone, tuple(first), tuple(shift), tuple(stops), tuple(extra))
        return ranks


@lru_cache(maxsize=2048)
def timeline(
    cron: str,
    timezone: str,
    without: tuple[str, ...] = (),
    holes: tuple[int, ...] = (),
    early: bool = False,
) -> Timeline:
    """Return the timeline of a cron expression in a zone; equal arguments share it.

    Args:
        cron: A cron expression of five fields or an alias.
        timezone: A zone of the tz database.
        without: Cron expressions whose wall-clock times are left out.
        holes: Instants that are left out.
        early: Whether instants before 1970 matter.
    """
    fields = cron_fields(cron)
    return Timeline(pattern(cron, without), offsets(timezone, early), fields.every_hour, tuple(sorted(holes)))
