"""Alembic's way into these migrations; the connection comes from `mvm_core.database`."""

from alembic import context

from mvm_core.reader_study.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
with context.begin_transaction():
    context.run_migrations()
