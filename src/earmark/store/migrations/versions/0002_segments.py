"""Runs are found by segments, and no more by a row for each label of each run and bitmaps made from those.

Segments are made from ``run_request``, which stays as it is: whoever has brought a store up to date lets
``Runs.seal`` make them. Until then queries are exact and slow.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Put the tables of segments in the place of those of bitmaps."""
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    for table in ("run_label", "run_bitmap", "run_chunk"):
        op.drop_table(table)
    op.create_table(
        "run_segment",
        sa.Column("first", big, primary_key=True, autoincrement=False),
        sa.Column("size", big, nullable=False),
        sa.Column("place", big, nullable=False),
        sa.Column("common", sa.LargeBinary, nullable=False),
        sa.Column("rare", sa.LargeBinary, nullable=False),
        sa.Column("gone", sa.LargeBinary, nullable=False),
        sa.Column("created", sa.LargeBinary, nullable=False),
        sa.Column("unended", sa.LargeBinary),
    )
    op.create_table(
        "run_block",
        sa.Column("key", big, primary_key=True, autoincrement=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "run_touched",
        sa.Column("seq", big, primary_key=True, autoincrement=False),
        sa.Column("stamp", big, nullable=False),
        sa.Column("labels", sa.LargeBinary),
    )
    if op.get_bind().dialect.name == "sqlite":
        _put_labels_first()
    op.execute("INSERT INTO counter (name, value) VALUES ('run_segment', 0)")


def _put_labels_first() -> None:
    """Let SQLite read the labels of a run without all that was asked for, which stood before them."""
    op.rename_table("run_request", "run_request_before")
    op.create_table(
        "run_request",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.LargeBinary, nullable=False) for name in ("labels", "request", "tags", "origins")),
    )
    op.execute(
        "INSERT INTO run_request (seq, labels, request, tags, origins) "
        "SELECT seq, labels, request, tags, origins FROM run_request_before"
    )
    op.drop_table("run_request_before")


def downgrade() -> None:
    """Stores are not taken back; restore a copy instead."""
    raise NotImplementedError("A store is not taken back to an older version: restore a copy of it.")
