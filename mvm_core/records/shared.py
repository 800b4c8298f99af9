"""The record that the environment names, for all who use it in one process."""

from typing import TYPE_CHECKING

from mvm_core.errors import DatabaseError
from mvm_core.language import gettext
from mvm_core.records.settings import read_settings

if TYPE_CHECKING:
    from mvm_core.records.record import Record


def open_shared() -> "Record":
    """The record of MVM_DATABASE, opened once.

    Raises
    ------
    DatabaseError
        If the settings are wrong, the packages are missing, or it cannot be opened.
    """
    settings = read_settings()
    try:
        from mvm_core.records.record import open_record
    except ModuleNotFoundError as error:
        raise DatabaseError(
            gettext("The database"),
            gettext("the package {name} is not installed", name=error.name),
            gettext("pip install -r requirements-clinic.txt"),
        ) from None
    return open_record(settings)
