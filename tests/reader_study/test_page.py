"""The page of a reader study, as readers and the organiser meet it."""

import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from study_files import simulate_small_cohort, study_text

from mvm_core.reader_study.answer import Answer, Clock
from mvm_core.reader_study.closing import closed_at
from mvm_core.reader_study.export import screens_table
from mvm_core.reader_study.plan import AIDED, StudyPlan
from mvm_core.reader_study.store import Store
from mvm_core.reader_study.study_file import read_study_file
from pages.access.sessions import MOST_FAILURES, WINDOW_S, Failures
from pages.components.reader_study import codes

APP = Path(__file__).resolve().parents[2] / "app.py"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of two readers over four simulated cases, with one of practice."""
    folder = tmp_path_factory.mktemp("study")
    simulate_small_cohort(folder / "cohort")
    text = study_text(
        readers=2,
        head='questions = ["level", "probability", "sign"]',
        cases="mvm = 2\nbvf = 2",
        practice="mvm = 1",
    )
    (folder / "study.toml").write_text(text)
    return folder


@pytest.fixture
def plan(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StudyPlan:
    """The study with answers of the test's own: nobody has read, and no other window is open."""
    path = tmp_path / "study.toml"
    path.write_text((folder / "study.toml").read_text().replace('"cohort"', f'"{folder / "cohort"}"'))
    monkeypatch.setenv("MVM_STUDY", str(path))
    return read_study_file(path)


def page() -> AppTest:
    app = AppTest.from_file(APP, default_timeout=120).run()
    return app.switch_page("pages/reader_study.py").run()


def enter(code: str, *, take_over: bool = False) -> AppTest:
    app = page()
    app.text_input[0].set_value(code)
    if take_over:
        app.checkbox[0].check()
    return _press(app, "Enter")


def _press(app: AppTest, label: str) -> AppTest:
    button = next(each for each in app.button if each.label == label)
    assert not button.disabled, label
    return button.click().run()


def words(app: AppTest) -> str:
    told = [str(each.value) for each in (*app.error, *app.info)]
    return " ".join([*told, *(str(each.proto.body) for each in app.get("html"))])


def answer(app: AppTest, percent: int) -> AppTest:
    # what the browser's scale would tell: AppTest has none
    place = str(app.selectbox[0].key).rsplit("-", 1)[1]
    app.session_state[f"study-mvm-{place}"] = percent
    app.selectbox[0].set_value("L2")
    app.radio[0].set_value(True)
    return _press(app.run(), "Lock the answer")


def set_up_screen(app: AppTest) -> AppTest:
    assert next(each for each in app.button if each.label == "Begin").disabled
    app.session_state["study-screen"] = {"width": 1366, "height": 768, "ratio": 1.5}
    app.session_state["study-card"] = 342.4
    for radio in app.radio:
        radio.set_value(True)
    return _press(app.run(), "Begin")


def test_a_reader_practises_reads_is_interrupted_and_goes_on(plan: StudyPlan) -> None:
    app = enter("nobody's")
    assert "it is nobody's" in words(app)
    app = enter("code-0")
    assert "Your screen" in words(app)
    app = set_up_screen(app)
    assert "Practice" in words(app)
    assert "without the model" in words(app)
    lock = next(each for each in app.button if each.label == "Lock the answer")
    assert lock.disabled, "nothing was answered yet"
    app = answer(app, 70)
    assert "with the model" in words(app)
    assert "It was a" not in words(app), "the truth waits for the second reading"
    app = answer(app, 80)
    assert "It was a" in words(app)
    assert "You said 80 % metastasis" in words(app)
    assert "You pointed at L2" in words(app)
    assert "The model: " in words(app)
    app = _press(app, "Go on")
    for percent in (10, 20):
        app = answer(app, percent)
    assert "Reading 3 of 8" in words(app)
    truths = {case.case.case_id for case in plan.cases}
    shown = words(app)
    assert not [name for name in truths if name in shown]
    app = answer(app, 60)
    app = _press(app, "Interrupt and leave")
    assert [each.label for each in app.text_input] == ["Your code"]
    app = enter("code-0")
    assert "Reading 4 of 8" in words(app)
    other = enter("code-0")
    assert "reads in another window" in words(other)
    other = enter("code-0", take_over=True)
    assert "Reading 4 of 8" in words(other)
    app.selectbox[0].set_value("L1")
    assert "has gone on in another window" in words(app.run())
    assert [each.label for each in app.text_input] == ["Your code"]
    store = Store.open(plan, _weights())
    kept = store.answers("Reader 0")
    assert [each.answer.probability for each in kept] == [70, 80, 10, 20, 60]
    assert all(each.answer.level == "L2" and each.answer.sign for each in kept)
    assert [each.advice is not None for each in kept] == [False, True, False, True, False]


