"""What a run costs in processes, opened stores and transactions, and workers that see to one run after the other."""

from __future__ import annotations

import os
import selectors
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from earmark import job, op
from earmark.define.definitions import Definitions
from earmark.events.envelope import Event
from earmark.events.kinds import LogsCaptured, RunDequeued, RunEnqueued, RunStarted, RunStarting
from earmark.execute.instance import DagsterInstance
from earmark.execute.request import new_run
from earmark.guest.order import GuestOrder
from earmark.guest.warmth import warm
from earmark.guest.workers import Workers
from earmark.protocol.messages import Launch, WorkerEnded
from earmark.runs.request import RunAsk
from earmark.store.sqlite.database import SqliteDatabase
from earmark.values.states import DagsterRunStatus

pytestmark = pytest.mark.process


@op
def quiet_op() -> int:
    return 1


@op
def loud_op() -> None:
    os.write(1, b"heard\n")


@op
def slow_op() -> None:
    time.sleep(60)


@op
def dying_op() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@job
def quiet() -> None:
    quiet_op()


@job
def loud() -> None:
    loud_op()


@job
def slow() -> None:
    slow_op()


@job
def dying() -> None:
    dying_op()


class Guest:
    """The workers of a guest in this process, and a journal of what they and their children do."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.instance = DagsterInstance.local_temp(str(home))
        self._definitions = Definitions(jobs=[quiet, loud, slow, dying])
        self._journal = home / "journal"
        self._selector = selectors.DefaultSelector()
        order = GuestOrder(0, str(home), str(home), "here", worker={"cancel_grace": 2.0})
        self.workers = Workers(self._definitions, order, True, lambda: None)
        self.workers.register(self._selector)
        self._ended: dict[str, WorkerEnded] = {}
        connect, fork = SqliteDatabase.connect, os.fork

        def noted_connect(database: SqliteDatabase) -> sqlite3.Connection:
            self._note("open")
            connection = connect(database)
            connection.set_trace_callback(lambda sql: self._note("write") if sql.startswith("BEGIN IMM") else None)
            return connection

        def noted_fork() -> int:
            self._note("fork")
            return fork()

        monkeypatch.setattr(SqliteDatabase, "connect", noted_connect)
        monkeypatch.setattr(os, "fork", noted_fork)

    def _note(self, what: str) -> None:
        with self._journal.open("a") as file:
            file.write(f"{os.getpid()} {what}\n")

    def launch(self, name: str) -> tuple[str, int]:
        """Have a run of a job started; return its id and its worker's process."""
        wanted = self._definitions.get_job_def(name)
        run = new_run(wanted, wanted.plan(), self.instance, RunAsk(), facts=(RunEnqueued(),)).run
        now = self.instance.clock()
        facts = [RunDequeued(1), RunStarting("local", "token", 1)]
        self.instance.store.runs.record(run.run_id, [Event(fact, now) for fact in facts])
        # What this process has open is closed before a fork; each run is to be counted without that.
        self.instance.store.disconnect()
        self._journal.write_text("")
        return run.run_id, self.workers.launch(Launch(run.run_id, "token")).pid

    def ended(self, run_id: str, seconds: float = 20.0) -> WorkerEnded:
        """Wait until a run's worker is done with it."""
        deadline = time.monotonic() + seconds
        while run_id not in self._ended:
            assert time.monotonic() < deadline
            for key, _ in self._selector.select(0.1):
                self.workers.on_ready(key)
            self._ended.update((one.run_id, one) for one in self.workers.ended())
        return self._ended[run_id]

    def status(self, run_id: str) -> DagsterRunStatus:
        """Return how a run stands."""
        return self.instance.store.runs.status(run_id)

    def until(self, run_id: str, status: DagsterRunStatus) -> None:
        """Wait until a run stands so."""
        deadline = time.monotonic() + 20
        while self.status(run_id) is not status:
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def counts(self) -> dict[str, int]:
        """Return how often what was done since the last launch, by anybody but this process's own looks."""
        lines = [line.split() for line in self._journal.read_text().splitlines()]
        return dict(Counter(what for pid, what in lines if what == "fork" or int(pid) != os.getpid()))


@pytest.fixture
def guest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Guest]:
    warm(GuestOrder(0, str(tmp_path), str(tmp_path), "here"))
    found = Guest(tmp_path, monkeypatch)
    yield found
    found.workers.release(all_of_them=True)
    found.instance.dispose()


