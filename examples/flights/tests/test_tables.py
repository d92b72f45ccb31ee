"""Assets are functions: call them with small frames, and look at what they return."""

from datetime import UTC, datetime

import earmark as em
import polars as pl
import pytest

from flights.assets.core import airports, flights, hourly_weather
from flights.assets.reporting import Punctuality, punctuality
from flights.charts import bars
from flights.checks import flight_ids_are_unique, no_day_is_missing
from flights.tables import ParquetTables


def departures(*days: int) -> pl.DataFrame:
    """Published flights of January 2013, one per given day, 17 minutes late each."""
    return pl.DataFrame(
        {
            "year": 2013, "month": 1, "day": day, "dep_time": 1017, "sched_dep_time": 1000, "dep_delay": 17,
            "arr_delay": 17, "carrier": "AA", "flight": 7, "tailnum": "N1", "origin": "JFK", "dest": "BOS",
            "distance": 187, "hour": 10, "minute": 0, "time_hour": f"2013-01-{day:02}T15:00:00Z",
        }
        for day in days
    )  # fmt: skip


def test_a_departure_gets_its_instant_in_utc_and_its_length_in_kilometres() -> None:
    flown = flights(departures(1)).row(0, named=True)
    assert flown["scheduled_at"] == datetime(2013, 1, 1, 15, tzinfo=UTC)
    assert flown["distance_km"] == pytest.approx(300.9, abs=0.1)
    assert flown["weekday"] == 2  # the first of January 2013 was a Tuesday


def test_a_flight_listed_twice_fails_the_check() -> None:
    assert flight_ids_are_unique(flights(departures(1, 2))).passed
    twice = flight_ids_are_unique(flights(departures(1, 1)))
    assert not twice.passed
    assert twice.metadata["duplicates"].value == 1


def test_a_day_without_departures_fails_the_check() -> None:
    assert no_day_is_missing(flights(departures(1, 2, 3))).passed
    assert no_day_is_missing(flights(departures(1, 4))).metadata["missing_days"].value == 2


def test_a_blocking_check_keeps_the_reports_as_they_were(tables: ParquetTables) -> None:
    @em.asset
    def raw_flights() -> pl.DataFrame:
        return departures(1, 1)

    @em.asset
    def report(flights: pl.DataFrame) -> pl.DataFrame:
        return flights

    result = em.materialize(
        [raw_flights, flights, flight_ids_are_unique, report],
        resources={"io_manager": tables},
        raise_on_error=False,
    )
    assert not result.success
    assert [event.step_key for event in result.get_step_failure_events()] == ["flights_flight_ids_are_unique"]
    assert {event.asset_key.to_user_string() for event in result.get_asset_materialization_events()} == {
        "raw_flights",
        "flights",
    }


def test_late_is_what_the_configuration_says() -> None:
    carriers = pl.DataFrame({"code": ["AA"], "name": ["American"]})
    flown = flights(departures(1, 2))
    strict = punctuality(Punctuality(late_after=10, fewest_flights=1), flown, carriers).value
    lenient = punctuality(Punctuality(late_after=20, fewest_flights=1), flown, carriers).value
    assert strict["late_percent"].to_list() == [100.0]
    assert lenient["late_percent"].to_list() == [0.0]


def test_fog_outranks_rain() -> None:
    hour = {"origin": "JFK", "time_hour": "2013-01-01T15:00:00Z", "temp": 50.0, "wind_speed": 30.0}
    seen = hourly_weather(pl.DataFrame([{**hour, "precip": 0.2, "visib": 1.0}])).row(0, named=True)
    assert seen["conditions"] == "fog"
    assert seen["temperature_c"] == pytest.approx(10.0)


def test_boston_is_three_hundred_kilometres_from_kennedy() -> None:
    logan = {"faa": "BOS", "name": "Logan", "lat": 42.364347, "lon": -71.005181, "tzone": "America/New_York"}
    assert airports(pl.DataFrame([logan]))["km_from_new_york"].item() == pytest.approx(300, abs=1)


def test_a_picture_of_nothing_is_still_a_picture() -> None:
    assert bars("empty", [], "min").startswith("![empty](data:image/svg+xml;base64,")
