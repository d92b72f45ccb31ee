"""The fixtures and guards of the test command keep what they promise."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import uuid
from pathlib import Path

import psycopg
import pytest

from tests.support import children


def test_a_child_that_outlives_its_test_is_seen_and_can_be_ended() -> None:
    before = children.living_children()
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    left = children.living_children() - before
    assert {process.pid for process in left} == {child.pid}
    assert "time.sleep" in children.describe(next(iter(left)))
    assert children.wait_until_gone(left, seconds=0) == left
    children.end(left)
    assert child.wait() == -signal.SIGKILL
    assert children.living_children() == before


def test_a_process_whose_parent_is_gone_is_found_by_its_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    run = uuid.uuid4().hex
    monkeypatch.setenv(children.MARK, run)
    grandchild = "import subprocess as s; print(s.Popen(['sleep', '60'], stdout=s.DEVNULL, stderr=s.DEVNULL).pid)"
    output = subprocess.run([sys.executable, "-c", grandchild], capture_output=True, text=True, check=False, timeout=20)
    orphans = children.orphans_of(run, seconds=0)
    assert {process.pid for process in orphans} == {int(output.stdout)}
    children.end(orphans)
    assert children.orphans_of(run, seconds=0) == set()


def test_a_home_is_empty_and_no_other_setting_is_inherited(home: Path) -> None:
    assert list(home.iterdir()) == []
    assert {name for name in os.environ if name.startswith(("EARMARK_", "DAGSTER_"))} == {
        "EARMARK_HOME",
        children.MARK,
    }


@pytest.mark.postgres
def test_each_test_gets_an_empty_database_on_a_real_server(postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as connection:
        version = connection.execute("SHOW server_version_num").fetchone()
        tables = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    assert version is not None and int(version[0]) >= 160000
    assert tables == (0,)
