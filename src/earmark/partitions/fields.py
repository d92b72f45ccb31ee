"""The five fields of a cron expression, read and checked."""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

from earmark.values.errors import DagsterInvalidDefinitionError, caller_location, did_you_mean

ALIASES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
"""Names for common expressions."""

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
LONGEST_MONTH = {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}


class CronFields(msgspec.Struct, frozen=True):
    """What a cron expression says, as sorted numbers.

    ``weekdays`` counts Sunday as 0. ``nth_weekdays`` holds ``(weekday, n)`` for ``MON#2`` and ``(weekday, -1)`` for
    ``MONL``, the month's last. A date matches when both day fields do, or either where both are restricted.
    """

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]
    last_day: bool = False
    nth_weekdays: tuple[tuple[int, int], ...] = ()
    any_day: bool = True
    any_weekday: bool = True

    @property
    def every_hour(self) -> bool:
        """Whether the expression names all 24 hours, so that it follows real hours over a change of clocks."""
        return len(self.hours) == 24

    def matches_date(self, month: int, day: int, weekday: int, month_length: int) -> bool:
        """Say whether the expression fires on a date; ``weekday`` counts Sunday as 0."""
        if month not in self.months:
            return False
        by_day = day in self.days or (self.last_day and day == month_length)
        by_weekday = weekday in self.weekdays or (
            bool(self.nth_weekdays)
            and (
                (weekday, (day + 6) // 7) in self.nth_weekdays
                or (day + 7 > month_length and (weekday, -1) in self.nth_weekdays)
            )
        )
        if self.any_day or self.any_weekday:
            return (self.any_day or by_day) and (self.any_weekday or by_weekday)
        return by_day or by_weekday


class _Field(msgspec.Struct, frozen=True):
    name: str
    low: int
    high: int
    words: tuple[str, ...] = ()
    first_word: int = 0


_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of month", 1, 31),
    _Field("month", 1, 12, MONTHS, 1),
    _Field("day of week", 0, 7, WEEKDAYS, 0),
)


class _Fault(Exception):
    pass


@lru_cache(maxsize=4096)
def _parse(text: str) -> CronFields:
    expression = ALIASES.get(text.strip().lower(), text)
    if expression.lstrip().startswith("@"):
        raise _Fault(f"{text!r} is no known name.{did_you_mean(text.strip(), ALIASES)}")
    parts = expression.split()
    if len(parts) != 5:
        raise _Fault(f"it has {len(parts)} fields, and five are needed: minute, hour, day of month, month, day of week")
    values: list[tuple[int, ...]] = []
    last_day, nth = False, []
    for field, part in zip(_FIELDS, parts, strict=True):
        numbers: set[int] = set()
        for item in part.split(","):
            if field.name == "day of month" and item.upper() == "L":
                last_day = True
            elif field.name == "day of week" and (special := _special_weekday(field, item)):
                nth.append(special)
            else:
                numbers.update(_numbers(field, item))
        if field.name == "day of week":
            numbers = {number % 7 for number in numbers}
        values.append(tuple(sorted(numbers)))
    minutes, hours, days, months, weekdays = values
    fields = CronFields(
        minutes=minutes,
        hours=hours,
        days=days,
        months=months,
        weekdays=weekdays,
        last_day=last_day,
        nth_weekdays=tuple(sorted(set(nth))),
        any_day=parts[2] in ("*", "?"),
        any_weekday=parts[4] in ("*", "?"),
    )
    _require_a_date(fields)
    return fields


def _special_weekday(field: _Field, item: str) -> tuple[int, int] | None:
    nth = re.fullmatch(r"(\w+)#([1-5])", item)
    if nth:
        return _number(field, nth[1], item) % 7, int(nth[2])
    last = re.fullmatch(r"(\w+)L|L(\w+)", item, re.IGNORECASE)
    if last:
        return _number(field, last[1] or last[2], item) % 7, -1
    return None


def _numbers(field: _Field, item: str) -> range | list[int]:
    body, slash, step_text = item.partition("/")
    step = 1
    if slash:
        if not step_text.isdecimal() or int(step_text) == 0:
            raise _Fault(f"the {field.name} field has {item!r}, whose step is not a positive number")
        step = int(step_text)
    if body in ("*", "?"):
        top = 6 if field.name == "day of week" else field.high
        return range(field.low, top + 1, step)
    first_text, dash, last_text = body.partition("-")
    first = _number(field, first_text, item)
    if not dash:
        top = 6 if field.name == "day of week" else field.high
        return range(first, top + 1, step) if slash else [first]
    last = _number(field, last_text, item)
    if first <= last:
        return range(first, last + 1, step)
    span = 7 if field.name == "day of week" else field.high - field.low + 1
    return [(n - field.low) % span + field.low for n in range(first, last + span + 1, step)]


def _number(field: _Field, text: str, item: str) -> int:
    word = text.lower()
    if word in field.words:
        return field.words.index(word) + field.first_word
    if text.upper() in ("R", "H"):
        raise _Fault(f"the {field.name} field has {item!r}: random and hashed fields would differ at each reading")
    if not text.isdecimal():
        near = did_you_mean(text, [name.upper() for name in field.words]) if field.words else ""
        raise _Fault(
            f"the {field.name} field has {item!r}, which is not a number{' or name' if field.words else ''}.{near}"
        )
    number = int(text)
    if not field.low <= number <= field.high:
        raise _Fault(f"the {field.name} field has {item!r}, outside {field.low} to {field.high}")
    return number


def _require_a_date(fields: CronFields) -> None:
    if fields.last_day or not fields.any_weekday or fields.any_day:
        return
    if any(day <= LONGEST_MONTH.get(month, 31) for month in fields.months for day in fields.days):
        return
    raise _Fault("it never fires: none of its months has such a day")


def is_valid_cron(text: str) -> bool:
    """Say whether ``text`` is a cron expression of five fields, or an alias such as ``@daily``.

    Example:
        >>> is_valid_cron("0 9 * * MON-FRI"), is_valid_cron("0 25 * * *")
        (True, False)
    """
    try:
        _parse(text)
    except _Fault:
        return False
    return True


def cron_fields(text: str) -> CronFields:
    """Read a cron expression.

    Raises:
        DagsterInvalidDefinitionError: It is not one; the error names the field and what is wrong with it.
    """
    if not isinstance(text, str):
        raise DagsterInvalidDefinitionError(
            f"A cron schedule is a string, not {text!r}.", where=caller_location(), cron_schedule=text
        )
    try:
        return _parse(text)
    except _Fault as fault:
        reason = str(fault)
    raise DagsterInvalidDefinitionError(
        f"Found invalid cron schedule {text!r}: {reason}{'' if reason.endswith(('.', '?')) else '.'}",
        where=caller_location(),
        cron_schedule=text,
    )
