"""Ticks against an oracle that walks UTC minute by minute and reads the wall clock through zoneinfo."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st

from earmark.partitions.cron import Cron, is_valid_cron
from earmark.values.clock import from_datetime, to_datetime

MINUTE = timedelta(minutes=1)

CHANGES = [
    ("America/New_York", datetime(2024, 3, 10, 7)),
    ("America/New_York", datetime(2024, 11, 3, 6)),
    ("Europe/Berlin", datetime(2025, 3, 30, 1)),
    ("Europe/Berlin", datetime(2025, 10, 26, 1)),
    ("Australia/Lord_Howe", datetime(2024, 4, 6, 15)),
    ("Australia/Lord_Howe", datetime(2024, 10, 5, 15)),
    ("America/Sao_Paulo", datetime(2018, 11, 4, 3)),
    ("America/Sao_Paulo", datetime(2018, 2, 18, 2)),
    ("America/Havana", datetime(2024, 11, 3, 5)),
    ("Pacific/Apia", datetime(2011, 12, 30, 10)),
    ("Africa/Casablanca", datetime(2024, 3, 10, 2)),
    ("Asia/Kathmandu", datetime(1986, 1, 1)),
    ("UTC", datetime(2024, 2, 29)),
]


def matches(
    minutes: set[int], hours: set[int], days: set[int] | None, weekdays: set[int] | None, wall: datetime
) -> bool:
    if wall.minute not in minutes or wall.hour not in hours:
        return False
    by_day = days is None or wall.day in days
    by_weekday = weekdays is None or wall.isoweekday() % 7 in weekdays
    if days is None or weekdays is None:
        return by_day and by_weekday
    return by_day or by_weekday


def oracle(
    minutes: set[int], hours: set[int], days: set[int] | None, weekdays: set[int] | None,
    zone: str, begin: datetime, end: datetime,
) -> list[datetime]:  # fmt: skip
    """Walk UTC from ``begin`` to ``end``; the wall clock is only ever read, never computed from an offset table."""
    tz = ZoneInfo(zone)
    walk, now = [], begin
    while now <= end:
        walk.append((now, now.astimezone(tz).replace(tzinfo=None, fold=0)))
        now += MINUTE
    if len(hours) == 24:
        return [at for at, wall in walk if matches(minutes, hours, days, weekdays, wall)]
    last_showing = {wall: at for at, wall in walk}
    ticks = {last_showing[wall] for _, wall in walk if matches(minutes, hours, days, weekdays, wall)}
    for (_, before), (at, wall) in pairwise(walk):
        missing = before + MINUTE
        while missing < wall:
            if matches(minutes, hours, days, weekdays, missing):
                ticks.add(at)
                break
            missing += MINUTE
    return sorted(ticks)


@st.composite
def expressions(draw: st.DrawFn):
    minutes = draw(st.sets(st.sampled_from([0, 1, 15, 20, 30, 45, 59]), min_size=1, max_size=4))
    hours = draw(
        st.one_of(
            st.just(set(range(24))),
            st.sets(st.integers(0, 4) | st.integers(0, 23), min_size=1, max_size=5),
        )
    )
    days = draw(st.none() | st.sets(st.integers(1, 31), min_size=1, max_size=8))
    weekdays = draw(st.none() | st.sets(st.integers(0, 6), min_size=1, max_size=3))

    def write(numbers):
        return "*" if numbers is None or len(numbers) == 24 else ",".join(map(str, sorted(numbers)))

    text = f"{write(minutes)} {write(hours)} {write(days)} * {write(weekdays)}"
    return text, minutes, hours, days, weekdays


@settings(max_examples=60, deadline=None)
@given(expressions(), st.sampled_from(CHANGES), st.integers(-600, 600))
def test_ticks_around_a_change_of_clocks_are_those_that_the_wall_clock_shows(expression, change, shift):
    text, minutes, hours, days, weekdays = expression
    zone, moment = change
    middle = moment.replace(tzinfo=UTC) + shift * MINUTE
    begin, end = middle - timedelta(days=1), middle + timedelta(days=1)
    margin = timedelta(hours=3)
    walked = oracle(minutes, hours, days, weekdays, zone, begin - margin, end + margin)
    expected = [at for at in walked if begin < at <= end]

    cron = Cron((text,), zone)
    found = list(cron.ticks_between(from_datetime(begin), from_datetime(end)))

    assert [to_datetime(at) for at in found] == expected
    assert cron.count_between(from_datetime(begin), from_datetime(end)) == len(expected)


@settings(max_examples=80, deadline=None)
@given(expressions(), st.sampled_from(CHANGES), st.integers(-3000, 3000))
def test_next_and_previous_are_neighbours_and_ticks(expression, change, shift):
    text, *_ = expression
    zone, moment = change
    instant = from_datetime(moment.replace(tzinfo=UTC) + shift * MINUTE)
    assume(is_valid_cron(text))  # not one of days that none of its months has
    cron = Cron((text,), zone)
    after = cron.next_after(instant)
    before = cron.previous_before(instant)
    assert before < instant < after
    assert cron.is_tick(after) and cron.is_tick(before)
    assert cron.previous_before(after) == (instant if cron.is_tick(instant) else before)
    assert cron.next_after(before) == (instant if cron.is_tick(instant) else after)


@settings(max_examples=80, deadline=None)
@given(expressions(), st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)))
def test_ticks_in_utc_agree_with_another_cron_library(expression, begin):
    cronsim = pytest.importorskip("cronsim")
    text, *_ = expression
    begin = begin.replace(second=0, microsecond=0, tzinfo=UTC)
    try:
        other = cronsim.CronSim(text, begin)
        expected = [next(other) for _ in range(20)]
    except cronsim.CronSimError:
        reject()
    cron, at, found = Cron((text,)), from_datetime(begin), []
    for _ in range(20):
        at = cron.next_after(at)
        found.append(to_datetime(at))
    assert found == expected
