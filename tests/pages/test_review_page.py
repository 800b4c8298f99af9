"""Page Review: films that were held back, doubtful rows of an import, and what becomes of them."""

import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mvm_core.cohort_import.settled import TABLE, read_doubtful
from mvm_core.deidentification import deidentify_folder
from mvm_core.deidentification.table import alone_in, read_table
from mvm_core.imaging import StudyFile
from mvm_core.language import TAIWAN, speaking

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "deidentification"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cohort_import"))

from doubtful_rows import write_doubtful_cohort
from held_back import KEY, Unsure, folder_of

APP = Path(__file__).resolve().parents[2] / "app.py"
Pair = tuple[StudyFile, StudyFile]


def opened(folder: Path, monkeypatch: pytest.MonkeyPatch, language: str = "en") -> AppTest:
    monkeypatch.setenv("MVM_REVIEW", str(folder))
    app = AppTest.from_file(APP, default_timeout=60)
    app.query_params["lang"] = language
    return app.run().switch_page("pages/review.py").run()


def button(app: AppTest, label: str):  # type: ignore[no-untyped-def]
    return next(each for each in app.button if each.label == label)


def said(app: AppTest) -> str:
    assert not app.exception
    pieces = (*app.html, *app.markdown, *app.info, *app.error, *app.header, *app.title)
    return "\n".join(piece.value for piece in pieces if not piece.value.startswith("<style"))


@pytest.fixture
def held(tmp_path: Path, dicom_pair: Pair) -> Path:
    deidentify_folder(folder_of(tmp_path / "films", dicom_pair), tmp_path / "out", KEY, Unsure())
    return tmp_path / "out"


def test_held_back_films_are_painted_released_and_kept_back(
    held: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(held, monkeypatch)
    assert "3 films: 0 left, 3 held back, 3 of these to settle." in said(app)
    assert [box.label for box in app.checkbox] == [
        "Box 1 is text: paint it over",
        "Box 2 is text: paint it over",
    ]
    app.checkbox[1].uncheck().run()
    button(app, "Let it leave").click().run()
    assert "Film 1 may leave." in said(app)
    first = read_table(held)[0]
    assert (first.outcome, first.text_boxes) == ("left", "50 50 480 105")
    assert (held / first.film).is_file()

    assert app.selectbox[0].value == 2, "the next one is shown"
    for field, value in zip(app.number_input, (200, 300, 260, 320), strict=True):
        field.set_value(value)
    app.run()
    button(app, "Paint this over").click().run()
    assert "Film 2: painted over." in said(app)
    assert "painted 200 300 260 320" in read_table(held)[1].acts
    assert app.selectbox[0].value == 2, "there may be more to paint"
    button(app, "Keep it back").click().run()
    assert "2026" in read_table(held)[1].acts or "kept back" in read_table(held)[1].acts
    assert "1 of these to settle." in said(app)
    app.radio[0].set_value("settled by a person").run()
    assert len(app.selectbox[0].options) == 2
    app.radio[0].set_value("with text painted over").run()
    button(app, "Keep it back").click().run()
    assert read_table(held)[0].outcome == "held back", "what left can be held back later"
    with alone_in(held):
        app.radio[0].set_value("all films").run()
        button(app, "Keep it back").click().run()
    assert "something else is at work in it; try again when that is done" in said(app)


def test_doubtful_rows_are_accepted_moved_and_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_doubtful_cohort(tmp_path / "cohort")
    app = opened(folder, monkeypatch)
    assert "3 doubtful rows, 3 of these to settle." in said(app)
    assert "L2, MVM: L2 is not found on the lateral film" in said(app)
    labels = [box.label for box in app.selectbox]
    assert labels == ["Row", "AP film", "L2 lies in", "lateral film", "L2 lies in"]
    assert app.selectbox[2].value == "L2"
    app.selectbox[4].set_value("L3").run()
    button(app, "Accept with these boxes").click().run()
    assert "Row 2 is accepted." in said(app)
    first = read_doubtful(folder)[0]
    assert first.settled == "take"
    assert (first.ap_box, first.lateral_box) == ("100.0 200.0 180.0 260.0", "120.0 270.0 200.0 330.0")
    assert (first.ap_film, first.lateral_film) == ("aaaa", "bbbb")

    # several films of one view: none is chosen until a person does
    assert "3 films of one view are in the study" in said(app)
    assert button(app, "Accept with this box").disabled
    app.selectbox[1].set_value("dddd").run()
    button(app, "Accept with this box").click().run()
    second = read_doubtful(folder)[1]
    assert (second.settled, second.ap_film, second.lateral_film) == ("take", "dddd", "")

    assert "There is no film to show" in said(app)
    button(app, "Refuse this row").click().run()
    assert [row.settled for row in read_doubtful(folder)] == ["take", "take", "drop"]
    assert "No row is here." in said(app)
    app.radio[0].set_value("settled by a person").run()
    button(app, "Open it again").click().run()
    assert read_doubtful(folder)[0].settled == ""


def test_another_folder_a_spoilt_table_and_a_lost_picture_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = said(opened(tmp_path, monkeypatch))
    assert "neither \\`deidentify\\` nor \\`import-cohort\\` has written this folder" in told
    folder = write_doubtful_cohort(tmp_path / "cohort")
    (folder / "doubtful" / "one-aaaa.png").unlink()
    assert "this picture of a doubtful row is gone" in said(opened(folder, monkeypatch))
    (folder / TABLE).write_text("a,b\n1,2\n")
    assert "columns are missing" in said(opened(folder, monkeypatch))


def test_the_page_is_there_only_where_it_is_switched_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MVM_REVIEW", raising=False)
    with pytest.raises(ValueError, match="review"):
        AppTest.from_file(APP, default_timeout=60).run().switch_page("pages/review.py")


def test_it_speaks_chinese(held: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with speaking(TAIWAN):  # AppTest asks for the names of choices outside of the page's own thread
        app = opened(held, monkeypatch, TAIWAN)
        assert app.title[0].value == "審閱"
        assert "3 張影像" in said(app)


def test_doubts_of_an_import_are_told_in_chinese(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with speaking(TAIWAN):
        app = opened(write_doubtful_cohort(tmp_path), monkeypatch, TAIWAN)
    assert "L2, MVM: 在 側面 (lateral) 影像上找不到 L2" in said(app)


def test_who_may_only_look_sees_no_film(held: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pages.access.permission.may_change", lambda: False)
    app = opened(held, monkeypatch)
    assert "Films are looked at by readers" in app.caption[0].value
    assert not app.button or all(each.label != "Let it leave" for each in app.button)
