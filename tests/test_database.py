"""Databases: an SQLite file and a PostgreSQL server, opened by several at once; bad ones are told."""

import socket
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from postgresql_server import Server
from sqlalchemy import create_engine, text

from mvm_core.database import open_database, reading, writing
from mvm_core.errors import DatabaseError

ROOT = Path(__file__).resolve().parents[1]

REVISION = """
from alembic import op
import sqlalchemy as sa
revision = {revision!r}
down_revision = {before!r}
def upgrade():
    op.create_table({table!r}, sa.Column("id", sa.Integer, primary_key=True), sa.Column("word", sa.Text))
"""


@pytest.fixture
def migrations(tmp_path: Path) -> Path:
    folder = tmp_path / "part" / "migrations"
    folder.mkdir(parents=True)
    add(folder, "first", None)
    return folder


def add(folder: Path, revision: str, before: str | None) -> None:
    source = REVISION.format(revision=revision, before=before, table=f"table_{revision}")
    (folder / f"{revision}.py").write_text(source)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return str(tmp_path / "made" / "record.db")
    return request.getfixturevalue("postgresql").new_database()


def test_tables_are_made_and_brought_up_to_date_and_what_was_kept_stays(url: str, migrations: Path) -> None:
    first = open_database(url, migrations)
    with writing(first) as connection:
        connection.execute(text("INSERT INTO table_first (id, word) VALUES (1, 'kept')"))
    first.dispose()
    add(migrations, "second", "first")
    again = open_database(url, migrations)
    with reading(again) as connection:
        assert connection.execute(text("SELECT word FROM table_first")).scalar() == "kept"
        assert connection.execute(text("SELECT count(*) FROM table_second")).scalar() == 0
        assert connection.execute(text("SELECT version_num FROM part_version")).scalar() == "second"
    again.dispose()


def test_a_transaction_is_kept_whole_or_not_at_all(url: str, migrations: Path) -> None:
    engine = open_database(url, migrations)
    with pytest.raises(ZeroDivisionError):  # noqa: PT012, SIM117
        with writing(engine) as connection:
            connection.execute(text("INSERT INTO table_first (id) VALUES (1)"))
            raise ZeroDivisionError
    with reading(engine) as connection:
        assert connection.execute(text("SELECT count(*) FROM table_first")).scalar() == 0
    engine.dispose()


def test_several_that_start_at_once_make_the_tables_once(url: str, migrations: Path) -> None:
    add(migrations, "second", "first")
    code = (
        "import sys; from pathlib import Path; from mvm_core.database import open_database;"
        "open_database(sys.argv[1], Path(sys.argv[2])).dispose()"
    )
    command = [sys.executable, "-c", code, url, str(migrations)]
    running = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    assert [(each.communicate()[1], each.returncode) for each in running] == [("", 0)] * 4


def test_a_new_file_that_another_connection_writes_to_is_waited_for(tmp_path: Path, migrations: Path) -> None:
    path = tmp_path / "record.db"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    leaving = threading.Timer(0.3, other.execute, ("ROLLBACK",))
    leaving.start()
    open_database(str(path), migrations).dispose()
    leaving.join()
    other.close()


def test_a_newer_version_is_left_as_it_is(url: str, migrations: Path) -> None:
    add(migrations, "second", "first")
    open_database(url, migrations).dispose()
    (migrations / "second.py").unlink()
    with pytest.raises(
        DatabaseError, match=r"newer version of this program wrote it \(its form is second\); update"
    ):
        open_database(url, migrations)


def test_sqlite_writes_through_a_log_and_commits_to_the_disk(tmp_path: Path, migrations: Path) -> None:
    file = tmp_path / "record.db"
    engine = open_database(f"sqlite:///{file}", migrations)
    with reading(engine) as connection:
        asked = ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")
        found = [connection.execute(text(f"PRAGMA {name}")).scalar() for name in asked]
    assert found == ["wal", 1, 2, 30000]
    assert file.stat().st_mode & 0o777 == 0o600
    engine.dispose()


def test_what_is_no_database_is_told_and_left(tmp_path: Path, migrations: Path) -> None:
    file = tmp_path / "letter.txt"
    file.write_text("Dear colleague, " * 100)
    with pytest.raises(DatabaseError, match=rf"{file}: it is not a database, .*; name another file"):
        open_database(str(file), migrations)
    assert file.read_text().startswith("Dear colleague, ")


def test_a_folder_that_cannot_be_written_to_is_told(migrations: Path) -> None:
    with pytest.raises(DatabaseError, match="choose a file in a folder that can be written to"):
        open_database("/proc/record.db", migrations)


def test_a_file_that_cannot_be_written_to_is_told(tmp_path: Path, migrations: Path) -> None:
    file = tmp_path / "record.db"
    engine = open_database(str(file), migrations)
    with pytest.raises(DatabaseError, match="it cannot be written to; choose a file"):  # noqa: PT012, SIM117
        with reading(engine) as connection:
            connection.execute(text("PRAGMA query_only=ON"))
            connection.execute(text("INSERT INTO table_first (id) VALUES (1)"))
    engine.dispose()


def test_a_full_disk_is_told_and_nothing_half_written(tmp_path: Path, migrations: Path) -> None:
    file = tmp_path / "record.db"
    engine = open_database(str(file), migrations)
    with pytest.raises(DatabaseError, match="disk is full or failing; free space"):  # noqa: PT012, SIM117
        with writing(engine) as kept:
            kept.execute(text("PRAGMA max_page_count=16"))
            for number in range(400):
                kept.execute(text("INSERT INTO table_first VALUES (:n, :w)"), {"n": number, "w": "x" * 1000})
    engine.dispose()
    with sqlite3.connect(file) as found:
        assert found.execute("SELECT count(*) FROM table_first").fetchone() == (0,)
    found.close()


def test_a_wrong_password_is_told_and_not_repeated(postgresql: Server, migrations: Path) -> None:
    url = postgresql.url("postgres", "secret guess")
    with pytest.raises(DatabaseError, match="refuses the user or the password; correct them") as caught:
        open_database(url, migrations)
    assert "guess" not in str(caught.value)


def test_a_database_that_is_not_there_is_told(postgresql: Server, migrations: Path) -> None:
    with pytest.raises(DatabaseError, match="has no such database; create it"):
        open_database(postgresql.url("nowhere"), migrations)


def test_a_user_without_rights_is_told(postgresql: Server, migrations: Path) -> None:
    url = postgresql.new_database()
    owner = create_engine(url)
    with owner.begin() as connection:
        connection.execute(text("CREATE ROLE looker LOGIN PASSWORD 'only looks'"))
    owner.dispose()
    name = url.rsplit("/", 1)[1]
    with pytest.raises(DatabaseError, match="may not write to it; let the database's owner"):
        open_database(postgresql.url(name, "only looks", "looker"), migrations)


def test_a_server_that_does_not_answer_is_told(migrations: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"postgresql+psycopg://clinic:hidden@127.0.0.1:{free.getsockname()[1]}/record"
        with pytest.raises(DatabaseError, match=r"cannot be reached .*; see that it runs") as caught:
            open_database(url, migrations)
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize("url", ["mysql://host/base", "postgresql://", "http://host:port/"])
def test_an_address_of_no_database_is_told(url: str, migrations: Path) -> None:
    with pytest.raises(DatabaseError, match="this names no database; give the path of a file or postgresql"):
        open_database(url, migrations)
