"""Schedules in a real host, with user code in processes of its own."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from litestar.testing import TestClient

from earmark.server.app import make_app
from earmark.server.options import ServerOptions
from earmark.store.records import Instigator
from tests.process.automating import NOON, Automated, until
from tests.process.hosting import is_gone

pytestmark = [pytest.mark.process]

MINUTE = 60_000_000


def test_each_tick_of_a_running_schedule_asks_for_one_run_that_says_where_it_comes_from(tmp_path: Path) -> None:
    with Automated(tmp_path, tmp_path) as one:
        one.switch("minutely")
        until(lambda: len(one.ticks("minutely", "succeeded")) == 1)
        one.clock.forward(seconds=60)
        one.host.schedules.wake()
        ticks = one.ended("minutely", 2)
        assert [tick.due_at - round(NOON.timestamp() * 1e6) for tick in ticks] == [MINUTE, 0]
        runs = one.runs("tag:dagster/schedule_name=minutely")
        assert [run.run_id for run in runs] == [tick.data["run_ids"][0] for tick in ticks]
        tags = runs[0].tags
        assert tags["dagster/tick"] == ticks[0].id
        assert tags["dagster/run_key"] == "2026-03-02T12:01:00+00:00"
        assert (tags["kind"], tags["source"], tags["team"]) == ("minutely", "tick", "core")
        assert runs[0].tag_origins["kind"].kind == "schedule"
        until(lambda: all(one.store.runs.get(run.run_id).is_success for run in runs))
        assert len(one.lines("minutely")) == 2


def test_a_skipped_tick_keeps_its_reason_and_a_failed_one_its_traceback_and_log(tmp_path: Path) -> None:
    with Automated(tmp_path, tmp_path) as one:
        one.switch("skips", "raises")
        (skipped,), (failed,) = one.ended("skips", 1), one.ended("raises", 1)
        assert (skipped.status, skipped.data["skip_reason"]) == ("skipped", "nothing new")
        assert failed.status == "failed"
        error = failed.data["error"]["cause"]
        assert (error["class_name"], error["message"]) == ("ValueError", "no luck")
        assert "project.py" in error["stack"][0]
        assert [line["message"] for line in failed.data["logs"]] == ["before the fall"]
        assert one.store.runs.count("") == 0 or not one.runs("tag:dagster/schedule_name=raises")


def test_code_that_hangs_exits_or_floods_fails_alone(tmp_path: Path) -> None:
    with Automated(tmp_path, tmp_path, tick_seconds=1.0) as one:
        began = time.monotonic()
        one.switch("hangs", "slow", "exits", "minutely", "floods")
        one.ended("minutely", 1, seconds=5)
        assert time.monotonic() - began < 5
        (exited,) = one.ended("exits", 1)
        (flooded,) = one.ended("floods", 1)
        (hung,) = one.ended("hangs", 1)
        assert exited.data["error"]["message"] == "The process that evaluated 'exits' ended with exit code 7."
        assert (hung.status, hung.data["timed_out"]) == ("failed", True)
        (slow,) = one.ended("slow", 1)
        assert (slow.status, slow.data["timed_out"]) == ("failed", True)
        assert "took longer than 1 seconds and was interrupted" in str(slow.data["error"])
        assert flooded.status == "succeeded"
        assert len(flooded.data["output"]) == 64 * 1024
        assert is_gone(int(one.lines("hangs")[0].split()[1]))


def test_a_clock_that_is_set_back_and_ahead_again_ticks_nothing_twice_and_loses_nothing(tmp_path: Path) -> None:
    with Automated(tmp_path, tmp_path, lease_seconds=1.0) as one:
        one.switch("minutely")
        one.ended("minutely", 1)
        one.clock.forward(seconds=60)
        one.host.schedules.wake()
        one.ended("minutely", 2)
        one.clock.forward(seconds=-3600)
        one.switch("skips")
        one.ended("skips", 1)  # the host has looked at its schedules by the new time
        assert len(one.ticks("minutely")) == 2
        one.clock.forward(seconds=3600 + 120)
        one.host.schedules.wake()
        ticks = one.ended("minutely", 4)
        assert [(tick.due_at or 0) - round(NOON.timestamp() * 1e6) for tick in ticks] == [
            3 * MINUTE,
            2 * MINUTE,
            MINUTE,
            0,
        ]
        assert len(one.runs("tag:dagster/schedule_name=minutely")) == 4


def test_a_clock_that_jumps_a_day_ahead_takes_no_run_that_works_for_dead(tmp_path: Path) -> None:
    with Automated(tmp_path, tmp_path, lease_seconds=1.0) as one:
        answer = one.host.submit({"job_name": "napping", "ask": {}}, "project")
        run_id = str(answer["run_id"])
        until(lambda: one.lines("napping") != [])
        one.clock.forward(seconds=86_400)
        one.host.wake_all()
        until(lambda: one.store.runs.get(run_id).is_finished)
        assert one.store.runs.get(run_id).is_success


def test_a_schedule_that_is_switched_off_does_not_tick_and_catches_nothing_up_when_it_is_switched_on(
    tmp_path: Path,
) -> None:
    with Automated(tmp_path, tmp_path) as one:
        one.switch("minutely")
        one.ended("minutely", 1)
        one.switch("minutely", running=False)
        one.clock.forward(seconds=600)
        one.switch("skips")
        one.ended("skips", 1)
        assert len(one.ticks("minutely")) == 1
        one.switch("minutely")
        assert len(one.ended("minutely", 2)) == 2


def test_of_a_schedule_switched_on_through_the_api_only_ticks_since_then_are_made_up_for(tmp_path: Path) -> None:
    """Off for ten minutes, on again, and the host away for two: two ticks are made up for, and not the ten."""
    with Automated(tmp_path, tmp_path) as one:
        options = ServerOptions(home=tmp_path, local_user="ana", wake=one.host.wake_all)
        with TestClient(make_app(one.store, one.host.registry, options), base_url="http://127.0.0.1") as client:

            def switch(running: bool) -> None:
                asked = {"names": ["minutely"], "running": running}
                assert client.post("/api/automation/set", json=asked).json()["done"] == 1

            switch(True)
            one.ended("minutely", 1)
            switch(True)
            assert kept(one).data["last_due"] == kept(one).since, "what is on already goes on where it was"
            switch(False)
            assert kept(one).data == {}
            one.clock.forward(seconds=600)
            switch(True)
            assert kept(one).since == one.store.clock()
            one.ended("minutely", 2)
    again = Automated(tmp_path, tmp_path)
    again.clock.forward(seconds=600 + 2 * 60)
    with again as one:
        dues = sorted(tick.due_at or 0 for tick in one.ended("minutely", 4))
    noon = dues[0]
    assert [(due - noon) // 60_000_000 for due in dues] == [0, 10, 11, 12]


def kept(one: Automated) -> Instigator:
    found = one.store.instigators.get("project:minutely")
    assert found is not None
    return found


def test_a_schedule_makes_up_for_the_ticks_missed_while_no_host_was_there(tmp_path: Path, address: str | Path) -> None:
    with Automated(tmp_path, tmp_path, address=address) as one:
        one.switch("minutely")
        one.ended("minutely", 1)
    again = Automated(tmp_path, tmp_path, address=address)
    again.clock.forward(seconds=3 * 60)
    with again as one:
        ticks = one.ended("minutely", 4)
        assert len({tick.due_at for tick in ticks}) == 4
        assert [tick.data.get("missed", False) for tick in ticks] == [False, True, True, False]
        assert len(one.runs("tag:dagster/schedule_name=minutely")) == 4


def test_a_schedule_runs_by_default_if_it_says_so(tmp_path: Path) -> None:
    with Automated(tmp_path, tmp_path) as one:
        (tick,) = one.ended("by_default", 1)
        assert tick.status == "succeeded"
        assert one.store.instigators.get("project:by_default") is not None
