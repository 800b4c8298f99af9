"""The store: locked answers, one window a reader, wash-out, progress that tells nothing of answers."""

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO

import pytest
from study_files import Make, study_text

from mvm_core.cohort.reader_answers import read_answers
from mvm_core.errors import OccupiedError, ReaderStudyError, TakenOverError
from mvm_core.reader_study.answer import Answer, Calibration, Clock, Sitting
from mvm_core.reader_study.export import answers_table, everything_table
from mvm_core.reader_study.lists import Reading
from mvm_core.reader_study.plan import AIDED, StudyPlan
from mvm_core.reader_study.progress import progress
from mvm_core.reader_study.store import AWAY_S, Store
from mvm_core.reader_study.study_file import read_study_file
from mvm_core.review.reader_study import review_readers
from mvm_core.validation.mrmc_table import answers_of

DAY = 86_400.0
SAID = Answer(70, "L2", True, False)


class Now:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.at = 1e9

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
def store(plan: StudyPlan, now: Now) -> Iterator[Store]:
    store = Store.open(plan, "w1", now)
    yield store
    store.engine.dispose()


def upcoming(store: Store, reader: str) -> Reading:
    found = store.next_reading(reader)
    assert found is not None
    return found


def read_one(store: Store, sitting: Sitting, said: Answer = SAID, seconds: float = 0.5) -> Reading:
    reading = upcoming(store, sitting.reader)
    store.show(sitting, reading)
    store.give(sitting, reading, said, Clock(seconds), 0.25 if reading.modality == AIDED else None)
    return reading


def read_all(store: Store, reader: str, said: Answer = SAID) -> None:
    sitting = store.sit(reader)
    while store.next_reading(reader) is not None:
        read_one(store, sitting, said)
    store.leave(sitting)


def test_an_answer_is_locked(store: Store) -> None:
    sitting = store.sit("Reader 0")
    first = read_one(store, sitting)
    for reading in (first, store.lists["Reader 0"][2]):
        with pytest.raises(ReaderStudyError, match="answered already, or not yet due"):
            store.give(sitting, reading, replace(SAID, probability=1), Clock(1), None)
    (kept,) = store.answers()
    assert kept.answer == SAID
    assert kept.clock.seconds == 0.5


def test_films_must_have_been_shown_and_every_question_answered(store: Store) -> None:
    sitting = store.sit("Reader 0")
    reading = upcoming(store, "Reader 0")
    with pytest.raises(ReaderStudyError):
        store.give(sitting, reading, SAID, Clock(1))
    store.show(sitting, reading)
    for said in (replace(SAID, mri=None), replace(SAID, probability=101), replace(SAID, level="L9")):
        with pytest.raises(ReaderStudyError):
            store.give(sitting, reading, said, Clock(1))
    assert store.answers() == ()


def test_a_second_window_says_so_and_takes_over(store: Store, now: Now) -> None:
    first = store.sit("Reader 0")
    reading = upcoming(store, "Reader 0")
    store.show(first, reading)
    with pytest.raises(OccupiedError, match="Reader 0: reads in another window at this moment"):
        store.sit("Reader 0")
    second = store.sit("Reader 0", take_over=True)
    for refused in (
        lambda: store.give(first, reading, SAID, Clock(1)),
        lambda: store.tick(first, reading, Clock(1)),
        lambda: store.show(first, reading),
    ):
        with pytest.raises(TakenOverError):
            refused()
    assert store.answers() == ()
    read_one(store, second)
    assert [each.reader for each in store.answers()] == ["Reader 0"]
    # a window that is left alone keeps nobody out, and its reader goes on where he was
    now.at += AWAY_S + 1
    assert store.sit("Reader 0").token != second.token


def test_no_window_answers_in_anothers_name(store: Store) -> None:
    own = store.sit("Reader 0")
    reading = upcoming(store, "Reader 1")
    store.show(store.sit("Reader 1"), reading)
    with pytest.raises(TakenOverError):
        store.give(Sitting("Reader 1", own.token), reading, SAID, Clock(1))
    assert store.answers() == ()


def test_an_interrupted_reading_keeps_its_time(store: Store, now: Now) -> None:
    sitting = store.sit("Reader 0")
    reading = upcoming(store, "Reader 0")
    assert store.show(sitting, reading) == Clock()
    store.tick(sitting, reading, Clock(12.3, 4.0))
    now.at += 4000
    again = store.sit("Reader 0")
    assert store.show(again, reading) == Clock(12.3, 4.0, 1)
    store.give(again, reading, SAID, Clock(20.04, 4.0))
    assert store.answers()[0].clock == Clock(20.0, 4.0, 1)


