"""The record's tables in code are those that the migrations make; a record of the first form goes on."""

import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from record_words import SECRET, document, marks
from sqlalchemy import Engine, MetaData, String, create_engine, text

from mvm_core.database import open_database
from mvm_core.errors import DatabaseError
from mvm_core.reader_study import store as reader_study_store
from mvm_core.reader_study.tables import METADATA as READER_STUDY
from mvm_core.records import RecordSettings, chain
from mvm_core.records.backup import restore
from mvm_core.records.case import Statement
from mvm_core.records.record import MIGRATIONS, open_record
from mvm_core.records.tables import metadata

READER_STUDY_MIGRATIONS = Path(reader_study_store.__file__).with_name("migrations")


def differences(engine: Engine, tables: MetaData, version_table: str) -> list[Any]:
    with engine.connect() as connection:
        options = {"version_table": version_table, "compare_type": True}
        return compare_metadata(MigrationContext.configure(connection, opts=options), tables)


@pytest.mark.parametrize(
    ("migrations", "tables"),
    [(MIGRATIONS, metadata), (READER_STUDY_MIGRATIONS, READER_STUDY)],
    ids=["records", "reader study"],
)
def test_tables_in_code_are_those_of_the_migrations(url: str, migrations: Path, tables: MetaData) -> None:
    engine = open_database(url, migrations)
    version_table = f"{migrations.parent.name}_version"
    assert differences(engine, tables, version_table) == []
    planted = MetaData()
    for table in tables.sorted_tables:
        table.to_metadata(planted)
    first = planted.sorted_tables[0]
    with engine.begin() as connection:
        column = next(each for each in first.columns if isinstance(each.type, String))
        connection.execute(text(f'ALTER TABLE {first.name} RENAME COLUMN "{column.name}" TO planted'))
    found = {each[0] for each in differences(engine, planted, version_table) if isinstance(each, tuple)}
    assert {"add_column", "remove_column"} <= found, "a column of another name would be found"
    engine.dispose()


CASES = (
    "id", "patient", "study", "kept_at", "who", "program", "weights", "level", "zone", "reading",
    "opinion_before", "opinion_after", "comment", "truth", "reference", "reference_date",
)  # fmt: skip


def rows_of_the_first_form() -> dict[str, list[dict[str, Any]]]:
    """A patient, a case and its trail, as the first form wrote them."""
    patient = {"id": "0123456789abcdef", "mark": "a" * 64, "key": "b" * 64}
    said = ("bvf", "", "as it was", "mvm", "mri", "2026-11-02")
    kept = (
        "c" * 16, patient["id"], "d" * 64, "2026-11-01T10:00:00.000000+00:00", "anna", "0.1.0",
        "c158d3bd1a93", "L2", "MVM likely", json.dumps(document()), *said,
    )  # fmt: skip
    case = dict(zip(CASES, kept, strict=True))
    entry: dict[str, Any] = {
        "number": 1, "at": kept[3], "who": "anna", "action": "reading", "patient": patient["id"],
        "case": case["id"], "before": chain.BEGINNING,
        "digest": chain.keyed(patient["key"].encode(), patient["id"], patient["mark"], *kept),
    }  # fmt: skip
    entry["hash"] = chain.hash_of(entry)
    head = {
        "id": 1, "number": 1, "hash": entry["hash"], "secret": chain.mark_of_secret(SECRET),
        "signature": chain.signature(SECRET, chain.Head(1, entry["hash"])),
    }  # fmt: skip
    return {
        "record_patient": [patient],
        "record_case": [case],
        "record_trail": [entry],
        "record_head": [head],
    }


def begin_with_the_first_form(url: str) -> Engine:
    """A database at the first form, with rows."""
    engine = create_engine(url if "://" in url else f"sqlite:///{url}")
    script = ScriptDirectory(str(MIGRATIONS), version_locations=[str(MIGRATIONS)])
    with (
        engine.begin() as connection,
        EnvironmentContext(
            Config(), script, fn=lambda revision, _: script._upgrade_revs("first", revision)
        ) as environment,
    ):
        environment.configure(connection=connection, version_table="records_version")
        environment.run_migrations()
        for table, rows in rows_of_the_first_form().items():
            for row in rows:
                insert(connection, table, row)
    return engine


def insert(connection: Any, table: str, row: Mapping[str, Any]) -> None:
    names = ", ".join(f'"{name}"' for name in row)
    values = ", ".join(f":{name}" for name in row)
    connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({values})"), row)


def test_a_record_of_the_first_form_goes_on_whole(url: str) -> None:
    begin_with_the_first_form(url).dispose()
    record = open_record(RecordSettings(url, SECRET))
    assert record.verify() == []
    (case,) = record.cases()
    assert (case.said.comment, case.simulated, record.films_of(case.id)) == ("as it was", False, {})
    record.say(case.id, "anna", Statement(comment="changed"))
    record.keep(document(), "anna", Statement(), marks("C-1"), simulated=True)
    assert record.verify() == []
    assert record.head().number == 3


def test_a_backup_of_the_first_form_is_restored(tmp_path: Path) -> None:
    lines = [{"form": "mvm record 1"}]
    order = ("record_patient", "record_trail", "record_head", "record_case")
    rows = rows_of_the_first_form()
    lines += [{"table": table, "row": row} for table in order for row in rows[table]]
    content = "\n".join(json.dumps(line) for line in [*lines, {"end": len(lines)}]) + "\n"
    (tmp_path / "backup.gz").write_bytes(gzip.compress(content.encode()))
    record = open_record(RecordSettings(str(tmp_path / "record.db"), SECRET))
    assert restore(record, tmp_path / "backup.gz", "anna") == 1
    assert record.cases()[0].said.comment == "as it was"


def test_a_record_of_a_newer_program_is_left_as_it_is(url: str) -> None:
    record = open_record(RecordSettings(url, SECRET))
    with record.engine.begin() as connection:
        connection.execute(text("UPDATE records_version SET version_num = 'third'"))
    record.engine.dispose()
    open_record.cache_clear()
    with pytest.raises(DatabaseError, match=r"its form is third\); update the program"):
        open_record(RecordSettings(url, SECRET))
