"""The pages as a user meets them, without a browser."""

import io
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image
from streamlit.runtime.uploaded_file_manager import DeletedFile
from streamlit.testing.v1 import AppTest

from mvm_core.imaging import StudyFile
from mvm_core.inference import SHIPPED
from mvm_core.models.registry import TITLES
from mvm_core.models.weights import default_weights, load_weights
from mvm_core.radiograph import Radiograph, View
from pages.components import intake, viewer
from pages.components.frame import plain

APP = Path(__file__).resolve().parents[2] / "app.py"
NOTICE = load_weights(SHIPPED).notice
Pair = tuple[StudyFile, StudyFile]
TOGETHER = "These films belong together: read them"


@pytest.fixture
def app() -> AppTest:
    return AppTest.from_file(APP, default_timeout=60).run()


def shown(app: AppTest) -> str:
    """All HTML and Markdown on the page, but for the style."""
    pieces = [*(each.value for each in app.html), *(each.value for each in app.markdown)]
    return "\n".join(piece for piece in pieces if not piece.startswith("<style"))


def drop(app: AppTest, *files: StudyFile) -> AppTest:
    return (
        app.file_uploader[0].set_value([(f.name, f.content, "application/octet-stream") for f in files]).run()
    )


def add(app: AppTest, file: StudyFile) -> AppTest:
    return app.file_uploader[0].set_value((file.name, file.content, "application/octet-stream")).run()


def test_files_that_were_let_go_already_are_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    state = {"drop-0": [DeletedFile("first"), DeletedFile("second")], "add-0": DeletedFile("third")}
    monkeypatch.setattr(intake.st, "session_state", state)
    before = dict(state)
    intake._dropped("drop-0")
    intake._dropped("add-0", adds=True)
    assert state == before


def click(app: AppTest, label: str) -> AppTest:
    return next(button for button in app.button if button.label == label).click().run()


def png(seed: int = 0, shape: tuple[int, int] = (300, 200)) -> bytes:
    buffer = io.BytesIO()
    grey = np.random.default_rng(seed).integers(0, 255, shape, dtype=np.uint8)
    Image.fromarray(grey).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize("page", ["pages/upload.py", "pages/cohort.py", "pages/explainability.py"])
def test_banner_is_on_every_page(app: AppTest, page: str) -> None:
    app.switch_page(page).run()
    assert not app.exception
    assert f'role="note">{NOTICE}' in shown(app)


def test_pair_gives_the_verdict_then_all_readings_then_the_films(app: AppTest, dicom_pair: Pair) -> None:
    drop(app, *dicom_pair)
    assert not app.exception
    assert not app.error
    page = shown(app)
    assert 'class="mvm-verdict"' in page
    assert page.index('class="mvm-verdict"') < page.index('class="mvm-readings"')
    assert all(title in page for title in TITLES.values())
    assert "not made" not in page
    assert "proves the path, not accuracy" in page
    for file in dicom_pair:
        assert file.name in page
    assert (
        "Each reading has its own scale and thresholds: one figure may mean another zone elsewhere." in page
    )
    assert "ViewPosition" in page
    assert "mm per pixel" in page


def test_every_drop_zone_names_the_formats(app: AppTest, dicom_pair: Pair) -> None:
    formats = "DICOM, PNG, JPEG or TIFF."
    assert [each.label.endswith(formats) for each in app.file_uploader] == [True]
    drop(app, dicom_pair[0])
    assert [each.label.endswith(formats) for each in app.file_uploader] == [True, True]


def test_zip_is_read_like_its_films(app: AppTest, dicom_pair: Pair) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for file in dicom_pair:
            archive.writestr(file.name, file.content)
    drop(app, StudyFile("study.zip", buffer.getvalue()))
    assert not app.error
    assert f"{TITLES['all-views']}; its 6 members" in shown(app)


def test_one_film_says_what_is_missing_and_can_be_completed(app: AppTest, dicom_pair: Pair) -> None:
    ap, lateral = dicom_pair
    drop(app, ap)
    page = shown(app)
    assert f"{TITLES['ap-views']}; its 2 members" in page
    assert "it needs the lateral film" in page
    add(app, lateral)
    assert f"{TITLES['all-views']}; its 6 members" in shown(app)


def test_swap_exchanges_the_films(app: AppTest, dicom_pair: Pair) -> None:
    ap, lateral = dicom_pair
    drop(app, ap, lateral)
    click(app, "Swap AP and lateral")
    # Their headers say otherwise.
    assert "its own header says lateral" in app.warning[0].value
    assert f"<b>AP</b>: {ap.name}" in shown(app)
    click(app, TOGETHER)
    page = shown(app)
    assert not app.warning
    assert f"<b>AP</b>: {lateral.name}" in page
    assert f"<b>Lateral</b>: {ap.name}" in page
    click(app, "Swap AP and lateral")
    assert f"<b>AP</b>: {ap.name}" in shown(app)


