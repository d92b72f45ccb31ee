"""Launching runs on the command line, and finding them again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Answer

Command = Callable[..., Answer]


def test_selected_assets_are_materialized_in_one_run_with_its_tags(earmark: Command) -> None:
    answer = earmark("asset", "materialize", "--select", "tag:domain=sales", "--tags", "reason=try")
    assert answer.code == 0, answer.out + answer.err
    assert "ok      orders" in answer.out
    assert "orders: three are late" in answer.out
    assert "reading orders" not in answer.out
    assert "wrote orders  rows=3" in answer.out
    assert "check orders:few_orders failed (warn): too many" in answer.out
    (run,) = earmark("run", "list", "tag:reason=try status:succeeded", "--json").json
    assert run["tags"]["reason"] == "try"
    assert run["tag_origins"]["reason"] == "launch cli"
    assert run["assets"] == ["orders", "revenue"]
    assert run["code_location"] == "shop"
    assert f"earmark run logs {run['run_id']}" in answer.out


def test_a_failure_shows_the_users_own_lines_and_what_was_not_run(earmark: Command) -> None:
    answer = earmark("asset", "materialize", "--select", "*report")
    assert answer.code == 1
    assert "FAILED  broken" in answer.out
    trace = [line.strip() for line in answer.out.splitlines() if line.strip().startswith("File ")]
    assert [line.rpartition(" in ")[2] for line in trace] == ["broken", "helper"]
    assert all("shop.py" in line for line in trace)
    assert "ZeroDivisionError: division by zero" in answer.out
    assert "1 failed, 1 not run" in answer.out


def test_a_job_gives_its_runs_the_tags_that_it_declares(earmark: Command) -> None:
    assert earmark("job", "execute", "-j", "ranking", "--tags", '{"n": 10, "label": ""}').code == 0
    (run,) = earmark("run", "list", "job:ranking", "--json").json
    ours = {key: value for key, value in run["tags"].items() if not key.startswith("dagster/")}
    assert ours == {"team": "growth", "n": "10", "label": ""}
    assert earmark("job", "execute", "-j", "unfinished").code == 1
    assert [row[1] for row in earmark("run", "list", "tag:team=audit").rows] == ["unfinished"]


def test_configuration_comes_from_files_of_which_the_last_wins_or_from_json(earmark: Command, project: Path) -> None:
    (project / "one.yaml").write_text("ops: {ranker: {config: {width: 5}}}")
    (project / "two.yaml").write_text("ops: {ranker: {config: {width: 7}}}")
    both = earmark("job", "execute", "-j", "ranking", "-c", "one.yaml", "-c", "two.yaml", "--json")
    assert both.code == 0
    config = json.dumps({"ops": {"ranker": {"config": {"width": "wide"}}}})
    wrong = earmark("job", "execute", "-j", "ranking", "--config-json", config)
    assert wrong.code == 2
    assert "root:ops:ranker:config:width" in wrong.err
    assert earmark("run", "list", "--json").json[0]["run_id"] == both.json["run_id"]


def test_a_part_of_a_job_is_executed_by_a_query_over_its_ops_or_its_assets(earmark: Command) -> None:
    assert earmark("job", "execute", "-j", "ranking", "--select", "ranker", "--json").json["op_selection"] == ["ranker"]
    assert earmark("job", "execute", "-j", "sales", "--select", "orders", "--json").json["assets"] == ["orders"]
    outside = earmark("job", "execute", "-j", "sales", "--select", "stock")
    assert (outside.code, "no asset of the job 'sales'" in outside.err) == (2, True)


def test_one_partition_is_materialized_and_a_wrong_key_refused(earmark: Command) -> None:
    assert earmark("asset", "materialize", "--select", "stock", "--partition", "eu").code == 0
    assert len(earmark("run", "list", "partition:eu").rows) == 1
    wrong = earmark("asset", "materialize", "--select", "stock", "--partition", "mars")
    assert wrong.code == 2
    assert "mars" in wrong.err


def test_json_is_the_run_and_nothing_else(earmark: Command) -> None:
    answer = earmark("job", "execute", "-j", "ranking", "--json")
    assert answer.json["status"] == "succeeded"
    assert answer.json["steps"] == {"succeeded": 2, "failed": 0, "skipped": 0}
    assert "width" not in answer.out


def test_a_run_is_shown_by_its_id_by_its_beginning_or_as_the_latest(earmark: Command) -> None:
    run_id = earmark("job", "execute", "-j", "unfinished", "--json").json["run_id"]
    shown = earmark("run", "show", run_id).out
    assert shown == earmark("run", "show", run_id[:30]).out == earmark("run", "show").out
    assert "team=audit  from job unfinished" in shown
    assert "reason   STEP_FAILURE" in shown
    assert "ZeroDivisionError: division by zero" in shown
    assert "wrote    revenue" in shown
    nobody = earmark("run", "show", "ffffffff")
    assert (nobody.code, "No run has an id that begins with 'ffffffff'" in nobody.err) == (2, True)


def test_logs_are_the_events_in_their_order_with_what_was_logged(earmark: Command) -> None:
    earmark("asset", "materialize", "--select", "orders")
    lines = earmark("run", "logs").out.splitlines()
    kinds = [line.split()[1] for line in lines]
    assert kinds.index("STEP_START") < kinds.index("LOG") < kinds.index("STEP_SUCCESS") < kinds.index("RUN_SUCCESS")
    assert any("orders: reading orders" in line for line in lines)
    told = earmark("run", "logs", "--json").json
    assert [event["type"] for event in told] == kinds
    assert {event["step"] for event in earmark("run", "logs", "--step", "orders", "--json").json} == {"orders"}


def test_a_page_of_runs_says_how_many_there_are(earmark: Command) -> None:
    for _ in range(3):
        earmark("asset", "materialize", "--select", "orders")
    page = earmark("run", "list", "--limit", "2")
    assert len(page.rows) == 2
    assert "2 of 3 runs" in page.err


def test_no_runs_yet_is_no_error(earmark: Command) -> None:
    assert "There are no runs yet. `earmark asset materialize`" in earmark("run", "list").err
    assert earmark("run", "show").code == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--tags", "=x"), "has no key"),
        (("--tags", "{bad"), "--tags is not JSON"),
        (("--tags", "dagster/priorty=1"), "Did you mean 'dagster/priority'?"),
        (("--tags", "dagster/run_key=1"), "by nobody else"),
        (("--tags", "dagster/priority=high"), "takes an integer, not 'high'"),
        (("--select", "ordrs"), "did you mean 'orders'"),
        (("--select", "tag:domain="), "^"),
        (("--select", "tag:domain=nobody"), "means no asset that can be materialized"),
        (("--config-json", "[1]"), "is a JSON object"),
        (("-c", "nowhere.yaml"), "nowhere.yaml"),
        (("--partition-range", "eu"), "FIRST...LAST"),
        (("-m", "a", "-f", "b.py"), "not both"),
        (("-l", "shopp"), "Did you mean 'shop'?"),
        (("--config-json", '{"ops": {"ordrs": {}}}'), "Did you mean 'orders'?"),
    ],
)
def test_bad_input_is_told_in_words_and_nothing_is_launched(
    arguments: tuple[str, ...], says: str, earmark: Command
) -> None:
    answer = earmark("asset", "materialize", "--select", "group:core", *arguments)
    assert answer.code == 2, answer.out + answer.err
    assert says in answer.err
    assert "Traceback" not in answer.err
    assert earmark("run", "list", "--json").json == []


def test_an_asset_in_partitions_is_not_materialized_before_one_is_said(earmark: Command) -> None:
    answer = earmark("asset", "materialize", "--select", "stock")
    assert answer.code == 2
    assert "stock is cut into partitions" in answer.err and "--partition KEY" in answer.err
    assert earmark("run", "list", "--json").json == []
    assert earmark("asset", "materialize", "--select", "stock", "--partition", "eu").code == 0
    (run,) = earmark("run", "list").rows
    assert run[1] == "(stock)[eu]"


def test_a_run_whose_output_nobody_reads_any_more_goes_on_to_its_end(earmark: Command, project: Path) -> None:
    command = [sys.executable, "-m", "earmark.cli.main", "asset", "materialize", "--select", "tag:domain=sales"]
    reading, writing = os.pipe()
    os.close(reading)
    try:
        subprocess.run(command, stdout=writing, stderr=subprocess.DEVNULL, check=True)
    finally:
        os.close(writing)
    (run,) = earmark("run", "list", "--json").json
    assert run["status"] == "succeeded"
