"""Workers killed at any instant: the run says so, its slots are free, and what was acknowledged is kept."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from earmark.events.envelope import Event
from earmark.events.kinds import OutputHandled, RunRequeued, RunStarting, StepSucceeded
from earmark.guest.order import GuestOrder
from earmark.guest.worker import WorkerOrder
from earmark.runs.limits import QueuePolicy
from earmark.store.open import open_store
from earmark.store.ports import Store
from earmark.system import clock
from earmark.values.states import DagsterRunStatus, FailureReason
from tests.process.hosting import PROJECT, SEED, Hosted, children_of, is_gone, kill, queue_runs, until
from tests.process.truth import check_limit, check_truth

pytestmark = [pytest.mark.process, pytest.mark.slow]

on_both_stores = pytest.mark.parametrize("hosted", ["sqlite", "postgresql"], indirect=True)
POLICY = QueuePolicy(max_concurrent_runs=3)


@pytest.fixture
def hosted(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Hosted]:
    home = tmp_path / "home"
    home.mkdir()
    on_postgres = getattr(request, "param", "sqlite") == "postgresql"
    store = request.getfixturevalue("postgres_url") if on_postgres else None
    with Hosted(home, tmp_path, lambda: POLICY, store=store) as found:
        yield found


def test_a_worker_that_is_started_again_after_its_death_fails_its_run_and_says_so(tmp_path: Path) -> None:
    home, file = tmp_path / "home", tmp_path / "project.py"
    home.mkdir()
    file.write_text(PROJECT)
    with closing(open_store(home, clock=clock.now)) as store:
        (run_id,) = queue_runs(store, home, file, ["sleepy"])
        store.runs.record(run_id, [Event(RunStarting("local", "token", 1), clock.now())])
        guest = GuestOrder(fd=-1, home=str(home), store=store.address, location="project", file=str(file))
        worker = WorkerOrder(run_id, "token", str(home), store.address, "project")
        argument = msgspec.json.encode({"guest": guest, "worker": worker}).decode()
        command = [sys.executable, "-m", "earmark.guest.spawned_worker", argument]
        environment = {**os.environ, "MARKS": str(home / "marks")}
        first = subprocess.Popen(command, env=environment)
        until((home / "marks").exists)
        assert subprocess.run(command, env=environment, check=False).returncode == 3, "while the first one lives"
        assert store.runs.status(run_id) is DagsterRunStatus.STARTED
        first.kill()
        first.wait()
        assert subprocess.run(command, env=environment, check=False).returncode == 3
        run = store.runs.get(run_id)
        assert (run.status, run.failure_reason) == (DagsterRunStatus.FAILURE, FailureReason.RUN_WORKER_RESTART)
        assert f"process {first.pid}, is gone" in (run.failure_message or "")
        assert len([line for line in (home / "marks").read_text().splitlines() if line[-1].isdigit()]) == 1
        assert store.queue.held() == []


@on_both_stores
def test_workers_killed_at_random_instants_leave_one_truthful_end_each(hosted: Hosted, tmp_path: Path) -> None:
    print(f"seed {SEED}: replay with EARMARK_TEST_SEED={SEED}")
    chance = random.Random(SEED)
    done = threading.Event()

    def harm() -> None:
        while not done.is_set():
            time.sleep(chance.uniform(0.0, 0.08))
            victims = [process for worker in _workers(hosted) for process in (worker, *children_of(worker))]
            if victims:
                kill(chance.choice(victims))

    ids = queue_runs(hosted.store, hosted.home, tmp_path / "project.py", ["steps"] * 30)
    harming = threading.Thread(target=harm)
    harming.start()
    try:
        for run_id in ids:
            hosted.ended(run_id, 60)
    finally:
        done.set()
        harming.join()
    runs = check_truth(hosted.store, ids, hosted.marks)
    check_limit(hosted.store, ids, 3)
    ended = {run.status for run in runs}
    assert ended <= {DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE}
    for run in runs:
        if run.status is DagsterRunStatus.FAILURE:
            assert run.failure_reason in (FailureReason.UNEXPECTED_TERMINATION, FailureReason.START_TIMEOUT)
            assert "SIGKILL" in (run.failure_message or ""), run.failure_message
    # The second step starts when the first one's success is stored: whoever began it must find that in the log.
    for run_id in {line.split()[0] for line in hosted.lines() if line.endswith(" two")}:
        assert "one_op" in _succeeded(hosted.store, run_id)


@on_both_stores
def test_a_worker_killed_right_after_its_claim_fails_its_run_at_once(hosted: Hosted) -> None:
    run_id = hosted.submit("sleepy")
    hosted.until(run_id, lambda run: run.status is DagsterRunStatus.STARTED)
    # The claim and the lease are one transaction: whoever sees a run that has started sees its worker too.
    os.kill(hosted.supervisor_of(run_id), signal.SIGKILL)
    began = time.monotonic()
    run = hosted.ended(run_id)
    assert time.monotonic() - began < 10  # its lease holds for thirty seconds
    assert run.failure_reason is FailureReason.UNEXPECTED_TERMINATION
    assert "SIGKILL" in (run.failure_message or "")


def test_a_worker_killed_before_its_claim_is_replaced_at_once(hosted: Hosted, tmp_path: Path) -> None:
    guest = hosted.host.registry.location("project").pid
    os.kill(guest, signal.SIGSTOP)
    (run_id,) = queue_runs(hosted.store, hosted.home, tmp_path / "project.py", ["quick"])
    hosted.until(run_id, lambda run: run.status is DagsterRunStatus.STARTING)
    # While somebody else writes, the worker can be forked but cannot claim its run.
    other = sqlite3.connect(hosted.home / "earmark.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    os.kill(guest, signal.SIGCONT)
    until(lambda: _workers(hosted))
    worker = _workers(hosted)[0]
    claiming = children_of(worker)
    kill(worker)
    # Its process dies with it, but not in the same instant, and would claim the run if it could meanwhile.
    assert all(is_gone(process, 20) for process in (worker, *claiming))
    other.execute("ROLLBACK")
    other.close()
    began = time.monotonic()
    run = hosted.ended(run_id)
    assert time.monotonic() - began < 60  # the start timeout is three minutes
    assert run.status is DagsterRunStatus.SUCCESS
    assert run.launch_attempt == 2
    (requeued,) = hosted.store.events.of_run(run_id, kinds=(RunRequeued,))
    assert "killed by SIGKILL" in str(requeued.fact)
    check_truth(hosted.store, [run_id], hosted.marks)


@on_both_stores
def test_a_worker_killed_between_storing_an_output_and_recording_it_has_no_success_and_is_retried(
    hosted: Hosted,
) -> None:
    run_id = hosted.submit("dies_after_storing", {"dagster/max_retries": 1})
    run = hosted.ended(run_id)
    assert run.status is DagsterRunStatus.FAILURE
    assert f"{run_id} stored" in hosted.lines()
    assert _succeeded(hosted.store, run_id) == set()
    assert hosted.store.events.of_run(run_id, kinds=(OutputHandled,)) == []
    parent = hosted.until(run_id, lambda run: "dagster/auto_retry_run_id" in run.tags)
    retried = hosted.ended(parent.tags["dagster/auto_retry_run_id"])
    assert f"{retried.run_id} stored" in hosted.lines()
    assert retried.tags["dagster/retry_number"] == "1"


@on_both_stores
def test_slots_of_a_killed_run_are_free_for_the_next_at_once(hosted: Hosted) -> None:
    hosted.store.settings.set("pools/line", 1, author="test")
    first = hosted.submit("pooled", {"seconds": 60})
    hosted.marked(first)
    second = hosted.submit("pooled")
    until(lambda: len(hosted.store.leases.slots("line")) == 2)
    assert [slot.run_id for slot in hosted.store.leases.slots("line") if slot.granted_at is not None] == [first]
    os.kill(hosted.supervisor_of(first), signal.SIGKILL)
    began = time.monotonic()
    hosted.marked(second)
    assert time.monotonic() - began < 20  # a slot is kept for sixty seconds without being renewed
    assert hosted.ended(first).status is DagsterRunStatus.FAILURE
    assert hosted.ended(second).status is DagsterRunStatus.SUCCESS
    assert hosted.store.leases.slots() == []


def test_a_run_whose_guest_is_killed_before_it_could_fork_a_worker_is_started_again_at_once(
    hosted: Hosted, tmp_path: Path
) -> None:
    guest = hosted.host.registry.location("project").pid
    os.kill(guest, signal.SIGSTOP)
    (run_id,) = queue_runs(hosted.store, hosted.home, tmp_path / "project.py", ["quick"])
    hosted.until(run_id, lambda run: run.status is DagsterRunStatus.STARTING)
    time.sleep(0.3)
    os.kill(guest, signal.SIGKILL)
    run = hosted.ended(run_id)
    assert run.status is DagsterRunStatus.SUCCESS
    assert run.launch_attempt == 2
    check_truth(hosted.store, [run_id], hosted.marks)


def test_pools_have_the_limits_of_the_settings_files_until_others_are_set(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    settings = {"cancel_grace": 2.0, "pools": {"default": -1, "limits": {"line": 1}}}
    with Hosted(home, tmp_path, worker_settings=settings) as hosted:
        first = hosted.submit("pooled", {"seconds": 60})
        hosted.marked(first)
        second = hosted.submit("pooled")
        until(lambda: len(hosted.store.leases.slots("line")) == 2)
        assert [slot.run_id for slot in hosted.store.leases.slots("line") if slot.granted_at] == [first]
        hosted.store.settings.set("pools/line", 2, author="test")
        assert hosted.ended(second).status is DagsterRunStatus.SUCCESS


def _workers(hosted: Hosted) -> list[int]:
    """Return the supervisors of this host: what its guest has forked, whether they have claimed their runs or not."""
    return children_of(hosted.host.registry.location("project").pid)


def _succeeded(store: Store, run_id: str) -> set[str | None]:
    return {event.step_key for event in store.events.of_run(run_id, kinds=(StepSucceeded,))}