def of_another(file: StudyFile) -> StudyFile:
    data = pydicom.dcmread(io.BytesIO(file.content))
    data.PatientID, data.PatientName = "0815", "Roe^Richard"
    buffer = io.BytesIO()
    data.save_as(buffer)
    return StudyFile(file.name, buffer.getvalue())


def test_films_of_two_patients_are_read_only_when_confirmed(app: AppTest, dicom_pair: Pair) -> None:
    ap, lateral = dicom_pair
    drop(app, ap, of_another(lateral))
    assert not app.exception
    said = app.warning[0].value
    assert "two patients" in said
    assert "patient ID and patient name" in said
    assert not any(word in said + shown(app) for word in ("0815", "Roe"))
    assert "mvm-verdict" not in shown(app)
    click(app, "Do not read them")
    assert not app.warning
    assert "mvm-verdict" not in shown(app)
    # The second film may come later.
    drop(app, ap)
    before = app.session_state["study"]
    add(app, of_another(lateral))
    assert app.session_state["study"] is before
    click(app, TOGETHER)
    assert not app.warning
    assert len(app.session_state["study"].films.views) == 2
    drop(app, lateral)
    assert app.session_state["study"].films.views == (View.LATERAL,)


def test_same_film_twice_is_refused(app: AppTest, dicom_pair: Pair) -> None:
    ap, _ = dicom_pair
    drop(app, ap, StudyFile("copy_lateral.dcm", ap.content))
    assert len(app.error) == 1
    assert "the same film, given as both views" in app.error[0].value
    assert "mvm-verdict" not in shown(app)
    assert all(button.label != "Read these films" for button in app.button)


def test_views_are_set_by_hand_where_both_films_claim_the_same(app: AppTest) -> None:
    drop(app, StudyFile("first_ap.png", png(1)), StudyFile("second_ap.png", png(2)))
    assert len(app.error) == 1
    assert "mvm-verdict" not in shown(app)
    small = [each.value for each in app.html if each.value.startswith("<img")]
    assert [name in picture for name, picture in zip(("first_ap", "second_ap"), small, strict=True)] == [
        True,
        True,
    ]
    assert small[0] != small[1]
    place = {box.label: box for box in app.selectbox}
    place["first_ap.png"].set_value("lateral")
    place["second_ap.png"].set_value("AP")
    click(app, "Read these films")
    assert not app.error
    page = shown(app)
    assert "<b>AP</b>: second_ap.png" in page
    assert "<b>Lateral</b>: first_ap.png" in page


def test_another_reading_can_be_put_first(app: AppTest, dicom_pair: Pair) -> None:
    drop(app, *dicom_pair)
    box = next(box for box in app.selectbox if box.label == "Reading shown")
    box.set_value("merge-lateral").run()
    assert f"Probability of metastasis (MVM), {TITLES['merge-lateral']}." in shown(app)


