"""What a database refuses, in one sentence with the cure."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mvm_core.database.address import SQLITE, name_of
from mvm_core.errors import DatabaseError
from mvm_core.language import gettext

if TYPE_CHECKING:
    from sqlalchemy import URL

BUSY_S = 30
"""How long a writer waits for another, in seconds."""

_NO_PASSWORD = ("28P01", "28000")
_NO_RIGHT = ("42501", "25006")
_FULL = ("53100",)
_NO_DATABASE = ("3D000",)


def package_missing(error: ModuleNotFoundError) -> DatabaseError:
    """The error that names a package of requirements-clinic.txt which is not installed."""
    return DatabaseError(
        gettext("The database"),
        gettext("the package {name} is not installed", name=error.name),
        gettext("pip install -r requirements-clinic.txt"),
    )


@contextmanager
def errors_told(address: "URL") -> Iterator[None]:
    """Tell what the database refuses in one sentence with the cure.

    Raises
    ------
    DatabaseError
        In the place of what SQLAlchemy raises. A broken constraint is a mistake of the program and passes.
    """
    from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError

    try:
        yield
    except IntegrityError:
        raise
    except DBAPIError as error:
        told = _told(address, error)
        if told is None and isinstance(error, ProgrammingError):
            raise
        problem, cure = told or (
            gettext("it refuses ({said})", said=_first_line(error)),
            gettext("see that it is whole and can be reached, or restore it from a backup"),
        )
        raise DatabaseError(name_of(address), problem, cure) from None


def _told(address: "URL", error: Exception) -> tuple[str, str] | None:
    """What is wrong and what to do; None where it is not known."""
    cause = getattr(error, "orig", None)
    said = str(cause).lower()
    state = getattr(cause, "sqlstate", None) or ""
    if address.drivername == SQLITE:
        return _told_by_sqlite(said)
    if state in _NO_PASSWORD or "authentication failed" in said or "no password supplied" in said:
        return (
            gettext("the server refuses the user or the password"),
            gettext("correct them in MVM_DATABASE"),
        )
    if state in _NO_DATABASE or ("database" in said and "does not exist" in said):
        return gettext("the server has no such database"), gettext("create it, or correct its name")
    if state in _NO_RIGHT:
        return (
            gettext("the user may not write to it"),
            gettext("let the database's owner grant the right to create and write tables"),
        )
    if state in _FULL:
        return gettext("the server's disk is full"), gettext("free space on it and try again")
    if not state or state.startswith(("08", "57P")):
        return (
            gettext("the server cannot be reached ({said})", said=_first_line(error)),
            gettext("see that it runs and that host and port are right"),
        )
    return None


def _told_by_sqlite(said: str) -> tuple[str, str] | None:
    if "not a database" in said or "malformed" in said:
        return (
            gettext("it is not a database, or it is damaged"),
            gettext("name another file, or restore it from a backup"),
        )
    if "readonly" in said or "unable to open" in said:
        return (
            gettext("it cannot be written to"),
            gettext("choose a file in a folder that can be written to"),
        )
    if "disk is full" in said or "disk i/o error" in said:
        return gettext("the disk is full or failing"), gettext("free space on it and try again")
    if "locked" in said:
        return (
            gettext("another program has held it for more than {seconds} s", seconds=BUSY_S),
            gettext("close that program and try again"),
        )
    return None


def _first_line(error: Exception) -> str:
    lines = str(getattr(error, "orig", error)).strip().splitlines()
    return lines[0].rstrip(".;") if lines else type(error).__name__
