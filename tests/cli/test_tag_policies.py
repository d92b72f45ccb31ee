"""``earmark tags check``: a line in the pipeline that builds a project's code."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tests.cli.conftest import Answer

Command = Callable[..., Answer]

CODE = """
import earmark as em

@em.asset(tags={"team": "core", "domain": "marketing"})
def orders(): ...

@em.asset(tags={"domain": "marketting"})
def clicks(): ...

@em.op(tags={"team": "nobody"})
def send(): ...

@em.job
def mail():
    send()

defs = em.Definitions([orders, clicks], jobs=[mail])
"""

POLICY = """
[tool.earmark]
file = "tagged.py"

[tool.earmark.tags.policy.team]
required_on = ["asset"]
values = ["core", "growth"]
"""


def write(folder: Path, policy: str, code: str = CODE) -> None:
    (folder / "tagged.py").write_text(code)
    (folder / "pyproject.toml").write_text(policy)


def test_broken_policies_and_words_that_look_alike_are_told_and_the_exit_code_says_so(
    project: Path, earmark: Command
) -> None:
    write(project, POLICY)
    answer = earmark("tags", "check")
    assert answer.code == 3
    assert "The asset clicks lacks the tag team." in answer.out
    assert "The op send has team='nobody', which is not one of core, growth." in answer.out
    assert "These values of domain differ by one slip: marketing (1), marketting (1)" in answer.out
    told = json.loads(earmark("tags", "check", "--json").out)
    assert [(one["name"], one["rule"]) for one in told["findings"]] == [("clicks", "required"), ("send", "values")]


def test_an_enforced_policy_refuses_what_the_command_line_launches(project: Path, earmark: Command) -> None:
    write(project, POLICY.replace('["asset"]', '["asset", "run"]') + 'enforce = "refuse"\n')
    answer = earmark("tags", "check")
    assert answer.code == 3
    assert "The asset clicks lacks the tag team. Its launch is refused." in answer.out
    refused = earmark("asset", "materialize", "--select", "clicks", "--tags", "team=core")
    assert refused.code != 0
    assert "The asset clicks lacks the tag team. The policy about team refuses the launch." in refused.err
    lacking = earmark("asset", "materialize", "--select", "orders")
    assert "The run of assets lacks the tag team." in lacking.err
    assert earmark("asset", "materialize", "--select", "orders", "--tags", "team=core").code == 0
    assert earmark("run", "list", "--json").out.count('"run_id"') == 1


def test_a_way_to_enforce_that_there_is_not_is_told_with_its_line(project: Path, earmark: Command) -> None:
    write(project, POLICY + 'enforce = "refuze"\n')
    answer = earmark("tags", "check")
    assert answer.code != 0
    assert "refuze" in answer.err and "warn, refuse" in answer.err


def test_where_all_policies_are_kept_the_command_succeeds(project: Path, earmark: Command) -> None:
    write(project, POLICY, CODE.replace("nobody", "growth").replace('"marketting"', '"sales", "team": "growth"'))
    answer = earmark("tags", "check")
    assert (answer.code, answer.out.strip()) == (0, "4 things keep 1 policy.")


def test_a_project_without_policies_is_told_where_they_are_declared(project: Path, earmark: Command) -> None:
    write(project, POLICY.partition("[tool.earmark.tags")[0])
    answer = earmark("tags", "check")
    assert answer.code == 0
    assert "declares no policies; see [tool.earmark.tags.policy]." in answer.out
