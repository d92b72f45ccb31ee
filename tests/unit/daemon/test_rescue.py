"""How a worker died is told by the guest that reaps it; the rescue loop, which sees the death itself, gives it time."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from earmark.daemon.rescue import RescueLoop
from earmark.events.envelope import Event
from earmark.events.kinds import RunDequeued, RunEnqueued, RunStarted, RunStarting
from earmark.runs.policies import RunMonitoring
from earmark.runs.run import DagsterRun
from earmark.store.open import open_store
from earmark.store.ports import Store
from earmark.store.records import Lease
from earmark.values.clock import Micros
from earmark.values.states import DagsterRunStatus

RUN = "01930000-0000-7000-8000-000000000001"


class Clock:
    """A clock that is moved by hand."""

    now = 1_750_000_000_000_000

    def __call__(self) -> Micros:
        return Micros(self.now)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def dead() -> int:
    """Return the number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.fixture
def store(clock: Clock, dead: int) -> Iterator[Store]:
    """Give a store with one run in progress, whose worker is dead."""
    found = open_store("memory://", clock=clock)
    found.runs.create([DagsterRun(run_id=RUN, job_name="etl")], [RunEnqueued()])
    facts = [RunDequeued(1), RunStarting("local", "token", 1)]
    found.runs.record(RUN, [Event(fact, clock()) for fact in facts])
    assert found.runs.claim(RUN, "token", Event(RunStarted(socket.gethostname(), dead), clock()))
    found.queue.hold(RUN, "token", 30.0, {"host": socket.gethostname(), "pid": dead, "started": 1})
    yield found
    found.close()


@pytest.fixture
def lease(store: Store) -> Lease:
    found = store.leases.acquire("queue", "here", 60)
    assert found is not None
    return found


@pytest.fixture
def rescue(store: Store, lease: Lease) -> RescueLoop:
    return RescueLoop(store, RunMonitoring(), lease=lambda: lease)


def test_a_dead_worker_is_judged_once_its_guest_has_said_how_it_died(
    store: Store, rescue: RescueLoop, lease: Lease, dead: int
) -> None:
    rescue.round(lease)
    assert store.runs.status(RUN) is DagsterRunStatus.STARTED
    rescue.worker_ended(RUN, dead, -signal.SIGKILL)
    rescue.round(lease)
    assert "SIGKILL" in (store.runs.get(RUN).failure_message or "")


def test_a_dead_worker_that_nobody_tells_of_is_judged_a_moment_later(
    store: Store, rescue: RescueLoop, lease: Lease, clock: Clock, dead: int
) -> None:
    rescue.round(lease)
    clock.now += 400_000
    rescue.round(lease)
    run = store.runs.get(RUN)
    assert run.status is DagsterRunStatus.FAILURE
    assert f"process {dead}" in (run.failure_message or "")


def test_a_worker_that_is_done_with_an_earlier_run_is_not_taken_for_dead(
    store: Store, rescue: RescueLoop, lease: Lease, dead: int
) -> None:
    rescue.worker_ended("01930000-0000-7000-8000-000000000000", dead, 0)
    rescue.round(lease)
    rescue.worker_ended(RUN, dead, -signal.SIGSEGV)
    rescue.round(lease)
    assert "SIGSEGV" in (store.runs.get(RUN).failure_message or "")
