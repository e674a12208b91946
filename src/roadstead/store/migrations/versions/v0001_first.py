"""The first tables: events, media, tracks, deliveries, runs, counters."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    _events()
    _media_and_tracks()
    _deliveries()
    op.create_table(
        "runs",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("started_t", sa.Double, nullable=False),
        sa.Column("updated_t", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
    )
    op.create_table(
        "counters",
        sa.Column("run", sa.Text, sa.ForeignKey("runs.id", name="fk_counters_run"), nullable=False),
        sa.Column("camera", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("total", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("run", "camera", "name", name="pk_counters"),
    )


def downgrade() -> None:
    """Drop the tables, those that point at others first."""
    for name in ("counters", "runs", "deliveries", "tracks", "media", "events"):
        op.drop_table(name)


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("camera", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("start_t", sa.Double, nullable=False),
        sa.Column("end_t", sa.Double, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("score", sa.Double, nullable=False),
        sa.Column("because_en", sa.Text, nullable=False),
        sa.Column("because_zh", sa.Text, nullable=False),
        sa.Column("measured", sa.Text, nullable=False),
        sa.Column("legal_reference", sa.Text),
        sa.Column("legal_version", sa.Text),
        sa.Column("closed", sa.Boolean, nullable=False),
        sa.Column("recorded_t", sa.Double, nullable=False),
        sa.Column("updated_t", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_events"),
    )
    op.create_index("ix_events_start_t_id", "events", ["start_t", "id"])
    op.create_index("ix_events_camera_start_t", "events", ["camera", "start_t"])
    op.create_index("ix_events_rule_start_t", "events", ["rule", "start_t"])


def _media_and_tracks() -> None:
    op.create_table(
        "media",
        sa.Column("event", sa.Text, sa.ForeignKey("events.id", name="fk_media_event"), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text),
        sa.Column("missing", sa.Text),
        sa.Column("state", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("event", "kind", name="pk_media"),
    )
    op.create_index("ix_media_state_kind", "media", ["state", "kind"])
    op.create_table(
        "tracks",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("camera", sa.Text, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("born_t", sa.Double, nullable=False),
        sa.Column("start_t", sa.Double, nullable=False),
        sa.Column("end_t", sa.Double, nullable=False),
        sa.Column("on_ground", sa.Boolean, nullable=False),
        sa.Column("points", sa.LargeBinary, nullable=False),
        sa.Column("attributes", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tracks"),
    )
    op.create_index("ix_tracks_camera_start_t", "tracks", ["camera", "start_t"])


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, autoincrement=True),
        sa.Column("sink", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("event", sa.Text, sa.ForeignKey("events.id", name="fk_deliveries_event"), nullable=False),
        sa.Column("phase", sa.Text, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("created_t", sa.Double, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("tried_t", sa.Double),
        sa.Column("next_t", sa.Double, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
        sa.UniqueConstraint("sink", "key", name="uq_deliveries_sink_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_deliveries_sink_state_id", "deliveries", ["sink", "state", "id"])
