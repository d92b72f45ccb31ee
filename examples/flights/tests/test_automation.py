"""What starts itself: partitions, schedules, sensors and conditions as functions, and a backfill by a real host."""

import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import earmark as em
import polars as pl
import pytest

from flights.archive import FlightArchive
from flights.assets.calendar import day_at_the_airports, month_at_the_airports
from flights.assets.core import flights
from flights.automation import sensors
from flights.automation.schedules import every_monday, this_day_in_2013
from flights.automation.sensors import orders_in_the_inbox
from flights.definitions import defs
from flights.tables import ParquetTables

PROJECT = Path(__file__).parents[1]
NEW_YORK = ZoneInfo("America/New_York")
STORED_FLIGHTS = em.AssetSpec("flights")
"""Only the name: a run that is given this reads the stored table, and does not make it again."""


@pytest.fixture
def departures(tables: ParquetTables) -> pl.DataFrame:
    """The year's flights, as they are stored for the assets that read them."""
    stored = flights(FlightArchive().read("flights"))
    tables.handle_output(em.build_output_context(asset_key=em.AssetKey("flights")), stored)
    return stored


def make_days(first: str, last: str, tables: ParquetTables, instance: em.DagsterInstance) -> None:
    made = em.materialize(
        [day_at_the_airports, STORED_FLIGHTS],
        instance=instance,
        resources={"io_manager": tables},
        tags={"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last},
    )
    assert made.success


def at(*moment: int) -> em.ScheduleEvaluationContext:
    return em.build_schedule_context(
        scheduled_execution_time=datetime(*moment, tzinfo=NEW_YORK), repository_def=defs.get_repository_def()
    )


def test_a_range_of_days_is_made_in_one_run_and_kept_in_a_file_for_each_day(
    tables: ParquetTables, departures: pl.DataFrame
) -> None:
    with em.instance_for_test() as instance:
        make_days("2013-02-08", "2013-02-10", tables, instance)
        assert set(instance.get_materialized_partitions(day_at_the_airports.key)) == {
            "2013-02-08", "2013-02-09", "2013-02-10",
        }  # fmt: skip
    days = sorted(Path(tables.root, "day_at_the_airports").iterdir())
    assert [day.stem for day in days] == ["2013-02-08", "2013-02-09", "2013-02-10"]
    storm = pl.read_parquet(days[1])
    assert storm.height == 3
    assert storm["departures"].sum() == departures.filter(date=pl.date(2013, 2, 9), cancelled=False).height


def test_a_month_is_made_from_its_days_and_knows_the_worst_of_them(
    tables: ParquetTables, departures: pl.DataFrame
) -> None:
    with em.instance_for_test() as instance:
        make_days("2013-02-01", "2013-02-28", tables, instance)
        made = em.materialize(
            [month_at_the_airports, day_at_the_airports, STORED_FLIGHTS],
            selection=[month_at_the_airports],
            partition_key="2013-02-01",
            resources={"io_manager": tables},
            instance=instance,
        )
    february = made.output_for_node("month_at_the_airports")
    assert february["departures"].sum() == departures.filter(pl.col("date").dt.month() == 2, cancelled=False).height
    assert {str(day) for day in february["worst_day"]} == {"2013-02-08", "2013-02-09"}, "the blizzard"


def test_a_month_follows_its_days_once_all_of_them_are_there(tables: ParquetTables, departures: pl.DataFrame) -> None:
    calendar = em.Definitions([day_at_the_airports, month_at_the_airports, STORED_FLIGHTS])
    with em.instance_for_test() as instance:
        make_days("2013-02-01", "2013-02-27", tables, instance)
        before = em.evaluate_automation_conditions(calendar, instance)
        make_days("2013-02-28", "2013-02-28", tables, instance)
        after = em.evaluate_automation_conditions(calendar, instance, cursor=before.cursor)
    assert before.get_requested_partitions(month_at_the_airports.key) == set()
    assert after.get_requested_partitions(month_at_the_airports.key) == {"2013-02-01"}


def test_every_morning_the_same_day_of_2013_is_asked_for() -> None:
    tick = this_day_in_2013.evaluate_tick(at(2027, 5, 31, 6, 30))
    [request] = tick.run_requests
    assert request.partition_key == "2013-05-31"
    assert request.tags["reason"] == "anniversary"


def test_a_day_that_2013_did_not_have_is_skipped() -> None:
    tick = this_day_in_2013.evaluate_tick(at(2028, 2, 29, 6, 30))
    assert not tick.run_requests
    assert tick.skip_message == "2013 had no 29 February"


def test_a_monday_is_labelled_with_its_week_and_asked_for_once() -> None:
    [request] = every_monday.evaluate_tick(at(2027, 1, 4, 7, 0)).run_requests
    assert request.run_key == request.tags["week"] == "2027-W01"


def test_every_file_in_the_inbox_becomes_one_run_with_its_reports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sensors, "INBOX", tmp_path)
    empty = orders_in_the_inbox.evaluate_tick(em.build_sensor_context())
    assert empty.skip_message == f"no order in {tmp_path}"

    (tmp_path / "board.txt").write_text("routes\nfleet\n")
    (tmp_path / "notes.md").write_text("not an order")
    [request] = orders_in_the_inbox.evaluate_tick(em.build_sensor_context()).run_requests
    assert request.run_key.startswith("board.txt:")
    assert request.tags["order"] == "board"
    assert request.run_config == {"ops": {"choose_reports": {"config": {"reports": ["routes", "fleet"]}}}}


def test_cleaned_tables_follow_at_once_and_reports_at_night() -> None:
    rules = {
        spec.key.to_user_string(): spec.automation_condition
        for asset in defs.assets
        for spec in asset.specs
        if spec.group_name != "calendar"
    }
    assert {name for name, rule in rules.items() if rule is None} == {
        "raw_airports", "raw_airlines", "raw_flights", "raw_planes", "raw_weather",
    }  # fmt: skip
    assert rules["flights"].get_label() == "eager"
    assert rules["punctuality"].get_label().startswith("on_cron(0 2 * * *")


def test_a_backfill_makes_the_days_before_the_months(
    tmp_path: Path, tables: ParquetTables, departures: pl.DataFrame
) -> None:
    def earmark(*arguments: str) -> list[str]:
        return [sys.executable, "-m", "earmark.cli.main", *arguments]

    environment = {
        **os.environ,
        "EARMARK_HOME": str(tmp_path / "home"),
        "FLIGHTS_DATA": str(Path(tables.root).parent),
    }
    host = subprocess.Popen(earmark("daemon"), cwd=PROJECT, env=environment, stderr=subprocess.DEVNULL)
    try:
        launched = subprocess.run(
            earmark(
                *("backfill", "launch", "--select", "group:calendar", "--partition-range", "2013-01-01...2013-03-31"),
                *("--tags", "reason=reload", "--wait"),
            ),
            cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
    finally:
        host.terminate()
        host.wait(30)
    assert launched.returncode == 0, launched.stdout + launched.stderr
    assert "fills 90 partitions in 6 runs" in launched.stdout
    assert "day_at_the_airports    90 of 90 done" in launched.stdout
    assert "month_at_the_airports  3 of 3 done" in launched.stdout
    months = sorted(Path(tables.root, "month_at_the_airports").iterdir())
    assert [month.stem for month in months] == ["2013-01-01", "2013-02-01", "2013-03-01"]
    assert (
        pl.read_parquet(months)["departures"].sum()
        == departures.filter(pl.col("date").dt.month() <= 3, cancelled=False).height
    )
