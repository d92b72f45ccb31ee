"""A small project, and the command line called in this process or in one of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from earmark.cli.main import app

SHOP = '''
import earmark as em


@em.asset(tags={"domain": "sales", "tier": "gold"}, group_name="core", owners=["team:data"])
def orders(context):
    """Every order."""
    context.log.info("reading orders")
    context.log.warning("three are late")
    context.add_output_metadata({"rows": 3})
    return [1, 2, 3]


@em.asset(tags={"domain": "sales"}, kinds={"python"})
def revenue(orders):
    return sum(orders)


@em.asset(tags={"domain": "audit", "pii": "true"})
def broken(revenue):
    return helper()


def helper():
    return 1 / 0


@em.asset
def report(broken): ...


@em.asset(partitions_def=em.StaticPartitionsDefinition(["eu", "us"]))
def stock(context):
    return context.partition_key


@em.asset_check(asset=orders)
def few_orders():
    return em.AssetCheckResult(passed=False, severity=em.AssetCheckSeverity.WARN, description="too many")


class Size(em.Config):
    width: int = 1


@em.op(tags={"team": "ml", "dagster/priority": 3}, pool="gpu")
def ranker(config: Size):
    return config.width


@em.op
def printer(x):
    print(f"width {x}")


@em.job(tags={"team": "growth"}, description="Ranks and prints.")
def ranking():
    printer(ranker())


sales = em.define_asset_job("sales", "tag:domain=sales", tags={"team": "growth"})
unfinished = em.define_asset_job("unfinished", "*broken", run_tags={"team": "audit"})
'''


@dataclass(frozen=True)
class Answer:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def rows(self) -> list[list[str]]:
        """The cells of a table, without the line of titles."""
        return [line.split() for line in self.out.splitlines()[1:]]


@pytest.fixture
def project(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a project, which is the current one."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "shop.py").write_text(SHOP)
    (folder / "pyproject.toml").write_text('[tool.earmark]\nfile = "shop.py"\nname = "shop"\ndagster-alias = false\n')
    monkeypatch.chdir(folder)
    path = list(sys.path)
    yield folder
    sys.path[:] = path
    for name, module in list(sys.modules.items()):
        if (getattr(module, "__file__", None) or "").startswith(str(folder)):
            del sys.modules[name]


@pytest.fixture
def earmark(project: Path) -> Callable[..., Answer]:
    """Call the command line in this process."""

    def call(*arguments: str) -> Answer:
        outcome = CliRunner().invoke(app, list(arguments))
        if outcome.exception is not None and not isinstance(outcome.exception, SystemExit):
            raise outcome.exception
        return Answer(outcome.exit_code, outcome.stdout, outcome.stderr)

    return call


@pytest.fixture
def earmark_process(project: Path) -> Callable[..., Answer]:
    """Call the command line as a person does, in a process of its own."""

    def call(*arguments: str, **environment: str) -> Answer:
        outcome = subprocess.run(
            [sys.executable, "-m", "earmark.cli.main", *arguments],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, **environment},
        )
        return Answer(outcome.returncode, outcome.stdout, outcome.stderr)

    return call
