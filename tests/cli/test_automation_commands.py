"""Schedules, sensors, backfills and partitions from the command line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from earmark.store.open import open_store
from earmark.store.ports import Store
from earmark.system import clock
from tests.cli.conftest import Answer

pytestmark = [pytest.mark.process]

Command = Callable[..., Answer]

PROJECT = """
import earmark as em

regions = em.StaticPartitionsDefinition(["asia", "eu", "us"])
customers = em.DynamicPartitionsDefinition(name="customers")


@em.asset(partitions_def=regions, tags={"domain": "sales"})
def raw(context):
    return context.partition_key


@em.asset
def total(raw): ...


@em.asset(partitions_def=customers)
def invoices(): ...


@em.op
def work(): ...


@em.job
def load():
    work()


@em.schedule("30 6 * * *", job=load, execution_timezone="Europe/Helsinki", tags={"team": "ml"})
def morning(context):
    context.log.info("good morning")
    return em.RunRequest(tags={"at": context.scheduled_execution_time.isoformat()})


@em.schedule("0 * * * *", job=load)
def broken(context):
    raise ValueError("no luck")


@em.sensor(job=load)
def files(context):
    at = int(context.cursor or 0) + 1
    return em.SensorResult(run_requests=[em.RunRequest(f"file-{at}")], cursor=str(at))


