"""Cron expressions in words, for people who read a page and not a crontab."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from earmark.partitions.fields import CronFields, cron_fields

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_ORDINALS = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", -1: "last"}
_MOST_TIMES = 4


def describe(cron: str) -> str:
    """Return a cron expression in words.

    Raises:
        DagsterInvalidDefinitionError: ``cron`` is not a cron expression.

    Example:
        >>> describe("0 9 * * MON-FRI")
        'at 09:00 on Monday to Friday'
        >>> describe("*/15 * * * *")
        'every 15 minutes'
        >>> describe("@monthly")
        'at 00:00 on day 1 of the month'
    """
    fields = cron_fields(cron)
    words = [_times(fields), _dates(fields)]
    if len(fields.months) < 12:
        words.append("in " + _listed([_MONTHS[month - 1] for month in fields.months], fields.months))
    if fields.any_day and fields.any_weekday and len(fields.months) == 12 and words[0].startswith("at "):
        words[0] = "every day " + words[0]
    return " ".join(word for word in words if word)


def _times(fields: CronFields) -> str:
    minutes, hours = fields.minutes, fields.hours
    if len(hours) == 24:
        return _every_hour(minutes)
    if len(minutes) * len(hours) <= _MOST_TIMES:
        return "at " + _joined([f"{hour:02}:{minute:02}" for hour in hours for minute in minutes])
    when = f"in hours {_listed([f'{hour:02}' for hour in hours], hours)}"
    step = _step(hours, 24)
    if step and hours[0] == 0:
        when = f"every {step} hours"
        return f"{when} at minute {_joined([str(minute) for minute in minutes])}" if minutes != (0,) else when
    return f"{_every_hour(minutes)}, {when}"


def _every_hour(minutes: tuple[int, ...]) -> str:
    step = _step(minutes, 60)
    if len(minutes) == 60:
        return "every minute"
    if minutes == (0,):
        return "every hour"
    if step and minutes[0] == 0:
        return f"every {step} minutes"
    return f"every hour at minute {_listed([str(minute) for minute in minutes], minutes)}"


def _dates(fields: CronFields) -> str:
    parts = []
    if not fields.any_day:
        days = [f"day {_listed([str(day) for day in fields.days], fields.days)}"] if fields.days else []
        days += ["the last day"] if fields.last_day else []
        parts.append(f"on {_joined(days)} of the month")
    if not fields.any_weekday:
        names = [_listed([_WEEKDAYS[day] for day in fields.weekdays], fields.weekdays)] if fields.weekdays else []
        names += [f"the {_ORDINALS[nth]} {_WEEKDAYS[day]} of the month" for day, nth in fields.nth_weekdays]
        parts.append(f"on {_joined(names)}")
    return " or ".join(parts)


def _step(numbers: Sequence[int], span: int) -> int | None:
    if len(numbers) < 2:
        return None
    step = numbers[1] - numbers[0]
    even = all(b - a == step for a, b in pairwise(numbers))
    return step if even and span % step == 0 and len(numbers) == span // step else None


def _listed(names: Sequence[str], numbers: Sequence[int]) -> str:
    if len(numbers) > 2 and numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"{names[0]} to {names[-1]}"
    return _joined(names)


def _joined(names: Sequence[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
