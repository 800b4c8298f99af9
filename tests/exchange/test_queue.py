"""The queue on disk."""

import errno
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mvm_core.errors import OutputError
from mvm_core.exchange.node import durable
from mvm_core.exchange.node.patience import Patience
from mvm_core.exchange.node.queue import Queue
from mvm_core.exchange.results import MadeObject

OBJECTS = [MadeObject("report", b"r", "2.25.1"), MadeObject("capture-ap", b"c", "2.25.2")]


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    opened = Queue(tmp_path / "queue")
    yield opened
    opened.close()


def with_results(queue: Queue, destinations: tuple[str, ...] = ("a", "b")) -> None:
    queue.add_film("1.2", "1.2.3", b"film")
    queue.add_results("1.2", "key", OBJECTS, destinations)
    queue.settle("1.2", queue.signature("1.2"), [{"key": "key", "films": ["1.2.3"], "report": {}}])


def test_only_one_node_works_in_a_queue(queue: Queue, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="another node uses this queue"):
        Queue(tmp_path / "queue")
    queue.close()
    Queue(tmp_path / "queue").close()


def test_a_film_changes_its_study_and_the_same_again_does_not(queue: Queue) -> None:
    with_results(queue)
    assert queue.is_dealt_with("1.2")
    queue.add_film("1.2", "1.2.3", b"film")
    assert queue.is_dealt_with("1.2")
    queue.add_film("1.2", "1.2.3", b"corrected")
    assert not queue.is_dealt_with("1.2")
    assert queue.films("1.2") == {"1.2.3": b"corrected"}
    assert queue.has_film("1.2.3")
    assert not queue.has_film("*")


@pytest.mark.parametrize("uid", ["../1", "", "1..2", "1/2", "1.2\0", "1." + "2" * 64])
def test_what_is_no_uid_never_becomes_a_path(queue: Queue, uid: str) -> None:
    with pytest.raises(ValueError, match="valid UIDs"):
        queue.add_film(uid, "1.2", b"")
    with pytest.raises(ValueError, match="valid UIDs"):
        queue.add_film("1.2", uid, b"")


def test_each_destination_gets_each_object_once(queue: Queue) -> None:
    with_results(queue)
    (waiting,) = queue.waiting("a")
    assert list(waiting.objects) == ["2.25.1", "2.25.2"]
    assert queue.begin(waiting, "a")
    queue.note_sent("1.2", "key", "a", "2.25.1")
    assert list(next(queue.waiting("a")).objects) == ["2.25.2"]
    queue.note_sent("1.2", "key", "a", "2.25.2")
    assert not list(queue.waiting("a"))
    assert len(next(queue.waiting("b")).objects) == 2
    assert not list(queue.waiting("c"))


def test_a_reading_is_taken_back_only_before_it_goes(queue: Queue) -> None:
    with_results(queue)
    (waiting,) = queue.waiting("a")
    assert queue.withdraw("1.2", "key")
    assert not queue.begin(waiting, "a")
    assert queue.readings("1.2") == []
    with_results(queue)
    assert queue.begin(waiting, "a")
    assert not queue.withdraw("1.2", "key")
    assert len(queue.readings("1.2")) == 1


def test_a_line_cut_short_spoils_no_other(queue: Queue, tmp_path: Path) -> None:
    with_results(queue)
    queue.note_sent("1.2", "key", "a", "2.25.1")
    ledger = tmp_path / "queue" / "studies" / "1.2" / "sent.jsonl"
    with ledger.open("a") as file:
        file.write('{"reading": "key", "destina')
    assert queue.sent("1.2", "a") == {"2.25.1"}
    queue.note_sent("1.2", "key", "a", "2.25.2")
    assert queue.sent("1.2", "a") == {"2.25.1", "2.25.2"}


def test_what_a_full_disk_refuses_leaves_nothing(
    queue: Queue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_results(queue)
    queue.note_sent("1.2", "key", "a", "2.25.1")

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(durable.os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        queue.add_film("1.2", "1.2.4", b"other")
    with pytest.raises(OSError, match="No space left"):
        queue.add_results("1.2", "other", OBJECTS, ("a",))
    with pytest.raises(OSError, match="No space left"):
        queue.note_sent("1.2", "key", "a", "2.25.2")
    monkeypatch.undo()
    assert not list((tmp_path / "queue" / "half").iterdir())
    assert list(queue.films("1.2")) == ["1.2.3"]
    assert queue.sent("1.2", "a") == {"2.25.1"}
    assert [each.key for each in queue.waiting("a")] == ["key"]


def test_half_written_files_go_at_the_start(queue: Queue, tmp_path: Path) -> None:
    (queue.half / "left").write_bytes(b"half")
    (queue.half / "folder").mkdir()
    (queue.half / "folder" / "left").write_bytes(b"half")
    queue.close()
    again = Queue(tmp_path / "queue")
    assert not list(again.half.iterdir())
    again.close()


def test_films_go_when_all_was_sent_and_what_was_sent_stays_noted(queue: Queue) -> None:
    with_results(queue, ("a",))
    later = time.time() + 10
    assert queue.forget(later, ("a",)) == []
    for each in OBJECTS:
        queue.note_sent("1.2", "key", "a", each.instance)
    assert queue.forget(time.time() - 10, ("a",)) == []
    assert queue.forget(later, ("a",)) == ["1.2"]
    assert queue.signature("1.2") == ()
    assert [each["key"] for each in queue.readings("1.2")] == ["key"]
    assert json.dumps(sorted(queue.sent("1.2", "a"))) == '["2.25.1", "2.25.2"]'


def test_patience_grows_and_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("mvm_core.exchange.node.patience.time.monotonic", lambda: now[0])
    patience = Patience(10)
    waits = []
    for _ in range(9):
        patience.failed("x")
        before = now[0]
        while not patience.is_over("x"):
            now[0] += 5
        waits.append(now[0] - before)
    assert waits == [10, 20, 40, 80, 160, 320, 640, 640, 640]
    patience.done("x")
    patience.failed("x")
    assert patience.is_over("y")
    now[0] += 10
    assert patience.is_over("x")
