"""The tables of offsets say what zoneinfo says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from earmark.partitions.zones import offsets
from earmark.values.clock import from_datetime

RESTLESS = [
    "America/Boa_Vista",
    "Africa/El_Aaiun",
    "Africa/Casablanca",
    "Africa/Cairo",
    "America/Argentina/Tucuman",
    "Antarctica/Troll",
    "Asia/Gaza",
    "Asia/Pyongyang",
    "Australia/Lord_Howe",
    "Europe/Dublin",
    "Pacific/Apia",
    "Africa/Monrovia",
    "Etc/GMT+5",
]
EPOCH = datetime(1970, 1, 1)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(RESTLESS), st.datetimes(datetime(1970, 1, 1), datetime(2095, 1, 1)))
def test_the_wall_clock_of_every_instant_is_that_of_zoneinfo(zone, moment):
    aware = moment.replace(tzinfo=UTC, microsecond=0)
    shown = aware.astimezone(ZoneInfo(zone))
    table = offsets(zone)
    assert table.wall(from_datetime(aware)) == (shown.replace(tzinfo=None, fold=0) - EPOCH) // timedelta(microseconds=1)
    assert table.is_repeated(from_datetime(aware)) == bool(shown.fold)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(RESTLESS), st.datetimes(datetime(1880, 1, 1), datetime(1971, 1, 1)))
def test_earlier_instants_are_in_the_early_tables(zone, moment):
    aware = moment.replace(tzinfo=UTC, microsecond=0)
    shown = aware.astimezone(ZoneInfo(zone))
    wall = offsets(zone, early=True).wall(from_datetime(aware))
    assert wall == (shown.replace(tzinfo=None, fold=0) - EPOCH) // timedelta(microseconds=1)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(RESTLESS),
    st.datetimes(datetime(1970, 2, 1), datetime(2095, 1, 1))
    | st.datetimes(datetime(2011, 12, 28), datetime(2012, 1, 1)),
)
def test_the_instants_of_a_wall_time_are_those_that_show_it(zone, wall):
    wall = wall.replace(microsecond=0)
    tz = ZoneInfo(zone)
    shown = {wall.replace(tzinfo=tz, fold=fold).astimezone(UTC) for fold in (0, 1)}
    shown = {at for at in shown if at.astimezone(tz).replace(tzinfo=None, fold=0) == wall}
    found = offsets(zone).instants((wall - EPOCH) // timedelta(microseconds=1))
    if shown:
        assert list(found) == sorted(from_datetime(at) for at in shown)
        return
    (end_of_gap,) = found
    table = offsets(zone)
    assert table.wall(end_of_gap - 1) < (wall - EPOCH) // timedelta(microseconds=1) < table.wall(end_of_gap)
