"""Runs that an earlier leader had started and nobody has claimed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest

from earmark.daemon.rescue import RescueLoop
from earmark.events.envelope import Event
from earmark.events.kinds import RunEnqueued, RunRequeued, RunStarted, RunStarting
from earmark.runs.policies import RunMonitoring
from earmark.runs.run import DagsterRun
from earmark.store.open import open_store
from earmark.store.ports import Store
from earmark.testing.fakes import HandClock
from earmark.values.states import DagsterRunStatus


@pytest.fixture
def clock() -> HandClock:
    return HandClock(datetime(2026, 3, 2))


@pytest.fixture
def store(clock: HandClock) -> Iterator[Store]:
    opened = open_store("memory://", clock=clock)
    yield opened
    opened.close()


def _starting(store: Store, run_id: str) -> str:
    store.runs.create([DagsterRun(run_id=run_id, job_name="etl")], [RunEnqueued()])
    store.runs.record(run_id, [Event(RunStarting("local", f"token of {run_id}", 1), store.clock())])
    return run_id


def test_a_run_whose_leader_died_while_asking_for_its_worker_is_started_again_long_before_the_start_timeout(
    store: Store, clock: HandClock
) -> None:
    lost = _starting(store, "lost")
    clock.forward(seconds=1)
    lease = store.leases.acquire("queue", "next host", 600)
    assert lease is not None
    rescue = RescueLoop(store, RunMonitoring(), lease=lambda: lease)
    rescue.round(lease)
    clock.forward(seconds=3)
    own = _starting(store, "own")
    rescue.round(lease)
    assert store.runs.status(lost) is DagsterRunStatus.STARTING, "its worker may be on its way"
    clock.forward(seconds=3)
    rescue.round(lease)
    assert store.runs.status(lost) is DagsterRunStatus.QUEUED
    (back,) = store.events.of_run(lost, kinds=(RunRequeued,))
    assert "the host that asked for it no longer leads" in str(back.fact)
    assert not store.runs.claim(lost, "token of lost", Event(RunStarted("h", 1), clock())), (
        "a late worker comes in vain"
    )
    assert store.runs.status(own) is DagsterRunStatus.STARTING, "this leader asked for it itself"
