"""Finding assets, jobs, ops and tags on the command line."""

from __future__ import annotations

import getpass
from collections.abc import Callable

import pytest

from tests.cli.conftest import Answer

Command = Callable[..., Answer]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["broken", "orders", "report", "revenue", "stock"]),
        ("tag:domain=sales", ["orders", "revenue"]),
        ("tag:domain=sales not tag:tier", ["revenue"]),
        ("+broken", ["broken", "revenue"]),
        ("*broken", ["broken", "revenue", "orders"]),
        ("group:core or kind:python", ["orders", "revenue"]),
        ("owner:team:data", ["orders"]),
        ("-tag:domain", ["report", "stock"]),
        ("job:sales", ["orders", "revenue"]),
        ("partitions:static", ["stock"]),
        ("status:missing -tag:domain", ["report", "stock"]),
        ("code_location:shop group:core", ["orders"]),
    ],
)
def test_assets_are_listed_by_a_query(query: str, found: list[str], earmark: Command) -> None:
    answer = earmark("asset", "list", query)
    assert [row[0] for row in answer.rows] == sorted(found)
    assert [asset["key"] for asset in earmark("asset", "list", query, "--json").json] == sorted(found)


def test_a_row_of_the_asset_list_has_its_group_kinds_and_tags(earmark: Command) -> None:
    assert earmark("asset", "list", "key:orders").out.splitlines() == [
        "ASSET   GROUP  KINDS  TAGS",
        "orders  core          domain=sales tier=gold",
    ]
    assert earmark("asset", "list", "revenue").rows == [["revenue", "default", "python", "domain=sales"]]


def test_nothing_found_is_said_beside_an_empty_answer(earmark: Command) -> None:
    answer = earmark("asset", "list", "tag:domain=nobody")
    assert (answer.code, answer.out, answer.err) == (
        0,
        "",
        "No asset matches. No asset has the tag domain with the value 'nobody'.\n",
    )
    assert earmark("asset", "list", "tag:domain=nobody", "--json").json == []


def test_an_asset_is_shown_with_its_neighbours_and_its_latest_materialization(earmark: Command) -> None:
    before = earmark("asset", "show", "orders")
    assert "Every order." in before.out
    assert "used by      revenue" in before.out
    assert "never materialized" in before.out
    assert earmark("asset", "materialize", "--select", "orders").code == 0
    after = earmark("asset", "show", "orders")
    assert "in run " in after.out
    assert "rows       3" in after.out
    shown = earmark("asset", "show", "revenue", "--json").json
    assert (shown["upstream"], shown["downstream"]) == (["orders"], ["broken"])


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["ranking", "sales", "unfinished"]),
        ("tag:team=growth", ["ranking", "sales"]),
        ("asset:revenue", ["sales", "unfinished"]),
        ("name:*ing", ["ranking"]),
        ("sales", ["sales"]),
    ],
)
def test_jobs_are_listed_by_a_query(query: str, found: list[str], earmark: Command) -> None:
    assert [row[0] for row in earmark("job", "list", query).rows] == found


def test_a_job_is_shown_with_the_tags_its_runs_get_and_its_steps_in_order(earmark: Command) -> None:
    shown = earmark("job", "show", "ranking").out
    assert shown.index("    ranker") < shown.index("    printer  after ranker")
    assert earmark("job", "show", "unfinished", "--json").json["run_tags"] == {"team": "audit"}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["ranker", "printer"]),
        ("tag:team=ml", ["ranker"]),
        ("pool:gpu", ["ranker"]),
        ("*printer", ["ranker", "printer"]),
        ("ranker+", ["ranker", "printer"]),
        ("not tag:team", ["printer"]),
        ("job:ranking tag:team", ["ranker"]),
        ("code_location:shop pool:gpu", ["ranker"]),
    ],
)
def test_ops_are_listed_by_a_query(query: str, found: list[str], earmark: Command) -> None:
    assert [row[0] for row in earmark("op", "list", query).rows] == found


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (("asset", "list", "tag:domian=sales"), "No asset has the tag key 'domian'. Did you mean 'domain'?"),
        (("asset", "list", "group:cor"), "No asset has the group 'cor'. Did you mean 'core'?"),
        (("job", "list", "tag:team=grwth"), "No job has the tag team with the value 'grwth'. Did you mean 'growth'?"),
        (("op", "list", "pool:gpus"), "No op has the pool 'gpus'. Did you mean 'gpu'?"),
        (("run", "list", "tag:taem"), "No run has the tag key 'taem'. Did you mean 'team'?"),
        (("asset", "materialize", "--select", "tag:domian=sales"), "has the tag key 'domian'. Did you mean 'domain'?"),
    ],
)
def test_where_nothing_matches_a_word_that_nothing_has_is_told_with_the_nearest(command, told, earmark: Command):
    if command[0] == "run":
        earmark("asset", "materialize", "--select", "orders", "--tags", "team=ml")
    assert told in " ".join(earmark(*command).err.split())


def test_an_op_that_no_job_has_is_said_with_what_is_near(earmark: Command) -> None:
    answer = earmark("op", "list", "rankr")
    assert answer.code == 2
    assert "Did you mean 'ranker'?" in answer.err


def test_tags_are_listed_with_how_many_things_carry_each(earmark: Command) -> None:
    assert earmark("job", "execute", "-j", "ranking").code == 0
    rows = {row[0]: row[1:5] for row in earmark("tags", "list").rows}
    assert rows["domain"] == ["3", "-", "-", "-"]
    assert rows["team"] == ["-", "1", "2", "1"]
    assert earmark("tags", "list", "team").rows == [["growth", "-", "-", "2", "1"], ["ml", "-", "1", "-", "-"]]
    assert earmark("tags", "list", "--json").json["team"]["runs"] == {"growth": 1}
    unknown = earmark("tags", "list", "teem")
    assert (unknown.code, "Did you mean 'team'" in unknown.err) == (2, True)


def test_system_tags_are_listed_from_their_registry(earmark: Command) -> None:
    answer = earmark("tags", "system")
    assert "dagster/priority" in answer.out
    assert "dagster/partition/NAME" in answer.out
    rows = {row["key"]: row for row in earmark("tags", "system", "--json").json}
    assert rows["dagster/run_key"]["places"] == []
    assert "job" in rows["dagster/max_retries"]["places"]


def test_what_is_changed_on_the_command_line_is_in_the_audit_log_with_its_author(earmark: Command):
    for arguments in (
        ("limits", "set", "team=ml", "2"),
        ("limits", "set", "pool:gpu", "1"),
        ("limits", "pause"),
        ("limits", "remove", "team=ml"),
        ("partition", "add", "customers", "acme"),
        ("token", "create", "ci", "--role", "viewer"),
    ):
        assert earmark(*arguments).code == 0, arguments
    rows = earmark("audit", "list", "--json").json
    assert [(row["action"], row["target"]) for row in reversed(rows)][:5] == [
        ("limit.set", "team=ml"),
        ("limit.set", "pool:gpu"),
        ("queue.pause", "queue"),
        ("limit.remove", "team=ml"),
        ("partition.add", "customers"),
    ]
    assert rows[0]["action"] == "token.create"
    assert rows[0]["detail"] == "viewer for ci"
    assert {row["author"] for row in rows} == {getpass.getuser()}
    assert "limit.remove" in earmark("audit", "list", "limit.").out
    assert "No change holds" in earmark("audit", "list", "nothing like that").err
