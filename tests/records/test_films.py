"""No film is in the database unless the settings say so; then it is sealed, and goes with its case."""

import sqlite3
from pathlib import Path

import numpy as np
import pytest
from record_words import ENVIRONMENT, SECRET, document, film, marks
from sqlalchemy import func, select, text

from mvm_core.database import reading, writing
from mvm_core.errors import DatabaseError
from mvm_core.records import RecordSettings, read_settings
from mvm_core.records.backup import back_up, restore
from mvm_core.records.case import Statement
from mvm_core.records.record import Record, open_record
from mvm_core.records.tables import films, metadata

PIXELS = {"ap": film(1), "lateral": film(2)}


def with_films(url: str) -> Record:
    return open_record(RecordSettings(url, SECRET, keep_films=True))


def count_of_films(record: Record) -> int:
    with reading(record.engine) as connection:
        return int(connection.execute(select(func.count()).select_from(films)).scalar_one())


def bytes_kept(record: Record) -> int:
    """Of all values in all tables."""
    with reading(record.engine) as connection:
        return sum(
            len(value if isinstance(value, bytes) else str(value).encode())
            for table in metadata.sorted_tables
            for row in connection.execute(select(table))
            for value in row
        )


def test_without_the_setting_nothing_of_a_film_is_in_the_database(url: str) -> None:
    given = {view: np.tile(each, (20, 20)) for view, each in PIXELS.items()}
    plain = open_record(RecordSettings(url, SECRET))
    case = plain.keep(document(), "anna", Statement(), marks("C-1"), pixels=given)
    assert (count_of_films(plain), plain.films_of(case)) == (0, {})
    before = bytes_kept(plain)
    assert before < 5_000
    case = with_films(url).keep(document(), "anna", Statement(), marks("C-2"), pixels=given)
    assert bytes_kept(plain) - before > 100_000, "a film would be seen"
    assert set(plain.films_of(case)) == {"ap", "lateral"}
    assert plain.verify() == []


def test_films_are_sealed_and_come_out_as_they_went_in(url: str) -> None:
    record = with_films(url)
    case = record.keep(document(), "anna", Statement(), marks("C-1"), pixels=PIXELS)
    other = record.keep(document(), "anna", Statement(), marks("C-1"), pixels=PIXELS)
    opened = record.films_of(case)
    for view, pixels in PIXELS.items():
        np.testing.assert_allclose(opened[view], pixels, atol=0.51 / 65535)
    with reading(record.engine) as connection:
        sealed = list(connection.execute(select(films.c.sealed)).scalars())
    assert len(set(sealed)) == 4, "the same film sealed again looks otherwise"
    assert not any(b"PNG" in each for each in sealed)
    stranger = Record(record.engine, b"another secret of a site", keeps_films=True)
    with pytest.raises(DatabaseError, match="changed and cannot be opened"):
        stranger.films_of(case)
    with writing(record.engine) as connection:  # a film of another case in its place
        connection.execute(
            text("UPDATE record_film SET sealed = (SELECT sealed FROM record_film AS f WHERE f.\"case\" = :o "
                 "AND f.view = 'ap') WHERE \"case\" = :c AND view = 'ap'"),
            {"o": other, "c": case},
        )  # fmt: skip
    with pytest.raises(DatabaseError, match=r"The ap film of case .* was changed and cannot be opened; run"):
        record.films_of(case)
    assert any(f"the ap film of case {case} was changed" in fault for fault in record.verify())


def test_films_go_with_their_patient_and_with_age(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from mvm_core.records import chain

    record = with_films(url)
    first = record.keep(document(), "anna", Statement(), marks("C-1"), pixels=PIXELS)
    record.keep(document(), "anna", Statement(), marks("C-2"), pixels=PIXELS)
    assert record.delete_patient(record.open_case(first, "anna").patient, "anna") == 1
    assert count_of_films(record) == 2
    monkeypatch.setattr(chain, "now", lambda: "2026-01-02T03:04:05.000000+00:00")
    record.keep(document(), "anna", Statement(), marks("C-2"), pixels=PIXELS)
    monkeypatch.undo()
    assert record.delete_older_than(5, "anna") == 1
    assert count_of_films(record) == 2
    assert record.verify() == []


def test_what_was_deleted_is_in_no_file_of_the_database(tmp_path: Path) -> None:
    record = with_films(str(tmp_path / "record.db"))

    def found(word: bytes) -> bool:
        return any(word in path.read_bytes() for path in tmp_path.iterdir())

    record.keep(document(), "anna", Statement(), marks("C-2"))
    case = record.keep(document(), "anna", Statement(comment="soft tissue mass"), marks("C-1"), pixels=PIXELS)
    with reading(record.engine) as connection:
        sealed = connection.execute(select(films.c.sealed)).scalars().first()
        key = connection.execute(text("SELECT key FROM record_patient ORDER BY mark")).scalars().all()
    assert found(b"soft tissue mass")
    assert found(sealed[:200])
    record.delete_patient(record.open_case(case, "anna").patient, "anna")
    assert not found(b"soft tissue mass")
    assert not found(sealed[:200])
    assert [found(each.encode()) for each in key].count(True) == 1


def test_films_are_in_a_backup_and_come_back(url: str, tmp_path: Path) -> None:
    record = with_films(url)
    case = record.keep(document(), "anna", Statement(), marks("C-1"), simulated=True, pixels=PIXELS)
    assert back_up(record, tmp_path / "backup.gz", "anna") == 1
    other = with_films(str(tmp_path / "other.db"))
    assert restore(other, tmp_path / "backup.gz", "anna") == 1
    np.testing.assert_array_equal(other.films_of(case)["lateral"], record.films_of(case)["lateral"])
    assert other.cases() == record.cases()
    assert other.cases()[0].simulated


def test_a_reading_with_a_key_is_kept_once_and_stays_deleted(record: Record) -> None:
    first = record.keep(document(), "node", Statement(), marks("C-1"), key="films and weights")
    assert record.keep(document(), "node", Statement(), marks("C-1"), key="films and weights") == first
    assert record.keep(document(), "node", Statement(), marks("C-1"), key="other films") != first
    assert len(record.cases()) == 2
    record.delete_patient(record.open_case(first, "anna").patient, "anna")
    record.keep(document(), "node", Statement(), marks("C-1"), key="films and weights")
    assert record.cases() == ()
    assert record.verify() == []


def test_the_setting_is_0_or_1() -> None:
    on = {"MVM_DATABASE": "r.db", **ENVIRONMENT}
    assert not read_settings(on).keep_films
    assert not read_settings({**on, "MVM_DATABASE_FILMS": "0"}).keep_films
    assert read_settings({**on, "MVM_DATABASE_FILMS": "1"}).keep_films
    with pytest.raises(DatabaseError, match=r"'yes' says neither .*; set it to 1"):
        read_settings({**on, "MVM_DATABASE_FILMS": "yes"})


def test_an_sqlite_file_writes_over_what_is_deleted(tmp_path: Path) -> None:
    record = with_films(str(tmp_path / "record.db"))
    with reading(record.engine) as connection:
        assert connection.execute(text("PRAGMA secure_delete")).scalar() == 1
    sqlite3.connect(tmp_path / "record.db").close()
