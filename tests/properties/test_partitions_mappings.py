"""Mappings answer both ways alike: what x needs, feeds x."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from earmark.partitions.grains import (
    DailyPartitionsDefinition,
    HourlyPartitionsDefinition,
    MonthlyPartitionsDefinition,
    WeeklyPartitionsDefinition,
)
from earmark.partitions.mapping import AllPartitionMapping, IdentityPartitionMapping, StaticPartitionMapping
from earmark.partitions.multi import MultiPartitionsDefinition
from earmark.partitions.multi_mapping import (
    AnyPartitionMapping,
    DimensionPartitionMapping,
    MultiPartitionMapping,
    MultiToSingleDimensionPartitionMapping,
)
from earmark.partitions.static import StaticPartitionsDefinition
from earmark.partitions.time_mapping import TimeWindowPartitionMapping
from earmark.partitions.window import TimeWindowPartitionsDefinition
from earmark.values import wire

NOW = datetime(2024, 4, 20, 5, 30, tzinfo=UTC)
ZONE = "America/New_York"


@st.composite
def windows(draw: st.DrawFn):
    kwargs = {"timezone": ZONE, "end_offset": draw(st.integers(-1, 1))}
    kwargs["exclusions"] = draw(st.none() | st.just(["0 0 1 * *"]) | st.just(["0 0 3 * *", datetime(2024, 3, 10)]))
    start = draw(st.sampled_from([datetime(2024, 2, 27), datetime(2024, 3, 5), datetime(2024, 3, 9, 12)]))
    return draw(
        st.sampled_from(
            [
                HourlyPartitionsDefinition(start, minute_offset=15, **kwargs),
                HourlyPartitionsDefinition(start, **kwargs),
                DailyPartitionsDefinition(start, **kwargs),
                DailyPartitionsDefinition(start, hour_offset=2, minute_offset=30, **kwargs),
                WeeklyPartitionsDefinition(start, **kwargs),
                MonthlyPartitionsDefinition(start, day_offset=2, **kwargs),
                TimeWindowPartitionsDefinition(start=start, fmt="%Y-%m-%d", cron_schedule="0 0 * * 1-5", timezone=ZONE),
            ]
        )
    )


def overlaps(one, other) -> bool:
    return one[0] < other[1] and other[0] < one[1]


@settings(max_examples=120, deadline=None)
@given(windows(), windows(), st.integers(-2, 2), st.integers(0, 2), st.data())
def test_time_windows_need_exactly_the_windows_that_overlap_the_shifted_one(up, down, start_offset, wider, data):
    mapping = TimeWindowPartitionMapping(start_offset, start_offset + wider)
    count = down.count(NOW)
    if not count:
        return
    index = data.draw(st.integers(0, min(count - 1, 60)))
    last = index + start_offset + wider
    looked_at = range(-80, up.count(NOW) + 900)
    needed = set()
    if last >= 0:
        span = (down.window_at(max(index + start_offset, 0))[0], down.window_at(last)[1])
        needed = {i for i in looked_at if overlaps(up.window_at(i), span)}

    found = mapping.upstream([down.key_at(index)], down, up, NOW)

    there = {i for first, stop in found.partitions_subset.ranges for i in range(first, stop)}
    missing = {i for first, stop in found.required_but_nonexistent_subset.ranges for i in range(first, stop)}
    assert there == {i for i in needed if 0 <= i < up.count(NOW)}
    assert missing & set(looked_at) == needed - there
    for i in sorted(there)[:: max(len(there) // 5, 1)]:
        assert down.key_at(index) in mapping.downstream([up.key_at(i)], up, down, NOW)


@settings(max_examples=60, deadline=None)
@given(windows(), windows(), st.integers(-2, 2), st.integers(0, 2), st.data())
def test_what_an_upstream_window_feeds_needs_it(up, down, start_offset, wider, data):
    mapping = TimeWindowPartitionMapping(start_offset, start_offset + wider)
    if not up.count(NOW):
        return
    key = up.key_at(data.draw(st.integers(0, min(up.count(NOW) - 1, 200))))
    fed = mapping.downstream([key], up, down, NOW)
    for one in fed.get_partition_keys():
        assert key in mapping.upstream([one], down, up, NOW).partitions_subset


KEYS = ["a", "b", "c", "d"]
DAYS = DailyPartitionsDefinition("2024-04-01")
LETTERS = StaticPartitionsDefinition(KEYS)
DIGITS = StaticPartitionsDefinition(["1", "2", "3"])
UP = MultiPartitionsDefinition({"day": DAYS, "letter": LETTERS})
DOWN = MultiPartitionsDefinition({"digit": DIGITS, "when": DAYS})
TABLE = StaticPartitionMapping({"a": "1", "b": ["1", "2"], "d": ("3",)})


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(
        [
            MultiPartitionMapping({}),
            MultiPartitionMapping({"day": DimensionPartitionMapping("when", TimeWindowPartitionMapping(-1, 0))}),
            MultiPartitionMapping({"letter": DimensionPartitionMapping("digit", TABLE)}),
            MultiPartitionMapping(
                {
                    "day": DimensionPartitionMapping("when", IdentityPartitionMapping()),
                    "letter": DimensionPartitionMapping("digit", TABLE),
                }
            ),
        ]
    ),
    st.sets(st.tuples(st.sampled_from(["1", "2", "3"]), st.integers(0, 18)), min_size=1, max_size=5),
)
def test_what_grids_need_feeds_them_and_is_the_union_of_what_their_keys_need(mapping, cells):
    keys = [f"{digit}|{DAYS.key_at(day)}" for digit, day in cells]
    whole = mapping.upstream(keys, DOWN, UP, NOW).partitions_subset
    single = [set(mapping.upstream([key], DOWN, UP, NOW).partitions_subset) for key in keys]
    assert set(whole) == set().union(*single)
    for key, needs in zip(keys, single, strict=True):
        assert not needs or key in mapping.downstream(needs, UP, DOWN, NOW)
        for one in sorted(needs)[:3]:
            assert key in mapping.downstream([one], UP, DOWN, NOW)


@settings(max_examples=40, deadline=None)
@given(st.sets(st.sampled_from(KEYS), min_size=1))
def test_a_shared_dimension_relates_to_every_combination_and_back(letters):
    mapping = MultiToSingleDimensionPartitionMapping()
    found = mapping.upstream(letters, LETTERS, UP, NOW).partitions_subset
    assert set(found) == {f"{DAYS.key_at(day)}|{letter}" for day in range(DAYS.count(NOW)) for letter in letters}
    assert set(mapping.downstream(found, UP, LETTERS, NOW)) == letters
    assert set(mapping.upstream(found, UP, LETTERS, NOW).partitions_subset) == letters


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from(
        [
            TABLE,
            AllPartitionMapping(),
            TimeWindowPartitionMapping(-1, 0, True),
            MultiToSingleDimensionPartitionMapping("day"),
            MultiPartitionMapping({"letter": DimensionPartitionMapping("digit", TABLE)}),
        ]
    )
)
def test_a_mapping_survives_the_wire(mapping):
    again = wire.decode(wire.encode(mapping), AnyPartitionMapping)
    assert type(again) is type(mapping)
    assert wire.encode(again) == wire.encode(mapping)
    assert again == mapping and hash(again) == hash(mapping)