def test_the_organiser_sees_who_is_where_and_nothing_of_what_was_said(plan: StudyPlan) -> None:
    app = enter("chief-code")
    table = app.dataframe[0].value
    assert list(table["Reader"]) == ["Reader 0", "Reader 1"]
    assert set(table["Practice"]) == {"0 of 2"}
    assert set(table["Readings"]) == {"0 of 8"}
    assert set(table["Now"]) == {"not yet come"}
    assert not app.get("download_button")
    assert not {"probability", "Probability"} & set(table.columns)


def test_a_study_that_somebody_never_finishes_can_be_closed(plan: StudyPlan) -> None:
    store = Store.open(plan, _weights())
    sitting = store.sit("Reader 0")
    for reading in store.lists["Reader 0"]:
        store.show(sitting, reading)
        advice = 0.5 if reading.modality == AIDED else None
        store.give(sitting, reading, Answer(60.0, "L2", sign=True), Clock(1.0), advice)
    store.leave(sitting)
    reader = set_up_screen(enter("code-1"))
    reader = answer(reader, 70)
    app = enter("chief-code")
    assert "Reader 1" in " ".join(str(each.value) for each in app.markdown)
    app = _press(app, "Close the study for good")
    assert "Left out of answers.csv, since they have not read all: Reader 1" in words(app)
    names = [each.proto.label for each in app.get("download_button")]
    assert names == ["answers.csv", "everything.csv", "screens.csv"]
    assert "the organiser has closed this study" in words(answer(reader, 80))
    assert "the organiser has closed this study" in words(enter("code-1", take_over=True))
    assert len(store.answers("Reader 1")) == 1, "what was said before stays"
    assert closed_at(store.engine) is not None
    store.engine.dispose()


def test_the_screen_is_kept_and_taken_away_with_the_answers(plan: StudyPlan) -> None:
    app = enter("code-1")
    assert "8 that count" in words(app)
    assert "2 readings for practice" in words(app)
    set_up_screen(app)
    store = Store.open(plan, _weights())
    table = screens_table({each.name: store.calibrations(each.name) for each in plan.readers})
    (row,) = table.to_dict("records")
    assert row["reader"] == "Reader 1"
    assert row["pixels_per_mm"] == pytest.approx(4)
    assert (row["screen_width"], row["device_pixel_ratio"], row["dark_seen"]) == (1366, 1.5, True)
    # the next day at another screen; the one after at the same
    app = page()
    app.text_input[0].set_value("code-1")
    for box in app.checkbox:
        box.check()
    app = _press(app, "Enter")
    assert "Your screen" in words(app)
    app = set_up_screen(app)
    assert "Practice 1 of 2" in words(app)
    assert len(store.calibrations("Reader 1")) == 2
    assert "Practice 1 of 2" in words(enter("code-1", take_over=True))
    store.engine.dispose()


def test_nothing_sent_to_a_reader_names_a_case_or_its_truth(plan: StudyPlan) -> None:
    app = set_up_screen(enter("code-1"))
    for aided in (False, True):
        sent = b"".join(each.proto.SerializeToString() for each in app.get("bidi_component"))
        assert b"study-" in sent, "the films were sent"
        for each in (*plan.cases, *plan.practice):
            assert each.case.case_id.encode() not in sent
        assert b"mvm_with" not in sent
        assert (b'"regions": {"ap"' in sent) == aided, "the map is for aided reading alone"
        app = answer(app, 50)


