"""Stale partitions: what is judged with few questions is what asking about every pair comes to."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import earmark as em
from earmark.decide.newer import Relation
from earmark.partitions.mapping import PartitionMapping
from earmark.values.clock import from_datetime

NOW = from_datetime(datetime(2026, 1, 8, tzinfo=UTC))
DAYS = em.DailyPartitionsDefinition("2026-01-01")
LATER_DAYS = em.DailyPartitionsDefinition("2026-01-03")
HOURS = em.HourlyPartitionsDefinition("2026-01-05-00:00")
WEEKS = em.WeeklyPartitionsDefinition("2025-12-14")
LETTERS = em.StaticPartitionsDefinition(["a", "b", "c", "d"])
CAPITALS = em.StaticPartitionsDefinition(["A", "B"])
GRID = em.MultiPartitionsDefinition({"day": DAYS, "letter": LETTERS})
OTHER_GRID = em.MultiPartitionsDefinition({"date": LATER_DAYS, "letter": LETTERS})

RELATIONS: list[tuple[PartitionMapping | None, Any, Any]] = [
    (None, DAYS, DAYS),
    (None, DAYS, LATER_DAYS),
    (None, LATER_DAYS, DAYS),
    (None, DAYS, HOURS),
    (None, HOURS, DAYS),
    (None, WEEKS, HOURS),
    (None, LETTERS, LETTERS),
    (None, GRID, GRID),
    (None, GRID, DAYS),
    (None, LETTERS, GRID),
    (em.TimeWindowPartitionMapping(start_offset=-2), DAYS, DAYS),
    (em.TimeWindowPartitionMapping(start_offset=-3, end_offset=-1), DAYS, DAYS),
    (em.TimeWindowPartitionMapping(start_offset=-1, end_offset=1), DAYS, HOURS),
    (em.AllPartitionMapping(), DAYS, LETTERS),
    (em.LastPartitionMapping(), LETTERS, DAYS),
    (em.SpecificPartitionsPartitionMapping(["b", "d"]), DAYS, LETTERS),
    (em.StaticPartitionMapping({"a": "A", "b": "A", "c": ["A", "B"]}), CAPITALS, LETTERS),
    (
        em.MultiPartitionMapping(
            {
                "day": em.DimensionPartitionMapping("date", em.TimeWindowPartitionMapping(start_offset=-1)),
                "letter": em.DimensionPartitionMapping("letter", em.IdentityPartitionMapping()),
            }
        ),
        OTHER_GRID,
        GRID,
    ),
]


def numbered(keys: list[str]) -> st.SearchStrategy[dict[str, int]]:
    return st.dictionaries(st.sampled_from(keys), st.integers(1, 60), max_size=len(keys))


@pytest.mark.parametrize("number", range(len(RELATIONS)))
@given(data=st.data())
def test_a_partition_is_outdated_if_any_that_it_needs_changed_later(number: int, data: st.DataObject) -> None:
    mapping, down, up = RELATIONS[number]
    relation = Relation(mapping, down, up, NOW, None)
    written = data.draw(numbered(down.get_partition_keys(NOW)))
    changed = data.draw(numbered(up.get_partition_keys(NOW)))
    plainly = {
        key for key, at in written.items() if any(changed.get(needed, 0) > at for needed in relation.needed(key))
    }
    assert relation.outdated(written, changed) == plainly


@pytest.mark.parametrize("number", range(len(RELATIONS)))
def test_what_is_no_partition_any_more_neither_is_judged_nor_makes_others_stale(number: int) -> None:
    mapping, down, up = RELATIONS[number]
    relation = Relation(mapping, down, up, NOW, None)
    first = down.get_partition_keys(NOW)[0]
    assert relation.outdated({first: 5, "gone": 1}, {"gone too": 9, up.get_partition_keys(NOW)[0]: 2}) == set()


class Counted(em.TimeWindowPartitionMapping, frozen=True):
    """Counts how often it is asked."""

    asked: list[str] = []

    def upstream(self, downstream: Any, *arguments: Any) -> Any:
        self.asked.append("up")
        return super().upstream(downstream, *arguments)

    def downstream(self, upstream: Any, *arguments: Any) -> Any:
        self.asked.append("down")
        return super().downstream(upstream, *arguments)


def test_a_hundred_thousand_partitions_take_no_more_questions_than_the_smaller_side_has_partitions() -> None:
    begin = datetime(2015, 1, 1, tzinfo=UTC)
    hours, days = em.HourlyPartitionsDefinition(begin), em.DailyPartitionsDefinition(begin)
    hour_keys, day_keys = hours.get_partition_keys(NOW)[:96_000], days.get_partition_keys(NOW)[:4_000]
    asked: list[str] = []
    relation = Relation(Counted(asked=asked), days, hours, NOW, None)
    # Written as a backfill of history does it: the hours of a day, the day, the hours of the next.
    changed = {key: place // 24 * 25 + place % 24 for place, key in enumerate(hour_keys)}
    written = {key: place * 25 + 24 for place, key in enumerate(day_keys)}
    changed[hour_keys[50]] = 10_000_000
    assert relation.outdated(written, changed) == {day_keys[2]}
    assert len(asked) <= 2 * len(day_keys)
    asked.clear()
    assert relation.outdated(written, dict.fromkeys(hour_keys, 1)) == set()
    assert asked == []
    every = Relation(Counted(asked=asked), hours, hours, NOW, None)
    assert every.outdated(changed, {hour_keys[7]: 20_000_000}) == {hour_keys[7]}
    assert asked == [], "neighbours in time need no question"
