"""When an event was first told; unknown of what was stored before."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column."""
    op.add_column("events", sa.Column("told_t", sa.Double))


def downgrade() -> None:
    """Drop the column."""
    with op.batch_alter_table("events") as events:
        events.drop_column("told_t")
