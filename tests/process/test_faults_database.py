"""PostgreSQL cut off or restarted while runs go on: writers wait and go on, nothing is lost, nothing is twice."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import psycopg
import pytest

from earmark.events.kinds import Logged
from earmark.runs.limits import QueuePolicy
from earmark.store.open import open_store
from earmark.store.ports import Store
from earmark.system import clock
from earmark.values.states import DagsterRunStatus
from tests.process.hosting import SEED, Hosted, until
from tests.process.truth import check_limit, check_truth
from tests.support.postgres import own_server

pytestmark = [pytest.mark.process, pytest.mark.postgres, pytest.mark.slow]

WORDS = 40


def test_connections_cut_while_runs_go_on_cost_no_event_and_write_none_twice(tmp_path: Path, postgres_url: str) -> None:
    print(f"seed {SEED}: replay with EARMARK_TEST_SEED={SEED}")
    chance = random.Random(SEED)

    def cut() -> None:
        with psycopg.connect(postgres_url, autocommit=True) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    with _hosted(tmp_path, postgres_url) as hosted:
        ids = [hosted.submit("chatty", {"words": WORDS}) for _ in range(8)]
        with _again_and_again(cut, lambda: chance.uniform(0.03, 0.25)) as count:
            _all_succeed(hosted, ids)
        assert count() >= 4
        check_truth(hosted.store, ids, hosted.marks)
        check_limit(hosted.store, ids, 4)


def test_a_database_that_is_killed_and_started_again_keeps_what_it_acknowledged(tmp_path: Path) -> None:
    with own_server(uuid.uuid4().hex) as (server, restart), server.database() as url, _hosted(tmp_path, url) as hosted:
        ids = [hosted.submit("chatty", {"words": WORDS * 2}) for _ in range(6)]
        for _ in range(2):
            time.sleep(1.0)
            kept = {run_id: _words(hosted.store, run_id) for run_id in ids}
            restart()
            for run_id, words in kept.items():
                assert _words(hosted.store, run_id)[: len(words)] == words
        _all_succeed(hosted, ids, WORDS * 2)
        check_truth(hosted.store, ids, hosted.marks)
        check_limit(hosted.store, ids, 4)


def test_writers_wait_longer_and_longer_for_a_database_that_is_away_say_so_and_then_go_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tries: list[float] = []
    connect = psycopg.connect

    def counted(*args: Any, **options: Any) -> Any:
        tries.append(time.monotonic())
        return connect(*args, **options)

    with own_server(uuid.uuid4().hex) as (server, control), server.database() as url:
        store = open_store(url, clock=clock.now)
        monkeypatch.setattr("earmark.store.postgres.database.psycopg.connect", counted)
        control("stop")
        writing = threading.Thread(target=lambda: store.settings.set("pools/line", 1, author="test"))
        writing.start()
        until(lambda: caplog.text != "")
        waiting = list(tries)
        control()
        writing.join(30)
        assert store.settings.get("pools/line") is not None
        store.close()
    pauses = [later - earlier for earlier, later in pairwise(waiting)]
    assert "out of reach" in caplog.text and "tried again for up to 60 seconds" in caplog.text
    assert 3 <= len(waiting) <= 8, waiting
    assert max(pauses[-2:]) > 2 * pauses[0]


def test_a_transaction_of_others_that_stays_open_does_not_hold_up_the_queue(tmp_path: Path, postgres_url: str) -> None:
    home = tmp_path / "home"
    home.mkdir()
    policy = QueuePolicy(max_concurrent_runs=1)
    with Hosted(home, tmp_path, lambda: policy, store=postgres_url) as hosted, psycopg.connect(postgres_url) as others:
        others.execute("SELECT pg_current_xact_id()")  # it writes, somewhere on this server, and takes its time
        ids = [hosted.submit("quick") for _ in range(3)]
        for run_id in ids:
            assert hosted.ended(run_id).status is DagsterRunStatus.SUCCESS
        check_limit(hosted.store, ids, 1)
        others.rollback()
        check_truth(hosted.store, ids, hosted.marks)


def test_a_process_that_stands_still_in_a_transaction_holds_others_up_only_for_so_long(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("earmark.store.postgres.database.IDLE_MILLISECONDS", 1_000)
    ours, others = open_store(postgres_url, clock=clock.now), open_store(postgres_url, clock=clock.now)
    lease = others.leases.acquire("queue", "other", 15.0)
    assert lease is not None

    def stand_still() -> None:
        others.leases.require(lease)
        time.sleep(60)

    child = os.fork()
    if child == 0:
        others.transact(stand_still)
        os._exit(0)
    try:
        time.sleep(0.3)
        os.kill(child, signal.SIGSTOP)
        began = time.monotonic()
        assert ours.leases.release(lease)
        assert 0.3 < time.monotonic() - began < 5.0
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        ours.close()
        others.close()


@contextmanager
def _hosted(tmp_path: Path, url: str) -> Iterator[Hosted]:
    home = tmp_path / "home"
    home.mkdir()
    policy = QueuePolicy(max_concurrent_runs=4)
    with Hosted(home, tmp_path, lambda: policy, store=url) as hosted:
        yield hosted


def _all_succeed(hosted: Hosted, ids: list[str], words: int = WORDS) -> None:
    for run_id in ids:
        run = hosted.ended(run_id, 60)
        assert run.status is DagsterRunStatus.SUCCESS, run.failure_message
        assert _words(hosted.store, run_id) == [f"word {number}" for number in range(words)]


def _words(store: Store, run_id: str) -> list[str]:
    """Return what user code logged, as the store has it."""
    events = store.events.of_run(run_id, kinds=(Logged,), limit=10_000)
    said = [event.fact.message for event in events if isinstance(event.fact, Logged)]
    return [text for text in said if text.startswith("word ")]


@contextmanager
def _again_and_again(work: Callable[[], None], pause: Callable[[], float]) -> Iterator[Callable[[], int]]:
    """Do something over and over meanwhile; yields what counts how often it was done."""
    done, times = threading.Event(), []

    def loop() -> None:
        while not done.wait(pause()):
            work()
            times.append(time.monotonic())

    thread = threading.Thread(target=loop, daemon=True)
    thread.start()
    try:
        yield lambda: len(times)
    finally:
        done.set()
        thread.join()
