"""PostgreSQL keeps blocks of segments as they are, in pages; those that are there move when they are merged."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change how blocks are kept from now on."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE run_block ALTER COLUMN data SET STORAGE EXTERNAL")
        op.execute("ALTER TABLE run_block SET (toast_tuple_target = 8160)")


def downgrade() -> None:
    """Stores are not taken back; restore a copy instead."""
    raise NotImplementedError("A store is not taken back to an older version: restore a copy of it.")
