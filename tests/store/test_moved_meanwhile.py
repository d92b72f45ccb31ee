"""What is decided about a run is written only if the run is still as it was read: another may move it meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from earmark.daemon.cancel import cancel_run
from earmark.daemon.rescue import RescueLoop
from earmark.events.envelope import Event
from earmark.events.kinds import AnyFact, RunCanceling, RunEnqueued, RunFailed, RunStarted, RunStarting, RunSucceeded
from earmark.runs.policies import RunMonitoring
from earmark.runs.run import DagsterRun
from earmark.store.open import open_store
from earmark.store.ports import Store
from earmark.values.errors import DagsterInvariantViolationError
from earmark.values.states import DagsterRunStatus
from tests.store.conftest import SetClock

Make = Callable[..., DagsterRun]


@pytest.fixture
def two(lasting_url: str, clock: SetClock) -> Iterator[tuple[Store, Store]]:
    """The same store, as two processes have it."""
    one, other = open_store(lasting_url, clock=clock), open_store(lasting_url, clock=clock)
    yield one, other
    one.close()
    other.close()


def _starting(store: Store, run: DagsterRun) -> str:
    store.runs.create([run], [RunEnqueued()])
    store.runs.record(run.run_id, [Event(RunStarting("local", "token", 3), store.clock())])
    return run.run_id


@contextmanager
def _uncommitted(store: Store, work: Callable[[], object]) -> Iterator[Callable[[], None]]:
    """Do something in a transaction of another thread; yield what commits it."""
    done, commit = threading.Event(), threading.Event()

    def both() -> None:
        work()
        done.set()
        commit.wait(20)

    thread = threading.Thread(target=store.transact, args=(both,))
    thread.start()
    assert done.wait(20)
    try:
        yield commit.set
    finally:
        commit.set()
        thread.join(20)


def _meanwhile(act: Callable[[], object], commit: Callable[[], None]) -> None:
    """Begin to act, and commit what stands in its way once it has had time to read the state before."""
    thread = threading.Thread(target=act)
    thread.start()
    time.sleep(0.3)
    commit()
    thread.join(20)
    assert not thread.is_alive()


def _told(store: Store, run_id: str) -> list[type[AnyFact]]:
    return [type(event.fact) for event in store.events.of_run(run_id)]


def test_a_run_that_a_worker_claims_in_the_moment_it_is_given_up_goes_on(
    two: tuple[Store, Store], clock: SetClock, make_run: Make
) -> None:
    host, worker = two
    run_id = _starting(host, make_run())
    clock.move(1_000)
    lease = host.leases.acquire("queue", "host", 60)
    assert lease is not None
    rescue = RescueLoop(host, RunMonitoring(), lease=lambda: lease)
    claim = lambda: worker.runs.claim(run_id, "token", Event(RunStarted("h", 1), clock()))  # noqa: E731 - one question
    with _uncommitted(worker, claim) as commit:
        _meanwhile(lambda: rescue.round(lease), commit)
    assert host.runs.status(run_id) is DagsterRunStatus.STARTED
    assert _told(host, run_id) == [RunEnqueued, RunStarting, RunStarted]


def test_a_worker_that_comes_in_the_moment_its_run_is_given_up_does_not_get_it(
    two: tuple[Store, Store], clock: SetClock, make_run: Make
) -> None:
    host, worker = two
    run_id = _starting(host, make_run())
    run = host.runs.get(run_id)
    got: list[bool] = []
    give_up = lambda: host.runs.record_if_unmoved(run, [Event(RunFailed(), clock())])  # noqa: E731 - one question
    with _uncommitted(host, give_up) as commit:
        _meanwhile(lambda: got.append(worker.runs.claim(run_id, "token", Event(RunStarted("h", 1), clock()))), commit)
    assert got == [False]
    assert host.runs.status(run_id) is DagsterRunStatus.FAILURE
    assert _told(host, run_id) == [RunEnqueued, RunStarting, RunFailed]


def test_a_run_that_starts_in_the_moment_it_is_canceled_is_asked_to_end(
    two: tuple[Store, Store], clock: SetClock, make_run: Make
) -> None:
    host, person = two
    run = make_run()
    host.runs.create([run], [RunEnqueued()])
    start = lambda: host.runs.record(run.run_id, [Event(RunStarting("local", "t", 1), clock())])  # noqa: E731
    with _uncommitted(host, start) as commit:
        _meanwhile(lambda: cancel_run(person, run.run_id, "ann"), commit)
    assert host.runs.status(run.run_id) is DagsterRunStatus.CANCELING
    assert _told(host, run.run_id) == [RunEnqueued, RunStarting, RunCanceling]


def test_a_run_that_ends_in_the_moment_it_is_canceled_stays_as_it_ended(
    two: tuple[Store, Store], clock: SetClock, make_run: Make
) -> None:
    worker, person = two
    run_id = _starting(worker, make_run())
    worker.runs.record(run_id, [Event(RunStarted("h", 1), clock())])
    refused: list[str] = []

    def cancel() -> None:
        try:
            cancel_run(person, run_id, "ann")
        except DagsterInvariantViolationError as error:
            refused.append(str(error))

    end = lambda: worker.runs.record(run_id, [Event(RunSucceeded(), clock())])  # noqa: E731 - one event
    with _uncommitted(worker, end) as commit:
        _meanwhile(cancel, commit)
    assert "is succeeded; a finished run cannot be canceled" in refused[0]
    assert _told(worker, run_id)[-1] is RunSucceeded
