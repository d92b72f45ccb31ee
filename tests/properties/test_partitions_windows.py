"""Keys, windows and indices of time windows, against a walk over UTC and against each other."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st

from earmark.partitions.grains import (
    DailyPartitionsDefinition,
    HourlyPartitionsDefinition,
    MonthlyPartitionsDefinition,
    WeeklyPartitionsDefinition,
)
from earmark.partitions.multi import AnyPartitionsDefinition
from earmark.partitions.subset import SubsetData, TimeSubset, merged
from earmark.partitions.window import TimeWindowPartitionsDefinition
from earmark.values import wire
from earmark.values.clock import from_datetime, to_datetime
from earmark.values.errors import DagsterInvalidDefinitionError

ZONES = [
    "UTC",
    "America/New_York",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "Pacific/Apia",
    "Asia/Kolkata",
]


@st.composite
def definitions(draw: st.DrawFn):
    try:
        return draw_definition(draw)
    except DagsterInvalidDefinitionError as error:
        assert "leave none of the windows" in str(error)
        reject()


def draw_definition(draw: st.DrawFn):
    zone = draw(st.sampled_from(ZONES))
    start = draw(st.datetimes(datetime(2009, 1, 1), datetime(2030, 1, 1))).replace(minute=0, second=0, microsecond=0)
    kwargs = {"timezone": zone, "end_offset": draw(st.integers(-2, 2))}
    exclusions = draw(
        st.none() | st.lists(st.sampled_from(["0 0 * * 0", "0 0-6 * * *", "0 0 1 * *", "0 3 * * 1-5"]), max_size=2)
    )
    if exclusions:
        kwargs["exclusions"] = exclusions
    grain = draw(st.sampled_from(["hour", "day", "week", "month", "cron"]))
    if grain == "hour":
        return HourlyPartitionsDefinition(start, minute_offset=draw(st.sampled_from([0, 0, 15, 45])), **kwargs)
    hour = draw(st.integers(0, 4))
    if grain == "day":
        return DailyPartitionsDefinition(start, hour_offset=hour, **kwargs)
    if grain == "week":
        return WeeklyPartitionsDefinition(start, hour_offset=hour, day_offset=draw(st.integers(0, 6)), **kwargs)
    if grain == "month":
        return MonthlyPartitionsDefinition(start, day_offset=draw(st.sampled_from([1, 15, 29, 31])), **kwargs)
    cron = draw(st.sampled_from(["0 0 * * 1-5", "30 1,2 * * *", "*/20 * * * *", "0 */6 * * *", "0 0 L * *"]))
    return TimeWindowPartitionsDefinition(start=start, fmt="%Y-%m-%d-%H:%M", cron_schedule=cron, timezone=zone,
                                          exclusions=kwargs.get("exclusions"))  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(definitions(), st.integers(0, 30_000), st.integers(1, 40))
def test_key_window_and_index_lead_back_to_each_other(definition, first, many):
    keys = definition.keys_between(first, first + many)
    assert len(keys) == len(set(keys)) == many
    for index, key in enumerate(keys, start=first):
        assert definition.index_of(key) == index
        assert definition.key_at(index) == key
        window = definition.time_window_for_partition_key(key)
        assert (from_datetime(window.start), from_datetime(window.end)) == definition.window_at(index)
        assert window.start.timestamp() < window.end.timestamp()  # of one zone, "<" would compare wall clocks
        middle = window.start.timestamp() + (window.end.timestamp() - window.start.timestamp()) / 2
        assert definition.get_partition_key_for_timestamp(middle) == key
    if not definition.exclusions:
        windows = [definition.window_at(index) for index in range(first, first + many)]
        assert all(before[1] == after[0] for before, after in pairwise(windows))


@settings(max_examples=60, deadline=None)
@given(definitions(), st.integers(0, 3000))
def test_the_partitions_that_exist_are_those_whose_window_has_passed(definition, hours):
    now = definition.start + timedelta(hours=hours)
    keys = definition.get_partition_keys(now)
    assert len(keys) == definition.count(now)
    assert keys == [key for key in keys if definition.has_partition_key(key, now)]
    passed = definition.count(now) - definition.end_offset
    assume(passed > 0 and len(keys) > 0)
    assert to_datetime(definition.window_at(passed - 1)[1]) <= now
    assert to_datetime(definition.window_at(passed)[1]) > now


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(
        [
            ("America/New_York", datetime(2024, 3, 10)),
            ("America/New_York", datetime(2024, 11, 3)),
            ("Europe/Berlin", datetime(2025, 10, 26)),
            ("Australia/Lord_Howe", datetime(2024, 4, 7)),
            ("Australia/Lord_Howe", datetime(2024, 10, 6)),
            ("Pacific/Apia", datetime(2011, 12, 30)),
            ("UTC", datetime(2024, 2, 29)),
        ]
    ),
    st.sampled_from([0, 20, 45]),
)
def test_hourly_windows_begin_whenever_the_wall_clock_shows_the_minute(change, minute):
    zone, day = change
    tz = ZoneInfo(zone)
    begin = (day - timedelta(days=1)).replace(tzinfo=tz).astimezone(UTC)
    walked, now = [], begin
    while now < begin + timedelta(days=3):
        if now.astimezone(tz).minute == minute:
            walked.append(now)
        now += timedelta(minutes=1)

    hours = HourlyPartitionsDefinition(begin, timezone=zone, minute_offset=minute)
    count = hours.index_at(from_datetime(begin + timedelta(days=3)))
    starts = [to_datetime(hours.window_at(index)[0]) for index in range(count)]
    assert starts == walked
    for key, start in zip(hours.keys_between(0, count), walked, strict=True):
        wall = start.astimezone(tz)
        plain = wall.strftime("%Y-%m-%d-%H:%M")
        assert key == (plain + wall.strftime("%z") if wall.fold else plain)


@settings(max_examples=100, deadline=None)
@given(definitions())
def test_a_definition_survives_the_wire_and_pickle(definition):
    assert wire.decode(wire.encode(definition), AnyPartitionsDefinition) == definition
    again = pickle.loads(pickle.dumps(definition))
    assert again == definition and hash(again) == hash(definition) and type(again) is type(definition)


HOURS = HourlyPartitionsDefinition("2024-11-01-00:00", timezone="America/New_York")
RANGES = st.lists(st.tuples(st.integers(0, 120), st.integers(0, 120)), max_size=8).map(
    lambda pairs: merged(sorted((min(p), max(p)) for p in pairs))
)


def indices(subset: TimeSubset) -> set[int]:
    return {index for first, stop in subset.ranges for index in range(first, stop)}


@settings(max_examples=80, deadline=None)
@given(RANGES, RANGES)
def test_ranges_behave_as_the_sets_they_stand_for(left, right):
    a, b = TimeSubset(HOURS, left), TimeSubset(HOURS, right)
    for found, expected in (
        (a | b, indices(a) | indices(b)),
        (a & b, indices(a) & indices(b)),
        (a - b, indices(a) - indices(b)),
    ):
        assert indices(found) == expected
        assert len(found) == len(expected)
        assert found.ranges == merged(found.ranges)
        assert found.get_partition_keys() == [HOURS.key_at(index) for index in sorted(expected)]
    assert all((HOURS.key_at(i) in a) == (i in indices(a)) for i in range(0, 120, 7))


@settings(max_examples=80, deadline=None)
@given(definitions(), RANGES)
def test_a_subset_survives_the_wire_and_a_moved_start(definition, ranges):
    subset = TimeSubset(definition, ranges)
    data = wire.decode(wire.encode(subset.to_data()), SubsetData)
    assert definition.subset_from_data(data) == subset
    if not ranges:
        return
    fields = {"start": to_datetime(definition.window_at(ranges[0][0])[0]), "fmt": definition.fmt}
    moved = TimeWindowPartitionsDefinition(
        **fields,
        timezone=definition.timezone,
        cron_schedule=definition.cron_schedule,
        exclusions=definition.exclusions,
    )
    assert moved.subset_from_data(data).get_partition_keys() == subset.get_partition_keys()
