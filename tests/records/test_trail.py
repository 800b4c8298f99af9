"""Any change that the program did not make is found; twenty writers and a kill leave the trail whole."""

import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from record_words import SECRET, document, film, marks
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from mvm_core.database import writing
from mvm_core.records import RecordSettings, chain
from mvm_core.records.case import Statement
from mvm_core.records.record import Record, open_record
from mvm_core.records.tables import metadata

WRITER = Path(__file__).with_name("record_words.py")
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def filled(record: Record) -> Record:
    """Four cases of two patients, one with a reference standard, one of simulated films that are kept; and
    one deleted patient.
    """
    first = record.keep(document(), "anna", Statement(comment="one"), marks("C-1"))
    record.keep(document(0.2), "ben", Statement(), marks("C-1"))
    record.say(first, "anna", Statement(truth="mvm", reference="mri", reference_date="2026-11-02"))
    gone = record.keep(document(), "anna", Statement(), marks("C-3"))
    record.delete_patient(record.open_case(gone, "anna").patient, "anna")
    record.keep(document(0.4), "anna", Statement(), marks("C-2"))
    with_films = replace(record, keeps_films=True)
    pixels = {"ap": film(1), "lateral": film(2)}
    with_films.keep(document(), "anna", Statement(), marks("C-2"), simulated=True, pixels=pixels)
    assert record.verify() == []
    return record


def tamper(record: Record, *statements: str, **values: object) -> None:
    """Change rows past the program, and past the triggers that refuse to."""
    if record.engine.dialect.name == "sqlite":
        past = sqlite3.connect(record.engine.url.database)
        with past:
            for event in ("UPDATE", "DELETE"):
                past.execute(f"DROP TRIGGER IF EXISTS record_trail_no_{event}")
            for statement in statements:
                past.execute(statement, values)
        past.close()
        return
    with writing(record.engine) as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in statements:
            connection.execute(text(statement), values)


def test_a_change_to_any_column_of_any_row_is_found(filled: Record) -> None:
    with filled.engine.connect() as connection:
        rows = [
            (table, dict(row))
            for table in metadata.sorted_tables
            for row in connection.execute(table.select()).mappings().all()
        ]
        connection.rollback()
    tried = 0
    for table, row in rows:
        *_, key = [column.name for column in table.primary_key.columns]
        for column in [each.name for each in table.columns]:
            before = row[column]
            if column == "patient" and table.name == "record_case":
                changed: object = next(
                    r["id"] for t, r in rows if t.name == "record_patient" and r["id"] != before
                )
            elif column == "case" and table.name == "record_film":
                changed = next(r["id"] for t, r in rows if t.name == "record_case" and r["id"] != before)
            elif isinstance(before, bool):
                changed = not before
            elif isinstance(before, int):
                changed = before + 1000
            elif isinstance(before, bytes):
                changed = before[:50] + bytes([before[50] ^ 1]) + before[51:]
            else:
                changed = flipped(before or "")
            where = f'UPDATE {table.name} SET "{column}" = :value WHERE "{key}" = :key'
            tamper(filled, where, value=changed, key=row[key])
            assert filled.verify() != [], (table.name, column)
            at = changed if column == key else row[key]
            tamper(filled, where, value=before, key=at)
            assert filled.verify() == [], (table.name, column)
            tried += 1
    assert tried > 120


def flipped(value: str) -> str:
    """One character other than it was."""
    middle = len(value) // 2
    return f"{value[:middle]}{'x' if value[middle : middle + 1] != 'x' else 'y'}{value[middle + 1 :]}"


@pytest.mark.parametrize(
    ("statements", "told"),
    [
        (["DELETE FROM record_trail WHERE number = 3"], "entry 3 of the trail is missing"),
        (
            [
                "UPDATE record_trail SET number = 100 WHERE number = 3",
                "UPDATE record_trail SET number = 3 WHERE number = 4",
                "UPDATE record_trail SET number = 4 WHERE number = 100",
            ],
            "entry 3 of the trail does not follow",
        ),
        (
            ["DELETE FROM record_trail WHERE number > 5"],
            "the trail ends at entry 5, its signed head is entry 8",
        ),
        (["DELETE FROM record_trail WHERE number = 1"], "entry 1 of the trail is missing"),
        (["DELETE FROM record_trail"], "the trail ends at entry 0"),
        (["DELETE FROM record_head"], "the head of the trail is missing"),
        (["DELETE FROM record_case WHERE level = 'L2' AND who = 'ben'"], "is missing"),
        (
            ["INSERT INTO record_patient (id, mark, key) VALUES ('added', NULL, 'k')"],
            "patient added has no case",
        ),
        (["DELETE FROM record_film WHERE view = 'ap'"], "its films or its patient was changed"),
        (["UPDATE record_film SET view = 'other' WHERE view = 'ap'"], "its films or its patient was changed"),
    ],
)
def test_what_is_deleted_swapped_cut_or_added_is_found(
    filled: Record, statements: list[str], told: str
) -> None:
    tamper(filled, *statements)
    assert any(told in fault for fault in filled.verify())


