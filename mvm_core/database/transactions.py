"""Transactions: one that writes is kept whole or not at all, one that reads keeps no writer waiting."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mvm_core.database.address import SQLITE
from mvm_core.database.refusals import errors_told

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

READING = "mvm_reading"
"""Option of a connection that changes nothing."""


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
        engine.connect().execution_options(**{READING: True}) as connection,
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
    if engine.dialect.name != SQLITE:
        return
    with errors_told(engine.url), engine.connect() as connection:
        # Past SQLAlchemy, which would begin a transaction: within one no log can be emptied.
        cursor = connection.connection.cursor()
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        cursor.close()
