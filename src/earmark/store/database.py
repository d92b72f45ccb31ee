"""What the ports need of a database: sessions in transactions, and no connection that crosses a fork."""

from __future__ import annotations

import os
import threading
import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Literal, TypeVar

T = TypeVar("T")
Row = tuple[Any, ...]
Dialect = Literal["sqlite", "postgresql"]


@lru_cache(maxsize=64)
def insertion(table: str, columns: str) -> str:
    """Return the statement that adds a row to a table."""
    return f"INSERT INTO {table} ({columns}) VALUES ({', '.join('?' * (columns.count(',') + 1))})"


class Session(ABC):
    """A connection inside a transaction or a snapshot. Statements take ``?`` for their parameters."""

    dialect: Dialect

    def __init__(self) -> None:
        self.after_commit: list[Callable[[], None]] = []
        """What to do once the transaction is durable; dropped when it is rolled back."""

    @abstractmethod
    def all(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Return all rows of a statement."""

    @abstractmethod
    def run(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """Run a statement and return how many rows it changed."""

    @abstractmethod
    def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run a statement once per row of parameters."""

    @abstractmethod
    def insert(self, table: str, columns: str, rows: Sequence[Sequence[Any]]) -> None:
        """Add rows to a table, by the quickest way the database has for so many.

        Args:
            table: The table.
            columns: Its columns as rows fill them, separated by commas.
            rows: The rows.
        """

    @abstractmethod
    def numbers(self, column: str, rest: str, parameters: Sequence[Any] = ()) -> list[int]:
        """Return one column of whole numbers, in no order; many times faster than :meth:`all` for many rows.

        Args:
            column: The column.
            rest: The statement from its ``FROM`` on.
            parameters: Its parameters.
        """

    @abstractmethod
    def among(self, values: Iterable[Any]) -> tuple[str, Any]:
        """Return the right-hand side of a comparison that holds for any of ``values``, and its one parameter."""

    @abstractmethod
    def notify(self, topic: str) -> None:
        """Wake whoever waits for ``topic``, once the transaction is committed."""

    @contextmanager
    def reading_ahead(self) -> Iterator[None]:
        """Let statements that ask for hundreds of rows by their keys read pages before they are needed, if they can."""
        yield

    def one(self, sql: str, parameters: Sequence[Any] = ()) -> Row | None:
        """Return the first row of a statement, or ``None``."""
        rows = self.all(sql, parameters)
        return rows[0] if rows else None

    def value(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """Return the first column of the first row of a statement, or ``None``."""
        row = self.one(sql, parameters)
        return row[0] if row else None

    @property
    def lock(self) -> str:
        """The end of a SELECT whose rows this transaction is going to change.

        SQLite needs none: its writers hold the whole file from the start.
        """
        return " FOR UPDATE" if self.dialect == "postgresql" else ""

    def by_index(self, name: str) -> str:
        """Return what stands after a table's name to have it read by an index.

        SQLite keeps no statistics of ours and guesses wrong where two indexes fit; PostgreSQL does not.
        """
        return f" INDEXED BY {name}" if self.dialect == "sqlite" else ""

    def take_numbers(self, name: str, count: int) -> int:
        """Give out ``count`` numbers of a counter and return the first; its row stays locked until commit."""
        last = self.value("UPDATE counter SET value = value + ? WHERE name = ? RETURNING value", (count, name))
        return int(last) - count + 1


class Database(ABC):
    """A database that sessions are opened on. Safe to use from several threads, and after a fork."""

    dialect: Dialect

    def __init__(self) -> None:
        self._local = threading.local()
        self._pid = os.getpid()
        self.version = ""
        """The version of the store once it is known to be ours: each transaction looks whether it still is that."""
        _open_databases.add(self)

    @abstractmethod
    def _transact(self, work: Callable[[Session], T]) -> T:
        """Run ``work`` in a transaction of its own."""

    @abstractmethod
    def _open_reader(self, snapshot: bool) -> Any:
        """Return a context manager that yields a session for reading."""

    @abstractmethod
    def wait(self, topics: Iterable[str], timeout: float) -> set[str]:
        """Wait until one of ``topics`` is notified, at most ``timeout`` seconds; return those that were."""

    @abstractmethod
    def disconnect(self) -> None:
        """Close connections that nobody uses; the next use opens new ones."""

    @abstractmethod
    def close(self) -> None:
        """Close for good."""

    @abstractmethod
    def _forget_connections(self) -> None:
        """In the child of a fork: let go, without closing them, of connections that are the parent's."""

    @abstractmethod
    def _forget_locks(self) -> None:
        """In the child of a fork: make new the locks that a thread of the parent may have held."""

    def write(self, work: Callable[[Session], T]) -> T:
        """Run ``work`` in a transaction and return its result.

        Inside another ``write`` of the same thread it joins that transaction. It may run again when the database
        was out of reach before it could commit, so it changes nothing outside the database.
        """
        self._notice_fork()
        session = self._current()
        if session is not None:
            return work(session)
        return self._transact(work)

    @contextmanager
    def read(self, snapshot: bool = False) -> Iterator[Session]:
        """Yield a session for reading: the transaction this thread is in, if any.

        Args:
            snapshot: Whether all statements must see one state of the database.
        """
        self._notice_fork()
        session = self._current()
        if session is not None:
            yield session
            return
        with self._open_reader(snapshot) as reader:
            yield reader

    @contextmanager
    def _inside(self, session: Session) -> Iterator[None]:
        """Make ``session`` the transaction that this thread is in."""
        self._local.session = session
        try:
            yield
        finally:
            self._local.session = None

    def _current(self) -> Session | None:
        return getattr(self._local, "session", None)

    def _notice_fork(self) -> None:
        if self._pid != os.getpid():
            self._after_fork_in_child()

    def _before_fork(self) -> None:
        self.disconnect()

    def _after_fork_in_child(self) -> None:
        self._pid = os.getpid()
        self._local = threading.local()
        self._forget_locks()
        self._forget_connections()


_open_databases: weakref.WeakSet[Database] = weakref.WeakSet()


def _disconnect_all() -> None:
    # A connection must not be open on both sides of a fork: a child that shares an SQLite file handle with its parent
    # believes it holds locks that it does not hold, and one that shares a socket ends the parent's session.
    for database in list(_open_databases):
        database._before_fork()


def _renew_all() -> None:
    for database in list(_open_databases):
        database._after_fork_in_child()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_disconnect_all, after_in_child=_renew_all)