def test_a_run_of_one_step_costs_one_fork_one_opened_store_and_three_transactions(guest: Guest) -> None:
    first, _ = guest.launch("quiet")
    guest.ended(first)
    assert guest.counts() == {"fork": 2, "open": 1, "write": 3}
    second, _ = guest.launch("quiet")
    guest.ended(second)
    # Its claim with its lease; the start of its step; all that happened until its end.
    assert guest.counts() == {"fork": 1, "open": 1, "write": 3}
    assert guest.status(second) is DagsterRunStatus.SUCCESS


def test_what_a_run_prints_costs_no_further_opened_store(guest: Guest) -> None:
    run_id, _ = guest.launch("loud")
    guest.ended(run_id)
    assert guest.counts() == {"fork": 2, "open": 1, "write": 3}
    assert len(guest.instance.store.events.of_run(run_id, kinds=(LogsCaptured,))) == 1
    (kept,) = (Path(guest.instance.root_directory) / "logs" / run_id).glob("**/*.out")
    assert kept.read_bytes() == b"heard\n"


def test_a_worker_that_is_done_sees_the_next_run_through_and_each_run_has_a_process_of_its_own(guest: Guest) -> None:
    workers, processes = set(), set()
    for _ in range(3):
        run_id, worker = guest.launch("quiet")
        assert guest.ended(run_id) == WorkerEnded(run_id, worker, 0)
        (started,) = guest.instance.store.events.of_run(run_id, kinds=(RunStarted,))
        assert isinstance(started.fact, RunStarted) and started.fact.pid == worker
        workers.add(worker)
        processes.add(_process_of(guest, run_id))
    assert len(workers) == 1
    assert len(processes) == 3
    assert not workers & processes


def test_a_worker_whose_run_was_killed_says_so_and_sees_the_next_run_through(guest: Guest) -> None:
    run_id, worker = guest.launch("dying")
    assert guest.ended(run_id).status == 0
    run = guest.instance.store.runs.get(run_id)
    assert "SIGKILL" in (run.failure_message or "")
    again, same = guest.launch("quiet")
    guest.ended(again)
    assert same == worker
    assert guest.status(again) is DagsterRunStatus.SUCCESS


def test_a_worker_that_is_killed_takes_only_its_own_run_with_it(guest: Guest) -> None:
    first, worker = guest.launch("slow")
    second, other = guest.launch("slow")
    guest.until(first, DagsterRunStatus.STARTED)
    guest.until(second, DagsterRunStatus.STARTED)
    os.kill(worker, signal.SIGKILL)
    assert guest.ended(first).status == -signal.SIGKILL
    assert guest.status(second) is DagsterRunStatus.STARTED
    os.kill(other, signal.SIGTERM)
    guest.ended(second)
    assert guest.status(second) is DagsterRunStatus.CANCELED


def test_a_signal_that_was_meant_for_the_run_before_does_not_end_the_next_one(guest: Guest) -> None:
    first, worker = guest.launch("quiet")
    guest.ended(first)
    os.kill(worker, signal.SIGTERM)
    second, same = guest.launch("slow")
    os.kill(worker, signal.SIGTERM)
    guest.until(second, DagsterRunStatus.STARTED)
    time.sleep(1.2)
    assert same == worker
    assert guest.status(second) is DagsterRunStatus.STARTED
    os.kill(worker, signal.SIGTERM)
    guest.ended(second)
    assert guest.status(second) is DagsterRunStatus.CANCELED


def test_a_worker_without_a_run_ends_when_it_is_let_go(guest: Guest) -> None:
    run_id, worker = guest.launch("quiet")
    guest.ended(run_id)
    assert guest.workers.patience() is not None
    guest.workers.release(all_of_them=True)
    deadline = time.monotonic() + 10
    while Path(f"/proc/{worker}").exists():
        assert time.monotonic() < deadline
        list(guest.workers.ended())
        time.sleep(0.01)
    assert guest.workers.patience() is None
    assert not guest.workers.busy


def _process_of(guest: Guest, run_id: str) -> int:
    """Return the process that the executor said it executes steps in."""
    from earmark.events.kinds import EngineNoted

    notes: list[Any] = guest.instance.store.events.of_run(run_id, kinds=(EngineNoted,))
    (told,) = (note.fact.message for note in notes if note.fact.message.startswith("Executing steps in process"))
    return int(told.partition("pid: ")[2].rstrip(")"))