def test_a_tail_cut_with_its_head_put_back_is_found(filled: Record) -> None:
    """Who cuts the tail and writes a head for it has no secret to sign it with, or an older one to replay."""
    noted = filled.head()
    with filled.engine.connect() as connection:
        older = connection.execute(text("SELECT hash FROM record_trail WHERE number = 6")).scalar()
        connection.rollback()
    cut = "DELETE FROM record_trail WHERE number > 6"
    forged = "UPDATE record_head SET number = 6, hash = :hash, signature = :signature"
    tamper(filled, cut, forged, hash=older, signature=chain.signature(b"a guess", chain.Head(6, older)))
    assert any("signed with another secret" in fault for fault in filled.verify())
    replayed = chain.signature(SECRET, chain.Head(6, older))
    cases = "DELETE FROM record_case WHERE who = 'anna' AND truth = ''"
    patients = "DELETE FROM record_patient WHERE id NOT IN (SELECT patient FROM record_case)"
    films = "DELETE FROM record_film"
    tamper(filled, forged, films, cases, patients, hash=older, signature=replayed)
    assert filled.verify() == [], "a whole older state"
    assert filled.verify(noted.hash) == [
        f"the trail does not hold the noted head {noted.hash}: it is an older state"
    ]


def test_a_chain_made_anew_without_the_secret_is_found(filled: Record) -> None:
    from sqlalchemy import select

    from mvm_core.records.tables import trail

    with filled.engine.connect() as connection:
        entries = [dict(row) for row in connection.execute(select(trail).order_by(trail.c.number)).mappings()]
        connection.rollback()
    before = chain.BEGINNING
    for entry in entries:
        entry["who"], entry["before"] = "nobody", before
        before = entry["hash"] = chain.hash_of(entry)
        change = "UPDATE record_trail SET who = :who, before = :before, hash = :hash WHERE number = :number"
        tamper(filled, change, **{name: entry[name] for name in ("who", "before", "hash", "number")})
    assert any("the trail ends" in fault for fault in filled.verify())


def test_the_database_itself_refuses_to_change_the_trail(filled: Record) -> None:
    for statement in ("UPDATE record_trail SET who = 'x'", "DELETE FROM record_trail"):
        with pytest.raises(IntegrityError, match="append-only"), writing(filled.engine) as connection:
            connection.execute(text(statement))
    assert filled.verify() == []


def start(url: str, count: int, name: str) -> subprocess.Popen[str]:
    command = [sys.executable, str(WRITER), url, str(count), name]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_twenty_writers_at_once_and_a_kill_leave_no_half_case(url: str) -> None:
    writers = [start(url, 4, f"writer{number}") for number in range(18)]
    killed = [start(url, 10_000, f"killed{number}") for number in range(2)]
    told = []
    for each in killed:
        lines = [each.stdout.readline().strip() for _ in range(4)]
        each.send_signal(signal.SIGKILL)
        # What was read ahead stands in the pipe's own buffer, past which `communicate` would read.
        told += [*lines[1:], *each.stdout.read().split()]
        each.communicate()
    for each in writers:
        said, wrong = each.communicate(timeout=120)
        assert (each.returncode, wrong) == (0, "")
        told += said.split()[1:]
    record = open_record(RecordSettings(url, SECRET))
    assert record.verify() == []
    kept = {case.id for case in record.cases()}
    assert set(told) <= kept, "what was told as kept is kept"
    assert len(kept) - len(set(told)) <= len(killed), "at most the case in hand was not told any more"
    assert len(told) >= 18 * 4 + 6
    assert record.keep(document(), "anna", Statement(), marks("C-9")) not in kept
