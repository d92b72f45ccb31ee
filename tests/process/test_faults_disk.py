"""A disk that is full, a home that is read-only: clear errors that name the path, and a store that stays whole."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from earmark.events.kinds import Logged
from earmark.store.open import open_store
from earmark.system import clock
from earmark.values.errors import StoreError
from earmark.values.states import DagsterRunStatus, FailureReason
from tests.process.hosting import PROJECT, Hosted, until
from tests.process.truth import check_truth

pytestmark = [pytest.mark.process, pytest.mark.slow]

PAGES = 2_000


def test_a_run_waits_while_the_store_is_full_and_goes_on_when_there_is_space_again(tmp_path: Path) -> None:
    with Hosted(_home(tmp_path), tmp_path, max_pages=PAGES) as hosted:
        run_id = hosted.submit("chatty", {"words": 200})
        hosted.marked(run_id)
        with _full(hosted.home):
            until(lambda: _is_full(hosted))
            stored = _words(hosted, run_id)
            time.sleep(1.5)
            assert len(_words(hosted, run_id)) - len(stored) < 50
            assert hosted.run(run_id).status is DagsterRunStatus.STARTED
        run = hosted.ended(run_id, 60)
        assert run.status is DagsterRunStatus.SUCCESS, run.failure_message
        assert _words(hosted, run_id) == [f"word {number}" for number in range(200)]
        check_truth(hosted.store, [run_id], hosted.marks)
    _assert_whole(hosted.home)


def test_a_run_whose_patience_with_a_full_store_ends_fails_when_that_can_be_said(tmp_path: Path) -> None:
    settings = {"cancel_grace": 2.0, "store_patience": 0.5}
    with Hosted(_home(tmp_path), tmp_path, max_pages=PAGES, worker_settings=settings) as hosted:
        run_id = hosted.submit("chatty", {"words": 2_000})
        hosted.marked(run_id)
        supervisor = hosted.supervisor_of(run_id)
        with _full(hosted.home):
            until(lambda: not Path(f"/proc/{supervisor}").exists(), what="the worker goes on")
            # The end may still fit into what is left of a page.
            assert hosted.run(run_id).status in {DagsterRunStatus.STARTED, DagsterRunStatus.FAILURE}
        run = hosted.ended(run_id)
        assert run.status is DagsterRunStatus.FAILURE
        assert run.failure_reason is FailureReason.UNEXPECTED_TERMINATION
        check_truth(hosted.store, [run_id], hosted.marks)
        assert hosted.ended(hosted.submit("quick")).status is DagsterRunStatus.SUCCESS
    _assert_whole(hosted.home)


def test_a_full_store_says_so_and_names_its_file(tmp_path: Path) -> None:
    home = _home(tmp_path)
    store = open_store(home, clock=clock.now, max_pages=PAGES)
    store.settings.set("before", 1)
    with _full(home):
        with pytest.raises(StoreError, match="no space left") as told:
            for number in range(10_000):
                store.settings.set(f"key {number}", "x" * 1_000)
        assert str(home / "earmark.db") in str(told.value)
        assert store.settings.get("before") is not None
    store.settings.set("after", 1)
    store.close()
    _assert_whole(home)


def test_a_file_system_that_is_full_of_output_costs_the_output_and_not_the_run(tmp_path: Path) -> None:
    home = _home(tmp_path)
    logs = home / "logs"
    logs.mkdir()
    with _mounted(logs, "size=2m"), Hosted(home, tmp_path) as hosted:
        run = hosted.ended(hosted.submit("floods"))
        assert run.status is DagsterRunStatus.SUCCESS, run.failure_message
        assert shutil.disk_usage(logs).free == 0


def test_a_file_system_without_space_for_the_store_is_named(tmp_path: Path) -> None:
    home = _home(tmp_path)
    with _mounted(home, "size=1m"):
        store = open_store(home, clock=clock.now)
        with pytest.raises(StoreError) as told:
            for number in range(10_000):
                store.settings.set(f"key {number}", "x" * 1_000)
        assert str(home / "earmark.db") in str(told.value)
        assert "space" in str(told.value)
        kept = len(store.settings.all("key "))
        store.close()
        store = open_store(home, clock=clock.now)
        assert len(store.settings.all("key ")) == kept > 0
        store.close()
        _assert_whole(home)


def test_a_read_only_home_is_named_by_the_daemon_before_anything_is_started(tmp_path: Path) -> None:
    home, file = _home(tmp_path), tmp_path / "project.py"
    file.write_text(PROJECT)
    open_store(home, clock=clock.now).close()
    with _read_only(home):
        done = subprocess.run(
            [sys.executable, "-m", "earmark.cli.main", "daemon", "-f", str(file)],
            env={**os.environ, "EARMARK_HOME": str(home)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode != 0
    assert str(home) in done.stderr.replace("\n", "")
    assert "Traceback" not in done.stderr
    assert "not writable" in " ".join(done.stderr.split())


def _home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    return home


@contextmanager
def _full(home: Path) -> Iterator[None]:
    """Fill the store to its last page, and free it again: what space is left is taken by rows of another table."""
    connection = sqlite3.connect(home / "earmark.db", isolation_level=None, timeout=30)
    connection.execute(f"PRAGMA max_page_count = {PAGES}")
    connection.execute("CREATE TABLE filler (data BLOB)")
    for size in (1_000_000, 100_000, 10_000, 4_000):
        while True:
            try:
                connection.execute("INSERT INTO filler VALUES (zeroblob(?))", (size,))
            except sqlite3.OperationalError as error:
                assert "full" in str(error)
                break
    try:
        yield
    finally:
        connection.execute("DROP TABLE filler")
        connection.close()


def _is_full(hosted: Hosted) -> bool:
    try:
        hosted.store.settings.set("probe", "x" * 20_000 + str(time.monotonic()))
    except StoreError:
        return True
    return False


def _words(hosted: Hosted, run_id: str) -> list[str]:
    events = hosted.store.events.of_run(run_id, kinds=(Logged,), limit=10_000)
    said = [event.fact.message for event in events if isinstance(event.fact, Logged)]
    return [text for text in said if text.startswith("word ")]


def _assert_whole(home: Path) -> None:
    connection = sqlite3.connect(home / "earmark.db")
    try:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    finally:
        connection.close()


@contextmanager
def _mounted(folder: Path, options: str) -> Iterator[None]:
    """Mount a small file system of memory on a folder."""
    mount = ["mount", "-t", "tmpfs", "-o", options, "none", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this user may not mount a small file system")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@contextmanager
def _read_only(folder: Path) -> Iterator[None]:
    """Make a folder read-only: by its mode, and for those whom modes do not stop by a mount."""
    folder.chmod(0o500)
    by_mount = os.access(folder, os.W_OK)
    if by_mount:
        for options in ("bind", "remount,bind,ro"):
            subprocess.run(["mount", "-o", options, str(folder), str(folder)], check=True)
    try:
        yield
    finally:
        if by_mount:
            subprocess.run(["umount", "-l", str(folder)], check=True)
        folder.chmod(0o700)
