"""Opening a store on PostgreSQL."""

from __future__ import annotations

from pathlib import Path

from earmark.store.database import Session
from earmark.store.postgres.database import SCHEMA_NAME, VERSION_TABLE, PostgresDatabase, without_password
from earmark.store.sql.store import SqlStore
from earmark.store.version import CURRENT, newer_store, older_store, restored_store
from earmark.values.clock import Clock
from earmark.values.errors import StoreError

_MAKING = 7_300_000_001
"""The advisory lock that whoever makes the tables holds."""

SCHEMA = Path(__file__).parents[1] / "schema" / "postgresql.sql"


def open_postgres(url: str, clock: Clock, *, create: bool = True) -> SqlStore:
    """Open, and make where there is none, the store in schema ``earmark`` of a database.

    Raises:
        StoreError: The server cannot be reached, or the store is of another version.
    """
    database = PostgresDatabase(url)
    try:
        version = _version(database)
        if version is None:
            if not create:
                raise StoreError(f"There is no store in {without_password(url)}.", url=without_password(url))
            database.write(_make)
            version = CURRENT
        if version != CURRENT:
            raise _another_version(without_password(url), version)
        if _is_ahead(database):
            raise restored_store(without_password(url))
        database.version = CURRENT
    except BaseException:
        database.close()
        raise
    return SqlStore(database, clock, without_password(url), url)


def _version(database: PostgresDatabase) -> str | None:
    with database.read() as session:
        if session.value("SELECT to_regclass(?)", (VERSION_TABLE,)) is None:
            return None
        version: str | None = session.value(f"SELECT version_num FROM {VERSION_TABLE}")
        return version


def _is_ahead(database: PostgresDatabase) -> bool:
    """Say whether events are of transactions that are still to come: the store has come here from another server."""
    with database.read() as session:
        return bool(
            session.value(
                f"SELECT xid >= pg_snapshot_xmax(pg_current_snapshot()) FROM {SCHEMA_NAME}.event"
                " ORDER BY event.xid DESC, id DESC LIMIT 1"
            )
        )


def settle_here(url: str) -> int:
    """Let a store that was restored from another server go on by this one's numbers; return how many events moved.

    What is of transactions that are still to come here counts as committed by this one, in the order of its numbers.
    Cursors into it are understood from then on; see ``follow_by_commit``.

    Raises:
        StoreError: The server cannot be reached.
    """
    database = PostgresDatabase(url)

    def work(tx: Session) -> int:
        tx.run("LOCK TABLE event IN EXCLUSIVE MODE")
        return tx.run("UPDATE event SET xid = pg_current_xact_id() WHERE xid >= pg_current_xact_id()")

    try:
        return database.write(work) if _is_ahead(database) else 0
    finally:
        database.close()


def _make(tx: Session) -> None:
    tx.all("SELECT pg_advisory_xact_lock(?)", (_MAKING,))
    if tx.value("SELECT to_regclass(?)", (VERSION_TABLE,)) is not None:
        return  # another process was quicker
    tx.run(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA_NAME}")
    for statement in SCHEMA.read_text().split(";\n"):
        if statement.strip():
            tx.run(statement)
    tx.run("CREATE TABLE schema_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
    tx.run("INSERT INTO schema_version VALUES (?)", (CURRENT,))


def _another_version(where: str, version: str) -> StoreError:
    from earmark.store.migrations.upgrade import is_known  # Alembic: only where the version is not ours

    return older_store(where, version) if is_known(version) else newer_store(where, version)
