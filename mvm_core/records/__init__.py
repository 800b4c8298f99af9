"""The clinic's record: what was read, by whom, and what it turned out to be; with a trail of it all.

Off until MVM_DATABASE names a database. What needs SQLAlchemy is imported once the record is opened.
"""

from mvm_core.records.settings import RecordSettings, is_on, read_settings

__all__ = ["RecordSettings", "is_on", "read_settings"]
