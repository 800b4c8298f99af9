"""Whether a record is kept, where, and for how long."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from mvm_core.database import SECRET_VARIABLE
from mvm_core.errors import DatabaseError
from mvm_core.language import gettext

DATABASE_VARIABLE = "MVM_DATABASE"
KEEP_VARIABLE = "MVM_DATABASE_KEEP_DAYS"
FILMS_VARIABLE = "MVM_DATABASE_FILMS"
_SHORTEST_SECRET = 16


@dataclass(frozen=True)
class RecordSettings:
    """How a record is kept.

    Attributes
    ----------
    url : str
        The database, as `mvm_core.database.open_database` takes it.
    secret : bytes
        The site's: pseudonyms are made and the trail is signed with it.
    keep_days : int or None
        After how many days a case is deleted; None where cases are kept for good.
    keep_films : bool
        Whether films are kept with their readings, sealed; they go with their case.
    """

    url: str
    secret: bytes = field(repr=False)
    keep_days: int | None = None
    keep_films: bool = False


def is_on(environment: Mapping[str, str] | None = None) -> bool:
    """Whether a record is asked for."""
    return bool((os.environ if environment is None else environment).get(DATABASE_VARIABLE))


def read_settings(environment: Mapping[str, str] | None = None) -> RecordSettings:
    """The settings in the environment.

    Raises
    ------
    DatabaseError
        If no database or no secret is named, the secret is short, the days are no number, or whether films
        are kept is said neither by 0 nor by 1.
    """
    given = os.environ if environment is None else environment
    if not is_on(given):
        raise DatabaseError(
            DATABASE_VARIABLE,
            gettext("it is not set, so no record is kept"),
            gettext("set it to a file or to the URL of a PostgreSQL database"),
        )
    secret = given.get(SECRET_VARIABLE, "")
    if len(secret) < _SHORTEST_SECRET:
        raise DatabaseError(
            SECRET_VARIABLE,
            gettext("a record needs a secret of {count} characters or more", count=_SHORTEST_SECRET),
            gettext("set it to a random text that stays the same, and keep a copy apart from the database"),
        )
    days = given.get(KEEP_VARIABLE, "")
    if days and (not days.isdecimal() or int(days) < 1):
        raise DatabaseError(
            KEEP_VARIABLE,
            gettext("{days!r} is no number of days", days=days),
            gettext("give a whole number, or leave it out to keep cases for good"),
        )
    films = given.get(FILMS_VARIABLE, "")
    if films not in ("", "0", "1"):
        raise DatabaseError(
            FILMS_VARIABLE,
            gettext("{films!r} says neither that films are kept nor that they are not", films=films),
            gettext("set it to 1 to keep films with their readings, or leave it out"),
        )
    return RecordSettings(
        given[DATABASE_VARIABLE], secret.encode(), int(days) if days else None, films == "1"
    )
