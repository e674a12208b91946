"""Alembic's entry: runs the migrations on the connection that `roadstead.store.database` hands in."""

from alembic import context

from roadstead.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table="roadstead_version",
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
