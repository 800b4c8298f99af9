"""What is kept, found again, said of a case, deleted; what comes out as a table."""

from datetime import date
from pathlib import Path

import pytest
from record_words import ENVIRONMENT, SECRET, document, marks
from sqlalchemy import text

from mvm_core.cohort import read_predictions
from mvm_core.database import reading
from mvm_core.errors import DatabaseError
from mvm_core.records import RecordSettings, is_on, read_settings
from mvm_core.records.backup import back_up, restore
from mvm_core.records.case import Statement
from mvm_core.records.predictions import predictions_of
from mvm_core.records.record import Record, open_record


def test_a_reading_is_kept_whole_and_found_again_under_a_pseudonym(record: Record, tmp_path: Path) -> None:
    said = Statement(opinion_before="bvf")
    first = record.keep(document(), "anna", said, marks("C-4711", "1.2.3"))
    second = record.keep(document(0.2, "BVF likely"), "ben", Statement(), marks("C-4711", "1.2.4"))
    other = record.keep(document(), "anna", Statement(), marks("C-4712"))
    nobody = [record.keep(document(), "anna", Statement(), {}) for _ in range(2)]
    found = {case.id: case for case in record.cases()}
    assert set(found) == {first, second, other, *nobody}
    assert found[first].said == said
    assert (found[first].who, found[first].weights, found[first].level) == ("anna", "c158d3bd1a93", "L2")
    assert found[first].reading["readings"] == document()["readings"]
    assert found[first].probability == 0.7
    assert found[first].patient == found[second].patient
    assert len({found[each].patient for each in (first, other, *nobody)}) == 4
    assert [case.id for case in record.cases(found[first].patient)] == [second, first]
    back_up(record, tmp_path / "all.gz", "anna")
    import gzip

    everything = gzip.decompress((tmp_path / "all.gz").read_bytes()).decode()
    for word in ("4711", "1.2.3", "Chen", "Mei-Ling"):
        assert word not in everything
    assert "ap film: the film is cut." in everything


def test_reference_standard_opinions_and_comments_are_entered(record: Record) -> None:
    case = record.keep(document(), "anna", Statement(opinion_before="bvf"), marks("C-1"))
    said = Statement("bvf", "mvm", "soft tissue", "mvm", "biopsy", "2026-11-20")
    record.say(case, "ben", said)
    assert record.open_case(case, "ben").said == said
    assert actions(record) == ["reading", "change", "view"]
    record.say(case, "ben", said)
    assert actions(record) == ["reading", "change", "view"], "nothing was changed"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (Statement(truth="mvm"), "choose both or neither"),
        (Statement(truth="cancer", reference="mri"), "choose one of mvm, bvf"),
        (Statement(truth="mvm", reference="mri", reference_date="20.11.2026"), "write it as YYYY-MM-DD"),
    ],
)
def test_what_cannot_be_is_told_and_not_kept(record: Record, said: Statement, told: str) -> None:
    with pytest.raises(DatabaseError, match=told):
        record.keep(document(), "anna", said, marks("C-1"))
    assert record.cases() == ()
    assert record.verify() == []


def test_a_case_that_is_not_there_is_told(record: Record) -> None:
    with pytest.raises(DatabaseError, match="no such case"):
        record.open_case("0123456789abcdef", "anna")


def test_settled_cases_come_out_as_predictions(record: Record, tmp_path: Path) -> None:
    first = record.keep(document(0.7), "anna", Statement(), marks("C-1", "1.1"))
    record.keep(document(0.9), "anna", Statement(), marks("C-2", "1.2"))
    again = record.keep(document(0.1, "BVF likely"), "anna", Statement(), marks("C-1", "1.1"))
    benign = record.keep(document(0.1, "BVF likely"), "anna", Statement(), marks("C-3", "1.3"))
    intact = record.keep(document(0.1, "BVF likely"), "anna", Statement(), marks("C-4", "1.4"))
    assert predictions_of(record.cases()).empty
    for case, truth in ((first, "mvm"), (again, "mvm"), (benign, "bvf"), (intact, "intact")):
        record.say(case, "anna", Statement(truth=truth, reference="mri", reference_date="2026-11-01"))
    table = predictions_of(record.cases())
    file = tmp_path / "predictions.csv"
    table.to_csv(file, index=False)
    read = read_predictions(file)
    kept = read[["case_id", "label", "model", "probability"]].to_numpy().tolist()
    assert kept == [
        [first, "mvm", "all-views", 0.7],
        [first, "mvm", "ap", 0.35],
        [benign, "bvf", "all-views", 0.1],
        [benign, "bvf", "ap", 0.05],
    ]


