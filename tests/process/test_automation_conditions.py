"""Conditions of jobs, and conditions that users write, evaluated by a host."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from litestar.testing import TestClient

from earmark.events.assets import AssetMaterialization
from earmark.events.envelope import Event
from earmark.events.kinds import AssetMaterialized
from earmark.server.app import make_app
from earmark.server.options import ServerOptions
from earmark.values.keys import AssetKey
from tests.process.automating import Automated, until

pytestmark = pytest.mark.process

PROJECT = """
import os, time
from pathlib import Path
import earmark as em

C = em.AutomationCondition
HERE = Path(os.environ["MARKS"]).parent


class FileSays(C):
    \"\"\"What a file beside the project says: yes, no, raise, hang, deaf or exit.\"\"\"

    max_seconds = 0.3

    def evaluate(self, context: em.AutomationContext) -> em.AutomationResult:
        file = HERE / "says"
        said = file.read_text() if file.exists() else "no"
        if said == "raise":
            raise ValueError("the file is torn")
        if said == "hang":
            time.sleep(300)
        if said == "exit":
            os._exit(7)
        while said == "deaf":
            try:
                time.sleep(300)
            except Exception:
                continue
        true = context.candidate_subset if said == "yes" else context.get_empty_subset()
        return em.AutomationResult(context, true)


@em.asset
def orders(): ...


@em.asset(deps=[orders], automation_condition=C.any_deps_match(C.newly_updated()).since_last_handled() & FileSays())
def careful(): ...


@em.asset(deps=[orders], automation_condition=C.any_deps_match(C.newly_updated()))
def plain(): ...


@em.asset(deps=[orders])
def summary(): ...


nightly = em.define_asset_job(
    "nightly", "key:summary", tags={"team": "core"},
    automation_condition=C.any_job_root_assets_match(C.any_deps_match(C.any_new_update_has_run_tags(["source"]))),
)
defs = em.Definitions(
    [orders, careful, plain, summary],
    jobs=[nightly],
    sensors=[
        em.AutomationConditionSensorDefinition(
            "careful_ones", target=["careful", "plain"], minimum_interval_seconds=1, use_user_code_server=True
        )
    ],
)
"""
DEFAULT = "default_automation_condition_sensor"


def automated(folder: Path, **options) -> Automated:
    (folder / "project.py").write_text(PROJECT)
    return Automated(folder, folder, hand_clock=False, **options)


def write_orders(one: Automated) -> None:
    fact = AssetMaterialized(AssetMaterialization(AssetKey("orders")))
    one.store.runs.report([Event(fact, one.store.clock())])


def asked_for(one: Automated, asset: str) -> int:
    return len([run for run in one.runs("tag:dagster/from_automation_condition=true") if AssetKey(asset) in (
        run.asset_selection or ())])  # fmt: skip


def test_what_a_users_condition_raises_is_told_and_others_go_on(tmp_path: Path) -> None:
    with automated(tmp_path) as one:
        one.switch("careful_ones", kind="automation")
        one.ended("careful_ones", 1)
        (tmp_path / "says").write_text("raise")
        write_orders(one)
        until(lambda: asked_for(one, "plain") == 1)
        tick = next(tick for tick in one.ticks("careful_ones", "succeeded") if tick.data["run_ids"])
        error = tick.data["evaluations"]["careful"]["error"]
        assert (error["class_name"], error["message"]) == ("ValueError", "the file is torn")
        assert any("raise ValueError" in line for line in error["stack"])
        app = make_app(one.store, one.host.registry, ServerOptions(home=tmp_path, local_user="ana"))
        with TestClient(app, base_url="http://127.0.0.1") as client:
            told = client.get("/api/asset/automation", params={"key": "careful"}).json()
        assert told["condition"] == "and(since(any_deps_match(newly_updated), handled), FileSays)"
        assert told["evaluations"][0]["tree"] is None
        assert told["evaluations"][0]["error"]["message"] == "the file is torn"
        # What happened while it was failing is not lost: it asks as soon as it can say yes.
        (tmp_path / "says").write_text("yes")
        until(lambda: asked_for(one, "careful") == 1)
        time.sleep(2.5)
        assert (asked_for(one, "careful"), asked_for(one, "plain")) == (1, 1)


def test_a_users_condition_that_comes_to_no_end_fails_alone_and_the_others_go_on(tmp_path: Path) -> None:
    ways = {
        "hang": "took longer than 0.3 seconds and was interrupted",
        "deaf": "could not be interrupted and was killed",
        "exit": "ended the process with exit code 7",
    }
    with automated(tmp_path, tick_seconds=8) as one:
        one.switch("careful_ones", kind="automation")
        one.ended("careful_ones", 1)
        for number, (how, why) in enumerate(ways.items(), 1):
            (tmp_path / "says").write_text(how)
            write_orders(one)
            until(lambda count=number: asked_for(one, "plain") == count)
            tick = next(tick for tick in one.ticks("careful_ones", "succeeded") if tick.data["run_ids"])
            assert why in tick.data["evaluations"]["careful"]["error"]["message"]
        assert one.ticks("careful_ones", "failed") == []
        (tmp_path / "says").write_text("yes")
        until(lambda: asked_for(one, "careful") == 1)


def test_a_job_is_asked_for_by_its_condition_and_explained(tmp_path: Path, address: str | Path) -> None:
    with automated(tmp_path, address=address) as one:
        one.switch(DEFAULT, kind="automation")
        one.ended(DEFAULT, 1)
        asked = {"job_name": None, "ask": {"asset_selection": [{"path": ["orders"]}], "tags": {"source": "shop"}}}
        one.host.submit(asked, "project")
        until(lambda: bool(one.runs("job:nightly status:succeeded")))
        (run,) = one.runs("job:nightly")
        assert run.tags["dagster/from_automation_condition"] == "true"
        assert (run.tags["dagster/sensor_name"], run.tags["team"]) == (DEFAULT, "core")
        tick = one.store.ticks.get(run.tags["dagster/tick"])
        assert tick is not None
        evaluated = tick.data["evaluations"]["job: nightly"]
        assert (evaluated["requested"], evaluated["run_ids"]) == (1, [run.run_id])
        app = make_app(one.store, one.host.registry, ServerOptions(home=tmp_path, local_user="ana"))
        with TestClient(app, base_url="http://127.0.0.1") as client:
            told = client.get("/api/job/automation", params={"name": "nightly"}).json()
        asking = next(one for one in told["evaluations"] if one["requested"])
        assert asking["run_ids"] == [run.run_id]
        root = asking["tree"]["children"][0]
        assert root["label"] == "ANY_DEPS_MATCH of summary"
        assert "has source=shop" in str(root)
        time.sleep(2)
        assert len(one.runs("job:nightly")) == 1