def bad_files() -> dict[str, bytes]:
    film = png()
    empty = io.BytesIO()
    with zipfile.ZipFile(empty, "w") as archive:
        archive.writestr("letter.txt", "no film here")
    crowd = io.BytesIO()
    with zipfile.ZipFile(crowd, "w") as archive:
        for number in range(5):
            archive.writestr(f"film_{number}.png", png(number))
    return {
        "letter.txt": b"Dear colleague, thank you for the films.",
        "empty.dcm": b"",
        "cut.png": film[: len(film) // 2],
        "dot.png": png(shape=(1, 1)),
        "no_film.zip": empty.getvalue(),
        "crowd.zip": crowd.getvalue(),
    }


@pytest.mark.parametrize("name", bad_files())
def test_bad_file_gives_one_sentence_and_the_session_goes_on(
    app: AppTest, name: str, dicom_pair: Pair
) -> None:
    drop(app, StudyFile(name, bad_files()[name]))
    assert not app.exception
    assert len(app.error) == 1
    sentence = app.error[0].value
    assert {"crowd.zip": "film_0.png"}.get(name, name) in sentence
    assert sentence.endswith(".")
    assert "Traceback" not in sentence
    assert "mvm-verdict" not in shown(app)
    drop(app, *dicom_pair)
    assert not app.error
    assert "mvm-verdict" in shown(app)


def test_bad_file_takes_nothing_away(app: AppTest, dicom_pair: Pair) -> None:
    ap, lateral = dicom_pair
    drop(app, ap)
    before = app.session_state["study"]
    add(app, StudyFile("letter.txt", b"not a film"))
    assert len(app.error) == 1
    assert "letter.txt" in app.error[0].value
    assert app.session_state["study"] is before
    add(app, lateral)
    assert not app.error
    both = app.session_state["study"]
    assert len(both.films.views) == 2
    drop(app, StudyFile("cut.png", png()[:200]))
    assert len(app.error) == 1
    assert app.session_state["study"] is both
    assert "mvm-verdict" in shown(app)


def test_simulated_patient_is_read_before_the_truth_is_told(app: AppTest) -> None:
    next(box for box in app.selectbox if box.label == "Lesion").select_index(1)
    click(app, "Simulate a new patient")
    assert not app.exception
    assert not app.error
    page = shown(app)
    assert "mvm-verdict" in page
    assert "The truth" not in page
    assert "proves the path" not in page
    click(app, "Reveal the truth")
    assert "The truth: MVM" in shown(app)
    assert all(button.label != "Reveal the truth" for button in app.button)


def test_explainability_page_shows_that_the_map_adds_up(app: AppTest, dicom_pair: Pair) -> None:
    drop(app, *dicom_pair)
    app.switch_page("pages/explainability.py").run()
    assert not app.exception
    table = next(each.value for each in app.html if "difference" in each.value)
    differences = [
        float(row.rsplit('<td class="number">', 1)[1].split("<")[0].removeprefix("under "))
        for row in table.split("<tr")[2:]
    ]
    assert len(differences) == 6
    assert max(differences) < 1e-4


def test_explainability_page_without_films_offers_a_patient(app: AppTest) -> None:
    app.switch_page("pages/explainability.py").run()
    assert not app.exception
    assert any(button.label == "Simulate a new patient" for button in app.button)


def test_cohort_page_names_cohort_weights_and_interval(app: AppTest) -> None:
    app.switch_page("pages/cohort.py").run()
    assert not app.exception
    assert not app.error
    page = shown(app)
    assert "internal test" in page
    assert "simulated" in page
    assert page.count("95 % interval") >= 1
    next(each for each in app.radio if each.key == "section").set_value("All readings").run()
    assert all(title in shown(app) for title in TITLES.values())


@pytest.fixture
def broken_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    folder = Path(shutil.copytree(default_weights(), tmp_path / "weights"))
    monkeypatch.setenv("MVM_WEIGHTS", str(folder))

    def spoil(name: str) -> None:
        (folder / name).write_bytes((folder / name).read_bytes()[:-1] + b"?")

    return spoil


def test_weights_that_differ_from_their_sum_stop_the_page_in_one_sentence(
    broken_weights: Callable[[str], None],
) -> None:
    broken_weights("concat.onnx")
    app = AppTest.from_file(APP, default_timeout=60).run()
    assert not app.exception
    assert len(app.error) == 1
    assert "concat.onnx" in app.error[0].value
    assert "checksum" in app.error[0].value
    assert "not a medical device" in shown(app).lower()


def test_file_name_cannot_smuggle_markup_into_a_message() -> None:
    assert "![" not in plain("![x](http://outside/x.png).dcm: bad; mend it.")
    assert (
        plain("film_01-a.dcm: it is empty; choose another.") == "film_01-a.dcm: it is empty; choose another."
    )


def test_file_name_cannot_smuggle_html_into_the_page(app: AppTest) -> None:
    drop(app, StudyFile("<img src=x onerror=alert(1)>_ap.png", png()))
    assert "<img" not in shown(app)


@pytest.mark.parametrize(
    "corners", [[0, 0, "inf", 9], [0, 0, "nan", 9], [5, 5, 5, 9], [1, 2, 3], "abcd", {"x": 1}, 7]
)
def test_box_that_is_none_is_not_taken_from_the_browser(
    corners: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = {"study": "s", "revision": 1, "boxes": {"ap": corners}}
    monkeypatch.setattr(viewer.st, "session_state", {"viewer": {"boxes": sent}})
    assert viewer.moved_boxes() is None


def test_large_film_is_shown_reduced_with_its_mean_kept() -> None:
    pixels = np.random.default_rng(0).random((3000, 2000)).astype(np.float32)
    grey = viewer.grey_16_bit(Radiograph(pixels, "film.png"))
    assert max(grey.shape) == viewer.LONGEST_SIDE
    assert grey.mean() / 65535 == pytest.approx(pixels.mean(), abs=1e-3)
