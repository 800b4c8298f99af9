"""The clinic's record as the pages use it, and in whose name."""

from typing import TYPE_CHECKING

from mvm_core.records.shared import open_shared
from pages.access.permission import user

if TYPE_CHECKING:
    from mvm_core.records.record import Record

_NOBODY = "without login"


def shared_record() -> "Record":
    """The record that all sessions share.

    Raises
    ------
    DatabaseError
        If it cannot be opened.
    """
    return open_shared()


def who() -> str:
    """Who is logged in, for the record."""
    return user() or _NOBODY
