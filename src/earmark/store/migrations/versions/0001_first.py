"""The first tables."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

HERE = Path(__file__).parent
"""Beside this file lie the statements as they were when the revision after it was written."""


def upgrade() -> None:
    """Make the tables of a new store."""
    connection = op.get_bind()
    for statement in (HERE / f"0001_{connection.dialect.name}.sql").read_text().split(";\n"):
        if statement.strip():
            connection.exec_driver_sql(statement)


def downgrade() -> None:
    """Stores are not taken back; restore a copy instead."""
    raise NotImplementedError("A store is not taken back to an older version: restore a copy of it.")
