"""Turns: bounded, in order, given away by who leaves."""

import threading
import time
from collections.abc import Iterator

import pytest

from mvm_core.errors import AccessError
from mvm_core.examination import Examiner
from mvm_core.inference import NobodyWaitsError
from mvm_core.radiograph import FilmPair
from pages.components import turns
from pages.components.turns import Turns, in_turn


@pytest.fixture
def hold() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def test_works_off_the_callers_thread_and_gives_the_result_or_the_error() -> None:
    queue = Turns(1)
    assert in_turn(queue, threading.current_thread, "reading") is not threading.current_thread()
    with pytest.raises(ZeroDivisionError):
        in_turn(queue, lambda: 1 / 0, "reading")


def test_tells_how_many_come_before_and_refuses_when_full(hold: threading.Event) -> None:
    queue, running = Turns(1, most_waiting=2), threading.Event()
    queue.take(lambda: (running.set(), hold.wait()))
    assert running.wait(10)
    first, second = queue.take(int), queue.take(int)
    assert (queue.before(first), queue.before(second)) == (0, 1)
    with pytest.raises(AccessError, match="2 readings of others wait already; try again"):
        queue.take(int)
    assert first.cancel()
    assert queue.before(second) == 0
    hold.set()
    assert second.result(10) == 0


def test_who_leaves_gives_the_turn_away(hold: threading.Event, monkeypatch: pytest.MonkeyPatch) -> None:
    queue, running, done = Turns(1), threading.Event(), []
    queue.take(lambda: (running.set(), hold.wait()))
    assert running.wait(10)
    monkeypatch.setattr(turns, "_is_there", lambda: False)
    stopped = threading.Event()

    def stop() -> None:
        stopped.set()
        raise InterruptedError

    monkeypatch.setattr("streamlit.stop", stop)
    with pytest.raises(InterruptedError):
        in_turn(queue, lambda: done.append("read"), "reading")
    assert stopped.is_set()
    hold.set()
    assert queue.take(int).result(10) == 0
    assert done == []


def test_a_reading_whose_user_leaves_is_broken_off(pair: FilmPair, monkeypatch: pytest.MonkeyPatch) -> None:
    examiner, begun, ended = Examiner.open(), threading.Event(), []
    examiner.examine(pair)
    monkeypatch.setattr(turns, "_is_there", lambda: not begun.is_set())
    monkeypatch.setattr("streamlit.stop", lambda: (_ for _ in ()).throw(InterruptedError))

    def read_again_and_again() -> None:
        for _ in range(1_000):
            try:
                examiner.examine(pair)
            except NobodyWaitsError:
                ended.append("broken off")
                raise
            begun.set()

    queue = Turns(1)
    with pytest.raises(InterruptedError):
        in_turn(queue, read_again_and_again, "reading")
    began = time.perf_counter()
    assert queue.take(int).result(30) == 0
    assert ended == ["broken off"]
    assert time.perf_counter() - began < 10
    assert examiner.examine(pair).levels, "the next reading is whole"


def test_who_waits_is_told_the_place(hold: threading.Event, monkeypatch: pytest.MonkeyPatch) -> None:
    queue, running = Turns(1), threading.Event()
    queue.take(lambda: (running.set(), hold.wait()))
    assert running.wait(10)
    said: list[str] = []
    monkeypatch.setattr(turns, "_say", lambda text: (said.append(text), hold.set()))
    assert in_turn(queue, lambda: 5, "reading") == 5
    assert said == ["Your turn comes after 1 other."]