def test_a_patient_is_deleted_and_the_trail_stays_whole(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mvm_core.imaging.marks import mark_of

    monkeypatch.setenv("MVM_DATABASE_SECRET", SECRET.decode())
    own = {"PatientID": mark_of("PatientID", "C-4711")}
    cases = [record.keep(document(), "anna", Statement(), own) for _ in range(3)]
    stays = record.keep(document(), "anna", Statement(), marks("C-2"))
    patient = record.patient_of(" c-4711 ")
    assert patient == record.open_case(cases[0], "anna").patient
    assert record.delete_patient(patient, "anna") == 3
    assert [case.id for case in record.cases()] == [stays]
    assert record.patient_of("C-4711") is None
    assert record.verify() == []
    with pytest.raises(DatabaseError, match="no such patient"):
        record.delete_patient(patient, "anna")
    again = record.keep(document(), "anna", Statement(), own)
    assert record.open_case(again, "anna").patient != patient, "the pseudonym leads to nobody any more"


def test_old_cases_are_deleted_by_retention(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    from mvm_core.records import chain

    monkeypatch.setattr(chain, "now", lambda: "2026-01-02T03:04:05.000000+00:00")
    old = [record.keep(document(), "anna", Statement(), marks(f"C-{number}")) for number in range(2)]
    monkeypatch.undo()
    new = record.keep(document(), "anna", Statement(), marks("C-1"))
    days = (date.today() - date(2026, 1, 2)).days
    assert record.delete_older_than(days + 2, "anna") == 0
    assert record.delete_older_than(days - 2, "anna") == len(old)
    assert [case.id for case in record.cases()] == [new]
    assert record.verify() == []


def test_a_backup_is_restored_into_the_other_kind_of_database(
    record: Record, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    kept = [record.keep(document(), "anna", Statement(), marks(f"C-{number}")) for number in range(3)]
    record.say(kept[0], "ben", Statement(comment="第二節", truth="mvm", reference="ct"))
    file = tmp_path / "backup.gz"
    assert back_up(record, file, "anna") == 3
    assert file.stat().st_mode & 0o777 == 0o600
    sqlite = record.engine.dialect.name == "sqlite"
    url = request.getfixturevalue("postgresql").new_database() if sqlite else str(tmp_path / "other.db")
    other = open_record(RecordSettings(url, SECRET))
    assert restore(other, file, "ben") == 3
    assert other.cases() == record.cases()
    assert other.verify(record.head().hash) == []
    with pytest.raises(DatabaseError, match="it is not empty; restore into a new database"):
        restore(other, file, "ben")


def test_a_backup_that_was_cut_or_changed_restores_nothing(tmp_path: Path) -> None:
    import gzip

    record = open_record(RecordSettings(str(tmp_path / "record.db"), SECRET))
    record.keep(document(), "anna", Statement(), marks("C-1"))
    file = tmp_path / "backup.gz"
    back_up(record, file, "anna")
    whole = file.read_bytes()
    lines = gzip.decompress(whole).decode().splitlines(keepends=True)
    empty = open_record(RecordSettings(str(tmp_path / "empty.db"), SECRET))
    bad = {
        "it is no whole backup": [whole[:-20], gzip.compress("".join(lines[:-2]).encode()), b"letter"],
        "it does not hold together": [gzip.compress("".join(lines).replace("anna", "Anna").encode())],
    }
    for told, contents in bad.items():
        for content in contents:
            file.write_bytes(content)
            with pytest.raises(DatabaseError, match=told):
                restore(empty, file, "anna")
            assert empty.cases() == ()
            assert empty.head() is None
    file.write_bytes(whole)
    elsewhere = open_record(RecordSettings(str(tmp_path / "elsewhere.db"), b"another secret of a site"))
    with pytest.raises(DatabaseError, match="with the secret that it was made with"):
        restore(elsewhere, file, "anna")


def test_another_secret_is_told(record: Record, url: str) -> None:
    record.keep(document(), "anna", Statement(), marks("C-1"))
    with pytest.raises(DatabaseError, match="begun with another secret; set MVM_DATABASE_SECRET"):
        open_record(RecordSettings(url, b"another secret of a site"))


def test_the_record_is_off_until_a_database_is_named() -> None:
    assert not is_on({})
    assert is_on({"MVM_DATABASE": "record.db"})
    for environment, told in (
        ({}, "no record is kept; set it"),
        ({"MVM_DATABASE": "record.db"}, "needs a secret of 16"),
        ({"MVM_DATABASE": "record.db", "MVM_DATABASE_SECRET": "short"}, "needs a secret of 16"),
        ({"MVM_DATABASE": "r", **ENVIRONMENT, "MVM_DATABASE_KEEP_DAYS": "a year"}, "no number of days"),
    ):
        with pytest.raises(DatabaseError, match=told):
            read_settings(environment)
    found = read_settings({"MVM_DATABASE": "record.db", **ENVIRONMENT, "MVM_DATABASE_KEEP_DAYS": "90"})
    assert found == RecordSettings("record.db", SECRET, 90)
    assert "secret of the tests" not in repr(found)


def actions(record: Record) -> list[str]:
    with reading(record.engine) as connection:
        return list(connection.execute(text("SELECT action FROM record_trail ORDER BY number")).scalars())
