"""PostgreSQL over psycopg 3: a bounded pool, transactions that survive a lost connection, LISTEN and NOTIFY."""

from __future__ import annotations

import logging
import random
import re
import select
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, TypeVar

import psycopg
from psycopg import errors, sql
from psycopg.conninfo import make_conninfo

from earmark.store.database import Database, Row, Session, insertion
from earmark.store.heard import Heard
from earmark.store.sql.horizon import WRITERS
from earmark.store.version import require_same
from earmark.values.errors import StoreError

_LOG = logging.getLogger("earmark.store")
T = TypeVar("T")
PgConnection = psycopg.Connection[Row]

SCHEMA_NAME = "earmark"
MAX_CONNECTIONS = 8
"""How many connections one process holds, besides one for notifications if it waits for any."""

PATIENCE_SECONDS = 60.0
"""How long a reader or writer waits for a server that is gone before it gives up."""

IDLE_MILLISECONDS = 15_000
"""How long the server waits for a process that stands still inside a transaction: what it holds, others need."""

WORTH_COPYING = 50
"""From so many rows on, COPY is quicker than as many INSERTs."""

VERSION_TABLE = f"{SCHEMA_NAME}.schema_version"
CHANNEL = "earmark"
_FIRST_DELAY, _LONGEST_DELAY = 0.05, 2.0
_TOLD_AFTER = 1.0
_TRANSIENT = (
    errors.SerializationFailure,
    errors.DeadlockDetected,
    errors.LockNotAvailable,
    errors.IdleInTransactionSessionTimeout,
)


def without_password(url: str) -> str:
    """Return a connection URI that may be shown."""
    hidden = re.sub(r"(://[^/@:]*):[^@/]*@", r"\1:***@", url)
    return re.sub(r"([?&]password=)[^&]*", r"\1***", hidden)


@lru_cache(maxsize=1024)
def _placeholders(statement: str) -> str:
    return statement.replace("%", "%%").replace("?", "%s")


