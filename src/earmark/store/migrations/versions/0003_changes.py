"""Assets and partitions remember since which event their data is of its present version.

What was written before counts as having changed when it was last written, which is what was assumed until now.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns, and fill in what is known."""
    words = sa.Text(collation="C") if op.get_bind().dialect.name == "postgresql" else sa.Text
    op.add_column("asset", sa.Column("data_version", words))
    op.add_column("asset", sa.Column("changed_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite")))
    op.add_column("asset_partition", sa.Column("changed_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite")))
    op.add_column("asset_partition", sa.Column("code_version", words))
    op.execute("UPDATE asset SET changed_id = materialized_id")
    op.execute("UPDATE asset_partition SET changed_id = materialized_id")


def downgrade() -> None:
    """Stores are not taken back; restore a copy instead."""
    raise NotImplementedError("A store is not taken back to an older version: restore a copy of it.")
