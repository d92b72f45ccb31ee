"""Opening a store: finding it, making it, bringing it up to date, refusing what cannot work."""

from __future__ import annotations

import os
import re
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

from earmark.store.sql.store import SqlStore
from earmark.store.sqlite.database import SqliteDatabase
from earmark.store.version import CURRENT, newer_store, older_store
from earmark.values.clock import Clock
from earmark.values.errors import StoreError

if TYPE_CHECKING:
    from earmark.store.ports import Store

FILE_NAME = "earmark.db"
"""The name of the store's file in a home."""

SCHEMA = Path(__file__).parent / "schema"
POSTGRES_SCHEMES = ("postgresql://", "postgres://")


def open_store(
    where: str | Path,
    *,
    clock: Clock,
    create: bool = True,
    durability: str = "normal",
    max_pages: int | None = None,
) -> Store:
    """Open a store.

    Args:
        where: A home (a folder, in which the file is ``earmark.db``), ``sqlite:///path/to/file``,
            ``postgresql://...``, or ``memory://`` for one that is gone when it is closed; or the ``address`` of a store
            that is open elsewhere, which brings ``durability`` and ``max_pages`` with it.
        clock: Where the time comes from.
        create: Whether to make a store where there is none. On PostgreSQL that is a schema ``earmark``.
        durability: Of SQLite: ``normal`` survives the death of any process, ``full`` the loss of power too.
        max_pages: Of SQLite: how many pages of 4 KiB the file may have.

    Raises:
        StoreError: The store cannot be reached or written, is of a newer version, or is of an older one that has to be
            brought up to date by hand (PostgreSQL).

    Example:
        >>> from earmark.values.clock import Micros
        >>> store = open_store("memory://", clock=lambda: Micros(0))
        >>> store.runs.count()
        0
        >>> store.close()
    """
    text = str(where)
    if text.startswith(POSTGRES_SCHEMES):
        from earmark.store.postgres.open import open_postgres  # psycopg takes longer to import than SQLite to open

        return open_postgres(text, clock, create=create)
    if text in ("memory://", "sqlite://", "sqlite:///:memory:"):
        return open_memory(clock)
    path = Path(text) / FILE_NAME
    if text.startswith("sqlite:///"):
        file, told = _told(text.removeprefix("sqlite:///"))
        path = Path(file)
        durability = told.get("durability", durability)
        max_pages = int(told["max_pages"]) if "max_pages" in told else max_pages
    database = SqliteDatabase(path, durability, max_pages)
    url = f"sqlite:///{path}"
    store = SqlStore(database, clock, url, url + _telling(durability, max_pages))
    try:
        version = _prepare(database, path, create)
        if version != CURRENT:
            _upgrade(path, version)
        database.version = CURRENT
        if version != CURRENT:
            store.runs.seal()  # an older store may have said in other words by what its runs are found
    except BaseException:
        database.close()
        raise
    return store


def _telling(durability: str, max_pages: int | None) -> str:
    """Return what follows a store's URL so that another process opens it in the same way."""
    told = [f"durability={durability}"] if durability != "normal" else []
    if max_pages is not None:
        told.append(f"max_pages={max_pages}")
    return f"?{'&'.join(told)}" if told else ""


def _told(text: str) -> tuple[str, dict[str, str]]:
    """Take what :func:`_telling` said from a file's name, which may hold question marks of its own."""
    found = re.search(r"\?((durability=\w+|max_pages=\d+)(&(durability=\w+|max_pages=\d+))*)$", text)
    if found is None:
        return text, {}
    return text[: found.start()], dict(re.findall(r"(\w+)=(\w+)", found.group(1)))


def open_memory(clock: Clock) -> SqlStore:
    """Open a store in memory, gone when it is closed."""
    database = SqliteDatabase(":memory:")
    database.write(lambda tx: None)
    with database.read() as session:
        _make(session.connection)  # type: ignore[attr-defined]
    return SqlStore(database, clock, "memory://")


def _prepare(database: SqliteDatabase, path: Path, create: bool) -> str:
    """Make the store if there is none, and return its version."""
    if not path.exists():
        _make_file(database, path, create)
    _require_writable(path)
    try:
        connection = database.connect()
        try:
            version = _version(connection)
            if version is None:
                _make(connection)
                version = CURRENT
            else:
                connection.execute("PRAGMA journal_mode = WAL")  # it is, unless the file is a copy
        except BaseException:
            connection.close()
            raise
        if version == CURRENT:
            database.keep(connection)
        else:
            connection.close()  # an upgrade wants the file to itself
    except sqlite3.Error as error:
        raise database.explain(error) from error
    return version


def _make_file(database: SqliteDatabase, path: Path, create: bool) -> None:
    if not create:
        raise StoreError(
            f"There is no store at {path}.", hint="Check EARMARK_HOME, or run something first.", path=str(path)
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _not_writable(path.parent, error.strerror or str(error)) from error
    _require_writable(path.parent)


def _require_writable(path: Path) -> None:
    # A folder that cannot be written keeps SQLite from making its journal, whatever the file allows.
    for place in (path, path.parent):
        if place.exists() and not os.access(place, os.W_OK):
            raise _not_writable(place, "permission denied")


def _not_writable(path: Path, why: str) -> StoreError:
    return StoreError(
        f"The store cannot be written at {path}: {why}.",
        hint="Check who owns it, or set EARMARK_HOME to a folder you can write to.",
        path=str(path),
    )


def _version(connection: sqlite3.Connection) -> str | None:
    try:
        row = connection.execute("SELECT version_num FROM schema_version").fetchone()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return None
        raise
    return row[0] if row else None


def _make(connection: sqlite3.Connection) -> None:
    """Make the tables, unless another process was quicker."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("BEGIN IMMEDIATE")
    try:
        if _version(connection) is None:
            for statement in (SCHEMA / "sqlite.sql").read_text().split(";\n"):
                connection.execute(statement)
            connection.execute("CREATE TABLE schema_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
            connection.execute("INSERT INTO schema_version VALUES (?)", (CURRENT,))
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _upgrade(path: Path, version: str) -> None:
    from earmark.store.migrations.upgrade import is_known, upgrade  # Alembic: only where there is something to do

    if not is_known(version):
        raise newer_store(str(path), version)
    try:
        upgrade(f"sqlite:///{path}")
    except Exception as error:
        raise older_store(str(path), version, str(error)) from error
