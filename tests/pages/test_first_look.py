"""The first look: a simulated patient hangs on the upload page before anybody has asked for anything."""

from collections.abc import Iterator
from concurrent.futures import Future

import pytest
from streamlit.testing.v1 import AppTest
from test_language_of_pages import left
from test_pages import APP, Pair, click, drop, png, shown

from mvm_core.errors import WeightsError
from mvm_core.imaging import StudyFile
from mvm_core.language import ENGLISH, TAIWAN, speaking
from pages.components import example
from pages.components.study import Study

TITLE = "Metastasis or fracture"


@pytest.fixture(scope="module")
def kept() -> dict[str, "Future[Study]"]:
    """Examples read once for all of these tests."""
    return {}


@pytest.fixture(autouse=True)
def switched_on(monkeypatch: pytest.MonkeyPatch, kept: dict[str, "Future[Study]"]) -> None:
    monkeypatch.setenv("MVM_EXAMPLE", "1")
    monkeypatch.setattr(example, "_reading", kept)


def greeted(language: str = ENGLISH) -> AppTest:
    """The first page once the example is read."""
    example.begin(language).result(timeout=120)
    app = AppTest.from_file(APP, default_timeout=60)
    if language != ENGLISH:
        app.query_params["lang"] = language
    return app.run()


@pytest.fixture
def unread(monkeypatch: pytest.MonkeyPatch) -> Iterator["Future[Study]"]:
    """An example that is still being read."""
    coming: Future[Study] = Future()
    monkeypatch.setattr(example, "_reading", {ENGLISH: coming})
    return coming


def test_finished_example_with_both_ways_on() -> None:
    app = greeted()
    assert not app.exception
    page = shown(app)
    assert [title.value for title in app.title] == [TITLE]
    assert "An example: a simulated patient" in page
    assert 'class="mvm-verdict"' in page
    assert "simulated patient" in page[page.index("mvm-verdict") :]
    assert "The truth" not in page
    labels = [button.label for button in app.button]
    assert labels.index("Simulate another") < labels.index("Reveal the truth")
    assert "Simulate another patient" not in labels
    assert len(app.file_uploader) == 1
    assert app.file_uploader[0].label.startswith("Drop your own")


def test_page_stands_while_the_example_is_read(unread: "Future[Study]", dicom_pair: Pair) -> None:
    app = AppTest.from_file(APP, default_timeout=60).run()
    page = shown(app)
    assert [title.value for title in app.title] == [TITLE]
    assert "is being read as an example" in page
    assert "mvm-verdict" not in page
    # whoever does not wait is not surprised by it later
    drop(app, *dicom_pair)
    own = app.session_state["study"]
    unread.set_exception(WeightsError("a", "b", "c"))
    app.run()
    assert app.session_state["study"] is own
    assert "is being read" not in shown(app)


def test_what_is_dropped_takes_its_place(dicom_pair: Pair) -> None:
    app = drop(greeted(), *dicom_pair)
    assert not app.error
    assert not app.session_state["study"].example
    page = shown(app)
    assert "An example" not in page
    assert dicom_pair[0].name in page
    assert [title.value for title in app.title] == []


def test_no_verdict_of_the_example_stands_beside_a_file_that_is_none() -> None:
    app = drop(greeted(), StudyFile("letter.txt", b"Dear colleague"))
    assert "letter.txt" in app.error[0].value
    assert "mvm-verdict" not in shown(app)
    assert "study" not in app.session_state
    app.run()
    assert "mvm-verdict" not in shown(app)
    drop(app, StudyFile("cut.png", png()[:200]))
    assert "cut.png" in app.error[0].value


def test_another_patient_takes_its_place() -> None:
    app = greeted()
    before = app.session_state["study"].patient
    click(app, "Simulate another")
    assert not app.error
    study = app.session_state["study"]
    assert study.patient is not None
    assert study.patient.case_id != before.case_id
    assert not study.example
    assert any(button.label == "Simulate another patient" for button in app.button)


def test_sessions_do_not_share_what_they_do_with_it() -> None:
    one, two = greeted(), greeted()
    click(one, "Reveal the truth")
    assert "The truth: MVM" in shown(one)
    two.run()
    assert "The truth" not in shown(two)
    assert two.session_state["study"].name == one.session_state["study"].name


def test_page_is_as_before_without_an_example(
    unread: "Future[Study]", monkeypatch: pytest.MonkeyPatch
) -> None:
    unread.set_exception(WeightsError("weights", "they are damaged", "restore them"))
    app = AppTest.from_file(APP, default_timeout=60).run()
    assert not app.exception
    assert "mvm-verdict" not in shown(app)
    assert app.file_uploader[0].label.startswith("Drop an AP")
    monkeypatch.setenv("MVM_EXAMPLE", "0")
    off = AppTest.from_file(APP, default_timeout=60).run()
    assert off.file_uploader[0].label.startswith("Drop an AP")


def test_example_is_chinese() -> None:
    with speaking(TAIWAN):
        app = greeted(TAIWAN)
        assert "範例" in shown(app)
        assert left(app) == {}