def test_no_reading_takes_longer_than_since_it_was_shown(store: Store) -> None:
    sitting = store.sit("Reader 0")
    read_one(store, sitting, seconds=5000)
    assert store.answers()[0].clock.seconds <= 1.0


def test_an_answer_before_the_shortest_time_is_refused(make_file: Make, now: Now) -> None:
    plan = read_study_file(make_file(study_text(head="shortest_seconds = 5\n")))
    store = Store.open(plan, "w1", now)
    sitting = store.sit("Reader 0")
    reading = upcoming(store, "Reader 0")
    store.show(sitting, reading)
    now.at += 3
    with pytest.raises(ReaderStudyError, match="before 5 s have gone by"):
        store.give(sitting, reading, Answer(40), Clock(60))
    now.at += 3
    store.give(sitting, reading, Answer(40), Clock(6))


def test_the_second_part_waits_for_the_wash_out(make_file: Make, now: Now) -> None:
    text = study_text(head='design = "crossover"\nwashout_days = 28\n', practice="mvm = 0\nbvf = 0")
    store = Store.open(read_study_file(make_file(text)), "w1", now)
    sitting = store.sit("Reader 0")
    for _ in range(8):
        read_one(store, sitting, Answer(50))
    second = upcoming(store, "Reader 0")
    assert second.part == 2
    assert store.ready_at(second, "Reader 0") == now.at + 28 * DAY
    now.at += 28 * DAY - 1
    with pytest.raises(ReaderStudyError, match="not yet due"):
        store.show(sitting, second)
    now.at += 1
    read_one(store, sitting, Answer(50))
    assert progress(store, now.at)[0].done == {1: 8, 2: 1}


def test_answers_of_another_study_or_other_weights_are_refused(
    store: Store, make_file: Make, plan: StudyPlan
) -> None:
    read_one(store, store.sit("Reader 0"))
    other = read_study_file(make_file(study_text(readers=4)))
    with pytest.raises(ReaderStudyError, match="of another study, Trial"):
        Store.open(other, "w1")
    with pytest.raises(ReaderStudyError, match="begun with the weights w1"):
        Store.open(plan, "w2")
    assert len(Store.open(plan, "w1").answers()) == 1


def test_progress_tells_who_is_where_and_nothing_of_what_was_said(store: Store, now: Now) -> None:
    read_all(store, "Reader 1")
    sitting = store.sit("Reader 0")
    for _ in range(5):
        read_one(store, sitting, replace(SAID, probability=99))
    first, second, third = progress(store, now.at)
    assert (first.done, first.readings, first.sits) == ({0: 4, 1: 1}, {0: 4, 1: 16}, True)
    assert second.finished
    assert not second.sits
    assert third.done == {0: 0, 1: 0}
    assert third.seen_at == 0
    now.at += AWAY_S + 1
    assert not progress(store, now.at)[0].sits
    assert "99" not in repr(first)


def test_a_screen_is_kept_with_the_answers(store: Store) -> None:
    screen = Calibration(3.78, 2.0, 1440, 900, True, False)
    store.calibrate(store.sit("Reader 0"), screen)
    assert store.calibrations("Reader 0") == (screen,)
    assert store.calibrations("Reader 1") == ()


def test_the_answers_are_the_table_that_the_analysis_reads(store: Store, plan: StudyPlan) -> None:
    for number, reader in enumerate(plan.readers):
        sitting = store.sit(reader.name)
        while (reading := store.next_reading(reader.name)) is not None:
            positive = plan.case(reading.case_id).case.label == "mvm"
            probability = (60 if positive else 40) + 3 * number + reading.place % 7
            read_one(
                store, sitting, Answer(probability, "L2" if positive else "", positive, not positive), 0.7
            )
    given = store.answers()
    table = answers_table(plan, given)
    assert len(table) == 3 * 2 * 8
    read = read_answers(as_file(table.to_csv(index=False)))
    assert read.loc[read["modality"] == AIDED, "advice"].eq(0.25).all()
    assert read.loc[read["modality"] != AIDED, "advice"].isna().all()
    reviewed = review_readers(answers_of(read), "study")
    assert reviewed.layout.design.name == "CROSSED"
    assert reviewed.answers.scale == 1.0
    assert [one.merit for one in reviewed.analyses][:3] == ["auc", "sensitivity", "specificity"]
    everything = everything_table(plan, given)
    assert len(everything) == 3 * (2 * 8 + 4)
    assert set(everything["part"]) == {"practice", "1"}


def as_file(text: str) -> BytesIO:
    buffer = BytesIO(text.encode())
    buffer.name = "answers.csv"
    return buffer
