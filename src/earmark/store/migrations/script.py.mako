"""${message}."""

from __future__ import annotations

from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    """Stores are not taken back; restore a copy instead."""
    raise NotImplementedError("A store is not taken back to an older version: restore a copy of it.")
