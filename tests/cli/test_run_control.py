"""Changing the course of runs on the command line: cancel, tag, explain, prune, and the limits that hold them back."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from earmark.events.envelope import Event
from earmark.events.kinds import RunFailed
from earmark.store.open import open_store
from earmark.system import clock
from earmark.values.states import FailureReason
from tests.cli.conftest import Answer

Command = Callable[..., Answer]


def _launch(earmark: Command, *tags: str) -> str:
    answer = earmark("job", "launch", "-j", "ranking", "--json", *(word for tag in tags for word in ("--tags", tag)))
    assert answer.code == 0, answer.err
    return str(answer.json["run_id"])


def test_every_command_that_executes_can_put_into_the_queue_instead(earmark: Command) -> None:
    for words in (
        ("job", "launch", "-j", "ranking"),
        ("run", "launch", "-j", "ranking"),
        ("job", "execute", "-j", "ranking", "--launch"),
        ("asset", "materialize", "--select", "orders", "--launch"),
    ):
        asked = earmark(*words, "--tags", "reason=queued", "--json")
        assert (asked.code, asked.json["status"], asked.json["tags"]["reason"]) == (0, "queued", "queued"), words
    assert len(earmark("run", "list", "status:queued", "--json").json) == 4
    assert len(earmark("audit", "list", "run.launch", "--json").json) == 4


def test_a_query_cancels_nothing_until_yes_and_then_all_that_it_means(earmark: Command) -> None:
    ours = [_launch(earmark, "team=x") for _ in range(2)]
    other = _launch(earmark, "team=y")
    asked = earmark("run", "cancel", "tag:team=x status:queued")
    assert asked.out.splitlines()[0] == "2 runs would be canceled; add --yes to do it."
    assert all(run_id in asked.out for run_id in ours)
    assert len(earmark("run", "list", "status:queued", "--json").json) == 3
    assert "2 runs canceled" in earmark("run", "cancel", "tag:team=x status:queued", "--yes").out
    assert [run["run_id"] for run in earmark("run", "list", "status:queued", "--json").json] == [other]


def test_canceling_a_finished_run_or_one_that_is_not_there_is_told(earmark: Command) -> None:
    run_id = _launch(earmark)
    assert earmark("run", "cancel", run_id).code == 0
    again = earmark("run", "cancel", run_id)
    assert again.code == 2
    assert "is canceled; a finished run cannot be canceled" in again.err


def test_a_run_is_tagged_after_the_fact_with_its_author_apart_from_what_it_was_asked_for_with(earmark: Command) -> None:
    run_id = _launch(earmark, "team=x", "reason=try")
    changed = earmark("run", "tag", run_id, "reason=again", "dagster/priority=7", "team-")
    assert changed.code == 0, changed.err
    (run,) = earmark("run", "list", "tag:reason=again", "--json").json
    assert (run["tags"]["dagster/priority"], "team" in run["tags"]) == ("7", False)
    assert run["tag_origins"]["reason"].startswith("edit")
    (edit,) = (event["fact"] for event in earmark("run", "logs", run_id, "--json").json if "tags" in event["fact"])
    assert edit["tags"] == {"reason": "again", "dagster/priority": "7", "team": None}
    assert edit["author"]
    assert earmark("run", "tag", run_id, "dagster/priority-").code == 0
    for wrong, why in (
        (("team",), "neither KEY=VALUE nor KEY-"),
        (("dagster/backfill=b",), "dagster/backfill"),
        (("dagster/code_location-",), "set by"),
        (("dagster/priority=high",), "takes an integer"),
        (("dagster/prioritty=1",), "dagster/priority"),
    ):
        refused = earmark("run", "tag", run_id, *wrong)
        assert refused.code == 2, wrong
        assert why in refused.err


def test_limits_are_set_listed_and_removed_with_who_changed_what(earmark: Command) -> None:
    assert earmark("limits", "set", "team=ml", "1").code == 0
    assert earmark("limits", "set", "customer", "2", "--each").code == 0
    assert earmark("limits", "set", "pool:gpu", "3").code == 0
    assert earmark("limits", "set", "max_concurrent_runs", "4").code == 0
    by_query = {"where": "tag:team=ml not tag:tier=gold", "per": ["team", "env"], "limit": 5, "name": "poor"}
    assert earmark("limits", "set", json.dumps(by_query)).code == 0
    told = earmark("limits", "list", "--json").json
    assert told["max_concurrent_runs"] == 4
    assert {limit["name"]: limit["limit"] for limit in told["limits"]} == {"team=ml": 1, "each customer": 2, "poor": 5}
    assert "pool gpu" in earmark("limits", "list").out
    assert earmark("limits", "set", "max_concurrent_runs", "-1").out == "max_concurrent_runs has no limit now.\n"
    assert earmark("limits", "set", "team=ml", "2").code == 0
    last, before = earmark("limits", "history").rows[:2]
    assert last[-3:] == ["limits/team=ml", "1", "2"]
    assert before[-3:] == ["limits/max_concurrent_runs", "4", "-1"]
    assert earmark("limits", "remove", "poor").code == 0
    near = earmark("limits", "remove", "team=mll")
    assert near.code == 2
    assert "team=ml" in near.err
    history = earmark("limits", "history", "--json").json
    assert len(history) == 8
    assert history[0]["key"] == "limits/poor"
    assert history[0]["after"] is None
    assert all(change["author"] for change in history)


def test_a_malformed_limit_says_what_is_wrong_and_changes_nothing(earmark: Command) -> None:
    for raw, why in (
        ({"key": "team", "limit": "two"}, "whole number"),
        ({"key": "team", "limitt": 2}, "limit"),
        ({"where": "status:queued", "limit": 2}, "status"),
        ({"limit": 2}, "neither 'key' nor 'where'"),
    ):
        refused = earmark("limits", "set", json.dumps(raw))
        assert refused.code == 2, raw
        assert why in refused.err
    assert earmark("limits", "list", "--json").json["limits"] == []


def test_a_waiting_run_is_explained_limit_by_limit(earmark: Command) -> None:
    earmark("limits", "set", "team=ml", "0")
    run_id = _launch(earmark, "team=ml")
    told = earmark("run", "explain", run_id)
    assert told.code == 0
    assert "in place 1 of 1" in told.out
    assert "the limit 'team=ml' allows none" in told.out
    assert told.out.splitlines()[1:3] == [
        "No host works on this store.",
        "  a host would have to be started: `earmark dev` or `earmark daemon`",
    ]
    (shut,) = (gate for gate in earmark("run", "explain", run_id, "--json").json["gates"] if not gate["is_open"])
    assert (shut["limit"], shut["allowed"]) == ("team=ml", 0)


def test_a_limit_is_set_by_a_query_as_it_is_written_elsewhere(earmark: Command) -> None:
    query = "tag:team=ml -tag:tier=gold"
    assert earmark("limits", "set", query, "0").code == 0
    (row,) = earmark("limits", "list", "--json").json["limits"]
    assert (row["name"], row["where"], row["limit"]) == (query, query, 0)
    held, free = _launch(earmark, "team=ml"), _launch(earmark, "team=ml", "tier=gold")
    told = [earmark("run", "explain", one, "--json").json["gates"] for one in (held, free)]
    assert [[gate["is_open"] for gate in gates if gate["limit"] == query] for gates in told] == [[False], []]
    refused = earmark("limits", "set", "tag:team=ml or colour:red", "2")
    assert (refused.code, "A run has no field 'colour'" in refused.err) == (2, True)


def test_a_run_that_failed_is_shown_with_why_and_explained_by_the_beginning_of_its_id(
    earmark: Command, home: Path
) -> None:
    run_id = _launch(earmark)
    with closing(open_store(home, clock=clock.now)) as store:
        killed = RunFailed(FailureReason.UNEXPECTED_TERMINATION, "The process of the run was killed by SIGKILL.")
        store.runs.record(run_id, [Event(killed, clock.now())])
    assert "UNEXPECTED_TERMINATION: The process of the run was killed by SIGKILL." in earmark("run", "show", run_id).out
    assert f"Run {run_id} does not wait: its status is failed." in earmark("run", "explain", run_id[:30]).out


def test_old_runs_are_counted_first_and_deleted_with_yes(earmark: Command, home: Path) -> None:
    assert earmark("job", "execute", "-j", "ranking", "--tags", "reason=try").code == 0
    waits = _launch(earmark)
    assert earmark("asset", "materialize", "--select", "orders").code == 0
    counted = earmark("run", "prune", "tag:reason=try", "--older-than", "0s")
    assert counted.out.startswith("1 run that ended before ")
    assert counted.out.splitlines()[0].endswith("would be deleted; add --yes to do it.")
    assert "ranking" in counted.out.splitlines()[1]
    assert len(earmark("run", "list", "--json").json) == 3
    assert earmark("run", "prune", "--older-than", "30d", "--yes", "--json").json["runs"] == 0
    done = earmark("run", "prune", "--older-than", "0s", "--yes", "--json").json
    assert (done["runs"], done["deleted"], done["kept"]) == (2, True, {})
    assert [run["run_id"] for run in earmark("run", "list", "--json").json] == [waits]
    assert [folder for folder in (home / "logs").iterdir() if folder.name != waits] == []
    assert "materialized" in earmark("asset", "show", "orders").out
    with_store = open_store(home, clock=clock.now)
    entries = with_store.audit.list()
    with_store.close()
    assert [entry.action for entry in entries] == ["run.prune", "run.launch"]
    assert entries[0].author


def test_a_prune_without_an_age_or_with_a_bad_one_is_refused(earmark: Command) -> None:
    assert "say how old" in earmark("run", "prune").err
    assert "'old' is no age" in earmark("run", "prune", "--older-than", "old").err
    assert "contrary" in earmark("run", "prune", "--older-than", "1d", "--yes", "--dry-run").err
    assert earmark("run", "prune", "tag:=", "--older-than", "1d").code == 2


def test_a_run_is_executed_again_from_its_failure_or_by_steps_with_other_tags_and_configuration(
    earmark: Command,
) -> None:
    config = json.dumps({"ops": {"ranker": {"config": {"width": 7}}}})
    assert earmark("job", "execute", "-j", "ranking", "--tags", "reason=first").code == 0
    (parent,) = earmark("run", "list", "tag:reason=first", "--json").json
    again = ("run", "retry", parent["run_id"], "--step", "ranker", "--tags", "reason=second", "--config-json", config)
    assert earmark(*again).code == 0
    (child,) = earmark("run", "list", "tag:reason=second", "--json").json
    assert (child["parent_run_id"], child["root_run_id"]) == (parent["run_id"], parent["run_id"])
    assert child["tags"]["team"] == "growth"
    assert child["tags"]["dagster/step_selection"] == "ranker"
    assert child["status"] == "queued"
    waits = earmark("run", "retry", child["run_id"])
    assert waits.code == 2
    assert "only a finished run can be executed again" in waits.err


def test_executing_a_run_again_whose_job_is_gone_says_so_and_queues_nothing(
    earmark: Command, earmark_process: Command, project: Path
) -> None:
    assert earmark("job", "execute", "-j", "ranking").code == 0
    (parent,) = earmark("run", "list", "--json").json
    (project / "shop.py").write_text((project / "shop.py").read_text().replace("def ranking", "def ranking_of_old"))
    refused = earmark_process("run", "retry", parent["run_id"], "--all-steps")
    assert refused.code in (2, 3)
    assert "ranking" in refused.err
    assert "ranking_of_old" in refused.err
    assert len(earmark("run", "list", "--json").json) == 1


def test_a_query_tags_nothing_until_yes_and_then_all_that_it_means_each_with_its_author(earmark: Command) -> None:
    ours = {_launch(earmark, "team=x", "reason=try") for _ in range(2)}
    other = _launch(earmark, "team=y")
    asked = earmark("run", "tag", "tag:team=x", "reviewed=yes", "reason-")
    assert asked.code == 0, asked.err
    assert asked.out.splitlines()[0] == "2 runs would be tagged; add --yes to do it."
    assert all(run_id in asked.out for run_id in ours)
    assert other not in asked.out
    assert earmark("run", "list", "tag:reviewed", "--json").json == []
    assert earmark("run", "tag", "tag:team=x", "reviewed=yes", "reason-", "--yes").out == "2 runs tagged.\n"
    assert {run["run_id"] for run in earmark("run", "list", "tag:reviewed=yes -tag:reason", "--json").json} == ours
    for run_id in ours:
        (edit,) = (event["fact"] for event in earmark("run", "logs", run_id, "--json").json if "tags" in event["fact"])
        assert edit["tags"] == {"reviewed": "yes", "reason": None}
        assert edit["author"]
    assert len(earmark("audit", "list", "run.tag", "--json").json) == 2


def test_tags_that_a_run_has_already_are_no_change(earmark: Command) -> None:
    run_id = _launch(earmark, "team=x")
    assert earmark("run", "tag", run_id, "team=x", "reviewed-").code == 0
    assert not [event for event in earmark("run", "logs", run_id, "--json").json if "tags" in event["fact"]]


def test_a_dry_run_of_a_run_that_is_named_does_nothing_either(earmark: Command) -> None:
    run_id = _launch(earmark, "team=x")
    for command in (("cancel",), ("tag", "team=y")):
        asked = earmark("run", command[0], run_id, *command[1:], "--dry-run")
        assert (asked.code, "1 run would be" in asked.out) == (0, True), asked.err
        contrary = earmark("run", command[0], run_id, *command[1:], "--dry-run", "--yes")
        assert "contrary" in contrary.err
    assert len(earmark("run", "list", "status:queued tag:team=x", "--json").json) == 1


def test_a_word_that_is_neither_a_run_nor_finds_one_is_told_as_such(earmark: Command) -> None:
    _launch(earmark)
    for command in (("cancel", "nightly"), ("tag", "nightly", "a=b"), ("retry", "nightly")):
        told = earmark("run", *command)
        assert told.code == 2
        assert "No run has an id that begins with 'nightly', and as a query it finds none" in told.err
        assert "earmark run list" in told.err
    none = earmark("run", "cancel", "tag:team=nobody")
    assert (none.code, none.out) == (0, "Nothing to cancel: 0 runs found, none unfinished.\n")


def test_the_beginning_of_an_id_names_a_run_if_it_is_long_enough_to_be_meant(earmark: Command) -> None:
    run_id = _launch(earmark)
    assert "would be canceled" in earmark("run", "cancel", run_id[:3]).out
    assert earmark("run", "cancel", run_id[:30]).out == f"Run {run_id} is being canceled.\n"


def test_a_query_executes_again_what_has_finished_once_yes_is_said(earmark: Command) -> None:
    for _ in range(2):
        assert earmark("job", "execute", "-j", "ranking", "--tags", "reason=first").code == 0
    waits = _launch(earmark, "reason=first")
    asked = earmark("run", "retry", "tag:reason=first", "--tags", "reason=second")
    assert asked.out.splitlines()[0] == "2 runs would be executed again; add --yes to do it."
    assert waits not in asked.out
    assert earmark("run", "list", "tag:reason=second", "--json").json == []
    done = earmark("run", "retry", "tag:reason=first", "--tags", "reason=second", "--yes")
    assert (done.code, done.out) == (0, "2 runs executed again.\n")
    again = earmark("run", "list", "tag:reason=second status:queued", "--json").json
    assert len({run["parent_run_id"] for run in again}) == 2


def test_a_part_of_a_run_is_executed_again_its_assets_or_its_ops(earmark: Command) -> None:
    assert earmark("asset", "materialize", "--select", "tag:domain=sales").code == 0
    (of_assets,) = earmark("run", "list", "--json").json
    assert earmark("run", "retry", of_assets["run_id"], "--select", "revenue", "--tags", "reason=part").code == 0
    (child,) = earmark("run", "list", "tag:reason=part", "--json").json
    assert (child["assets"], child["parent_run_id"]) == (["revenue"], of_assets["run_id"])
    refused = earmark("run", "retry", of_assets["run_id"], "--select", "broken")
    assert (refused.code, "means no asset of run" in refused.err) == (2, True)
    assert earmark("job", "execute", "-j", "ranking", "--tags", "reason=ops").code == 0
    (of_ops,) = earmark("run", "list", "tag:reason=ops", "--json").json
    assert earmark("run", "retry", of_ops["run_id"], "--select", "ranker", "--tags", "reason=op").code == 0
    (child,) = earmark("run", "list", "tag:reason=op", "--json").json
    assert child["op_selection"] == ["ranker"]
    both = earmark("run", "retry", of_ops["run_id"], "--select", "ranker", "--step", "ranker")
    assert (both.code, "give one of them" in both.err) == (2, True)


def test_a_run_of_a_partition_is_executed_again_for_that_partition(earmark: Command) -> None:
    assert earmark("asset", "materialize", "--select", "stock", "--partition", "eu").code == 0
    (parent,) = earmark("run", "list", "--json").json
    assert earmark("run", "retry", parent["run_id"], "--all-steps").code == 0
    (child,) = earmark("run", "list", "status:queued", "--json").json
    assert child["tags"]["dagster/partition"] == "eu"


def test_what_fails_for_one_run_keeps_it_not_from_the_rest(
    earmark: Command, earmark_process: Command, project: Path
) -> None:
    assert earmark("job", "execute", "-j", "ranking").code == 0
    assert earmark("asset", "materialize", "--select", "orders").code == 0
    (project / "shop.py").write_text((project / "shop.py").read_text().replace("def ranking", "def ranking_of_old"))
    told = earmark_process("run", "retry", "status:succeeded", "--yes")
    assert told.code == 2
    assert "1 run executed again." in told.out
    assert "ranking_of_old" in told.err
    assert len(earmark("run", "list", "status:queued", "--json").json) == 1
