"""The record that the environment names, for all who use it in one process."""

import threading
import time
from typing import TYPE_CHECKING

from mvm_core.database import package_missing
from mvm_core.records.settings import RecordSettings, read_settings

if TYPE_CHECKING:
    from mvm_core.records.record import Record

RETENTION = "retention"
"""In whose name cases are deleted by age."""

_DAY_S = 24 * 3600.0
_cleared: dict[RecordSettings, float] = {}
_clearing = threading.Lock()


def open_shared(*, clearing: bool = True) -> "Record":
    """The record of MVM_DATABASE, opened once; once a day cases older than MVM_DATABASE_KEEP_DAYS go.

    Parameters
    ----------
    clearing : bool
        Whether old cases are looked for.

    Raises
    ------
    DatabaseError
        If the settings are wrong, the packages are missing, or it cannot be opened.
    """
    settings = read_settings()
    try:
        from mvm_core.records.record import open_record
    except ModuleNotFoundError as error:
        raise package_missing(error) from None
    record = open_record(settings)
    if clearing and settings.keep_days is not None and _is_due(settings):
        record.delete_older_than(settings.keep_days, RETENTION)
    return record


def _is_due(settings: RecordSettings) -> bool:
    """Whether a day has gone by in this process; the next will begin now."""
    with _clearing:
        now = time.monotonic()
        due = now - _cleared.get(settings, now - _DAY_S) >= _DAY_S
        if due:
            _cleared[settings] = now
        return due
