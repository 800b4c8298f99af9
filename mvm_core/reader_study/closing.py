"""A study closed by its organiser: nobody answers any more, and what was said can be taken away."""

import time
from collections.abc import Callable

from sqlalchemy import Connection, Engine, insert, select
from sqlalchemy.exc import IntegrityError

from mvm_core.database import reading, writing
from mvm_core.errors import ReaderStudyError
from mvm_core.language import gettext
from mvm_core.reader_study.tables import CLOSING


def close(engine: Engine, now: Callable[[], float] = time.time) -> None:
    """Close a study; nothing where it is closed already, and nothing opens it again.

    Parameters
    ----------
    engine : Engine
        Of the study's answers.
    now : callable
        Seconds since 1970.
    """
    try:
        with writing(engine) as connection:
            connection.execute(insert(CLOSING).values(id=1, closed_at=now()))
    except IntegrityError:
        # the first word stands
        return


def closed_at(engine: Engine) -> float | None:
    """When a study was closed, in seconds since 1970; None while it is open."""
    with reading(engine) as connection:
        return connection.execute(select(CLOSING.c.closed_at)).scalar_one_or_none()


def must_be_open(connection: Connection, title: str) -> None:
    """Go on only in a study that is open.

    Raises
    ------
    ReaderStudyError
        If the organiser has closed it.
    """
    if connection.execute(select(CLOSING.c.id)).scalar_one_or_none() is not None:
        raise ReaderStudyError(
            title,
            gettext("the organiser has closed this study, and your answers so far are kept"),
            gettext("ask the organiser if you meant to read on"),
        )
