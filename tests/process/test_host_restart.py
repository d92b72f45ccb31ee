"""A host that dies at any instant: nothing is launched twice, nothing is forgotten, workers go on."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from earmark.events.kinds import RunStarted
from earmark.locations.registry import LocationOrder
from earmark.runs.limits import QueuePolicy, RunLimit
from earmark.store.open import open_store
from earmark.store.ports import Store
from earmark.system import clock
from earmark.values.states import DagsterRunStatus
from tests.process.hosting import PROJECT, Hosted

pytestmark = [pytest.mark.process, pytest.mark.slow]

_HOST = """
import signal, sys, threading
from pathlib import Path
from earmark.daemon.host import Host
from earmark.locations.registry import LocationOrder
from earmark.runs.limits import QueuePolicy, RunLimit
from earmark.runs.policies import RunMonitoring
from earmark.store.open import open_store
from earmark.system import clock

home, file = Path(sys.argv[1]), sys.argv[2]
policy = QueuePolicy(max_concurrent_runs=6, limits=(RunLimit(key="team", value="ml", limit=2),))
store = open_store(home, clock=clock.now)
host = Host(store, home, [LocationOrder(name="project", file=file)], policy=lambda: policy, monitoring=RunMonitoring(start_timeout=5_000_000),
            worker_settings={"cancel_grace": 2.0}, environment={"MARKS": str(home / "marks")})
host.start()
stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())
while not stop.wait(0.2):
    pass
host.stop()
"""


class OutsideHost:
    """A host in a process of its own, to be killed."""

    def __init__(self, home: Path, file: Path) -> None:
        self._home = home
        self._file = file
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-c", _HOST, str(self._home), str(self._file)], stdout=subprocess.DEVNULL
        )

    def kill(self) -> None:
        """Kill it and start another."""
        self.process.kill()
        self.process.wait()
        self.process = self._start()

    def stop(self) -> None:
        """Let it end."""
        self.process.terminate()
        self.process.wait(30)


def test_workers_go_on_without_their_host_and_the_next_host_finds_them(tmp_path: Path) -> None:
    home, file = _prepare(tmp_path)
    with Hosted(home, tmp_path) as hosted:
        run_id = hosted.submit("sleepy", {"seconds": 4})
        hosted.marked(run_id)
    # Leaving the block cancels what is in progress: so ask in a host that is killed instead.
    outside = OutsideHost(home, file)
    try:
        store = open_store(home, clock=clock.now)
        ids = _queue_runs(store, home, file, ["sleepy"], {"seconds": 3})
        _until(lambda: store.runs.get(ids[0]).status is DagsterRunStatus.STARTED)
        outside.kill()
        _until(lambda: store.runs.get(ids[0]).is_finished)
        assert store.runs.get(ids[0]).status is DagsterRunStatus.SUCCESS
        assert _starts(store, ids[0]) == 1
        store.close()
    finally:
        outside.stop()


def test_two_hundred_runs_survive_the_random_death_of_workers_guests_and_hosts(tmp_path: Path) -> None:
    seed = int(os.environ.get("EARMARK_TEST_SEED", random.SystemRandom().randrange(2**32)))
    print(f"seed {seed}: replay with EARMARK_TEST_SEED={seed}")
    chance = random.Random(seed)
    home, file = _prepare(tmp_path)
    outside = OutsideHost(home, file)
    store = open_store(home, clock=clock.now)
    try:
        ids = _queue_runs(store, home, file, ["quick"] * 150, {"team": "ml"})
        ids += _queue_runs(store, home, file, ["sleepy"] * 50, {"team": "web", "seconds": "0.2"})
        deadline, harm = time.monotonic() + 120, 25
        while time.monotonic() < deadline:
            unfinished = store.runs.count("status:queued or status:starting or status:running or status:canceling")
            if not unfinished:
                break
            time.sleep(chance.uniform(0.3, 0.9))
            if harm:
                harm -= 1
                _do_harm(chance, store, outside)
        runs = store.runs.get_many(ids)
        assert [run.status.value for run in runs if not run.is_finished] == []
        _check_limit(store, runs, "ml", 2)
        again = {run.run_id: _starts(store, run.run_id) for run in runs}
        assert {run_id: count for run_id, count in again.items() if count > 1} == {}
        executed = Counter(line.split()[0] for line in (home / "marks").read_text().splitlines() if line[-1].isdigit())
        assert {run_id: count for run_id, count in executed.items() if count > 1} == {}
        assert all(executed[run.run_id] == 1 for run in runs if run.status is DagsterRunStatus.SUCCESS)
    finally:
        store.close()
        outside.stop()


def _do_harm(chance: random.Random, store: Store, outside: OutsideHost) -> None:
    match chance.choice(("worker", "worker", "worker", "worker", "guest", "host")):
        case "worker":
            leases = store.queue.held()
            if leases:
                _kill(int(chance.choice(leases).data["pid"]))
        case "guest":
            for pid in _children(outside.process.pid):
                _kill(pid)
        case "host":
            outside.kill()


def _children(pid: int) -> list[int]:
    try:
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _check_limit(store: Store, runs: list[object], team: str, limit: int) -> None:
    """Check from the log that no more runs of a team were ever in progress than its limit allows."""
    moments: list[tuple[int, int]] = []
    for run in runs:
        if run.tags.get("team") == team and run.starting_at is not None:  # type: ignore[attr-defined]
            moments.append((run.starting_at, 1))  # type: ignore[attr-defined]
            moments.append((run.ended_at, -1))  # type: ignore[attr-defined]
    now = most = 0
    for _, change in sorted(moments):
        now += change
        most = max(most, now)
    assert most <= limit


def _starts(store: Store, run_id: str) -> int:
    return len(store.events.of_run(run_id, kinds=(RunStarted,)))


def _prepare(tmp_path: Path) -> tuple[Path, Path]:
    home, file = tmp_path / "home", tmp_path / "project.py"
    home.mkdir()
    file.write_text(PROJECT)
    return home, file


def _queue_runs(store: Store, home: Path, file: Path, jobs: list[str], tags: dict[str, object]) -> list[str]:
    """Put runs into the queue from outside any host, as the command line does."""
    from earmark.daemon.wakeups import wake_host
    from earmark.events.kinds import RunEnqueued
    from earmark.execute.instance import DagsterInstance
    from earmark.execute.request import new_run
    from earmark.guest.loader import load
    from earmark.guest.project import CodeTarget
    from earmark.runs.request import RunAsk

    definitions = load(CodeTarget(file=file, name="project")).definitions
    instance = DagsterInstance(store, home)
    found = []
    for name in jobs:
        job = definitions.get_job_def(name)
        asked = new_run(job, job.plan(), instance, RunAsk(tags=tags), facts=(RunEnqueued(),), code_location="project")
        found.append(asked.run.run_id)
    wake_host(home)
    return found


def _until(holds: object, seconds: float = 40.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_limits_are_read_from_the_policy(tmp_path: Path) -> None:
    policy = QueuePolicy(max_concurrent_runs=0, limits=(RunLimit(key="team", limit=1),))
    home, _ = _prepare(tmp_path)
    orders = [LocationOrder(name="project", file=str(tmp_path / "project.py"))]
    with Hosted(home, tmp_path, lambda: policy, orders=orders) as hosted:
        run_id = hosted.submit("quick")
        time.sleep(0.5)
        assert hosted.run(run_id).status is DagsterRunStatus.QUEUED
        explained = hosted.host.queue.explain(run_id)
        assert explained is not None
        assert [gate.limit for gate in explained.blocked_by] == ["max_concurrent_runs"]
