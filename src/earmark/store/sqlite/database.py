"""SQLite in WAL mode: one writer at a time, any number of readers."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from earmark.store.database import Database, Row, Session, insertion
from earmark.store.heard import Heard
from earmark.store.version import require_same
from earmark.values.errors import StoreError
from earmark.values.wire import decode, encode

T = TypeVar("T")

MEMORY = ":memory:"
MAX_READERS = 16
"""How many connections for reading one process holds; a further reader waits for one."""

CACHE_KIB = 65_536
"""How much of the file one connection keeps in memory at most. Labels of runs are written all over the file."""

BUSY_SECONDS = 60.0
"""How long a writer waits for other processes before it gives up."""

_abandoned: list[sqlite3.Connection] = []
"""Connections of a parent process, kept so that they are never closed here: closing would meddle with its locks."""


class SqliteSession(Session):
    """A session on one SQLite connection."""

    dialect = "sqlite"

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__()
        self.connection = connection
        self._execute = connection.execute
        self._executemany = connection.executemany
        self.topics: set[str] = set()

    def all(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        return self._execute(sql, parameters).fetchall()

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        return self._execute(sql, parameters).rowcount

    def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        self._executemany(sql, rows)

    def insert(self, table: str, columns: str, rows: Sequence[Sequence[Any]]) -> None:
        self._executemany(insertion(table, columns), rows)

    def numbers(self, column: str, rest: str, parameters: Sequence[Any] = ()) -> list[int]:
        # One long text crosses from SQLite to Python in a third of the time that as many rows take.
        packed: str = self._execute(f"SELECT json_group_array({column}) {rest}", parameters).fetchone()[0]
        return decode(packed, list[int])

    def among(self, values: Iterable[Any]) -> tuple[str, Any]:
        # One statement text whatever the number of values, so that it stays prepared.
        return "IN (SELECT value FROM json_each(?))", encode(list(values)).decode()

    def notify(self, topic: str) -> None:
        self.topics.add(topic)


class SqliteDatabase(Database):
    """A store file, or a database in memory that lives as long as this object.

    Args:
        path: The file, or ``":memory:"``.
        durability: ``normal`` survives the death of any process; ``full`` also the loss of power.
        max_pages: The size in pages of 4 KiB that the file may not exceed, or ``None``.
    """

    dialect = "sqlite"

    def __init__(self, path: Path | str, durability: str = "normal", max_pages: int | None = None) -> None:
        super().__init__()
        self.path = str(path)
        self._durability = durability
        self._max_pages = max_pages
        self._closed = False
        self._writer: sqlite3.Connection | None = None
        self._readers: list[sqlite3.Connection] = []
        self._forget_locks()

    @property
    def in_memory(self) -> bool:
        """Whether the database is gone with this object."""
        return self.path == MEMORY

    def connect(self) -> sqlite3.Connection:
        """Open a connection as the store wants it.

        Raises:
            StoreError: The file cannot be opened.
        """
        try:
            connection = sqlite3.connect(
                self.path,
                timeout=BUSY_SECONDS,
                isolation_level=None,
                check_same_thread=False,
                cached_statements=512,
            )
            connection.execute(f"PRAGMA synchronous = {self._durability.upper()}")
            connection.execute("PRAGMA temp_store = MEMORY")
            connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
            connection.execute("PRAGMA wal_autocheckpoint = 4000")
            if self._max_pages is not None:
                connection.execute(f"PRAGMA max_page_count = {self._max_pages}")
        except sqlite3.Error as error:
            raise self.explain(error) from error
        return connection

    def _transact(self, work: Callable[[Session], T]) -> T:
        with self._write_lock:
            connection = self._writing()
            session = SqliteSession(connection)
            try:
                # Taking the write lock at once, not at the first write, is what makes read-then-write exact.
                connection.execute("BEGIN IMMEDIATE")
                if self.version:
                    require_same(self.path, self.version, session.value("SELECT version_num FROM schema_version"))
                with self._inside(session):
                    result = work(session)
                connection.execute("COMMIT")
            except BaseException as error:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                if isinstance(error, sqlite3.Error):
                    raise self.explain(error) from error
                raise
        for done in session.after_commit:
            done()
        self._wake(session.topics)
        return result

    @contextmanager
    def _open_reader(self, snapshot: bool) -> Iterator[Session]:
        if self.in_memory:  # its one connection serves readers and the writer in turn
            with self._write_lock:
                yield SqliteSession(self._writing())
            return
        self._require_open()
        with self._reader_slots:
            connection = self._readers.pop() if self._readers else self.connect()
            try:
                if snapshot:
                    connection.execute("BEGIN")
                yield SqliteSession(connection)
            except sqlite3.Error as error:
                raise self.explain(error) from error
            finally:
                if connection.in_transaction:
                    connection.execute("COMMIT")
                self._readers.append(connection)

    def wait(self, topics: Iterable[str], timeout: float) -> set[str]:
        wanted = tuple(topics)
        deadline = time.monotonic() + timeout
        with self._woken:
            while not (heard := self._heard.take(wanted)) and (left := deadline - time.monotonic()) > 0:
                self._woken.wait(left)
            return heard

    def _wake(self, topics: set[str]) -> None:
        if not topics:
            return
        with self._woken:
            self._heard.add(topics)
            self._woken.notify_all()

    def keep(self, connection: sqlite3.Connection) -> None:
        """Take over a connection that :meth:`connect` opened, for the first reader: opening and closing cost time."""
        with self._reader_slots:
            self._readers.append(connection)

    def disconnect(self) -> None:
        if self.in_memory:
            return  # it has no file to share: the child of a fork gets a copy of it
        with self._write_lock:
            while self._readers:
                self._readers.pop().close()
            if self._writer is not None and self._current() is None:
                self._writer.close()
                self._writer = None

    def close(self) -> None:
        self.disconnect()
        self._closed = True
        if self.in_memory and self._writer is not None:
            self._writer.close()
            self._writer = None

    def _forget_connections(self) -> None:
        if self.in_memory:
            return
        _abandoned.extend(self._readers)
        self._readers = []
        if self._writer is not None:
            _abandoned.append(self._writer)
            self._writer = None

    def _forget_locks(self) -> None:
        self._write_lock = threading.RLock()
        self._reader_slots = threading.BoundedSemaphore(MAX_READERS)
        self._woken = threading.Condition()
        self._heard = Heard()

    def _writing(self) -> sqlite3.Connection:
        self._require_open()
        if self._writer is None:
            # An idle connection has read the schema already.
            self._writer = self._readers.pop() if self._readers else self.connect()
        return self._writer

    def _require_open(self) -> None:
        if self._closed:
            raise StoreError(f"The store {self.path} has been closed.", path=self.path)

    def explain(self, error: sqlite3.Error) -> StoreError:
        """Return what an error of SQLite means for the person whose store it is."""
        code = getattr(error, "sqlite_errorname", "") or ""
        said = str(error)
        facts: dict[str, Any] = {"path": self.path, "code": code}
        if code.startswith("SQLITE_FULL"):
            return StoreError(
                f"There is no space left for the store {self.path}; nothing was written.",
                hint="Free some space, or prune old runs with `earmark run prune`.",
                **facts,
            )
        if code.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_IOERR_SHMOPEN")):
            return StoreError(
                f"The store {self.path} cannot be written: {said}.",
                hint="Check who owns the file and its folder, or set EARMARK_HOME to a folder you can write to.",
                **facts,
            )
        if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            return StoreError(
                f"The store {self.path} was in use by another process for {BUSY_SECONDS:.0f} seconds.", **facts
            )
        if code.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
            return StoreError(f"The file {self.path} is not a store, or is damaged: {said}.", **facts)
        return StoreError(f"The store {self.path} failed: {said}.", **facts)
