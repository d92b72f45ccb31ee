"""Two hosts on one PostgreSQL database: one leads, the other takes over, and nothing is started twice."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from earmark.events.kinds import RunDequeued
from earmark.store.open import open_store
from earmark.store.ports import Store
from earmark.store.records import Lease
from earmark.system import clock
from tests.process.hosting import PROJECT, OutsideHost, queue_runs, until
from tests.process.truth import UNFINISHED, check_limit, check_truth

pytestmark = [pytest.mark.process, pytest.mark.slow]

LEASE = 2.0


@dataclass
class Pair:
    """Two hosts, each with a home of its own, on one database."""

    store: Store
    hosts: dict[int, OutsideHost]
    home: Path
    file: Path
    marks: Path

    def leader(self) -> Lease | None:
        """Return the lease of whoever leads now."""
        return self.store.leases.get("queue")

    def leading(self) -> OutsideHost:
        """Wait until one leads and return it."""
        until(lambda: self.leader() is not None)
        return self.hosts[_pid_of(self.leader())]

    def queue(self, jobs: list[str], **tags: object) -> list[str]:
        """Put runs into the queue."""
        return queue_runs(self.store, self.home, self.file, jobs, tags)

    def finish(self, seconds: float = 60.0) -> None:
        """Wait until no run waits or is in progress."""
        until(lambda: not self.store.runs.count(UNFINISHED), seconds, "runs have not finished")


@pytest.fixture
def pair(tmp_path: Path, postgres_url: str) -> Iterator[Pair]:
    file, marks = tmp_path / "project.py", tmp_path / "marks"
    file.write_text(PROJECT)
    store = open_store(postgres_url, clock=clock.now)
    told = {"store": postgres_url, "marks": marks, "lease_seconds": LEASE, "maximum": 3}
    with (
        OutsideHost(tmp_path / "one", file, **told) as one,  # type: ignore[arg-type]
        OutsideHost(tmp_path / "two", file, **told) as two,  # type: ignore[arg-type]
    ):
        yield Pair(store, {one.pid: one, two.pid: two}, tmp_path / "one", file, marks)
    store.close()


def _pid_of(lease: Lease | None) -> int:
    assert lease is not None
    return int(lease.holder.split(":")[1])


def test_when_the_leader_is_killed_the_other_takes_over_within_the_lease(pair: Pair) -> None:
    first = pair.leading()
    before = pair.leader()
    assert before is not None
    ids = pair.queue(["quick"] * 12, team="ml") + pair.queue(["sleepy"] * 12, team="web", seconds="0.3")
    until(lambda: pair.marks.exists() and len(pair.marks.read_text().splitlines()) >= 5)
    first.end()
    killed_at = time.monotonic()
    until(lambda: (lease := pair.leader()) is not None and lease.holder != before.holder)
    # A lease is asked for three times within its length, so the last time to ask may come a third later.
    assert time.monotonic() - killed_at < LEASE * 4 / 3 + 5.0
    after = pair.leader()
    assert after is not None
    assert after.epoch > before.epoch
    pair.finish()
    check_truth(pair.store, ids, pair.marks)
    check_limit(pair.store, ids, 3)
    check_limit(pair.store, ids, 2, lambda run: run.tags["team"] == "ml")
    # On a busy machine a leader may lose its lease without being killed, so that there are more epochs than two.
    assert max(epoch or 0 for epoch in _epochs(pair.store, ids)) > before.epoch


def test_a_leader_that_sleeps_past_its_lease_and_wakes_up_starts_nothing(pair: Pair) -> None:
    first = pair.leading()
    before = pair.leader()
    assert before is not None
    ids = pair.queue(["sleepy"] * 24, team="web", seconds="0.4")
    until(lambda: pair.marks.exists() and len(pair.marks.read_text().splitlines()) >= 3)
    os.kill(first.pid, signal.SIGSTOP)
    until(lambda: (lease := pair.leader()) is not None and lease.holder != before.holder)
    after = pair.leader()
    assert after is not None
    taken_over_at = clock.now()
    seen = len(pair.marks.read_text().splitlines())
    until(lambda: len(pair.marks.read_text().splitlines()) > seen)
    # The queue is not empty yet, and limits have freed since: a leader that trusted its memory would start runs now.
    assert pair.store.queue.length() > 3
    os.kill(first.pid, signal.SIGCONT)
    pair.finish()
    check_truth(pair.store, ids, pair.marks)
    check_limit(pair.store, ids, 3)
    late = [
        event.fact.epoch
        for run_id in ids
        for event in pair.store.events.of_run(run_id, kinds=(RunDequeued,))
        if event.timestamp >= taken_over_at and isinstance(event.fact, RunDequeued)
    ]
    assert late
    assert set(late) == {after.epoch}


def test_when_the_leader_stops_cleanly_the_other_leads_at_once(pair: Pair) -> None:
    first = pair.leading()
    before = pair.leader()
    assert before is not None
    first.stop()
    until(lambda: (lease := pair.leader()) is not None and lease.holder != before.holder, LEASE + 1.0)
    ids = pair.queue(["quick"] * 3, team="web")
    pair.finish()
    check_truth(pair.store, ids, pair.marks)


def _epochs(store: Store, ids: list[str]) -> set[int | None]:
    return {
        event.fact.epoch
        for run_id in ids
        for event in store.events.of_run(run_id, kinds=(RunDequeued,))
        if isinstance(event.fact, RunDequeued)
    }
