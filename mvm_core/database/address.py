"""Where a database lies: an SQLite file or a PostgreSQL server."""

from pathlib import Path
from typing import TYPE_CHECKING

from mvm_core.errors import DatabaseError
from mvm_core.language import gettext

if TYPE_CHECKING:
    from sqlalchemy import URL

SQLITE, POSTGRESQL = "sqlite", "postgresql+psycopg"
"""Names of SQLAlchemy's drivers."""


def address_of(url: str) -> "URL":
    """The address of a database as `mvm_core.database.open_database` takes it.

    Raises
    ------
    DatabaseError
        If it names none.
    """
    from sqlalchemy import URL, make_url
    from sqlalchemy.exc import ArgumentError

    if "://" not in url:
        return URL.create(SQLITE, database=str(Path(url).expanduser()))
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        address = None
    if address is not None and address.drivername in ("postgresql", "postgres"):
        address = address.set(drivername=POSTGRESQL)
    if address is None or address.drivername not in (SQLITE, POSTGRESQL) or not address.database:
        raise DatabaseError(
            gettext("MVM_DATABASE"),
            gettext("this names no database"),
            gettext("give the path of a file or postgresql+psycopg://USER:PASSWORD@HOST/DATABASE"),
        )
    return address


def name_of(address: "URL") -> str:
    """How a database is named to a person: the file, or the address without its password."""
    return address.database or "" if address.drivername == SQLITE else address.render_as_string(True)
