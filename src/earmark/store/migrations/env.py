"""How Alembic reaches a store; it runs this file itself."""

from __future__ import annotations

from alembic import context
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

url = context.config.attributes["url"]
if url.startswith(("postgresql://", "postgres://")):
    engine = create_engine("postgresql+psycopg://" + url.split("://", 1)[1], poolclass=NullPool)
else:
    engine = create_engine(url, poolclass=NullPool)

with engine.connect() as connection:
    if engine.dialect.name == "postgresql":
        connection.execute(text("CREATE SCHEMA IF NOT EXISTS earmark"))
        connection.execute(text("SET search_path TO earmark"))
        connection.commit()
    context.configure(connection=connection, version_table="schema_version", transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
