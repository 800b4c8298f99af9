"""A record in either database, and a reading to keep."""

from pathlib import Path

import pytest
from record_words import SECRET

from mvm_core.records import RecordSettings
from mvm_core.records.record import Record, open_record


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return str(tmp_path / "record.db")
    return str(request.getfixturevalue("postgresql").new_database())


@pytest.fixture
def record(url: str) -> Record:
    return open_record(RecordSettings(url, SECRET))
