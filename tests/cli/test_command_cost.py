"""What a command costs: the modules that it loads, counted in a process of its own, whose output goes into a pipe."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

PROJECT = """
import earmark as em

@em.asset(tags={"domain": "sales"})
def orders(): return [1, 2]

@em.asset(tags={"domain": "sales"})
def revenue(orders): return sum(orders)

defs = em.Definitions(assets=[orders, revenue])
"""

HEAVY = ("pydantic", "sqlalchemy", "alembic", "rustworkx", "lark", "rich", "litestar", "structlog", "asyncio", "yaml")
"""What no command needs that neither serves, nor draws on a terminal."""

TELLING = """
import atexit, json, os, sys
from earmark.cli.main import run
atexit.register(lambda: os.write({file}, json.dumps(sorted(sys.modules)).encode()))
run()
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cost")
    (folder / "project.py").write_text(PROJECT)
    loaded(folder, "asset materialize -f project.py")
    return folder


def loaded(folder: Path, command: str) -> Sequence[str]:
    """Run a command and return the names of the modules that are loaded at its end."""
    with (folder / "modules.json").open("w+b") as told:
        program = TELLING.format(file=told.fileno())
        outcome = subprocess.run(
            [sys.executable, "-c", program, *command.split()],
            cwd=folder,
            env={**os.environ, "EARMARK_HOME": str(folder / "home")},
            pass_fds=[told.fileno()],
            capture_output=True,
            text=True,
            check=False,
        )
        assert outcome.returncode == 0, outcome.stderr
        told.seek(0)
        names: list[str] = json.loads(told.read())
    return names


@pytest.mark.parametrize(
    ("command", "most"),
    [
        ("--help", 14),
        ("run list", 110),
        ("asset list -f project.py", 102),
        ("tags check -f project.py", 172),
        ("asset materialize -f project.py", 242),
    ],
)
def test_a_command_loads_no_heavy_library_and_no_more_of_earmark_than_it_needs(
    home: Path, command: str, most: int
) -> None:
    names = loaded(home, command)
    assert [name for name in HEAVY if name in names] == []
    assert len([name for name in names if name.partition(".")[0] == "earmark"]) <= most


def test_looking_at_runs_loads_nothing_that_defines_or_executes(home: Path) -> None:
    names = loaded(home, "run list tag:domain=sales")
    assert [name for name in names if name.startswith(("earmark.define.assets", "earmark.execute.", "zoneinfo"))] == []


def test_a_run_of_assets_without_partitions_loads_nothing_of_partitions_forks_or_records(home: Path) -> None:
    names = loaded(home, "asset materialize -f project.py")
    put_off = (
        "earmark.execute.dagster_event",
        "earmark.execute.executors.forked",
        "earmark.execute.records",
        "earmark.partitions.definition",
        "concurrent.futures",
        "tomllib",
        "zoneinfo",
    )
    assert [name for name in put_off if name in names] == []
