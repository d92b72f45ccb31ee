"""How far readers of the log may go on PostgreSQL: nothing is passed over, and only writers of ours hold them back."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earmark.events.assets import AssetMaterialization
from earmark.events.envelope import Event
from earmark.events.kinds import AssetMaterialized, RunEnqueued, RunStarted
from earmark.runs.run import DagsterRun
from earmark.store.open import open_store
from earmark.store.postgres.database import PostgresDatabase, PostgresSession
from earmark.store.postgres.open import settle_here
from earmark.store.sql.events import follow_by_commit
from earmark.store.sql.horizon import WRITERS, horizon
from earmark.store.sql.store import SqlStore
from earmark.system import clock
from earmark.values.clock import Micros
from earmark.values.errors import StoreError
from tests.support.postgres import TestServer, somebody_elses_transaction

pytestmark = pytest.mark.postgres

WRITER_COUNT = 3
NOW = Micros(1_790_000_000_000_000)


def test_transactions_of_others_in_this_database_or_in_another_hold_back_no_reader(
    postgres_server: TestServer, postgres_url: str, make_run: Callable[..., DagsterRun]
) -> None:
    store = open_store(postgres_url, clock=lambda: NOW)
    begin = store.events.head()
    with (
        somebody_elses_transaction(postgres_url),
        postgres_server.database() as another,
        somebody_elses_transaction(another),
    ):
        store.runs.create([make_run()], [RunStarted()])
        page = store.events.follow(begin)
        assert [type(event.fact) for event in page.events] == [RunStarted]
        assert store.events.head() == page.cursor
    store.close()


def test_who_holds_a_lock_of_the_same_number_in_another_database_holds_back_no_reader(
    postgres_server: TestServer, postgres_url: str, make_run: Callable[..., DagsterRun]
) -> None:
    store = open_store(postgres_url, clock=lambda: NOW)
    begin = store.events.head()
    with (
        postgres_server.database() as another,
        psycopg.connect(another, autocommit=True) as connection,
        connection.transaction(),
    ):
        connection.execute("SELECT pg_advisory_xact_lock_shared(%s), pg_current_xact_id()", (WRITERS,))
        store.runs.create([make_run()], [RunStarted()])
        assert len(store.events.follow(begin).events) == 1
    store.close()


# Every order of things ---------------------------------------------------------------------------------------------

NEXT = {
    "ended": ("begin", "begin", "begin", "enter"),
    "entered": ("number", "write"),
    "open": ("write", "write", "commit", "rollback"),
}
"""What a writer can do, by where it stands."""


class Interleaving:
    """Writers, somebody else and a reader of one log, whose every statement a test decides the order of."""

    def __init__(self, store: SqlStore, database: PostgresDatabase, others: psycopg.Connection) -> None:
        self.store, self.database, self.others = store, database, others
        others.execute("ROLLBACK")
        self.connections = [database._connect() for _ in range(WRITER_COUNT)]
        self.at = ["ended"] * WRITER_COUNT
        self.pending: list[list[int]] = [[] for _ in range(WRITER_COUNT)]
        self.cursor = store.events.head()
        self.below: int | None = None
        self.committed: list[int] = []
        self.seen: list[int] = []

    def step(self, who: int, choice: int) -> None:
        """Let a writer do one of the things that it can do now; after the writers come somebody else and the reader."""
        if who < WRITER_COUNT:
            can = NEXT[self.at[who]]
            self.write(who, can[choice % len(can)])
        elif who == WRITER_COUNT:
            self._somebody_else()
        elif self.below is None:
            self.read("look")
        else:
            self.read("take")

    def write(self, who: int, what: str) -> None:
        """Let a writer do one thing."""
        connection = self.connections[who]
        match what:
            case "begin":
                self.write(who, "enter")
                self.write(who, "number")
            case "enter":
                connection.execute("BEGIN")
                connection.execute("SELECT pg_advisory_xact_lock_shared(%s)", (WRITERS,))
                self.at[who] = "entered"
            case "number":
                connection.execute("SELECT pg_current_xact_id()")
                self.at[who] = "open"
            case "write":
                fact = AssetMaterialized(AssetMaterialization(f"of writer {who}"))
                with self.database._inside(PostgresSession(connection)):
                    self.pending[who] += [event.id for event in self.store.runs.report([Event(fact, NOW)])]
                self.at[who] = "open"
            case _:
                connection.execute(what)
                if what == "commit":
                    self.committed += self.pending[who]
                self.pending[who], self.at[who] = [], "ended"

    def _somebody_else(self) -> None:
        if self.others.info.transaction_status == psycopg.pq.TransactionStatus.IDLE:
            self.others.execute("BEGIN")
            self.others.execute("SELECT pg_current_xact_id()")
        else:
            self.others.execute("COMMIT")

    def read(self, what: str) -> None:
        """Let the reader see how far it may go, or read so far."""
        with self.database.read() as session:
            if what == "look":
                self.below = horizon(session)
            elif self.below is not None:
                page = follow_by_commit(session, self.cursor, None, 1_000, self.below)
                self.seen += [event.id for event in page.events]
                self.cursor, self.below = page.cursor, None

    def finish(self) -> None:
        """Let all writers end, and somebody else stay as it is; then read to the end."""
        for who in range(WRITER_COUNT):
            self.write(who, "commit")
        self.below = None
        self.read("look")
        self.read("take")
        for connection in self.connections:
            connection.close()


@pytest.fixture(scope="module")
def place(postgres_server: TestServer) -> Iterator[Callable[[], Interleaving]]:
    """Return a maker of interleavings on one database."""
    with postgres_server.database() as url:
        store = open_store(url, clock=lambda: NOW)
        assert isinstance(store, SqlStore)
        database = store._database
        assert isinstance(database, PostgresDatabase)
        for who in range(WRITER_COUNT):
            store.runs.report([Event(AssetMaterialized(AssetMaterialization(f"of writer {who}")), NOW)])
        with psycopg.connect(url, autocommit=True) as others:
            yield lambda: Interleaving(store, database, others)
        store.close()


@given(st.lists(st.tuples(st.integers(0, WRITER_COUNT + 2), st.integers(0, 3)), min_size=20, max_size=80))
@settings(max_examples=150)
def test_in_whatever_order_all_begin_write_commit_and_look_a_reader_gets_each_event_once(
    place: Callable[[], Interleaving], order: list[tuple[int, int]]
) -> None:
    one = place()
    for who, choice in order:
        one.step(who, choice)
    one.finish()
    assert sorted(one.seen) == sorted(one.committed)


def test_a_reader_waits_for_a_writer_that_has_a_number_and_has_written_nothing_yet(
    place: Callable[[], Interleaving],
) -> None:
    one = place()
    one.write(0, "enter")
    one.write(0, "number")
    for what in ("enter", "write", "commit"):
        one.write(1, what)
    one.read("look")
    one.read("take")
    assert one.seen == []
    one.write(0, "write")
    one.finish()
    assert sorted(one.seen) == sorted(one.committed)
    assert one.seen != one.committed, "the order of transactions is not that of commits"


def test_a_store_restored_on_a_server_of_lower_numbers_is_refused_until_it_is_settled_there(
    postgres_url: str, make_run: Callable[..., DagsterRun]
) -> None:
    store = open_store(postgres_url, clock=clock.now)
    store.runs.create([make_run() for _ in range(3)], [RunEnqueued()])
    read = store.events.follow(limit=2)
    # As after a dump of a server that has seen a million transactions more.
    ahead = "UPDATE event SET xid = (xid::text::bigint + 1000000)::text::xid8"
    store._database.write(lambda tx: tx.run(ahead))  # type: ignore[attr-defined]
    transaction, _, number = read.cursor.partition(".")
    cursor = f"{int(transaction) + 1_000_000}.{number}"
    store.close()
    with pytest.raises(StoreError, match="restored from another server") as caught:
        open_store(postgres_url, clock=clock.now)
    assert "earmark store upgrade" in str(caught.value.hint)

    assert settle_here(postgres_url) == 3
    assert settle_here(postgres_url) == 0
    store = open_store(postgres_url, clock=clock.now)
    rest = store.events.follow(cursor)
    assert len(rest.events) == 1, "a cursor from before goes on where it was"
    head = store.events.head()
    store.runs.create([make_run()], [RunEnqueued()])
    for after in (rest.cursor, head):
        assert len(store.events.follow(after).events) == 1
    assert len(store.events.follow().events) == 4
    store.close()
