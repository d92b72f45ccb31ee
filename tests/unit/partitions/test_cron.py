"""Cron expressions: what they mean, what is refused and why, and the facts about changing clocks."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from earmark.partitions.cron import ALIASES, Cron, describe, is_valid_cron
from earmark.values import wire
from earmark.values.clock import from_datetime, to_datetime
from earmark.values.errors import DagsterInvalidDefinitionError

NEW_YORK = ZoneInfo("America/New_York")


def fires(cron, zone, begin, days):
    """Return the wall-clock times with offsets at which ``cron`` fires in some days from ``begin``."""
    tz = ZoneInfo(zone)
    start = from_datetime(begin.replace(tzinfo=tz)) - 1
    end = start + int(days * 24) * 3_600_000_000
    return [f"{to_datetime(at).astimezone(tz):%m-%d %H:%M%z}" for at in Cron(cron, zone).ticks_between(start, end)]


def test_a_daily_half_past_two_fires_at_three_on_the_spring_day():
    assert fires("30 2 * * *", "America/New_York", datetime(2024, 3, 9), 3) == [
        "03-09 02:30-0500",
        "03-10 03:00-0400",
        "03-11 02:30-0400",
    ]


def test_a_daily_half_past_one_fires_at_the_second_showing_on_the_autumn_day():
    assert fires("30 1 * * *", "America/New_York", datetime(2024, 11, 2), 3) == [
        "11-02 01:30-0400",
        "11-03 01:30-0500",
        "11-04 01:30-0500",
    ]


def test_hourly_and_more_often_fires_in_both_repeated_hours_and_not_in_the_missing_one():
    autumn = fires("0 * * * *", "America/New_York", datetime(2024, 11, 3), 0.25)
    assert autumn[:4] == ["11-03 00:00-0400", "11-03 01:00-0400", "11-03 01:00-0500", "11-03 02:00-0500"]
    spring = fires("*/30 0-23 * * *", "America/New_York", datetime(2024, 3, 10, 1), 0.25)
    assert spring[:4] == ["03-10 01:00-0500", "03-10 01:30-0500", "03-10 03:00-0400", "03-10 03:30-0400"]


def test_missing_times_that_meet_an_existing_one_fire_once():
    assert fires("0 1,2,3 * * *", "America/New_York", datetime(2024, 3, 10), 0.5) == [
        "03-10 01:00-0500",
        "03-10 03:00-0400",
    ]


def test_a_day_that_a_country_skipped_fires_when_the_next_begins():
    assert fires("0 9 30 12 *", "Pacific/Apia", datetime(2011, 12, 29), 2) == ["12-31 00:00+1400"]


def test_several_expressions_fire_together_once():
    noon = datetime(2024, 5, 1, 12, tzinfo=UTC)
    both = Cron(("0 12 * * *", "0 */6 * * *"))
    found = list(both.ticks_between(from_datetime(noon) - 1, from_datetime(noon) + 6 * 3_600_000_000))
    assert [to_datetime(at).hour for at in found] == [12, 18]
    assert both.count_between(from_datetime(noon) - 1, from_datetime(noon) + 1) == 1
    assert both.next_after(from_datetime(noon)) == found[1]
    assert both.previous_before(from_datetime(noon)) == found[0] - 6 * 3_600_000_000


def test_leap_days_come_every_four_years_and_not_in_2100():
    leap = Cron("0 0 29 2 *")
    at, years = from_datetime(datetime(2095, 1, 1, tzinfo=UTC)), []
    for _ in range(3):
        at = leap.next_after(at)
        years.append(to_datetime(at).year)
    assert years == [2096, 2104, 2108]


@pytest.mark.parametrize(
    ("text", "year", "month", "days"),
    [
        ("0 0 L * *", 2024, 2, [29]),
        ("0 0 * * 1#2", 2024, 3, [11]),
        ("0 0 * * 5L", 2024, 3, [29]),
        ("0 0 * * L5", 2024, 3, [29]),
        ("0 0 13 * 5", 2024, 9, [6, 13, 20, 27]),
        ("0 0 */10 * ?", 2024, 3, [1, 11, 21, 31]),
        ("0 0 * MAR SUN", 2024, 3, [3, 10, 17, 24, 31]),
        ("0 0 * * 7", 2024, 3, [3, 10, 17, 24, 31]),
        ("0 0 * * 5-1", 2024, 9, [1, 2, 6, 7, 8, 9, 13, 14, 15, 16, 20, 21, 22, 23, 27, 28, 29, 30]),
        ("0 0 15/5 * *", 2024, 2, [15, 20, 25]),
    ],
)
def test_day_fields_name_the_days_that_the_field_expects(text, year, month, days):
    begin = from_datetime(datetime(year, month, 1, tzinfo=UTC)) - 1
    end = from_datetime(datetime(year, month + 1, 1, tzinfo=UTC)) - 1
    assert [to_datetime(at).day for at in Cron(text).ticks_between(begin, end)] == days


@pytest.mark.parametrize("alias", ALIASES)
def test_an_alias_is_its_expression(alias):
    at = from_datetime(datetime(2024, 5, 5, 5, 5, tzinfo=UTC))
    assert Cron(alias).next_after(at) == Cron(ALIASES[alias]).next_after(at)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("0 0 * *", "it has 4 fields, and five are needed"),
        ("0 0 * * * *", "it has 6 fields"),
        ("60 * * * *", "the minute field has '60', outside 0 to 59"),
        ("0 25 * * *", "the hour field has '25', outside 0 to 23"),
        ("0 0 0 * *", "the day of month field has '0', outside 1 to 31"),
        ("0 0 * JNA *", "or 'JAN'?"),
        ("0 0 * * MUN", "the day of week field has 'MUN', which is not a number or name. Did you mean"),
        ("*/0 * * * *", "whose step is not a positive number"),
        ("0 0 31 2 *", "it never fires"),
        ("R * * * *", "random and hashed fields"),
        ("0 0 1W * *", "the day of month field has '1W', which is not a number"),
        ("@dayly", "Did you mean '@daily'"),
        ("", "it has 0 fields"),
    ],
)
def test_an_invalid_expression_is_refused_with_the_field_and_the_reason(text, reason):
    assert not is_valid_cron(text)
    with pytest.raises(DagsterInvalidDefinitionError) as caught:
        Cron(text)
    assert reason in str(caught.value)
    assert caught.value.facts["cron_schedule"] == text
    assert caught.value.where.file == __file__


def test_an_unknown_zone_is_refused_with_the_nearest():
    with pytest.raises(DagsterInvalidDefinitionError, match="Did you mean 'Europe/Berlin'"):
        Cron("@daily", "Europe/Berln")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("@hourly", "every hour"),
        ("* * * * *", "every minute"),
        ("5 * * * *", "every hour at minute 5"),
        ("0 9 * * *", "every day at 09:00"),
        ("30 9,17 * * 1-5", "at 09:30 and 17:30 on Monday to Friday"),
        ("0 0 L * *", "at 00:00 on the last day of the month"),
        ("0 0 1,15 * *", "at 00:00 on day 1 and 15 of the month"),
        ("0 0 * * 1#2", "at 00:00 on the second Monday of the month"),
        ("0 0 13 * 5", "at 00:00 on day 13 of the month or on Friday"),
        ("0 */2 * * *", "every 2 hours"),
        ("*/10 9-17 * * *", "every 10 minutes, in hours 09 to 17"),
        ("0 6 1 1,7 *", "at 06:00 on day 1 of the month in January and July"),
    ],
)
def test_an_expression_is_told_in_words(text, words):
    assert describe(text) == words


def test_a_schedule_is_data():
    cron = Cron(["@daily", "0 12 * * *"], "Europe/Berlin")
    assert wire.decode(wire.encode(cron), Cron) == cron
    assert hash(cron) == hash(Cron(("@daily", "0 12 * * *"), "Europe/Berlin"))
