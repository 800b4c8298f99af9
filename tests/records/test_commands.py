"""`records` on the command line, and logins in the trail."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from record_words import ENVIRONMENT, SECRET, document, marks
from typer.testing import CliRunner

from mvm_core.cli import app
from mvm_core.cohort import read_predictions
from mvm_core.errors import MvmError
from mvm_core.imaging.marks import mark_of
from mvm_core.records import RecordSettings
from mvm_core.records.case import Statement
from mvm_core.records.record import Record, open_record

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Record:
    for name, value in {"MVM_DATABASE": str(tmp_path / "record.db"), **ENVIRONMENT}.items():
        monkeypatch.setenv(name, value)
    record = open_record(RecordSettings(str(tmp_path / "record.db"), SECRET))
    own = {"PatientID": mark_of("PatientID", "C-4711")}
    record.keep(document(), "anna", Statement(truth="mvm", reference="mri"), own)
    record.keep(document(0.1), "anna", Statement(truth="bvf", reference="mri"), marks("C-2"))
    return record


def told(*arguments: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, ["records", *arguments], catch_exceptions=True)
    if isinstance(done.exception, MvmError):
        return str(done.exception)
    assert done.exit_code == code, done.output
    return done.output


def test_verify_tells_the_head_and_any_change(kept: Record, tmp_path: Path) -> None:
    whole = told("verify")
    head = kept.head().hash
    assert f"whole, 2 entries. Note this head elsewhere: {head}" in whole
    assert "whole" in told("verify", "--head", head)
    assert "it is an older state" in told("verify", "--head", "f" * 64, code=1)
    changed = sqlite3.connect(tmp_path / "record.db")
    with changed:
        changed.execute("UPDATE record_case SET truth = 'bvf' WHERE truth = 'mvm'")
    changed.close()
    assert "or its patient was changed" in told("verify", code=1)


def test_a_patient_is_deleted_by_number(kept: Record) -> None:
    assert "no reading of theirs" in told("delete-patient", "C-9")
    assert "1 cases deleted" in told("delete-patient", "C-4711")
    assert len(kept.cases()) == 1


def test_backup_and_restore(kept: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = str(tmp_path / "backup.gz")
    assert "2 cases" in told("backup", file)
    assert "it is not empty" in told("restore", file)
    monkeypatch.setenv("MVM_DATABASE", str(tmp_path / "other.db"))
    assert "2 cases" in told("restore", file)
    assert "whole, 4 entries" in told("verify")
    assert "there is no such file" in told("restore", str(tmp_path / "none.gz"))


def test_retention_is_by_configuration(kept: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "is not set, so cases are kept for good" in told("retention", code=2)
    monkeypatch.setenv("MVM_DATABASE_KEEP_DAYS", "30")
    assert "0 cases older than 30 days deleted" in told("retention")


def test_export_is_read_by_validate(kept: Record, tmp_path: Path) -> None:
    file = tmp_path / "predictions.csv"
    assert "2 cases" in told("export", str(file))
    assert len(read_predictions(file)) == 4
    assert "whole, 3 entries" in told("verify"), "the export is in the trail"


def test_without_a_record_one_sentence_tells_the_cure() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MVM_DATABASE")}
    command = [sys.executable, "-m", "mvm_core", "records", "verify"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        "MVM_DATABASE: it is not set, so no record is kept; set it to a file or to the URL of a PostgreSQL "
        "database."
    ]


def test_a_login_is_in_the_trail_and_a_record_out_of_reach_keeps_nobody_out(
    kept: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pages.access.accounts import Account, Role, with_password, write_accounts
    from pages.access.guard import Guard
    from pages.access.settings import read_settings

    users = tmp_path / "users.json"
    write_accounts(users, {"anna": with_password(Account("anna", Role.READER), "a long word of anna")})
    guard = Guard(read_settings(None, {"MVM_USERS": str(users)}))
    assert guard.log_in("anna", "wrong", "") is None
    assert kept.head().number == 2
    assert guard.log_in("anna", "a long word of anna", "") is not None
    assert kept.head().number == 3
    assert kept.verify() == []
    monkeypatch.setenv("MVM_DATABASE", "/proc/nowhere/record.db")
    assert guard.log_in("anna", "a long word of anna", "") is not None
