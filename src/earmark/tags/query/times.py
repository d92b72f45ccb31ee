"""Durations and moments as people write them, and the stretch of values that a comparison lets through."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import msgspec

from earmark.tags.query.fields import FieldType
from earmark.tags.query.tree import Comparison
from earmark.values.clock import Micros, from_datetime

DURATION_FORM = "a duration such as 90s, 10m, 1h30m, 24h or 7d"
TIME_FORM = "a time such as -24h, -7d, 2026-11-01 or 2026-11-01T09:30"
NUMBER_FORM = "a number"

_UNITS = {
    "us": 1,
    "ms": 1_000,
    "s": 1_000_000,
    "m": 60_000_000,
    "h": 3_600_000_000,
    "d": 86_400_000_000,
    "w": 604_800_000_000,
}
_LONGEST = 36_525 * _UNITS["d"]
_PART = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,6})?)(us|ms|s|m|h|d|w)", re.IGNORECASE)
_DURATION = re.compile(rf"(?:{_PART.pattern})+\Z", re.IGNORECASE)
_YEAR = re.compile(r"[0-9]{4}\Z")
_MONTH = re.compile(r"([0-9]{4})-([0-9]{2})\Z")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:?[0-9]{2})?\Z",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(?:\.[0-9]{1,12})?\Z")


class Interval(msgspec.Struct, frozen=True):
    """The values that a comparison lets through; ``None`` is no bound on that side.

    Times and durations are in microseconds.
    """

    low: float | None = None
    high: float | None = None
    low_closed: bool = True
    high_closed: bool = True

    def holds(self, value: float) -> bool:
        """Say whether a value lies inside."""
        if self.low is not None and (value < self.low or (value == self.low and not self.low_closed)):
            return False
        return self.high is None or value < self.high or (value == self.high and self.high_closed)


def parse_duration(text: str) -> int | None:
    """Return a duration in microseconds, or ``None`` if ``text`` is none.

    Example:
        >>> parse_duration("1h30m") // 60_000_000
        90
    """
    if not _DURATION.match(text):
        return None
    total = round(sum(float(amount) * _UNITS[unit.lower()] for amount, unit in _PART.findall(text)))
    return total if total <= _LONGEST else None


def parse_time(text: str, now: Micros) -> tuple[int, int] | None:
    """Return the stretch of time that ``text`` stands for, or ``None`` if it is no time.

    Args:
        text: ``now``, a duration before now (``-24h``), or an ISO date or moment, in UTC unless it names an offset.
        now: The present.

    Returns:
        The first instant and the first one after it. An instant to the letter has the same twice: only dates
        without a time of day (``2026``, ``2026-11``, ``2026-11-01``) are longer.
    """
    if text == "now":
        return now, now
    if text.startswith("-"):
        before = parse_duration(text[1:])
        return None if before is None else (now - before, now - before)
    try:
        return _absolute(text)
    except (ValueError, OverflowError):
        return None


def _absolute(text: str) -> tuple[int, int] | None:
    if _YEAR.match(text):
        year = int(text)
        return from_datetime(datetime(year, 1, 1)), from_datetime(datetime(year + 1, 1, 1))
    month = _MONTH.match(text)
    if month:
        first = datetime(int(month.group(1)), int(month.group(2)), 1)
        after = (first + timedelta(days=31)).replace(day=1)
        return from_datetime(first), from_datetime(after)
    if _DAY.match(text):
        day = datetime.fromisoformat(text)
        return from_datetime(day), from_datetime(day + timedelta(days=1))
    if _MOMENT.match(text):
        moment = from_datetime(datetime.fromisoformat(text.upper()))
        return moment, moment
    return None


def parse_number(text: str) -> float | None:
    """Return a number, or ``None`` if ``text`` is none."""
    return float(text) if _NUMBER.match(text) else None


def form_of(type_: FieldType) -> str:
    """Return how the values of an ordered field are written, as a phrase."""
    return {FieldType.TIME: TIME_FORM, FieldType.DURATION: DURATION_FORM}.get(type_, NUMBER_FORM)


def is_readable(type_: FieldType, text: str) -> bool:
    """Say whether ``text`` is a value of an ordered field."""
    return _stretch(type_, text, Micros(0)) is not None


def is_stretch(text: str) -> bool:
    """Say whether ``text`` is a date without a time of day, which a moment can lie in."""
    stretch = parse_time(text, Micros(0))
    return stretch is not None and stretch[0] < stretch[1]


def interval_of(type_: FieldType, comparison: Comparison, text: str, now: Micros) -> Interval:
    """Return the values that stand in a comparison to a value of an ordered field.

    A date without a time of day is the whole of its day, month or year: ``>2026-11-01`` begins on the second,
    ``>=2026-11-01`` and ``:2026-11-01`` on the first.

    Raises:
        ValueError: ``text`` is no value of such a field, or ``comparison`` is ``NE``.
    """
    stretch = _stretch(type_, text, now)
    if stretch is None:
        raise ValueError(f"{text!r} is not {form_of(type_)}.")
    first, after = stretch
    instant = first == after
    match comparison:
        case Comparison.GT:
            return Interval(low=after, low_closed=not instant)
        case Comparison.GE:
            return Interval(low=first)
        case Comparison.LT:
            return Interval(high=first, high_closed=False)
        case Comparison.LE:
            return Interval(high=after, high_closed=instant)
        case Comparison.EQ:
            return Interval(low=first, high=after, high_closed=instant)
        case _:
            raise ValueError("An interval has no contrary; negate the match instead.")


def _stretch(type_: FieldType, text: str, now: Micros) -> tuple[float, float] | None:
    if type_ is FieldType.TIME:
        return parse_time(text, now)
    value = parse_duration(text) if type_ is FieldType.DURATION else parse_number(text)
    return None if value is None else (value, value)
