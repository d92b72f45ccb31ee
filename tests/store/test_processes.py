"""Stores and processes: forks, several writers, wake-ups, a server that goes away."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from earmark.events.envelope import Event
from earmark.events.kinds import Logged, RunStarted
from earmark.runs.run import DagsterRun
from earmark.store.open import open_store
from earmark.store.postgres.database import MAX_CONNECTIONS, PostgresDatabase
from earmark.store.sql.store import SqlStore
from earmark.values.errors import StoreError

Make = Callable[..., DagsterRun]
Clock = Callable[[], int]


def in_a_fork(work: Callable[[], None]) -> int:
    """Run ``work`` in a forked child and return its exit code."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.process
def test_a_store_works_on_both_sides_of_a_fork(lasting_url: str, clock: Clock, make_run: Make) -> None:
    store = open_store(lasting_url, clock=clock)
    [run] = store.runs.create([make_run()], [RunStarted()])
    assert store.runs.count() == 1

    def child() -> None:
        for number in range(20):
            store.runs.record(run.run_id, [Event(Logged(20, f"child {number}"), clock())])
        assert store.runs.count() == 1
        assert len(store.events.of_run(run.run_id, kinds=[Logged])) >= 20
        store.close()

    assert in_a_fork(child) == 0
    for number in range(20):
        store.runs.record(run.run_id, [Event(Logged(20, f"parent {number}"), clock())])
    assert len(store.events.of_run(run.run_id, kinds=[Logged])) == 40
    store.close()


@pytest.mark.process
def test_many_forked_writers_lose_nothing(lasting_url: str, clock: Clock, make_run: Make) -> None:
    store = open_store(lasting_url, clock=clock)
    runs = store.runs.create([make_run() for _ in range(5)], [RunStarted()])
    children = []
    for run in runs:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                for number in range(30):
                    store.runs.record(run.run_id, [Event(Logged(20, str(number)), clock())])
                code = 0
            finally:
                os._exit(code)
        children.append(child)
        # The parent goes on using the store between its forks.
        assert store.runs.count() == 5
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    assert codes == [0] * 5
    for run in runs:
        told = [event.fact.message for event in store.events.of_run(run.run_id, kinds=[Logged])]
        assert told == [str(number) for number in range(30)]
    store.close()


@pytest.mark.process
def test_a_store_in_memory_is_copied_by_a_fork(clock: Clock, make_run: Make) -> None:
    store = open_store("memory://", clock=clock)
    store.runs.create([make_run()])

    def child() -> None:
        store.runs.create([make_run(run_id="of the child")])
        assert store.runs.count() == 2

    assert in_a_fork(child) == 0
    assert store.runs.count() == 1
    store.close()


@pytest.mark.process
def test_a_writer_killed_in_its_transaction_leaves_nothing_of_it(
    lasting_url: str, clock: Clock, make_run: Make
) -> None:
    store = open_store(lasting_url, clock=clock)
    [run] = store.runs.create([make_run()], [RunStarted()])
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:

        def work() -> None:
            store.runs.record(run.run_id, [Event(Logged(20, "never"), clock())])
            os.write(writer, b"x")
            time.sleep(60)

        try:
            store.transact(work)
        finally:
            os._exit(0)
    os.read(reader, 1)
    os.kill(child, 9)
    os.waitpid(child, 0)
    os.close(reader)
    os.close(writer)
    store.runs.record(run.run_id, [Event(Logged(20, "after"), clock())])
    assert [event.fact.message for event in store.events.of_run(run.run_id, kinds=[Logged])] == ["after"]
    store.close()


def test_who_waits_is_woken_by_a_commit(store_url: str, clock: Clock, make_run: Make) -> None:
    store = open_store(store_url, clock=clock)
    assert store.wait(["runs"], 0.05) == set()
    heard: list[set[str]] = []
    thread = threading.Thread(target=lambda: heard.append(store.wait(["runs", "settings"], 10)))
    thread.start()
    time.sleep(0.1)
    store.runs.create([make_run()])
    thread.join(10)
    assert heard == [{"runs"}]
    store.close()


