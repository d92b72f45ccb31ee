"""Why a condition asked for an asset or a job, or did not, from the command line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from earmark.events.assets import AssetMaterialization
from earmark.events.envelope import Event
from earmark.events.kinds import AssetMaterialized
from earmark.store.open import open_store
from earmark.store.ports import Store
from earmark.system import clock
from earmark.values.keys import AssetKey
from tests.cli.conftest import Answer

pytestmark = [pytest.mark.process]

Command = Callable[..., Answer]

PROJECT = """
import earmark as em

C = em.AutomationCondition


class Torn(C):
    def evaluate(self, context):
        raise ValueError("the page is torn")


@em.asset
def raw(): ...


@em.asset(deps=[raw], automation_condition=C.any_deps_match(C.any_new_update_has_run_tags(["source"])) | C.missing())
def orders(): ...


@em.asset(automation_condition=Torn())
def torn(): ...


@em.asset(
    partitions_def=em.DailyPartitionsDefinition("2026-01-01", end_date="2026-01-08"),
    automation_condition=C.missing(),
)
def daily(): ...


nightly = em.define_asset_job("nightly", "key:raw", automation_condition=C.any_job_root_assets_match(C.newly_updated()))
defs = em.Definitions([raw, orders, torn, daily], jobs=[nightly])
"""
SENSOR = "default_automation_condition_sensor"


@pytest.fixture
def store(project: Path, home: Path) -> Iterator[Store]:
    (project / "shop.py").write_text(PROJECT)
    opened = open_store(home, clock=clock.now)
    yield opened
    opened.close()


def test_the_latest_evaluation_is_told_as_a_tree(earmark: Command, store: Store) -> None:
    assert "It was not evaluated yet" in earmark("asset", "explain", "orders").out
    assert earmark("sensor", "tick", SENSOR).code == 0
    lines = earmark("asset", "explain", "orders").out.splitlines()
    assert lines[0].startswith("The asset orders runs by itself: or(any_deps_match(any_new_update_has_run_tags(source)")
    assert "asked for 1, run " in lines[1]
    assert lines[2:] == [
        "  OR: yes",
        "    ANY_DEPS_MATCH: no",
        "      any_new_update_has_run_tags(source) of raw: no",
        "    missing: yes",
    ]


def test_the_partitions_of_which_a_part_is_true_are_named(earmark: Command, store: Store) -> None:
    written = AssetMaterialization(AssetKey("daily"), partition="2026-01-03")
    store.runs.report([Event(AssetMaterialized(written), clock.now())])
    earmark("sensor", "tick", SENSOR)
    lines = earmark("asset", "explain", "daily").out.splitlines()
    assert "asked for 6" in lines[1]
    assert lines[2:] == ["  missing: 6 partitions: 2026-01-01...2026-01-02, 2026-01-04...2026-01-07"]
    tree = earmark("asset", "explain", "daily", "--json").json["evaluations"][0]["tree"]
    assert (tree["is_true"], tree["partitions"]) == (True, 6)


def test_a_job_is_explained_asset_by_asset(earmark: Command, store: Store) -> None:
    earmark("sensor", "tick", SENSOR)
    store.runs.report([Event(AssetMaterialized(AssetMaterialization(AssetKey("raw"))), clock.now())])
    earmark("sensor", "tick", SENSOR)
    lines = earmark("job", "explain", "nightly").out.splitlines()
    assert lines[0] == "The job nightly runs by itself: any_job_root_assets_match(newly_updated)"
    assert lines[2:] == ["  ANY_JOB_ROOT_ASSETS_MATCH: yes", "    newly_updated of raw: yes"]
    told = earmark("job", "explain", "nightly", "--json").json
    (run,) = store.runs.find("job:nightly").runs
    assert told["evaluations"][0]["run_ids"] == [run.run_id]


def test_what_the_code_of_a_condition_raised_is_told_with_its_traceback(earmark: Command, store: Store) -> None:
    earmark("sensor", "tick", SENSOR)
    told = earmark("asset", "explain", "torn").out
    assert "It could not be evaluated at" in told
    assert "the page is torn" in told and 'raise ValueError("the page is torn")' in told


def test_what_has_no_condition_says_so(earmark: Command, store: Store) -> None:
    assert "The asset raw has no condition" in earmark("asset", "explain", "raw").out
    answer = earmark("asset", "explain", "ordes")
    assert answer.code == 2 and "Did you mean 'orders'?" in answer.err
