"""Sensors in a real host, with user code in processes of its own."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from earmark.daemon.prune import prune_runs
from earmark.events.assets import AssetMaterialization
from earmark.events.envelope import Event
from earmark.events.kinds import AssetMaterialized
from earmark.server.app import make_app
from earmark.server.options import ServerOptions
from earmark.values.keys import AssetKey
from tests.process.automating import Automated, until
from tests.process.hosting import is_gone
from tests.support.postgres import somebody_elses_transaction

pytestmark = [pytest.mark.process]


def test_a_sensor_keeps_its_cursor_and_a_run_key_makes_one_run_only(tmp_path: Path, address: str | Path) -> None:
    with Automated(tmp_path, tmp_path, address=address) as one:
        one.switch("counts", kind="sensor")
        for number in range(1, 6):
            one.ended("counts", number)
            one.clock.forward(seconds=1)
            one.host.sensors.wake()
        ticks = one.ended("counts", 6)
        assert [tick.status for tick in ticks] == [
            "skipped",
            "skipped",
            "skipped",
            "succeeded",
            "succeeded",
            "succeeded",
        ]
        assert ticks[0].data["known_run_keys"] == ["key-0"]
        state = one.store.instigators.get("project:counts")
        assert state is not None and state.cursor == "6"
        runs = one.runs("tag:dagster/sensor_name=counts")
        assert sorted(run.tags["dagster/run_key"] for run in runs) == ["key-0", "key-1", "key-2"]
        assert runs[0].tags["dagster/tick"] == ticks[3].id
        assert one.lines("counts") == [f"counts {number}" for number in range(1, 7)]


def test_a_run_key_makes_one_run_only_after_that_run_was_pruned_too(tmp_path: Path, address: str | Path) -> None:
    with Automated(tmp_path, tmp_path, address=address, hand_clock=False) as one:
        one.switch("counts", kind="sensor")
        asked = "tag:dagster/sensor_name=counts"
        one.ended("counts", 3)
        until(lambda: one.store.runs.count(f"{asked} status:succeeded") == 3)
        assert prune_runs(one.store, tmp_path, asked, 0, author="ann").runs == 3
        seen = len(one.ticks("counts"))
        one.ended("counts", seen + 3)
        latest = one.ticks("counts", "succeeded", "skipped", "failed")[:3]
        known = sorted(key for tick in latest for key in tick.data["known_run_keys"])
        assert known == ["key-0", "key-1", "key-2"]
        assert not one.runs(asked)


def test_a_sensor_does_not_tick_before_its_interval_is_over(tmp_path: Path) -> None:
    with Automated(tmp_path, tmp_path) as one:
        one.switch("counts", kind="sensor")
        one.ended("counts", 1)
        one.host.sensors.wake()
        one.switch("registers", kind="sensor")
        one.ended("registers", 1)
        assert len(one.ticks("counts")) == 1


def test_a_sensor_adds_partitions_before_its_runs_are_made(tmp_path: Path) -> None:
    with Automated(tmp_path, tmp_path) as one:
        one.switch("registers", kind="sensor")
        (tick,) = one.ended("registers", 1)
        assert tick.data.get("error") is None
        assert one.store.dynamic_partitions.get("customers") == ["ann", "bob"]
        (run,) = one.runs("tag:dagster/sensor_name=registers")
        assert run.tags["dagster/partition"] == "ann"
        until(lambda: one.store.runs.get(run.run_id).is_finished)
        assert one.store.runs.get(run.run_id).is_success


def test_a_sensor_that_hangs_is_killed_and_keeps_no_other_from_ticking(tmp_path: Path) -> None:
    with Automated(tmp_path, tmp_path, tick_seconds=4.0) as one:
        began = time.monotonic()
        one.switch("stuck", "counts", "registers", kind="sensor")
        one.ended("counts", 1)
        one.clock.forward(seconds=1)
        one.host.sensors.wake()
        one.ended("counts", 2)
        assert time.monotonic() - began < 4.0
        assert [tick.status for tick in one.ticks("stuck")] == ["started"]
        (hung,) = one.ended("stuck", 1)
        assert hung.data["timed_out"] is True
        assert is_gone(int(one.lines("stuck")[0].split()[1]))


def test_a_run_status_sensor_is_woken_by_the_end_of_a_run(tmp_path: Path) -> None:
    with Automated(tmp_path, tmp_path, hand_clock=False) as one:
        one.switch("after_load", kind="sensor")
        one.ended("after_load", 1)
        run_id = one.host.submit({"job_name": "load"}, "project")["run_id"]
        until(lambda: one.store.runs.get(run_id).is_success)
        ended = time.monotonic()
        # A schedule of the project may start runs of the same job at the full minute.
        until(lambda: one.lines("after").count(f"after {run_id}") == 1)
        assert time.monotonic() - ended < 3
        time.sleep(1.5)
        assert one.lines("after").count(f"after {run_id}") == 1


def test_a_sensor_that_was_off_sees_once_it_is_on_what_happened_meanwhile_and_keeps_its_cursor(tmp_path: Path) -> None:
    with Automated(tmp_path, tmp_path, hand_clock=False) as one:
        fact = AssetMaterialized(AssetMaterialization(AssetKey("orders")))
        one.store.runs.report([Event(fact, one.store.clock())])
        one.switch("on_orders", kind="sensor")
        until(lambda: len(one.runs("tag:dagster/sensor_name=on_orders")) == 1)
        until(lambda: not one.ticks("on_orders", "started"))
        one.switch("on_orders", kind="sensor", running=False)
        cursor = one.store.instigators.get("project:on_orders").cursor
        one.store.runs.report([Event(fact, one.store.clock())])
        time.sleep(1.5)
        assert len(one.runs("tag:dagster/sensor_name=on_orders")) == 1
        assert one.store.instigators.get("project:on_orders").cursor == cursor
        one.switch("on_orders", kind="sensor")
        until(lambda: len(one.runs("tag:dagster/sensor_name=on_orders")) == 2, 5.0, "the tick of a sensor switched on")


def test_an_asset_sensor_is_woken_by_a_materialization(tmp_path: Path) -> None:
    with Automated(tmp_path, tmp_path, hand_clock=False) as one:
        one.switch("on_orders", kind="sensor")
        one.ended("on_orders", 1)
        fact = AssetMaterialized(AssetMaterialization(AssetKey("orders")))
        one.store.runs.report([Event(fact, one.store.clock())])
        until(lambda: len(one.runs("tag:dagster/sensor_name=on_orders")) == 1)
        assert one.ended("on_orders", 2)[0].status == "succeeded"


@pytest.mark.postgres
def test_sensors_of_runs_and_of_assets_tick_while_somebody_elses_transaction_is_open(
    tmp_path: Path, postgres_url: str
) -> None:
    with Automated(tmp_path, tmp_path, address=postgres_url, hand_clock=False) as one:
        one.switch("after_load", "on_orders", kind="sensor")
        one.ended("after_load", 1)
        one.ended("on_orders", 1)
        with somebody_elses_transaction(postgres_url):
            run_id = one.host.submit({"job_name": "load"}, "project")["run_id"]
            until(lambda: one.lines("after").count(f"after {run_id}") == 1)
            fact = AssetMaterialized(AssetMaterialization(AssetKey("orders")))
            one.store.runs.report([Event(fact, one.store.clock())])
            until(lambda: len(one.runs("tag:dagster/sensor_name=on_orders")) == 1)


def test_a_condition_asks_for_its_asset_when_what_it_is_made_from_was_written(tmp_path: Path) -> None:
    name = "default_automation_condition_sensor"
    with Automated(tmp_path, tmp_path, hand_clock=False) as one:
        one.switch(name, kind="automation")
        one.ended(name, 1)
        asked = {"job_name": None, "ask": {"asset_selection": [{"path": ["orders"]}]}}
        run_id = one.host.submit(asked, "project")["run_id"]
        until(lambda: one.store.runs.get(run_id).is_success)
        until(lambda: one.lines("report") == ["report"])
        (run,) = one.runs("tag:dagster/from_automation_condition=true")
        assert run.tags["dagster/sensor_name"] == name
        tick = one.store.ticks.get(run.tags["dagster/tick"])
        assert tick is not None and tick.kind == "automation"
        evaluated = tick.data["evaluations"]["report"]
        assert (evaluated["requested"], evaluated["run_ids"]) == (1, [run.run_id])
        assert evaluated["tree"]["subset"] is True
        assert "cursor" not in tick.data
        until(lambda: one.store.runs.get(run.run_id).is_success)
        time.sleep(2.5)
        assert one.lines("report") == ["report"]


def test_conditions_that_ask_for_many_partitions_ask_for_one_backfill_upstream_first(
    tmp_path: Path, address: str | Path
) -> None:
    with Automated(tmp_path, tmp_path, address=address, hand_clock=False) as one:
        one.switch("filler", kind="automation")
        until(lambda: len(one.lines("refined")) == 3)
        (backfill,) = one.store.backfills.list()
        assert backfill.data["wanted"] == {"copied": ["asia", "eu", "us"], "refined": ["asia", "eu", "us"]}
        until(lambda: one.store.backfills.list(statuses=("succeeded",)) != [])
        runs = one.runs(f"tag:dagster/backfill={backfill.id}")
        assert {run.tags["dagster/sensor_name"] for run in runs} == {"filler"}
        assert {run.tags["dagster/from_automation_condition"] for run in runs} == {"true"}
        assert {run.tags["tier"] for run in runs} == {"gold"}
        (tick,) = one.ticks("filler", "succeeded")
        assert tick.data["backfill_ids"] == [backfill.id]
        # While it was in progress nothing was asked for again, and now nothing is missing.
        seen = len(one.ticks("filler"))
        until(lambda: len(one.ticks("filler", "skipped")) >= seen + 1)
        assert len(one.store.backfills.list()) == 1
        assert sorted(one.lines("copied")) == ["copied asia", "copied eu", "copied us"]


def test_a_tick_is_tried_through_the_api_without_consequences(tmp_path: Path) -> None:
    with Automated(tmp_path, tmp_path) as one:
        app = make_app(one.store, one.host.registry, ServerOptions(home=tmp_path, local_user="ana"))
        with TestClient(app, base_url="http://127.0.0.1") as client:

            def tried(name: str, **asked: object) -> dict[str, Any]:
                answer = client.post("/api/automation/preview", json={"name": name, **asked})
                assert answer.status_code == 200, answer.text
                told: dict[str, Any] = answer.json()
                return told

            noon = tried("minutely", at=one.store.clock())
            assert noon["status"] == "succeeded"
            (request,) = noon["requests"]
            assert (request["run_key"], request["job"]) == ("2026-03-02T12:00:00+00:00", "load")
            assert request["tags"]["dagster/schedule_name"] == "minutely"
            assert request["tags"]["kind"] == "minutely"
            assert tried("skips")["skip_reason"] == "nothing new"
            failed = tried("raises")
            assert failed["status"] == "failed"
            assert [line["message"] for line in failed["logs"]] == ["before the fall"]
            assert tried("counts", cursor="7")["requests"][0]["run_key"] == "key-2"
            assert tried("registers")["requests"][0]["partition"] == "ann"
        # One schedule of the project runs by default.
        assert {run.tags["dagster/schedule_name"] for run in one.runs("")} <= {"by_default"}
        assert {tick.instigator for tick in one.store.ticks.list()} <= {"project:by_default"}
        assert one.store.dynamic_partitions.get("customers") == []
        assert one.store.instigators.get("project:counts") is None


def test_a_tick_is_evaluated_through_the_api_and_its_runs_wait(tmp_path: Path) -> None:
    with Automated(tmp_path, tmp_path) as one:
        app = make_app(one.store, one.host.registry, ServerOptions(home=tmp_path, local_user="ana"))
        with TestClient(app, base_url="http://127.0.0.1") as client:
            ticked = client.post("/api/automation/tick", json={"name": "counts"}).json()
            assert ticked["status"] == "succeeded"
            (run_id,) = ticked["run_ids"]
            assert one.store.runs.get(run_id).tags["dagster/tick"] == ticked["id"]
            cursor = client.get("/api/automation/one", params={"name": "counts"}).json()["cursor"]
            assert cursor == one.store.ticks.get(ticked["id"]).data["cursor"] != ""
