"""Backfills in a real host."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from earmark.daemon.backfills import BackfillLoop
from earmark.runs.run import DagsterRun
from earmark.store.records import Backfill
from earmark.values.keys import AssetKey
from earmark.views.backfills import BackfillPages
from tests.process.automating import Automated, until

pytestmark = [pytest.mark.process]

REGIONS = ["asia", "eu", "us"]


def ask(one: Automated, **data: Any) -> str:
    one.store.backfills.create(
        Backfill("b1", "queued", one.store.clock(), data={"location": "project", "partitions": REGIONS, **data})
    )
    one.host.backfills.wake()
    return "b1"


def ended(one: Automated, seconds: float = 30.0) -> Backfill:
    until(lambda: stored(one).ended_at is not None, seconds, "the end of the backfill")
    return stored(one)


def stored(one: Automated) -> Backfill:
    found = one.store.backfills.get("b1")
    assert found is not None
    return found


def change(one: Automated, status: str, **data: Any) -> None:
    """Change a backfill as pages and the command line do, however busy the loop is."""

    def once() -> bool:
        now = stored(one)
        return (
            one.store.backfills.update(replace(now, status=status, ended_at=None, data={**now.data, **data}))
            is not None
        )

    until(once, 5.0)
    one.host.backfills.wake()


def test_a_backfill_of_assets_writes_upstream_partitions_first_with_its_tags_and_low_priority(
    tmp_path: Path, address: str | Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Automated(tmp_path, tmp_path, address=address, hand_clock=False) as one:
        read: list[str] = []
        many = one.store.runs.get_many

        def counted(ids: Iterable[str]) -> list[DagsterRun]:
            found = list(ids)
            read.extend(found if threading.current_thread().name == "backfills" else ())
            return many(found)

        monkeypatch.setattr(one.store.runs, "get_many", counted)
        ask(one, assets=["raw", "total"], tags={"team": "ml"})
        backfill = ended(one)
        assert len(read) == len(set(read)) == 4, "each run is read once: when it has ended"
        assert backfill.status == "succeeded"
        assert backfill.data["counts"] == {"total": 4, "materialized": 4, "failed": 0, "running": 0, "missing": 0}
        raw, total = BackfillPages(one.store).detail("b1").strips
        assert (raw.asset, raw.counts.materialized, raw.counts.total) == ("raw", 3, 3)
        assert (total.asset, total.counts.total) == ("total", 0), "it has no partitions"
        assert sorted(one.lines("raw")) == ["raw asia", "raw eu", "raw us"]
        assert len(one.lines("total")) == 1
        runs = one.runs("tag:dagster/backfill=b1")
        assert len(runs) == 4
        assert {run.tags["dagster/priority"] for run in runs} == {"-1"}
        assert {run.tags["team"] for run in runs} == {"ml"}
        assert sorted(run.tags.get("dagster/partition", "") for run in runs) == ["", *REGIONS]


def test_a_failed_partition_fails_the_backfill_and_can_be_tried_again_alone(tmp_path: Path) -> None:
    with Automated(tmp_path, tmp_path, hand_clock=False) as one:
        ask(one, job="regional")
        assert ended(one).status == "failed"
        assert len(one.runs("tag:dagster/backfill=b1")) == 3
        Path(f"{one.marks}.mended").touch()
        change(one, "running", retry_failed=True)
        backfill = ended(one)
        assert backfill.status == "succeeded"
        runs = one.runs("tag:dagster/backfill=b1 tag:dagster/partition=us")
        assert len(runs) == 2
        assert runs[0].parent_run_id == runs[1].run_id
        assert len(one.lines("regional")) == 4


@pytest.mark.parametrize("way", ["retried", "launched"])
def test_from_its_failure_a_partition_executes_only_what_did_not_succeed(tmp_path: Path, way: str) -> None:
    with Automated(tmp_path, tmp_path, hand_clock=False) as one:
        ask(one, job="regional")
        assert ended(one).status == "failed"
        assert len(one.lines("prepare")) == 3
        Path(f"{one.marks}.mended").touch()
        if way == "retried":
            BackfillPages(one.store).act("b1", "retry_from_failure")
        else:
            data = {"location": "project", "partitions": ["eu", "us"], "job": "regional", "from_failure": True}
            one.store.backfills.create(Backfill("b2", "queued", one.store.clock(), data=data))
        one.host.backfills.wake()
        until(lambda: len(one.store.backfills.list(statuses=("succeeded",))) == 1, 30.0)
        latest = one.runs("tag:dagster/partition=us")[0]
        assert latest.is_success
        assert latest.tags["dagster/backfill"] == ("b1" if way == "retried" else "b2")
        assert latest.parent_run_id == one.runs("tag:dagster/partition=us")[1].run_id
        assert one.lines("prepare").count("prepare us") == 1
        assert one.lines("regional").count("regional us") == 2
        # What had succeeded is executed again as a whole, if it is asked for.
        assert one.lines("prepare").count("prepare eu") == (1 if way == "retried" else 2)


def test_tags_and_priority_edited_while_it_runs_are_those_of_the_runs_to_come(tmp_path: Path) -> None:
    with Automated(tmp_path, tmp_path, hand_clock=False) as one:
        Path(f"{one.marks}.mended").touch()
        one.store.settings.set("queue.paused", True)
        ask(one, job="regional", max_in_flight=1, tags={"team": "ml"})
        until(lambda: len(one.runs("tag:dagster/backfill=b1")) == 1)
        until(lambda: stored(one).data.get("units") == "r..")
        BackfillPages(one.store).edit("b1", {"team": "web"}, 7, 2)
        one.host.backfills.wake()
        until(lambda: len(one.runs("tag:dagster/backfill=b1")) == 2)
        one.store.settings.set("queue.paused", False)
        one.host.queue.wake()
        assert ended(one).status == "succeeded"
        first, *others = reversed(one.runs("tag:dagster/backfill=b1"))
        assert (first.tags["team"], first.tags["dagster/priority"]) == ("ml", "-1")
        assert {(run.tags["team"], run.tags["dagster/priority"]) for run in others} == {("web", "7")}


def test_a_paused_backfill_asks_for_no_more_runs_and_a_canceled_one_ends(tmp_path: Path) -> None:
    with Automated(tmp_path, tmp_path, hand_clock=False) as one:
        one.store.settings.set("queue.paused", True)
        ask(one, job="regional", max_in_flight=1)
        until(lambda: len(one.runs("tag:dagster/backfill=b1")) == 1)
        change(one, "paused")
        one.store.settings.set("queue.paused", False)
        one.host.queue.wake()
        until(lambda: one.runs("tag:dagster/backfill=b1")[0].is_finished)
        until(lambda: stored(one).data["counts"]["materialized"] == 1)
        time.sleep(1.2)
        assert len(one.runs("tag:dagster/backfill=b1")) == 1
        one.store.settings.set("queue.paused", True)
        change(one, "running")
        until(lambda: len(one.runs("tag:dagster/backfill=b1")) == 2)
        change(one, "canceling")
        assert ended(one).status == "canceled"
        assert one.runs("tag:dagster/backfill=b1")[0].status.value == "CANCELED"


def test_a_thousand_partitions_are_queued_in_seconds_and_another_host_asks_for_none_again(tmp_path: Path) -> None:
    with Automated(tmp_path, tmp_path, hand_clock=False) as one:
        one.store.settings.set("queue.paused", True)
        began = time.monotonic()
        ask(one, job="many", partitions=[f"n{number:04}" for number in range(1000)])
        until(lambda: one.store.queue.length() == 1000, 30.0, "1,000 queued runs")
        assert time.monotonic() - began < 12
        until(lambda: stored(one).data.get("units") == "r" * 1000)
        # As if nothing had been noted of what was asked for.
        change(one, "queued", units="." * 1000)
        until(lambda: stored(one).data["units"] == "r" * 1000)
        again = BackfillLoop(one.store, one.host.registry, leads=lambda: True, wake_queue=lambda: None)
        again.round()
        assert one.store.queue.length() == 1000


def test_a_backfill_that_cannot_be_cut_fails_and_says_why(tmp_path: Path) -> None:
    with Automated(tmp_path, tmp_path, hand_clock=False) as one:
        ask(one, job="regional", partitions=["mars"])
        backfill = ended(one)
        assert backfill.status == "failed"
        assert "mars" in backfill.data["error"]["message"]


def test_a_backfill_of_two_dimensions_is_seen_by_rows_and_columns(tmp_path: Path) -> None:
    with Automated(tmp_path, tmp_path, hand_clock=False) as one:
        keys = ["2026-01-03|north", "2026-01-02|north", "2026-01-02|centre"]
        ask(one, assets=["takings"], partitions=keys)
        assert ended(one).status == "failed"
        pages = BackfillPages(one.store)
        assert pages.detail("b1").strips[0].dimensions == ["day", "shop"]
        grid = pages.grid("b1", "takings")
        assert [(each.name, each.keys) for each in grid.dimensions] == [
            ("day", ["2026-01-02", "2026-01-03"]),
            ("shop", ["north", "centre"]),
        ]
        cells = [(row.key, [(span.from_, span.to, span.status) for span in row.spans]) for row in grid.rows]
        assert cells == [
            ("2026-01-02", [(0, 1, "failed"), (1, 2, "materialized")]),
            ("2026-01-03", [(0, 1, "materialized")]),
        ], "a cell that the backfill does not fill is in no span"
        assert (grid.counts.total, grid.counts.materialized, grid.counts.failed) == (3, 2, 1)


def test_a_backfill_of_a_job_of_two_dimensions_has_a_grid_of_the_job(tmp_path: Path) -> None:
    with Automated(tmp_path, tmp_path, hand_clock=False) as one:
        ask(one, job="count_tills", partitions=["2026-01-01|centre"])
        assert ended(one).status == "succeeded"
        pages = BackfillPages(one.store)
        assert pages.detail("b1").strips[0].dimensions == ["day", "shop"]
        assert [(row.key, row.spans[0].first) for row in pages.grid("b1", None).rows] == [("2026-01-01", "centre")]


def test_how_wide_a_backfill_is_holds_from_the_moment_it_is_edited(tmp_path: Path) -> None:
    with Automated(tmp_path, tmp_path, hand_clock=False) as one:
        one.store.settings.set("queue.paused", True)
        ask(one, job="many", partitions=[f"n{number:04}" for number in range(20)], max_in_flight=2)
        until(lambda: one.store.queue.length() == 2)
        BackfillPages(one.store).edit("b1", None, None, 7)
        one.host.wake_all()
        until(lambda: one.store.queue.length() == 7)
        BackfillPages(one.store).edit("b1", None, None, 3)
        one.host.wake_all()
        until(lambda: stored(one).data["units"].count("r") == 7)
        assert one.store.queue.length() == 7, "what was asked for stays, and nothing more is asked for"


def test_a_policy_says_how_many_partitions_a_run_of_a_backfill_writes(tmp_path: Path) -> None:
    days = [f"2026-01-0{day}" for day in range(1, 6)]
    with Automated(tmp_path, tmp_path, hand_clock=False) as one:
        ask(one, assets=["at_once", "in_pairs"], partitions=days)
        assert ended(one).status == "succeeded"
        assert one.lines("at_once") == ["at_once 2026-01-01...2026-01-05"]
        pairs = ["2026-01-01...2026-01-02", "2026-01-03...2026-01-04", "2026-01-05...2026-01-05"]
        assert sorted(one.lines("in_pairs")) == [f"in_pairs {pair}" for pair in pairs]
        for asset in ("at_once", "in_pairs"):
            states = one.store.assets.partitions(AssetKey(asset))
            assert [(state.partition, state.status) for state in states] == [(day, "materialized") for day in days]
        (run,) = one.runs("tag:dagster/asset_partition_range_end=2026-01-02")
        assert run.tags["dagster/asset_partition_range_start"] == "2026-01-01"
