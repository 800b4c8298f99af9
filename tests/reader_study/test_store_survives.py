"""Answers outlive a killed process, and twenty readers at a time lose none; on SQLite and on PostgreSQL."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import create_engine, text
from study_files import Make, study_text

from mvm_core.errors import DatabaseError, ReaderStudyError
from mvm_core.reader_study.answer import Answer, Clock
from mvm_core.reader_study.plan import AIDED
from mvm_core.reader_study.store import Store
from mvm_core.reader_study.study_file import read_study_file

ROOT = Path(__file__).resolve().parents[2]
READERS = 20


@pytest.fixture(params=["sqlite", "postgres"])
def answers(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where answers go, as the study file names it; an empty database each time."""
    if request.param == "sqlite":
        yield "answers.db"
        return
    server = request.getfixturevalue("postgres")
    name = f"study_{os.getpid()}_{abs(hash(tmp_path)) % 10**9}"
    maker = create_engine(server.replace("postgresql", "postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with maker.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    maker.dispose()
    yield server.rsplit("/", 1)[0] + f"/{name}"


def test_answers_survive_a_killed_process(make_file: Make, answers: str) -> None:
    head = f'answers = "{answers}"\n'
    path = make_file(study_text(readers=2, head=head, cases="mvm = 100\nbvf = 100"), mvm=110, bvf=110)
    program = [sys.executable, str(Path(__file__).with_name("killed_reader.py")), str(path), "Reader 0"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    said: list[int] = []
    for stop in (7, 30):
        process = subprocess.Popen(program, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        for line in process.stdout:
            said.append(int(line))
            if len(said) == stop:
                process.send_signal(signal.SIGKILL)
                break
        said += [int(line) for line in process.stdout if line.endswith("\n")]
        process.stdout.close()
        assert process.wait() == -signal.SIGKILL
    store = Store.open(read_study_file(path), "w1")
    kept = [(each.place, each.answer.probability) for each in store.answers()]
    store.engine.dispose()
    # all that were said to be locked, in order, and no more than the one that each kill may have cut off
    assert said == sorted(set(said))
    places = [place for place, _ in kept]
    assert set(said) <= set(places)
    assert places == list(range(len(places)))
    assert len(places) <= len(said) + 2
    assert all(probability == place % 101 for place, probability in kept)


def test_twenty_readers_at_a_time(make_file: Make, answers: str) -> None:
    path = make_file(
        study_text(readers=READERS, head=f'answers = "{answers}"\n', practice="mvm = 0\nbvf = 0")
    )
    plan = read_study_file(path)
    start = Barrier(READERS)

    def read(number: int) -> int:
        start.wait()
        store = Store.open(plan, "w1")
        name = f"Reader {number}"
        sitting, count = store.sit(name), 0
        while (reading := store.next_reading(name)) is not None:
            store.show(sitting, reading)
            store.tick(sitting, reading, Clock(0.2))
            store.give(
                sitting,
                reading,
                Answer(float(number)),
                Clock(0.4),
                0.5 if reading.modality == AIDED else None,
            )
            # pressed twice, as on a slow line
            with pytest.raises(ReaderStudyError):
                store.give(
                    sitting, reading, Answer(99.0), Clock(0.4), 0.5 if reading.modality == AIDED else None
                )
            count += 1
        store.engine.dispose()
        return count

    with ThreadPoolExecutor(READERS) as pool:
        assert list(pool.map(read, range(READERS))) == [16] * READERS
    store = Store.open(plan, "w1")
    given = store.answers()
    store.engine.dispose()
    assert len(given) == 16 * READERS
    assert all(each.answer.probability == int(each.reader.split()[1]) for each in given)
    assert all(
        len({(g.case_id, g.modality) for g in given if g.reader == r.name}) == 16 for r in plan.readers
    )


def test_a_newer_version_of_the_tables_is_refused_in_one_sentence(make_file: Make, answers: str) -> None:
    plan = read_study_file(make_file(study_text(head=f'answers = "{answers}"\n')))
    store = Store.open(plan, "w1")
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE reader_study_version SET version_num = '9999'"))
    store.engine.dispose()
    with pytest.raises(DatabaseError, match="newer version of this program"):
        Store.open(plan, "w1")


def test_a_server_that_cannot_be_reached_is_told_in_one_sentence(make_file: Make) -> None:
    url = "postgresql://reader:secret@127.0.0.1:1/study"
    plan = read_study_file(make_file(study_text(head=f'answers = "{url}"\n')))
    with pytest.raises(DatabaseError, match="cannot be") as caught:
        Store.open(plan, "w1")
    assert "secret" not in str(caught.value)
