"""Tables brought to the newest form by Alembic's revisions."""

from pathlib import Path
from typing import TYPE_CHECKING

from mvm_core.database.address import name_of
from mvm_core.database.transactions import READING
from mvm_core.errors import DatabaseError
from mvm_core.language import gettext

if TYPE_CHECKING:
    from sqlalchemy import Engine

_MIGRATING = 0x4D564D
"""Key of PostgreSQL's advisory lock under which tables are brought up to date."""


def upgrade(engine: "Engine", migrations: Path) -> None:
    """Bring the tables to the newest form in one transaction, one process after the other."""
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory
    from sqlalchemy import text

    script = ScriptDirectory(str(migrations), version_locations=[str(migrations)])
    table = f"{migrations.parent.name}_version"
    newest = script.get_current_head()
    known = {revision.revision for revision in script.walk_revisions()}
    with engine.connect().execution_options(**{READING: True}) as connection:
        found = MigrationContext.configure(connection, opts={"version_table": table}).get_current_revision()
    if found == newest:
        return
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATING})
        found = MigrationContext.configure(connection, opts={"version_table": table}).get_current_revision()
        if found is not None and found not in known:
            raise DatabaseError(
                name_of(engine.url),
                gettext("a newer version of this program wrote it (its form is {found})", found=found),
                gettext("update the program, or restore the backup from before"),
            )
        if found == newest:
            return
        # Alembic's own upgrade command, in a connection that holds the lock.
        with EnvironmentContext(
            Config(), script, fn=lambda revision, _context: script._upgrade_revs("head", revision)
        ) as environment:
            environment.configure(connection=connection, version_table=table)
            environment.run_migrations()
