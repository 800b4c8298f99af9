"""Visitors' answers: kept at once, never in another's name, wiped for good."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from mvm_core.challenge import AnswerStore
from mvm_core.challenge.store import FILE
from mvm_core.errors import ChallengeError


@pytest.fixture
def store(tmp_path: Path) -> AnswerStore:
    return AnswerStore(tmp_path, "one")


def test_an_answer_once_given_stays(store: AnswerStore) -> None:
    who = store.enter("  Ada   Lovelace \n")
    assert who.nickname == "Ada Lovelace"
    store.show(who.id, 1)
    first = store.answer(who.id, 1, 0.8, "L2")
    # the other window of the same visitor
    second = store.answer(who.id, 1, 0.1, "L3")
    assert first is not None
    assert second == first
    assert store.answers(who.id) == (first,)
    assert (first.probability, first.level) == (0.8, "L2")


def test_time_runs_from_when_a_case_was_first_shown(
    store: AnswerStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([100.0, 100.0, 160.0, 175.5])
    monkeypatch.setattr(time, "time", lambda: next(clock))
    who = store.enter("")
    store.show(who.id, 1)
    # a reload shows it again
    store.show(who.id, 1)
    answer = store.answer(who.id, 1, 0.5, "L1")
    assert answer is not None
    assert answer.seconds == 75.5


def test_nobody_answers_in_anothers_name(store: AnswerStore) -> None:
    ada, bob = store.enter("Ada"), store.enter("Ada")
    assert ada.id != bob.id
    assert (ada.number, bob.number) == (1, 2)
    store.answer(ada.id, 1, 0.9, "L1")
    assert store.answers(bob.id) == ()
    assert store.answer("made up", 1, 0.5, "L1") is None
    assert store.visitor("made up") is None
    assert [each.visitor for each in store.answers()] == [ada.id]


def test_answers_of_another_challenge_are_left_out(store: AnswerStore, tmp_path: Path) -> None:
    who = store.enter("Ada")
    store.answer(who.id, 1, 0.9, "L1")
    other = AnswerStore(tmp_path, "two")
    assert other.visitors() == ()
    assert other.answers() == ()
    assert other.visitor(who.id) is None
    assert AnswerStore(tmp_path, "one").visitors() == (who,)


def test_nothing_of_a_nickname_is_left_after_wiping(store: AnswerStore, tmp_path: Path) -> None:
    gone, kept = store.enter("Zaphod Beeblebrox"), store.enter("Trillian Astra")
    store.answer(gone.id, 1, 0.9, "L1")
    assert b"Beeblebrox" in (tmp_path / FILE).read_bytes()
    store.forget(gone.id)
    assert store.visitors() == (kept,)
    assert store.answers() == ()
    assert b"Beeblebrox" not in (tmp_path / FILE).read_bytes()
    store.wipe()
    assert store.visitors() == ()
    left = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"Trillian" not in left
    assert kept.id.encode() not in left


def test_many_tablets_at_once(tmp_path: Path) -> None:
    def play() -> None:
        own = AnswerStore(tmp_path, "one")
        who = own.enter("")
        for number in range(1, 6):
            own.show(who.id, number)
            own.answer(who.id, number, number / 10, "L1")

    tablets = [threading.Thread(target=play) for _ in range(8)]
    for tablet in tablets:
        tablet.start()
    for tablet in tablets:
        tablet.join()
    store = AnswerStore(tmp_path, "one")
    assert sorted(each.number for each in store.visitors()) == list(range(1, 9))
    assert len(store.answers()) == 40


def test_an_answer_survives_the_death_of_the_server(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path; from mvm_core.challenge.store import AnswerStore;"
        "s = AnswerStore(Path(sys.argv[1]), 'one'); w = s.enter('Ada'); s.answer(w.id, 1, 0.8, 'L2');"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=root, check=False)
    assert done.returncode == -9
    (answer,) = AnswerStore(tmp_path, "one").answers()
    assert (answer.probability, answer.level) == (0.8, "L2")


@pytest.mark.parametrize("how", ["damaged", "folder"])
def test_what_cannot_be_kept_is_one_sentence(tmp_path: Path, how: str) -> None:
    if how == "damaged":
        (tmp_path / FILE).write_bytes(b"no database at all" * 100)
    else:
        (tmp_path / FILE).mkdir()
    with pytest.raises(ChallengeError, match=r"answers\.sqlite: answers cannot be kept there .*; see that"):
        AnswerStore(tmp_path, "one").enter("Ada")


def test_a_probability_beyond_one_is_no_answer(store: AnswerStore) -> None:
    who = store.enter("Ada")
    assert store.answer(who.id, 1, 1.5, "L1") is None
    assert store.answers() == ()
