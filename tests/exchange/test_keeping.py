"""What the node reads comes into the clinic's record, once, whatever is away or killed in between."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from archive import Changed
from pydicom.uid import generate_uid

from mvm_core.cli.node import _keep
from mvm_core.exchange.node import Node
from mvm_core.exchange.node.keeping import keep_waiting
from mvm_core.exchange.node.patience import Patience
from mvm_core.exchange.settings import Caller, Destination, NodeSettings
from mvm_core.imaging import read_film
from mvm_core.records import RecordSettings
from mvm_core.records.record import Record, open_record

SECRET = "the secret of the tests' own site"


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Record]:
    monkeypatch.setenv("MVM_DATABASE", str(tmp_path / "record.db"))
    monkeypatch.setenv("MVM_DATABASE_SECRET", SECRET)
    monkeypatch.setenv("MVM_DATABASE_FILMS", "1")
    record = open_record(RecordSettings(str(tmp_path / "record.db"), SECRET.encode(), keep_films=True))
    yield record
    record.engine.dispose()


@pytest.fixture
def make_node(tmp_path: Path, database: Record) -> Iterator[Callable[[], Node]]:
    made: list[Node] = []

    def make() -> Node:
        for each in made:
            each._queue.close()
        to = Destination("away", "AWAY", "127.0.0.1", 1)
        settings = NodeSettings("MVM", "", 0, tmp_path / "q", (Caller("PACS"),), (to,), ("report",))
        made.append(Node(settings, _keep("MVM")))
        return made[-1]

    yield make
    made[-1]._queue.close()


def deliver(node: Node) -> None:
    assert node._keep_reading is not None
    keep_waiting(node._queue, node._record, node._keep_reading, Patience(0))


def begin(node: Node) -> None:
    for waiting in node._queue.waiting("away"):
        assert node._queue.begin(waiting, "away")


def events(node: Node, event: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in node._queue.record.read_text().splitlines()]
    return [line for line in lines if line["event"] == event]


def test_a_reading_comes_into_the_record_once_it_is_on_its_way(
    make_node: Callable[[], Node],
    database: Record,
    ap: bytes,
    lateral: bytes,
    changed: Changed,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    node, study = make_node(), generate_uid()
    node._queue.add_film(study, generate_uid(), changed(ap, StudyInstanceUID=study))
    assert node._read(study)
    deliver(node)
    assert database.cases() == (), "it may be taken back yet"
    # the study grows: what was taken back never comes into the record
    node._queue.add_film(study, generate_uid(), changed(lateral, StudyInstanceUID=study))
    assert node._read(study)
    begin(node)
    monkeypatch.setenv("MVM_DATABASE", "/proc/nowhere/record.db")
    deliver(node)
    (told,) = events(node, "not-recorded")
    assert "choose a file in a folder that can be written to" in told["cure"]
    monkeypatch.setenv("MVM_DATABASE", database.name)
    node = make_node()  # killed, and started again
    deliver(node)
    (case,) = database.cases()
    assert (case.who, case.simulated, set(case.reading["films"])) == ("node MVM", True, {"ap", "lateral"})
    assert case.study
    assert case.patient
    kept = database.films_of(case.id)
    np.testing.assert_allclose(kept["lateral"], read_film(lateral, "l").pixels, atol=1e-4)
    deliver(node)
    assert len(database.cases()) == 1
    # killed between the record and the note of it: the same again
    (study_dir,) = (node._settings.queue / "studies").iterdir()
    assert not list(study_dir.glob("kept/*"))
    key = events(node, "recorded")[0]["reading"]
    again = {"key": key, "document": dict(case.reading), "marks": {}, "simulated": True, "films": {}}
    node._queue.add_to_keep(study, key, json.dumps(again).encode())
    deliver(node)
    assert len(database.cases()) == 1
    assert database.verify() == []
    assert study not in json.dumps([dict(case.reading), case.study])


def test_without_a_record_nothing_waits_for_one(tmp_path: Path, ap: bytes, changed: Changed) -> None:
    to = Destination("away", "AWAY", "127.0.0.1", 1)
    node = Node(NodeSettings("MVM", "", 0, tmp_path / "q", (Caller("PACS"),), (to,), ("report",)))
    study = generate_uid()
    node._queue.add_film(study, generate_uid(), changed(ap, StudyInstanceUID=study))
    assert node._read(study)
    begin(node)
    assert list(node._queue.to_keep()) == []
    node._queue.close()
