"""``earmark daemon`` as a process: stops cleanly, drains, pauses; and what a host remembers of the one before."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from earmark.locations.registry import LocationOrder
from earmark.runs.limits import QueuePolicy, RunLimit
from earmark.store.open import open_store
from earmark.store.ports import Store
from earmark.system import clock
from earmark.values.states import DagsterRunStatus
from tests.process.hosting import PROJECT, Hosted, is_gone, queue_runs, until
from tests.process.truth import check_truth

pytestmark = [pytest.mark.process, pytest.mark.slow]


class Daemon:
    """``earmark daemon`` on a home of its own, and the commands that speak to it."""

    def __init__(self, tmp_path: Path, *flags: str) -> None:
        self.home, self.file = tmp_path / "home", tmp_path / "project.py"
        self.home.mkdir()
        self.file.write_text(PROJECT)
        self.marks = self.home / "marks"
        self._environment = {**os.environ, "EARMARK_HOME": str(self.home), "MARKS": str(self.marks)}
        self.store: Store = open_store(self.home, clock=clock.now)
        self.process = subprocess.Popen(
            [*_EARMARK, "daemon", "-f", str(self.file), *flags], env=self._environment, stderr=subprocess.DEVNULL
        )
        until(lambda: self.store.leases.get("queue") is not None)

    def command(self, *words: str) -> str:
        """Run a command in the same home and return what it printed."""
        done = subprocess.run(
            [*_EARMARK, *words], env=self._environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def queue(self, *jobs: str, **tags: object) -> list[str]:
        """Put runs into the queue."""
        return queue_runs(self.store, self.home, self.file, jobs, dict(tags), self.file.name)

    def until(self, run_id: str, status: DagsterRunStatus) -> None:
        """Wait until a run is in a state."""
        until(lambda: self.store.runs.status(run_id) is status, 30)


_EARMARK = (sys.executable, "-m", "earmark.cli.main")


@contextmanager
def _daemon(tmp_path: Path, *flags: str) -> Iterator[Daemon]:
    daemon = Daemon(tmp_path, *flags)
    try:
        yield daemon
    finally:
        daemon.process.kill()
        daemon.process.wait()
        daemon.store.close()


def test_sigterm_ends_the_daemon_and_its_guest_and_leaves_workers_to_finish(tmp_path: Path) -> None:
    with _daemon(tmp_path) as daemon:
        (run_id,) = daemon.queue("sleepy", seconds=5)
        until(daemon.marks.exists)
        (guest,) = _children(daemon.process.pid)
        daemon.process.send_signal(signal.SIGTERM)
        assert daemon.process.wait(10) == 0
        assert is_gone(guest)
        assert daemon.store.leases.get("queue") is None
        assert not (daemon.home / "wake.sock").exists()
        assert daemon.store.runs.status(run_id) is DagsterRunStatus.STARTED
        daemon.until(run_id, DagsterRunStatus.SUCCESS)
        check_truth(daemon.store, [run_id], daemon.marks)


def test_a_daemon_that_drains_starts_nothing_more_and_ends_with_its_last_run(tmp_path: Path) -> None:
    with _daemon(tmp_path, "--drain") as daemon:
        (first,) = daemon.queue("sleepy", seconds=2)
        daemon.until(first, DagsterRunStatus.STARTED)
        daemon.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        (second,) = daemon.queue("quick")
        assert daemon.process.wait(20) == 0
        assert daemon.store.runs.status(first) is DagsterRunStatus.SUCCESS
        assert daemon.store.runs.status(second) is DagsterRunStatus.QUEUED


def test_a_paused_queue_starts_nothing_until_it_is_resumed(tmp_path: Path) -> None:
    with _daemon(tmp_path) as daemon:
        daemon.command("limits", "pause")
        (run_id,) = daemon.queue("quick")
        time.sleep(1.5)
        assert daemon.store.runs.status(run_id) is DagsterRunStatus.QUEUED
        assert "paused" in daemon.command("run", "explain", run_id)
        daemon.command("limits", "resume")
        daemon.until(run_id, DagsterRunStatus.SUCCESS)


def test_a_changed_limit_and_an_edited_priority_hold_at_once_while_runs_wait(tmp_path: Path) -> None:
    with _daemon(tmp_path) as daemon:
        daemon.command("limits", "set", "max_concurrent_runs", "0")
        first, second = daemon.queue("quick", "quick")
        daemon.command("run", "tag", second, "dagster/priority=5")
        time.sleep(1.5)
        assert [daemon.store.runs.status(run_id) for run_id in (first, second)] == [DagsterRunStatus.QUEUED] * 2
        assert "in place 1 of 2" in daemon.command("run", "explain", second)
        daemon.command("limits", "set", "max_concurrent_runs", "1")
        for run_id in (first, second):
            daemon.until(run_id, DagsterRunStatus.SUCCESS)
        started = [daemon.store.runs.get(run_id).starting_at or 0 for run_id in (second, first)]
        assert started == sorted(started)
        told = json.loads(daemon.command("run", "explain", second, "--json"))
        assert told["passed"] == {"max_concurrent_runs": {"used": 1, "allowed": 1}}
        assert told["waited"] > 1.5
        assert "max_concurrent_runs: passed, 1 of 1 taken with it" in daemon.command("run", "explain", second)


def test_a_location_that_no_longer_imports_keeps_its_last_good_manifest_after_a_restart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home, file = tmp_path / "home", tmp_path / "project.py"
    home.mkdir()
    with Hosted(home, tmp_path) as hosted:
        assert not hosted.host.registry.location("project").stale
    file.write_text("raise RuntimeError('half saved')\n")
    orders = [LocationOrder(name="project", file=str(file))]
    with Hosted(home, tmp_path, orders=orders) as hosted:
        state = hosted.host.registry.location("project")
        assert state.status == "failed"
        assert state.stale
        assert "half saved" in state.traceback
        told = capsys.readouterr().out
        assert "its last good definitions stay" in told
        assert f'File "{file}", line 1' in told
        assert state.manifest is not None
        assert "quick" in {job.name for job in state.manifest.jobs}
        (tmp_path / "project.py").write_text(PROJECT)
        hosted.host.registry.reload("project")
        until(lambda: hosted.host.registry.location("project").status == "ready")
        assert not hosted.host.registry.location("project").stale


def test_a_limit_on_starts_counts_those_of_before_a_restart_and_opens_in_time(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    policy = QueuePolicy(limits=(RunLimit(key="team", value="core", limit=1, period=8_000_000),))
    with Hosted(home, tmp_path, lambda: policy) as hosted:
        first = hosted.ended(hosted.submit("quick"))
    with Hosted(home, tmp_path, lambda: policy) as hosted:
        second = hosted.submit("quick")
        run = hosted.until(second, lambda run: run.starting_at is not None)
        waited = (run.starting_at or 0) - (first.starting_at or 0)
        assert 8_000_000 <= waited < 8_400_000
        hosted.ended(second)


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]
