"""Databases: an SQLite file or a PostgreSQL server, opened at the newest form of its tables.

SQLAlchemy and Alembic belong to requirements-clinic.txt and are imported where they are used.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from mvm_core.errors import DatabaseError
from mvm_core.language import gettext

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine

SECRET_VARIABLE = "MVM_DATABASE_SECRET"
"""Names the secret of a site, with which pseudonyms are made."""

BUSY_S = 30
"""How long a writer waits for another, in seconds."""

_CONNECT_S = 10
_MIGRATING = 0x4D564D
"""Key of PostgreSQL's advisory lock under which tables are brought up to date."""

_SQLITE, _POSTGRESQL = "sqlite", "postgresql+psycopg"
_READING = "mvm_reading"

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


def open_database(url: str, migrations: Path) -> "Engine":
    """Open a database and bring its tables to the newest form; several processes may do so at once.

    Parameters
    ----------
    url : str
        The path of an SQLite file or its URL (``sqlite:///PATH``), made with its folder where it is not
        there, for its owner alone; or ``postgresql+psycopg://USER:PASSWORD@HOST/DATABASE``.
    migrations : Path
        Folder of Alembic's revision files. The form that the tables have is kept in a table named after the
        folder above it, so that several parts of the program may share a database.

    Returns
    -------
    sqlalchemy.Engine
        To be used within `reading` and `writing`. SQLite in WAL mode, with foreign keys, each commit on the
        disk before it returns, and what is deleted written over.

    Raises
    ------
    DatabaseError
        If the packages are missing, it is no database, cannot be reached or written to, or is of a newer
        version of the program.
    """
    try:
        import alembic  # noqa: F401
        from sqlalchemy import create_engine, event
    except ModuleNotFoundError as error:
        raise package_missing(error) from None
    address = _address(url)
    with errors_told(address):
        if address.drivername == _SQLITE:
            _make_file(address)
            engine = create_engine(address, connect_args={"timeout": BUSY_S})
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
        else:
            engine = create_engine(address, pool_pre_ping=True, connect_args={"connect_timeout": _CONNECT_S})
        try:
            _upgrade(engine, migrations)
        except BaseException:
            engine.dispose()
            raise
    return engine


@contextmanager
def writing(engine: "Engine") -> Iterator["Connection"]:
    """A transaction: all of it is kept, or nothing.

    Raises
    ------
    DatabaseError
        If the database cannot be reached or written to.
    """
    with errors_told(engine.url), engine.begin() as connection:
        yield connection


@contextmanager
def reading(engine: "Engine") -> Iterator["Connection"]:
    """A transaction that changes nothing, and keeps no writer waiting.

    Raises
    ------
    DatabaseError
        If the database cannot be reached or read.
    """
    with (
        errors_told(engine.url),
        engine.connect().execution_options(**{_READING: True}) as connection,
        connection.begin() as transaction,
    ):
        yield connection
        transaction.rollback()


def wipe_deleted(engine: "Engine") -> None:
    """Let what was deleted not outlast in an SQLite file's log; PostgreSQL's own vacuum does so by itself.

    Raises
    ------
    DatabaseError
        If the database cannot be written to.
    """
    if engine.dialect.name != _SQLITE:
        return
    with errors_told(engine.url), engine.connect() as connection:
        # Past SQLAlchemy, which would begin a transaction: within one no log can be emptied.
        cursor = connection.connection.cursor()
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        cursor.close()


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


def name_of(address: "URL") -> str:
    """How a database is named to a person: the file, or the address without its password."""
    return address.database or "" if address.drivername == _SQLITE else address.render_as_string(True)


def _address(url: str) -> "URL":
    from sqlalchemy import URL, make_url
    from sqlalchemy.exc import ArgumentError

    if "://" not in url:
        return URL.create(_SQLITE, database=str(Path(url).expanduser()))
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        address = None
    if address is not None and address.drivername in ("postgresql", "postgres"):
        address = address.set(drivername=_POSTGRESQL)
    if address is None or address.drivername not in (_SQLITE, _POSTGRESQL) or not address.database:
        raise DatabaseError(
            gettext("MVM_DATABASE"),
            gettext("this names no database"),
            gettext("give the path of a file or postgresql+psycopg://USER:PASSWORD@HOST/DATABASE"),
        )
    return address


def _make_file(address: "URL") -> None:
    """An empty file that its owner alone may read, where there is none yet."""
    path = Path(address.database or "")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise DatabaseError(
            str(path),
            gettext("it cannot be opened ({reason})", reason=error.strerror or type(error).__name__),
            gettext("choose a file in a folder that can be written to"),
        ) from None


def _prepare_sqlite(connection: object, _record: object) -> None:
    # The driver begins no transaction by itself then: `_begin_sqlite` does.
    connection.isolation_level = None  # type: ignore[attr-defined]
    cursor = connection.cursor()  # type: ignore[attr-defined]
    for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL", "secure_delete=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: "Connection") -> None:
    # A transaction that begins by reading and then writes would fail where another has written in between.
    only_reads = connection.get_execution_options().get(_READING, False)
    connection.exec_driver_sql("BEGIN" if only_reads else "BEGIN IMMEDIATE")


def _upgrade(engine: "Engine", migrations: Path) -> None:
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
    with engine.connect().execution_options(**{_READING: True}) as connection:
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


def _told(address: "URL", error: Exception) -> tuple[str, str] | None:
    """What is wrong and what to do; None where it is not known."""
    cause = getattr(error, "orig", None)
    said = str(cause).lower()
    state = getattr(cause, "sqlstate", None) or ""
    if address.drivername == _SQLITE:
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
