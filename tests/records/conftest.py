"""A record in either database, and a reading to keep."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from record_words import SECRET
from sqlalchemy import Engine

from mvm_core.database import open_database
from mvm_core.records import RecordSettings
from mvm_core.records.record import Record, open_record


@pytest.fixture(autouse=True)
def _closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Close every database that a test opened."""
    opened: list[Engine] = []

    def opening(url: str, migrations: Path) -> Engine:
        opened.append(open_database(url, migrations))
        return opened[-1]

    monkeypatch.setattr("mvm_core.records.record.open_database", opening)
    yield
    for engine in opened:
        engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return str(tmp_path / "record.db")
    return str(request.getfixturevalue("postgresql").new_database())


@pytest.fixture
def record(url: str) -> Record:
    return open_record(RecordSettings(url, SECRET))
