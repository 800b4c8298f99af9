"""What the node does with studies that grow, fail or find the disk full, within this process."""

import errno
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pydicom
import pytest
from archive import Changed
from pydicom.uid import generate_uid

from mvm_core.exchange.node import Node, service
from mvm_core.exchange.node.queue import Queue
from mvm_core.exchange.node.reading import StudyRead
from mvm_core.exchange.settings import Caller, Destination, NodeSettings


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    destination = Destination("away", "AWAY", "127.0.0.1", 1)
    made = Node(NodeSettings("MVM", "", 0, tmp_path / "q", (Caller("PACS"),), (destination,), ("report",)))
    yield made
    made._queue.close()


def record(node: Node, event: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in node._queue.record.read_text().splitlines()]
    return [line for line in lines if line["event"] == event]


def waiting(queue: Queue) -> list[str]:
    return [each.key for each in queue.waiting("away")]


def test_a_study_that_grows_while_it_is_read_is_read_again(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = node._queue
    queue.add_film("1.2", "1.2.1", b"one")

    def grows(*_: object) -> StudyRead:
        queue.add_film("1.2", "1.2.2", b"two")
        return StudyRead((), {})

    monkeypatch.setattr(service, "read_queued", grows)
    node._read("1.2")
    assert not queue.is_dealt_with("1.2")
    assert record(node, "grown")
    monkeypatch.setattr(service, "read_queued", lambda *_: StudyRead((), {}))
    node._read("1.2")
    assert queue.is_dealt_with("1.2")


def test_results_of_a_study_that_grows_are_taken_back_or_replaced(
    node: Node, ap: bytes, lateral: bytes, changed: Changed
) -> None:
    queue, study = node._queue, generate_uid()
    queue.add_film(study, generate_uid(), changed(ap, StudyInstanceUID=study))
    assert node._read(study)
    (first,) = waiting(queue)
    queue.add_film(study, generate_uid(), changed(lateral, StudyInstanceUID=study))
    assert node._read(study)
    (second,) = waiting(queue)
    assert second != first
    (report,) = next(queue.waiting("away")).objects.values()
    assert "PredecessorDocumentsSequence" not in pydicom.dcmread(report)
    assert [each["key"] for each in queue.readings(study)] == [second]

    # once they are on their way, the next report names them as its predecessor
    (going,) = queue.waiting("away")
    assert queue.begin(going, "away")
    queue.add_film(study, generate_uid(), changed(ap, StudyInstanceUID=study, ContentTime="235959"))
    assert node._read(study)
    third = next(each for each in queue.waiting("away") if each.key != second)
    (report,) = third.objects.values()
    (before,) = pydicom.dcmread(report).PredecessorDocumentsSequence
    named = before.ReferencedSeriesSequence[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID
    assert [named] == list(going.objects)
    assert record(node, "read")[-1]["replaces"] == [second]


def test_an_error_that_nobody_expected_stops_no_other_study(
    node: Node, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "PATIENT^NAME"

    def breaks(*_: object) -> StudyRead:
        raise ValueError(name)

    node._queue.add_film("1.2", "1.2.1", b"one")
    monkeypatch.setattr(service, "read_queued", breaks)
    assert node._read("1.2")
    assert node._queue.is_dealt_with("1.2")
    (told,) = record(node, "not-read")
    assert "ValueError" in told["why"]
    assert "PATIENT" not in node._queue.record.read_text()
    told_apart = capsys.readouterr().err
    assert "in breaks" in told_apart
    assert "PATIENT" not in told_apart


def test_a_disk_that_is_full_holds_the_study_until_there_is_room(
    node: Node, ap: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue, study = node._queue, str(pydicom.dcmread(io.BytesIO(ap)).StudyInstanceUID)
    queue.add_film(study, generate_uid(), ap)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(queue, "add_results", full)
        assert not node._read(study)
    (told,) = record(node, "not-read")
    assert "No space left" in told["why"]
    assert "free space" in told["cure"]
    assert not queue.is_dealt_with(study)
    assert node._read(study)
    assert len(waiting(queue)) == 1