@pytest.mark.postgres
def test_another_process_is_woken_through_the_server(postgres_url: str, clock: Clock) -> None:
    here, there = open_store(postgres_url, clock=clock), open_store(postgres_url, clock=clock)
    heard: list[set[str]] = []
    thread = threading.Thread(target=lambda: heard.append(here.wait(["settings"], 10)))
    thread.start()
    time.sleep(0.3)
    there.settings.set("limit", 3)
    thread.join(10)
    assert heard == [{"settings"}]
    here.close()
    there.close()


def end_connections(url: str) -> None:
    """End every other connection to a database, as a restart of its server does."""
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.mark.postgres
def test_readers_and_writers_go_on_when_their_connections_were_cut(
    postgres_url: str, clock: Clock, make_run: Make
) -> None:
    store = open_store(postgres_url, clock=clock)
    [run] = store.runs.create([make_run()], [RunStarted()])
    end_connections(postgres_url)
    assert store.runs.count() == 1
    end_connections(postgres_url)
    store.runs.record(run.run_id, [Event(Logged(20, "on we go"), clock())])
    assert len(store.events.of_run(run.run_id)) == 2
    store.close()


@pytest.mark.postgres
def test_however_many_threads_ask_a_process_holds_no_more_connections_than_it_says(
    postgres_url: str, clock: Clock
) -> None:
    store = open_store(postgres_url, clock=clock)
    held: list[int] = []
    count = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'earmark'"

    def ask(number: int) -> None:
        for turn in range(5):
            store.transact(lambda: store.settings.set(f"pools/{number}", turn, author="test"))
            store.runs.find("tag:team=ml")
        with psycopg.connect(postgres_url) as watching:
            held.append(watching.execute(count).fetchone()[0])  # type: ignore[index]

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(32)]
    for thread in threads:
        thread.start()
    store.wait(["runs"], 0.05)
    for thread in threads:
        thread.join()
    assert len(held) == 32
    assert 1 < max(held) <= MAX_CONNECTIONS + 1
    store.close()


@pytest.mark.postgres
def test_a_transaction_cut_in_the_middle_is_done_again_and_once(
    postgres_url: str, clock: Clock, make_run: Make
) -> None:
    store = open_store(postgres_url, clock=clock)
    [run] = store.runs.create([make_run()], [RunStarted()])
    tries = []

    def work() -> None:
        store.runs.record(run.run_id, [Event(Logged(20, "once"), clock())])
        tries.append(1)
        if len(tries) == 1:
            end_connections(postgres_url)
        store.runs.record(run.run_id, [Event(Logged(20, "and twice"), clock())])

    store.transact(work)
    assert len(tries) == 2
    assert [event.fact.message for event in store.events.of_run(run.run_id, kinds=[Logged])] == ["once", "and twice"]
    store.close()


@pytest.mark.postgres
@pytest.mark.parametrize("committed", [True, False])
def test_a_commit_whose_answer_was_lost_is_not_done_twice(
    postgres_url: str, clock: Clock, make_run: Make, committed: bool
) -> None:
    open_store(postgres_url, clock=clock).close()
    database = Unlucky(postgres_url, committed)
    store = SqlStore(database, clock, postgres_url)
    [run] = store.runs.create([make_run()], [RunStarted()])
    database.unlucky = True
    store.runs.record(run.run_id, [Event(Logged(20, "once"), clock())])
    assert not database.unlucky
    assert len(store.events.of_run(run.run_id, kinds=[Logged])) == 1
    store.close()


class Unlucky(PostgresDatabase):
    """Loses its connection at the next commit: just after it, or just before."""

    def __init__(self, url: str, committed: bool) -> None:
        super().__init__(url)
        self.unlucky = False
        self._committed = committed

    def _commit(self, connection: psycopg.Connection) -> None:  # type: ignore[type-arg,override]
        if not self.unlucky:
            super()._commit(connection)
            return
        self.unlucky = False
        if self._committed:
            super()._commit(connection)
        connection.close()
        raise psycopg.OperationalError("the connection is lost")


@pytest.mark.postgres
def test_a_server_that_stays_away_is_named_without_the_password(tmp_path: Path) -> None:
    database = PostgresDatabase(f"postgresql://ann:secret@/nowhere?host={tmp_path}", patience=0.3)
    with pytest.raises(StoreError, match="out of reach") as caught:
        database.write(lambda tx: tx.value("SELECT 1"))
    assert "secret" not in str(caught.value)
    database.close()