def test_an_unreadable_film_is_told_to_the_organiser_and_to_the_reader_calmly(
    plan: StudyPlan, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = tmp_path / "study.toml"
    shutil.copytree(folder / "cohort", tmp_path / "cohort")
    # of another name, since what this process has read already it would not read again
    copied.write_text((folder / "study.toml").read_text().replace('"Trial"', '"Damaged"'))
    monkeypatch.setenv("MVM_STUDY", str(copied))
    own = read_study_file(copied)
    store = Store.open(own, _weights())
    reading = store.next_reading("Reader 0")
    assert reading is not None
    film = own.case(reading.case_id).case.ap
    assert film is not None
    whole = film.read_bytes()
    film.write_bytes(whole[:300])
    app = set_up_screen(enter("code-0"))
    told = words(app)
    assert "The next case cannot be shown at this moment. The organiser has been told" in told
    assert film.name not in told
    assert reading.case_id not in told
    assert not app.exception
    organiser = enter("chief-code")
    (warning,) = (str(each.value) for each in organiser.warning)
    assert f"Case {reading.case_id} cannot be shown" in warning
    assert film.name in warning
    assert "Met by Reader 0" in warning
    film.write_bytes(whole)
    assert "without the model" in words(_press(app, "Try again"))
    assert not organiser.run().warning
    store.engine.dispose()


def test_whoever_guesses_codes_is_made_to_wait(plan: StudyPlan, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(codes, "_failures", Failures(lambda: now[0]))
    app = page()
    for _ in range(MOST_FAILURES):
        app.text_input[0].set_value("a guess")
        assert "it is nobody's" in words(_press(app, "Enter"))
    app.text_input[0].set_value("code-0")
    assert "too many wrong ones were given" in words(_press(app, "Enter"))
    assert [each.label for each in app.text_input] == ["Your code"]
    results = AppTest.from_file(APP, default_timeout=120).run().switch_page("pages/reader_results.py").run()
    now[0] += WINDOW_S
    app.text_input[0].set_value("code-0")
    assert "Your screen" in words(_press(app, "Enter"))
    for _ in range(MOST_FAILURES + 1):
        next(each for each in results.text_input if each.key == "results-code").set_value("a guess")
        results = _press(results, "Show the results")
    assert "too many wrong ones were given" in words(results)


def test_who_comes_next_in_a_window_finds_nothing_of_what_was_said(plan: StudyPlan) -> None:
    app = set_up_screen(enter("code-1"))
    place = str(app.selectbox[0].key).rsplit("-", 1)[1]
    app.session_state[f"study-mvm-{place}"] = 77
    app.selectbox[0].set_value("L4")
    app.run()
    assert [key for key in app.session_state if f"study-mvm-{place}" in key]
    app = _press(app, "Interrupt and leave")
    assert not [key for key in app.session_state if "study-mvm" in key]
    app.text_input[0].set_value("code-1")
    app = _press(app, "Enter")
    assert app.selectbox[0].value is None
    assert next(each for each in app.button if each.label == "Lock the answer").disabled


def test_faults_of_the_file_are_told_at_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    wrong = tmp_path / "study.toml"
    wrong.write_text(
        (folder / "study.toml").read_text().replace('"Reader 1"', '"Reader 0"').replace("seed", "sead")
    )
    monkeypatch.setenv("MVM_STUDY", str(wrong))
    told = words(page())
    assert "reader Reader 0 is there twice" in told
    assert "sead" in told


def test_without_a_study_there_is_no_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MVM_STUDY", raising=False)
    with pytest.raises(ValueError, match="reader_study"):
        AppTest.from_file(APP, default_timeout=60).run().switch_page("pages/reader_study.py").run()


def _weights() -> str:
    from mvm_core.models import Reader

    return Reader.open().weights.identity
