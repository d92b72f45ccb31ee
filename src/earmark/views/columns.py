"""Many things by field: how many of some of them have each value, counted without looking at each thing in turn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property

from earmark.tags.query.evaluate import Facts
from earmark.tags.tag import is_hidden, is_system
from earmark.views.listing import made_facet, worthy_counts
from earmark.views.shapes.queries import Facet


class Columns:
    """Things with the values that they have in each field, a field read when it is first asked for.

    Args:
        facts: The things.
    """

    def __init__(self, facts: Sequence[Facts]) -> None:
        self.facts = facts
        self._fields: dict[str, tuple[list[int], list[tuple[str, ...]]]] = {}

    def _field(self, field: str) -> tuple[list[int], list[tuple[str, ...]]]:
        """Return for each thing the number of the values that it has, and the values by number."""
        known = self._fields.get(field)
        if known is None:
            numbers: dict[tuple[str, ...], int] = {}
            key = field[4:] if field.startswith("tag:") else None
            values: Iterable[tuple[str, ...]]
            if key is None:
                values = (tuple(one.values_of(field)) for one in self.facts)
            else:
                values = ((one.tags[key],) if key in one.tags else () for one in self.facts)
            column = [numbers.setdefault(each, len(numbers)) for each in values]
            known = self._fields[field] = (column, list(numbers))
        return known

    def count(self, field: str, positions: Sequence[int]) -> tuple[Counter[str], int]:
        """Return how many of the things at some positions have each value of a field, and how many have none."""
        column, combinations = self._field(field)
        # Few combinations of values stand for many things: what is counted one by one are whole numbers.
        is_all = len(positions) == len(column)
        together = Counter(column if is_all else map(column.__getitem__, positions))
        counts: Counter[str] = Counter()
        missing = 0
        for number, count in together.items():
            missing += 0 if combinations[number] else count
            for value in combinations[number]:
                counts[value] += count
        return counts, missing

    def facet(self, field: str, positions: Sequence[int], limit: int) -> Facet:
        """Return how many of the things at some positions have each value of a field, as a facet."""
        counts, missing = self.count(field, positions)
        return made_facet(field, counts, missing, limit)

    @cached_property
    def _own_keys(self) -> list[str]:
        keys = {key for one in self.facts for key in one.tags}
        return sorted(key for key in keys if not is_system(key) and not is_hidden(key))

    def worthy_tags(self, positions: Sequence[int]) -> list[str]:
        """Return the tag keys worth a facet of the things at some positions; see :func:`worthy_counts`."""
        counted = {key: self.count(f"tag:{key}", positions)[0] for key in self._own_keys}
        return worthy_counts({key: (counts.total(), len(counts)) for key, counts in counted.items() if counts})
