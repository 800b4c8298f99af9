"""Databases: an SQLite file or a PostgreSQL server, opened at the newest form of its tables.

SQLAlchemy and Alembic belong to requirements-clinic.txt and are imported where they are used.
"""

from mvm_core.database.address import name_of
from mvm_core.database.opening import open_database
from mvm_core.database.refusals import package_missing
from mvm_core.database.transactions import reading, wipe_deleted, writing

SECRET_VARIABLE = "MVM_DATABASE_SECRET"
"""Names the secret of a site, with which pseudonyms are made."""

__all__ = [
    "SECRET_VARIABLE",
    "name_of",
    "open_database",
    "package_missing",
    "reading",
    "wipe_deleted",
    "writing",
]
