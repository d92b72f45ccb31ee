"""When a schedule fires: cron expressions in a time zone."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import merge
from typing import Any

import msgspec

from earmark.partitions.cron_words import describe
from earmark.partitions.fields import ALIASES, CronFields, cron_fields, is_valid_cron
from earmark.partitions.timeline import Timeline, timeline
from earmark.partitions.zones import is_early, zone_info
from earmark.values.clock import Micros
from earmark.values.errors import DagsterInvalidDefinitionError, caller_location

__all__ = ["ALIASES", "Cron", "CronFields", "cron_fields", "describe", "is_valid_cron"]


class Cron(msgspec.Struct, frozen=True, tag="cron"):
    """One or several cron expressions in a time zone; it fires whenever one of them does, once.

    Over a change of clocks: an expression of all 24 hours fires in every real hour; any other fires once for each
    time it names, at the second showing of a repeated time and at the end of the gap for a missing one.

    Args:
        expressions: A cron expression of five fields (or an alias such as ``@daily``), or several.
        timezone: A zone of the tz database.

    Raises:
        DagsterInvalidDefinitionError: An expression or the zone is invalid; the error names the field and the reason.

    Example:
        >>> from datetime import datetime, timezone
        >>> from earmark.values.clock import from_datetime, to_datetime
        >>> daily = Cron("30 2 * * *", "America/New_York")
        >>> after = from_datetime(datetime(2024, 3, 10, tzinfo=timezone.utc))
        >>> to_datetime(daily.next_after(after)).isoformat()
        '2024-03-10T07:00:00+00:00'
    """

    expressions: tuple[str, ...]
    timezone: str = "UTC"

    def __post_init__(self) -> None:
        expressions: Any = self.expressions
        if isinstance(expressions, str):
            expressions = (expressions,)
        expressions = tuple(expressions)
        if not expressions:
            raise DagsterInvalidDefinitionError(
                "A schedule needs at least one cron expression.", where=caller_location()
            )
        for expression in expressions:
            cron_fields(expression)
        zone_info(self.timezone)
        msgspec.structs.force_setattr(self, "expressions", expressions)

    def next_after(self, instant: Micros) -> Micros:
        """Return the first tick later than ``instant``."""
        return Micros(min(_found(line.next_after(instant)) for line in self._lines(instant)))

    def previous_before(self, instant: Micros) -> Micros:
        """Return the last tick earlier than ``instant``."""
        return Micros(max(_found(line.previous_before(instant)) for line in self._lines(instant)))

    def ticks_between(self, after: Micros, until: Micros) -> Iterator[Micros]:
        """Yield the ticks later than ``after``, up to and including ``until``, in order."""
        lines = self._lines(after)
        last = None
        for tick in merge(*(line.ticks(line.rank(after + 1), line.rank(until + 1)) for line in lines)):
            if tick != last:
                yield Micros(tick)
            last = tick

    def count_between(self, after: Micros, until: Micros) -> int:
        """Return how many ticks are later than ``after`` and not later than ``until``."""
        lines = self._lines(after)
        if len(lines) == 1:
            return max(lines[0].rank(until + 1) - lines[0].rank(after + 1), 0)
        return sum(1 for _ in self.ticks_between(after, until))

    def is_tick(self, instant: Micros) -> bool:
        """Say whether it fires at ``instant``."""
        return any(line.is_tick(instant) for line in self._lines(instant))

    def describe(self) -> str:
        """Return the schedule in words, for example ``every day at 09:00``."""
        return ", and ".join(describe(expression) for expression in self.expressions)

    def _lines(self, instant: int) -> list[Timeline]:
        early = is_early(instant)
        return [timeline(expression, self.timezone, early=early) for expression in self.expressions]


def _found(tick: int | None) -> int:
    if tick is None:
        raise OverflowError("the schedule has no tick before the year 10000")
    return tick
