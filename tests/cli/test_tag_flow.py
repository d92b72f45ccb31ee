"""Which tags flow from assets to runs is one rule for all who launch: the project declares it, definitions win."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

import earmark as em
from earmark.execute.instance import DagsterInstance
from earmark.guest.loader import load
from earmark.guest.order import GuestOrder
from earmark.guest.project import CodeTarget
from earmark.guest.questions import answer_question
from earmark.runs.run import DagsterRun
from earmark.system.home import find_home
from earmark.system.settings import read_settings
from earmark.values.errors import SettingsError
from tests.cli.conftest import Answer

Command = Callable[..., Answer]

CODE = """
import earmark as em

@em.asset(tags={"team": "ml", "tier": "2", "domain": "sales"})
def small(): ...

@em.asset(tags={"team": "ml", "tier": "5", "domain": "audit"})
def large(): ...

nightly = em.define_asset_job("nightly", "*")
defs = em.Definitions(
    [small, large], jobs=[nightly],
    schedules=[em.ScheduleDefinition(job=nightly, cron_schedule="0 6 * * *", name="six")],
    tag_flow={"tier": "min"},
)
"""

DECLARED = """
[tool.earmark]
file = "flowing.py"
name = "flowing"

[tool.earmark.tags]
flow = {team = "same", tier = "max", domain = "same"}
"""

FLOWN = {"team": "ml", "tier": "2"}
"""``domain`` differs between the assets; what the definitions say of ``tier`` wins."""


@pytest.fixture
def flowing(project: Path) -> Path:
    (project / "flowing.py").write_text(CODE)
    (project / "pyproject.toml").write_text(DECLARED)
    return project


@contextmanager
def home() -> Iterator[DagsterInstance]:
    with DagsterInstance.get() as instance:
        yield instance


def newest() -> DagsterRun:
    with home() as instance:
        return instance.get_runs(limit=1)[0]


def flown(run: DagsterRun) -> dict[str, str]:
    return {key: run.tags[key] for key, origin in run.tag_origins.items() if origin.kind == "asset"}


@pytest.mark.parametrize(
    "words",
    [
        ("asset", "materialize", "--select", "*"),
        ("job", "execute", "-j", "nightly"),
        ("job", "launch", "-j", "nightly"),
        ("schedule", "tick", "six", "--at", "2026-03-02T06:00"),
    ],
)
def test_every_command_that_launches_lets_the_same_tags_flow(
    earmark: Command, flowing: Path, words: tuple[str, ...]
) -> None:
    answer = earmark(*words)
    assert answer.code == 0, answer.out + answer.err
    assert flown(newest()) == FLOWN


def test_a_job_that_python_executes_itself_gets_them_with_and_without_a_home(flowing: Path) -> None:
    definitions = load(CodeTarget(file=flowing / "flowing.py")).definitions
    job = definitions.get_job_def("nightly")
    assert flown(job.execute_in_process().dagster_run) == FLOWN
    with home() as instance:
        assert flown(job.execute_in_process(instance=instance).dagster_run) == FLOWN


def test_a_run_that_the_host_asks_a_code_location_for_gets_them(flowing: Path) -> None:
    found = find_home()
    settings = read_settings(found)
    with home():
        definitions = load(CodeTarget(file=flowing / "flowing.py")).definitions
        told = {"tag_flow": msgspec.to_builtins(settings.tag_flow)}
        order = GuestOrder(0, str(found.path), str(found.path), "flowing", worker=told)
        answer_question(definitions, "submit_run", {"job_name": "nightly"}, order)
    assert flown(newest()) == FLOWN


def test_materialize_follows_the_project_around_the_current_folder(
    flowing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @em.asset(tags={"team": "ml"})
    def alone() -> None: ...

    assert em.materialize([alone]).dagster_run.tags == {"team": "ml"}
    (flowing / "deeper").mkdir()
    monkeypatch.chdir(flowing / "deeper")
    assert em.materialize_to_memory([alone]).dagster_run.tags == {"team": "ml"}


def test_a_bad_declaration_is_told_with_its_line_where_python_executes(flowing: Path) -> None:
    (flowing / "pyproject.toml").write_text(DECLARED.replace('"same"', '"some"'))
    with pytest.raises(SettingsError, match=r"Did you mean 'same'\? \(at .*pyproject\.toml:7\)"):
        em.materialize([em.AssetSpec("declared")])
