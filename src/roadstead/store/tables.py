"""The tables, and the version of the schema they make up. A change here needs a migration beside it."""

import sqlalchemy as sa

VERSION = "0002"
"""The newest revision in `migrations/versions`."""

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite only numbers rows by itself where the key is called INTEGER.
_Serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

events = sa.Table(
    "events",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
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
    sa.Column("told_t", sa.Double),
    sa.Index(None, "start_t", "id"),
    sa.Index(None, "camera", "start_t"),
    sa.Index(None, "rule", "start_t"),
)

media = sa.Table(
    "media",
    metadata,
    sa.Column("event", sa.Text, sa.ForeignKey("events.id"), primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("sha256", sa.Text),
    sa.Column("missing", sa.Text),
    sa.Column("state", sa.Text, nullable=False),
    sa.Index(None, "state", "kind"),
)

tracks = sa.Table(
    "tracks",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("camera", sa.Text, nullable=False),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("born_t", sa.Double, nullable=False),
    sa.Column("start_t", sa.Double, nullable=False),
    sa.Column("end_t", sa.Double, nullable=False),
    sa.Column("on_ground", sa.Boolean, nullable=False),
    sa.Column("points", sa.LargeBinary, nullable=False),
    sa.Column("attributes", sa.Text, nullable=False),
    sa.Index(None, "camera", "start_t"),
)

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("id", _Serial, primary_key=True, autoincrement=True),
    sa.Column("sink", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("event", sa.Text, sa.ForeignKey("events.id"), nullable=False),
    sa.Column("phase", sa.Text, nullable=False),
    sa.Column("payload", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("created_t", sa.Double, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("tried_t", sa.Double),
    sa.Column("next_t", sa.Double, nullable=False),
    sa.Column("error", sa.Text, nullable=False),
    sa.UniqueConstraint("sink", "key"),
    sa.Index(None, "sink", "state", "id"),
    sqlite_autoincrement=True,
)

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("started_t", sa.Double, nullable=False),
    sa.Column("updated_t", sa.Double, nullable=False),
)

counters = sa.Table(
    "counters",
    metadata,
    sa.Column("run", sa.Text, sa.ForeignKey("runs.id"), primary_key=True),
    sa.Column("camera", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("total", sa.BigInteger, nullable=False),
)
