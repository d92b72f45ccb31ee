"""The command line as a process: what it loads, where it keeps things, how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Answer

Command = Callable[..., Answer]
pytestmark = pytest.mark.process


def test_help_lists_every_noun(earmark_process: Command) -> None:
    answer = earmark_process("--help")
    assert answer.code == 0
    for noun in ("asset", "job", "op", "run", "tags", "definitions", "store"):
        assert noun in answer.out


def test_an_unknown_noun_is_bad_input(earmark_process: Command) -> None:
    answer = earmark_process("assets", "list")
    assert answer.code == 2
    assert "asset" in answer.err


def test_materializing_assets_loads_no_library_that_it_does_not_need(project: Path) -> None:
    code = (
        "import json, sys, atexit\n"
        "from earmark.cli.main import run\n"
        "sys.argv = ['earmark', 'asset', 'materialize', '-f', 'two.py']\n"
        "atexit.register(lambda: print(json.dumps(sorted({m.partition('.')[0] for m in sys.modules}))))\n"
        "run()\n"
    )
    (project / "two.py").write_text(
        "import earmark as em\n@em.asset\ndef a(): return 1\n@em.asset\ndef b(a): return a + 1\n"
    )
    outcome = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stderr
    loaded = json.loads(outcome.stdout.splitlines()[-1])
    heavy = ("pydantic", "sqlalchemy", "alembic", "lark", "litestar", "yaml", "pandas", "fsspec")
    assert [name for name in heavy if name in loaded] == []


def test_a_project_without_a_home_keeps_its_runs_beside_its_pyproject_and_says_so(
    earmark_process: Command, project: Path
) -> None:
    answer = earmark_process("asset", "materialize", "--select", "orders", EARMARK_HOME="")
    assert answer.code == 0, answer.err
    assert answer.err.splitlines()[0].startswith(f"home: {project / '.earmark'} ")
    assert (project / ".earmark" / "earmark.db").is_file()
    assert (project / ".earmark" / ".gitignore").read_text().splitlines()[-1] == "*"
    below = project / "below"
    below.mkdir()
    listed = subprocess.run(
        [sys.executable, "-m", "earmark.cli.main", "run", "list", "--json"],
        cwd=below,
        env={**os.environ, "EARMARK_HOME": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert len(json.loads(listed.stdout)) == 1
    assert listed.stderr == ""


def test_a_home_that_cannot_be_made_is_told_with_its_path(earmark_process: Command, project: Path) -> None:
    (project / "file").touch()
    answer = earmark_process("run", "list", EARMARK_HOME=str(project / "file" / "home"))
    assert answer.code == 4
    assert str(project / "file") in answer.err
    assert "Traceback" not in answer.err


def test_a_store_of_a_newer_version_is_refused_and_kept(earmark_process: Command, home: Path) -> None:
    import sqlite3

    assert earmark_process("store", "show").code == 0
    with sqlite3.connect(home / "earmark.db") as database:
        database.execute("UPDATE schema_version SET version_num = '9999'")
    database.close()
    answer = earmark_process("run", "list")
    assert answer.code == 4
    assert "9999" in answer.err


def test_an_interrupted_run_is_canceled_and_says_so(project: Path, home: Path) -> None:
    (project / "slow.py").write_text(
        "import pathlib, time\nimport earmark as em\n@em.asset\ndef slow():\n"
        "    pathlib.Path('started').touch()\n    time.sleep(60)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "earmark.cli.main", "asset", "materialize", "-f", "slow.py"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 30
    while not (project / "started").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130, out + err
    assert "run canceled" in out
    assert "Traceback" not in err


def test_a_server_that_is_given_a_module_that_there_is_not_says_so_and_goes_on(project: Path, home: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "earmark.cli.main", "server", "-m", "nope", "--port", "0"],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    told = ""
    for line in process.stderr:
        told += line
        if "failed" in line:
            break
    assert "The code location 'nope' failed: There is no module 'nope'." in told
    assert process.poll() is None
    process.terminate()
    process.communicate(timeout=30)


def test_a_project_written_for_dagster_runs_where_dagster_is_not_asked_for(
    earmark_process: Command, project: Path
) -> None:
    (project / "theirs.py").write_text(
        "import dagster as dg\n@dg.asset\ndef a():\n    import dagster\n    return dagster.__version__\n"
    )
    answer = earmark_process("asset", "materialize", "-f", "theirs.py", "--as-dagster")
    assert answer.code == 0, answer.out + answer.err


def test_an_installed_dagster_keeps_its_name_unless_the_project_asks(earmark_process: Command, project: Path) -> None:
    (project / "dagster").mkdir()
    (project / "dagster" / "__init__.py").write_text("__version__ = 'real'\n")
    (project / "which.py").write_text(
        "import dagster\nimport earmark as em\nprint(dagster.__version__)\n@em.asset\ndef a(): ...\n"
    )
    (project / "pyproject.toml").write_text("")
    paths = {"PYTHONPATH": str(project)}
    assert "real" in earmark_process("asset", "list", "-f", "which.py", **paths).err
    assert "1.13.27" in earmark_process("asset", "list", "-f", "which.py", "--as-dagster", **paths).err
    (project / "pyproject.toml").write_text("[tool.earmark]\ndagster-alias = true\n")
    assert "1.13.27" in earmark_process("asset", "list", "-f", "which.py", **paths).err
