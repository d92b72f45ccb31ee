"""How Alembic reaches a store; it runs this file itself."""

from __future__ import annotations

from typing import Any

from alembic import context
from sqlalchemy import create_engine, event, text
from sqlalchemy.pool import NullPool

from earmark.store.sql.horizon import WRITERS

url = context.config.attributes["url"]
if url.startswith(("postgresql://", "postgres://")):
    engine = create_engine("postgresql+psycopg://" + url.split("://", 1)[1], poolclass=NullPool)
else:
    engine = create_engine(url, poolclass=NullPool)

_ALONE = {
    # The driver itself begins no transaction before a change of tables, which a kill would then leave half done.
    "sqlite": "BEGIN IMMEDIATE",
    # Each transaction that writes shares this lock and looks at the version then (``store.sql.horizon``).
    "postgresql": f"SET LOCAL lock_timeout = '60s'; SELECT pg_advisory_xact_lock({WRITERS})",
}


@event.listens_for(engine, "connect")
def _begin_nothing(connection: Any, _: Any) -> None:
    if engine.dialect.name == "sqlite":
        connection.isolation_level = None


@event.listens_for(engine, "begin")
def _be_alone(connection: Any) -> None:
    """Let nobody else write meanwhile."""
    connection.exec_driver_sql(_ALONE[engine.dialect.name])


with engine.connect() as connection:
    if engine.dialect.name == "postgresql":
        connection.execute(text("CREATE SCHEMA IF NOT EXISTS earmark"))
        connection.execute(text("SET search_path TO earmark"))
        connection.commit()
    context.configure(connection=connection, version_table="schema_version", transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
