"""A database opened at the newest form of its tables, by several processes at once."""

import os
import sqlite3
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING

from mvm_core.database.address import SQLITE, address_of
from mvm_core.database.migrating import upgrade
from mvm_core.database.refusals import BUSY_S, errors_told, package_missing
from mvm_core.database.transactions import READING
from mvm_core.errors import DatabaseError
from mvm_core.language import gettext

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine

_CONNECT_S = 10
_AGAIN_S = 0.02


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
    address = address_of(url)
    with errors_told(address):
        if address.drivername == SQLITE:
            _make_file(address)
            engine = create_engine(address, connect_args={"timeout": BUSY_S})
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
        else:
            engine = create_engine(address, pool_pre_ping=True, connect_args={"connect_timeout": _CONNECT_S})
        try:
            upgrade(engine, migrations)
        except BaseException:
            engine.dispose()
            raise
    return engine


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
    _keep_a_log(cursor)
    for pragma in ("foreign_keys=ON", "synchronous=FULL", "secure_delete=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _keep_a_log(cursor: sqlite3.Cursor) -> None:
    """WAL mode; while another connection changes to it, SQLite refuses at once whatever its timeout."""
    until = monotonic() + BUSY_S
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not busy or monotonic() > until:
                raise
            sleep(_AGAIN_S)
        else:
            return


def _begin_sqlite(connection: "Connection") -> None:
    # A transaction that begins by reading and then writes would fail where another has written in between.
    only_reads = connection.get_execution_options().get(READING, False)
    connection.exec_driver_sql("BEGIN" if only_reads else "BEGIN IMMEDIATE")