class PostgresSession(Session):
    """A session on one PostgreSQL connection."""

    dialect = "postgresql"

    def __init__(self, connection: PgConnection) -> None:
        super().__init__()
        self._cursor = connection.cursor(binary=True)

    def all(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        self._cursor.execute(_placeholders(sql), parameters)
        return self._cursor.fetchall() if self._cursor.description else []

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        return self._cursor.execute(_placeholders(sql), parameters).rowcount

    def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        self._cursor.executemany(_placeholders(sql), rows)

    def insert(self, table: str, columns: str, rows: Sequence[Sequence[Any]]) -> None:
        if len(rows) < WORTH_COPYING:
            self.many(insertion(table, columns), rows)
            return
        with self._cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    @contextmanager
    def reading_ahead(self) -> Iterator[None]:
        # The server prefers to walk an index, where it waits for one page after another; from a bitmap of the pages it
        # reads them ahead, in half to a third of the time when the disk is asked.
        self.all("SET LOCAL enable_indexscan = off")
        yield
        self.all("SET LOCAL enable_indexscan = on")

    def numbers(self, column: str, rest: str, parameters: Sequence[Any] = ()) -> list[int]:
        return self.value(f"SELECT ARRAY(SELECT {column} {rest})", parameters) or []

    def among(self, values: Iterable[Any]) -> tuple[str, Any]:
        return "= ANY(?)", list(values)

    def notify(self, topic: str) -> None:
        self._cursor.execute("SELECT pg_notify(%s, %s)", (CHANNEL, topic))


class _ReadingSession(PostgresSession):
    """A session for reading. A statement whose connection breaks is asked again on another one.

    Args:
        database: Where connections come from.
        snapshot: Whether all statements must see one state; then only the first can be asked again.
    """

    def __init__(self, database: PostgresDatabase, snapshot: bool) -> None:
        self._database = database
        self._snapshot = snapshot
        self._answered = False
        self._connection: PgConnection | None = None
        self.after_commit = []

    def all(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        while True:
            try:
                if self._connection is None:
                    self._begin()
                rows = super().all(sql, parameters)
            except (psycopg.OperationalError, psycopg.InterfaceError):
                broken = self._connection is not None and self._connection.closed
                if not broken or (self._snapshot and self._answered):
                    raise
                self._connection = None
                continue
            self._answered = True
            return rows

    def _begin(self) -> None:
        self._connection = self._database.take_patiently()
        self._cursor = self._connection.cursor(binary=True)
        if self._snapshot:
            self._cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")

    def finish(self) -> None:
        """End the snapshot and give the connection back."""
        if self._connection is None:
            return
        if self._snapshot and not self._connection.closed:
            self._connection.execute("ROLLBACK")
        self._database.give_back(self._connection)


class PostgresDatabase(Database):
    """The schema ``earmark`` of a database.

    Args:
        url: A connection URI.
        patience: Seconds to wait for a server that is gone.
    """

    dialect = "postgresql"

    def __init__(self, url: str, patience: float = PATIENCE_SECONDS) -> None:
        super().__init__()
        self._conninfo = make_conninfo(
            url,
            application_name="earmark",
            options=f"-c search_path={SCHEMA_NAME} -c idle_in_transaction_session_timeout={IDLE_MILLISECONDS}",
            connect_timeout=10,
            keepalives_idle=10,
            keepalives_interval=5,
            keepalives_count=3,
        )
        self._patience = patience
        self.shown = without_password(url)
        self._idle: list[PgConnection] = []
        self._listener: PgConnection | None = None
        self._closed = False
        self._forget_locks()

    def _transact(self, work: Callable[[Session], T]) -> T:
        outage = _Outage(self._patience)
        for delay in _delays():
            try:
                return self._attempt(work)
            except _TRANSIENT:
                pass  # others were in the way, which ends
            except (psycopg.OperationalError, psycopg.InterfaceError) as error:
                if isinstance(error, errors.InsufficientResources) or _is_hopeless(error):
                    raise self._explain(error) from error
                if outage.lasts_too_long(error, delay):
                    raise self._explain(error) from error
            except psycopg.Error as error:
                raise self._explain(error) from error
            time.sleep(delay)
        raise AssertionError("the delays never end")

    def _attempt(self, work: Callable[[Session], T]) -> T:
        """Run ``work`` in a transaction once; a commit whose answer was lost is looked up, not repeated."""
        lost: psycopg.Error | None = None
        with self._connection() as connection:
            transaction = self._begin(connection)
            session = PostgresSession(connection)
            try:
                with self._inside(session):
                    result = work(session)
            except BaseException:
                if not connection.closed:
                    connection.execute("ROLLBACK")
                raise
            try:
                self._commit(connection)
            except (psycopg.OperationalError, psycopg.InterfaceError) as error:
                lost = error
        if lost is not None and not self._was_committed(transaction):
            raise lost
        for done in session.after_commit:
            done()
        return result

    def _begin(self, connection: PgConnection) -> str:
        """Begin a transaction in one round trip: say that it writes, then name it (see ``store.sql.horizon``).

        Whoever brings the store up to date holds the same lock alone, so that from here on its version stays.
        """
        version = f", (SELECT version_num FROM {VERSION_TABLE})" if self.version else ""
        began = connection.execute(
            f"BEGIN; SELECT pg_advisory_xact_lock_shared({WRITERS}); SELECT pg_current_xact_id()::text{version}",
            prepare=False,
        )
        began.nextset()
        began.nextset()
        ((name, *versions),) = began.fetchall()
        for found in versions:
            require_same(self.shown, self.version, found)
        return str(name)

    @staticmethod
    def _commit(connection: PgConnection) -> None:
        connection.execute("COMMIT")

    def _was_committed(self, transaction: str) -> bool:
        deadline = time.monotonic() + self._patience
        for delay in _delays():
            try:
                with self._connection() as connection:
                    row = connection.execute("SELECT pg_xact_status(%s::xid8)", (transaction,)).fetchone()
                if row is None or row[0] != "in progress":
                    return row is not None and row[0] == "committed"
            except (psycopg.OperationalError, psycopg.InterfaceError):
                if time.monotonic() + delay > deadline:
                    raise
            time.sleep(delay)
        raise AssertionError("the delays never end")

    @contextmanager
    def _open_reader(self, snapshot: bool) -> Iterator[Session]:
        with self._slots:
            session = _ReadingSession(self, snapshot)
            try:
                yield session
            except psycopg.Error as error:
                raise self._explain(error) from error
            finally:
                session.finish()

    @contextmanager
    def _connection(self) -> Iterator[PgConnection]:
        """Yield a connection of the pool."""
        with self._slots:
            connection = self._idle_connection() or self._connect()
            try:
                yield connection
            finally:
                self.give_back(connection)

    def take_patiently(self) -> PgConnection:
        """Return a connection, waiting for a server that is gone; the caller has a place in the pool."""
        outage = _Outage(self._patience)
        for delay in _delays():
            try:
                return self._idle_connection() or self._connect()
            except psycopg.OperationalError as error:
                if _is_hopeless(error) or outage.lasts_too_long(error, delay):
                    raise self._explain(error) from error
                time.sleep(delay)
        raise AssertionError("the delays never end")

    def give_back(self, connection: PgConnection) -> None:
        """Put a connection into the pool, unless it broke or was left in a transaction."""
        if connection.closed or connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
            connection.close()
        else:
            self._idle.append(connection)

    def _idle_connection(self) -> PgConnection | None:
        if self._closed:
            raise StoreError("The store has been closed.")
        while self._idle:
            connection = self._idle.pop()
            if _lives(connection):
                return connection
        return None

    def _connect(self) -> PgConnection:
        connection = psycopg.connect(self._conninfo, autocommit=True)
        connection.prepare_threshold = 2
        return connection

    def wait(self, topics: Iterable[str], timeout: float) -> set[str]:
        wanted = tuple(topics)
        deadline = time.monotonic() + timeout
        with self._told:
            while not (heard := self._heard.take(wanted)) and (left := deadline - time.monotonic()) > 0:
                if self._is_listening:
                    self._told.wait(left)  # another thread reads the connection, and says so when it stops
                else:
                    self._hear(left)
            return heard

    def _hear(self, seconds: float) -> None:
        """Read the connection until something is notified, for all threads that wait."""
        self._is_listening = True
        self._told.release()
        told: list[str] = []
        lost = False
        try:
            told = [one.payload for one in self._listen().notifies(timeout=seconds, stop_after=1)]
        except psycopg.OperationalError:
            self._listener, lost = None, True
            time.sleep(min(_FIRST_DELAY, seconds))
        finally:
            self._told.acquire()
            self._is_listening = False
            self._heard.add(told)
            if lost:
                # What was said meanwhile is lost, so everybody looks for themselves.
                self._heard.add_all()
            self._told.notify_all()

    def _listen(self) -> PgConnection:
        if self._listener is None or self._listener.closed:
            self._listener = self._connect()
            self._listener.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
        return self._listener

    def disconnect(self) -> None:
        while self._idle:
            self._idle.pop().close()
        with self._told:
            if self._listener is not None and not self._is_listening:
                self._listener.close()
                self._listener = None

    def close(self) -> None:
        self._closed = True
        self.disconnect()

    def _forget_connections(self) -> None:
        _abandoned.extend(self._idle)
        if self._listener is not None:
            _abandoned.append(self._listener)
        self._idle, self._listener = [], None

    def _forget_locks(self) -> None:
        self._slots = threading.BoundedSemaphore(MAX_CONNECTIONS)
        self._told = threading.Condition()
        self._is_listening = False
        self._heard = Heard()

    def _explain(self, error: psycopg.Error) -> StoreError:
        said = str(error).strip()
        code = error.sqlstate or ""
        if isinstance(error, errors.DiskFull):
            return StoreError(f"The database server has no space left: {said}.", code=code)
        if isinstance(error, psycopg.OperationalError):
            return StoreError(
                f"The database server was out of reach for {self._patience:.0f} seconds: {said}",
                hint="Check `storage` in the settings, and whether the server runs.",
                code=code,
            )
        return StoreError(f"The store failed: {said}", code=code)


class _Outage:
    """The time in which a server is out of reach: bounded, and told once it is long enough for a person to wonder.

    Args:
        patience: For how many seconds it is waited for.
    """

    def __init__(self, patience: float) -> None:
        self._began = time.monotonic()
        self._patience = patience
        self._is_told = False

    def lasts_too_long(self, error: psycopg.Error, delay: float) -> bool:
        """Say whether another try after a delay would be one too late."""
        lasted = time.monotonic() - self._began
        if lasted > _TOLD_AFTER and not self._is_told:
            self._is_told = True
            said = str(error).strip().splitlines()[0]
            _LOG.warning(
                "The database server is out of reach (%s). It is tried again for up to %.0f seconds.",
                said,
                self._patience,
            )
        return lasted + delay > self._patience


_abandoned: list[PgConnection] = []
"""Connections of a parent process, kept so that they are never closed here: that would end the parent's sessions."""


def _delays() -> Iterator[float]:
    delay = _FIRST_DELAY
    while True:
        yield delay * random.uniform(0.5, 1.0)
        delay = min(delay * 2, _LONGEST_DELAY)


def _lives(connection: PgConnection) -> bool:
    """Say, without a round trip, whether a connection that lay idle still works.

    Its server says nothing to an idle connection but that it ends, so one with something to read is dead.
    """
    waiting, _, _ = select.select([connection], [], [], 0)
    if waiting:
        connection.close()
    return not waiting


def _is_hopeless(error: psycopg.Error) -> bool:
    """Say whether waiting cannot help: a wrong password, a database that is not there."""
    said = str(error)
    return "authentication failed" in said or ("database" in said and "does not exist" in said)