defs = em.Definitions(assets=[raw, total, invoices], jobs=[load], schedules=[morning, broken], sensors=[files])
"""


@pytest.fixture
def store(project: Path, home: Path) -> Iterator[Store]:
    (project / "shop.py").write_text(PROJECT)
    opened = open_store(home, clock=clock.now)
    yield opened
    opened.close()


def test_schedules_are_listed_by_query_and_switched_on_and_off(earmark: Command, store: Store) -> None:
    rows = earmark("schedule", "list", "tag:team=ml", "--json").json
    assert [(row["name"], row["is_running"], row["rhythm"]) for row in rows] == [("morning", False, "30 6 * * *")]
    assert earmark("schedule", "start", "morning").out == "The schedule morning is running.\n"
    for word in ("running", "on", "started"):
        rows = earmark("schedule", "list", f"status:{word}", "--json").json
        assert [row["name"] for row in rows] == ["morning"]
    assert [row["name"] for row in earmark("schedule", "list", "-status:on", "--json").json] == ["broken"]
    told = earmark("schedule", "list", "tag:taem=ml").err
    assert told == "No schedule matches. No automation has the tag key 'taem'. Did you mean 'team'?\n"
    refused = earmark("schedule", "list", "status:awake")
    assert (refused.code, "one of running, stopped" in refused.err) == (2, True)
    state = store.instigators.get("shop:morning")
    assert state is not None and state.data["since"] <= clock.now()
    earmark("schedule", "start", "morning")
    assert store.instigators.get("shop:morning") == state, "it is on already, and goes on where it was"
    assert earmark("schedule", "stop", "morning", "--json").json[0]["status"] == "stopped"
    stopped = store.instigators.get("shop:morning")
    assert stopped is not None and stopped.data == {}
    assert earmark("schedule", "list", "status:running").out == ""
    assert len(earmark("schedule", "list").rows) == 2


def test_a_schedule_that_is_not_there_is_refused_with_the_nearest_name(earmark: Command, store: Store) -> None:
    answer = earmark("schedule", "start", "mornin")
    assert answer.code == 2
    assert "Did you mean 'morning'?" in answer.err


def test_jobs_are_listed_by_what_asks_for_them(earmark: Command, store: Store) -> None:
    for query in ("schedule:morning", "sensor:files"):
        assert [row[0] for row in earmark("job", "list", query).rows] == ["load"]


def test_a_preview_shows_the_next_ticks_in_the_zone_of_the_schedule(earmark: Command, store: Store) -> None:
    shown = earmark("schedule", "preview", "morning", "-n", "3", "--json").json
    assert shown["timezone"] == "Europe/Helsinki"
    assert len(shown["ticks"]) == 3
    assert all(tick[11:16] == "06:30" for tick in shown["ticks"])
    assert "every day at 06:30 (Europe/Helsinki)" in earmark("schedule", "preview", "morning").out


def test_a_tick_by_hand_queues_the_run_that_it_asks_for(earmark: Command, store: Store) -> None:
    tried = earmark("schedule", "tick", "morning", "--at", "2026-03-02T06:30", "--dry-run", "--json").json
    assert tried["requests"][0]["tags"]["at"] == "2026-03-02T06:30:00+02:00"
    assert (tried["requests"][0]["job"], tried["status"]) == ("load", "succeeded")
    assert store.runs.count("") == 0
    answer = earmark("schedule", "tick", "morning", "--at", "2026-03-02T06:30")
    assert answer.code == 0 and "good morning" in answer.out
    (run,) = store.runs.find("").runs
    assert run.run_id in answer.out
    assert run.status.value == "QUEUED"
    assert run.tags["dagster/schedule_name"] == "morning"
    assert run.tags["team"] == "ml"
    (tick,) = store.ticks.list("shop:morning")
    assert run.tags["dagster/tick"] == tick.id


def test_a_tick_that_fails_shows_the_users_own_lines_and_exits_with_1(earmark: Command, store: Store) -> None:
    answer = earmark("schedule", "tick", "broken")
    assert answer.code == 1
    assert 'raise ValueError("no luck")' in answer.out
    assert store.ticks.list("shop:broken")[0].status == "failed"


def test_a_sensor_ticks_from_its_cursor_which_can_be_read_and_set(earmark: Command, store: Store) -> None:
    assert earmark("sensor", "tick", "files").code == 0
    assert earmark("sensor", "cursor", "get", "files").out == "1\n"
    assert earmark("sensor", "cursor", "set", "files", "41", "--json").json == {"name": "files", "cursor": "41"}
    assert earmark("sensor", "tick", "files", "--json").json["status"] == "succeeded"
    assert earmark("sensor", "cursor", "get", "files", "--json").json == {"name": "files", "cursor": "42"}
    keys = sorted(run.tags["dagster/run_key"] for run in store.runs.find("tag:dagster/sensor_name=files").runs)
    assert keys == ["file-1", "file-42"]
    assert earmark("sensor", "list").rows[0][:2] == ["files", "stopped"]


def test_a_backfill_is_cut_stored_shown_edited_and_steered(earmark: Command, store: Store) -> None:
    tried = earmark("backfill", "launch", "--select", "raw total", "--all", "--dry-run", "--json")
    assert tried.code == 2, "two bare words mean assets that are both"
    tried = earmark("backfill", "launch", "--select", "raw or total", "--all", "--dry-run", "--json").json
    assert (tried["partitions"], tried["runs"]) == (3, 4)
    assert [(run["assets"], run["first"], run["after"]) for run in tried["plan"]] == [
        (["raw"], "asia", []), (["raw"], "eu", []), (["raw"], "us", []), (["total"], None, [1, 2, 3])
    ]  # fmt: skip
    shown = earmark("backfill", "launch", "--select", "raw or total", "--all", "--dry-run")
    assert shown.rows[-1] == ["4", "total", "1,", "2,", "3"]
    assert store.backfills.list() == []
    asked = earmark(
        "backfill",
        "launch",
        "--select",
        "tag:domain=sales",
        "--partition-range",
        "asia...eu",
        "--tags",
        "team=ml",
        "--from-failure",
        "--json",
    ).json
    stored = store.backfills.get(asked["backfill_id"])
    assert stored is not None
    assert stored.data["from_failure"] is True
    assert (stored.status, stored.data["partitions"], stored.data["assets"]) == ("queued", ["asia", "eu"], ["raw"])
    first = asked["backfill_id"]
    assert [row["id"] for row in earmark("backfill", "list", "tag:team=ml", "--json").json] == [first]
    assert earmark("backfill", "list", "tag:team=core").out == ""
    for word in ("queued", "requested"):
        assert [row["status"] for row in earmark("backfill", "list", f"status:{word}", "--json").json] == ["queued"]
    assert earmark("backfill", "show", first).out.splitlines()[0] == f"{first}  queued"
    assert earmark("backfill", "pause", first).code == 0
    assert earmark("backfill", "list", "status:queued").out == ""
    assert earmark("backfill", "show", first, "--json").json["status"] == "paused"
    assert [row["id"] for row in earmark("backfill", "list", "status:paused", "--json").json] == [first]
    assert earmark("backfill", "resume", first).code == 0
    assert earmark("backfill", "edit", first, "--priority", "5", "--max-in-flight", "2", "--json").json["priority"] == 5
    assert earmark("backfill", "show", first, "--json").json["max_in_flight"] == 2
    assert earmark("backfill", "cancel", first).code == 0
    assert earmark("backfill", "pause", first).code == 2

    canceled = store.backfills.get(first)
    assert canceled is not None
    store.backfills.update(replace(canceled, status="failed", data={**canceled.data, "from_failure": False}))
    assert earmark("backfill", "retry", first, "--from-failure").code == 0
    again = store.backfills.get(first)
    assert again is not None and (again.data["retry_failed"], again.data["from_failure"]) == (True, True)


def test_an_empty_list_says_how_to_fill_it(earmark: Command, store: Store) -> None:
    assert "`earmark backfill launch` starts one" in earmark("backfill", "list").err
    assert "`earmark token create OWNER`" in earmark("token", "list").err
    assert earmark("partition", "list", "raw", "--status", "failed").err.endswith("No partition is failed.\n")
    assert earmark("sensor", "cursor", "get", "files").err.endswith("The sensor files has no cursor yet.\n")


def test_a_backfill_of_unknown_partitions_or_of_nothing_is_refused(earmark: Command, store: Store) -> None:
    answer = earmark("backfill", "launch", "--select", "raw", "--partition", "mars")
    assert answer.code == 2 and "mars" in answer.err
    assert earmark("backfill", "launch", "--select", "raw").code == 2
    assert earmark("backfill", "launch", "-j", "load", "--all").code == 2
    forged = earmark("backfill", "launch", "--select", "raw", "--all", "--tags", "dagster/backfill=mine")
    assert forged.code == 2
    assert store.backfills.list() == []


def test_partitions_are_added_listed_and_removed(earmark: Command, store: Store) -> None:
    assert earmark("partition", "add", "customers", "ann", "bob", "--json").json["added"] == ["ann", "bob"]
    assert earmark("partition", "remove", "customers", "bob").out == "1 partition removed from customers.\n"
    assert earmark("partition", "list", "customers").rows == [["ann"]]
    assert earmark("partition", "list", "invoices", "--json").json == [
        {"partition": "ann", "status": "missing", "stale_causes": []}
    ]
    assert earmark("asset", "materialize", "--select", "raw", "--partition", "eu").code == 0
    assert earmark("partition", "list", "raw", "--status", "materialized").rows == [["eu", "materialized"]]


def test_a_wiped_asset_counts_as_never_written(earmark: Command, store: Store) -> None:
    earmark("asset", "materialize", "--select", "raw", "--partition", "eu")
    assert "would be wiped" in earmark("asset", "wipe", "raw").out
    assert earmark("partition", "list", "raw", "--status", "materialized").rows == [["eu", "materialized"]]
    assert earmark("asset", "wipe", "tag:domain=sales", "--yes").code == 0
    assert earmark("partition", "list", "raw", "--status", "materialized").out == ""


def test_a_state_that_no_partition_ever_has_is_refused_with_the_nearest(earmark: Command, store: Store) -> None:
    refused = earmark("partition", "list", "raw", "--status", "mising")
    assert (refused.code, refused.out) == (2, "")
    assert "A partition is never 'mising'. Did you mean 'missing'?" in refused.err
    assert len(earmark("partition", "list", "raw", "--status", "MISSING", "--json").json) == 3
