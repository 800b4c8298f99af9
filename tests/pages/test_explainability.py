"""The explainability page as a user meets it, without a browser."""

import io
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pydicom
import pytest
from examiner_stand_in import StandIn
from PIL import Image
from streamlit.testing.v1 import AppTest

from mvm_core.explain import catalogue
from mvm_core.explain.questions import Cover
from mvm_core.explain.scorecard import FILE, Score, Source, summarise_scores, write_scorecard
from mvm_core.imaging import StudyFile, pair_films, read_study
from mvm_core.imaging.preprocess import Region, cut, has_contrast
from mvm_core.models import EvidenceMap, Reader
from mvm_core.models.weights import default_weights
from mvm_core.models.wording import signed_text
from mvm_core.radiograph import Box, FilmPair, Radiograph, View
from pages.components.pictures import Look, draw_film, legend, shown_box
from pages.components.questions import moved
from pages.components.scorecard import _cell, failed_methods
from pages.components.study import Study

APP = Path(__file__).resolve().parents[2] / "app.py"
Pair = tuple[StudyFile, StudyFile]


@pytest.fixture
def app() -> AppTest:
    return AppTest.from_file(APP, default_timeout=120).run()


def shown(app: AppTest) -> str:
    pieces = [*(each.value for each in app.html), *(each.value for each in app.markdown)]
    return "\n".join(piece for piece in pieces if not piece.startswith("<style"))


TOLD = re.compile(r"\. .+[:,;] .*(strongest (for|against) .+ of the frame|no map)")
"""What a picture with a map says: a verdict or a method, and the peak."""


def alternatives(app: AppTest) -> list[str]:
    """What the pictures say to those who do not see them."""
    return [image.alt for each in app.get("image") for image in each.proto.imgs]


def png(grey: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(grey).save(buffer, "PNG")
    return buffer.getvalue()


def explain(app: AppTest, *files: StudyFile) -> AppTest:
    app.file_uploader[0].set_value([(f.name, f.content, "application/octet-stream") for f in files]).run()
    return app.switch_page("pages/explainability.py").run()


def explain_the_middle(app: AppTest, file: StudyFile) -> AppTest:
    """Explain an AP film on which somebody drew a box around the middle."""
    films = pair_films(read_study([file]))
    assert films.ap is not None
    rows, columns = films.ap.shape
    films = replace(films, ap_box=Box(0.4 * columns, 0.4 * rows, 0.6 * columns, 0.6 * rows))
    app.session_state["study"] = Study("drawn", films, StandIn.open().examine(films), 0.1)
    return app.switch_page("pages/explainability.py").run()


def choose(app: AppTest, label: str, value: object) -> AppTest:
    return next(each for each in app.selectbox if each.label == label).set_value(value).run()


@pytest.fixture
def no_scorecard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights that nobody scored the maps of."""
    monkeypatch.setattr("pages.components.scorecard.FILE", "absent.csv")


@pytest.mark.usefixtures("no_scorecard")
def test_chconcat_is_shown_on_both_films_and_says_so(app: AppTest, dicom_pair: Pair) -> None:
    explain(app, *dicom_pair)
    choose(app, "Reading", "chconcat")
    assert not app.exception
    assert "its one map is shown on both films" in shown(app)
    choose(app, "Reading", "ap")
    assert "its one map is shown on both films" not in shown(app)
    assert "logits" in shown(app)
    assert "explain-score COHORT" in app.info[0].value


def test_remarks_of_ones_own_films_stand_beside_the_map_too(app: AppTest, dicom_pair: Pair) -> None:
    explain(app, *dicom_pair)
    assert "this reading proves the path, not accuracy" in shown(app)


def test_without_torch_the_page_works_and_names_one_command(
    app: AppTest, dicom_pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "torch_is_there", lambda: False)
    explain(app, *dicom_pair)
    assert not app.exception
    assert any("pip install -r requirements.txt" in each.value for each in app.info)
    assert all(each.label != "Method" for each in app.selectbox)


def test_method_that_failed_randomisation_is_not_offered(
    app: AppTest, dicom_pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = frozenset({"eigencam", "scorecam"})
    monkeypatch.setattr("pages.components.methods.failed_methods", lambda table: failed)
    explain(app, *dicom_pair)
    assert "Not offered: EigenCAM, ScoreCAM." in shown(app)
    (offered,) = (each.options for each in app.selectbox if each.label == "Method")
    assert "Grad-CAM" in offered
    assert not {"EigenCAM", "ScoreCAM"} & {title.removesuffix(" (slow)") for title in offered}


def test_a_method_fails_by_maps_that_stay_when_weights_are_shuffled() -> None:
    rows = [
        ("gradcam", "randomised_all", "all", 0.1),
        ("gradcam", "randomised_head", "all", 0.2),
        ("eigencam", "randomised_all", "all", 0.1),
        ("eigencam", "randomised_head", "all", 1.0),
        ("scorecam", "randomised_all", "all", 0.95),
        ("layercam", "randomised_all", "mvm", 0.99),
    ]
    table = pd.DataFrame(rows, columns=["method", "metric", "group", "value"])
    assert failed_methods(table) == {"eigencam", "scorecam"}
    assert failed_methods(None) == frozenset()


@pytest.mark.usefixtures("no_scorecard")
def test_grad_cam_stands_beside_the_evidence_and_agrees(app: AppTest, dicom_pair: Pair) -> None:
    explain(app, *dicom_pair)
    choose(app, "Method", "gradcam")
    assert not app.exception
    assert "over its cells: +1.0000" in shown(app)
    assert "its maps for MVM and for BVF correlate with −1.00" in shown(app)
    gradcam = re.compile(
        r"(AP|Lateral) film\. Grad-CAM, for MVM: strongest for (MVM|BVF) .+ frame, \d+\.\d logits"
    )
    assert any(map(gradcam.fullmatch, alternatives(app)))
    assert all(map(TOLD.search, alternatives(app)))
    choose(app, "Method", "eigencam")
    assert any(told.startswith("AP film. EigenCAM, for MVM: strongest for") for told in alternatives(app))
    assert "EigenCAM cannot tell evidence for MVM from evidence for BVF" in shown(app)
    assert "not been put to the randomisation test" in shown(app)


@pytest.mark.parametrize("question", ["Cover a part of a film", "Slide the films"])
def test_questions_move_the_probability(app: AppTest, dicom_pair: Pair, question: str) -> None:
    explain(app, *dicom_pair)
    next(each for each in app.toggle if each.label == question).set_value(True).run()
    assert not app.exception
    assert "→" in shown(app)
    told = alternatives(app)
    assert len(told) > 2
    assert all(map(TOLD.search, told))
    assert any(each.startswith("AP film, changed. All Views ensemble ") for each in told)


def test_figures_are_rounded_once() -> None:
    # 0.23 → 0.31, as they are shown, though 0.3051 − 0.2349 is 0.0702
    assert moved(0.2349, 0.3051) == "+0.08"
    assert moved(0.3051, 0.2349) == "−0.08"
    assert moved(0.301, 0.299) == "+0.00"


def test_sections_stand_in_the_order_in_which_one_asks(app: AppTest) -> None:
    next(each for each in app.button if each.label == "Simulate a new patient").click().run()
    app.switch_page("pages/explainability.py").run()
    assert not app.exception
    heads = [each.value for each in app.header]
    asked = ["The twins of this patient", "What if this is covered?", "How far these maps are right"]
    order = [next(at for at, head in enumerate(heads) if head.startswith(each)) for each in asked]
    order.append(heads.index("Other methods"))
    assert order == sorted(order)
    kinds = [(each.type, getattr(each, "value", "")) for each in app.main]
    picture = next(at for at, (kind, _) in enumerate(kinds) if kind == "image")
    assert picture < kinds.index(("header", heads[0]))
    proofs = [each for each in app.expander if each.label.startswith("Proof")]
    assert len(proofs) == 2
    assert not any(each.proto.expanded for each in proofs)


def test_constant_film_is_told_in_one_sentence(app: AppTest) -> None:
    explain(app, StudyFile("flat_ap.png", png(np.full((300, 200), 90, np.uint8))))
    assert not app.exception
    assert len(app.error) == 1


def test_film_that_is_even_up_to_its_edge_gets_no_map(app: AppTest, dicom_pair: Pair) -> None:
    film = pydicom.dcmread(io.BytesIO(dicom_pair[0].content))
    grey = np.full((film.Rows, round(60 / film.ImagerPixelSpacing[1])), 2000, np.uint16)
    grey[: film.Rows // 6] = 3000
    film.set_pixel_data(grey, film.PhotometricInterpretation, film.BitsStored)
    buffer = io.BytesIO()
    film.save_as(buffer)
    # The frame, 96 mm wide, reaches past both edges of the film, which is 60 mm wide and even there.
    explain_the_middle(app, StudyFile("even_ap.dcm", buffer.getvalue()))
    assert not app.exception
    assert "The AP film has no contrast where the networks look" in shown(app)
    assert app.session_state["study"].reading.blank == {View.AP}


@pytest.mark.parametrize(("top", "blank"), [(-30, True), (80, True), (0, False)])
def test_even_grey_in_the_frame_is_no_contrast(top: int, blank: bool) -> None:
    grey = np.full((400, 400), 0.4, np.float32)
    grey[240:] = 0.8
    film = Radiograph(grey, "flat.png", mm_per_pixel=0.4)
    region = Region(200, top, 160 if blank else 260, to_scale=True, pointed_at=True)
    assert has_contrast(cut(film.pixels, region, 160), region, film.shape) is not blank


def test_one_small_film_is_explained(app: AppTest) -> None:
    explain_the_middle(
        app,
        StudyFile("small_ap.png", png(np.random.default_rng(0).integers(0, 255, (60, 50), dtype=np.uint8))),
    )
    assert not app.exception
    assert "difference" in shown(app)


def test_without_a_level_there_is_nothing_to_explain(app: AppTest, dicom_pair: Pair) -> None:
    explain(app, *(StudyFile(f"healthy_{each.name}", each.content) for each in dicom_pair))
    assert not app.exception
    assert "No level of these films was read in full" in shown(app)
    assert "probability of MVM" not in shown(app)


def test_two_cases_have_no_interval() -> None:
    row = {"value": 0.5, "low": 0.1, "high": 0.9}
    assert [_cell({**row, "n": n}) for n in (2, 3)] == ["0.50, 2", "0.50 (0.10 to 0.90), 3"]


def test_scorecard_is_shown_and_a_method_that_failed_is_not_offered(
    dicom_pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "weights"
    shutil.copytree(default_weights(), folder)
    weights = Reader.open(folder).weights
    scores = [
        Score("ap", method, metric, f"p{case}", ("mvm", "sign"), value)
        for case in range(4)
        for method, metric, value in (
            ("evidence", "pointing_game_lesion", case % 2),
            ("evidence", "randomised_all", 0.1),
            ("eigencam", "randomised_head", 1.0),
        )
    ]
    write_scorecard(
        folder / FILE, summarise_scores(scores, Source("c0", "test", weights.identity[:12], True))
    )
    monkeypatch.setenv("MVM_WEIGHTS", str(folder))
    app = explain(AppTest.from_file(APP, default_timeout=120).run(), *dicom_pair)
    assert not app.exception
    assert "0.50 (" in shown(app)
    assert "Not offered: EigenCAM" in shown(app)
    assert "stay the same when the weights are shuffled" in shown(app)
    assert all(each.label.startswith("Proof: ") for each in app.expander)
    methods = next(each for each in app.selectbox if each.label == "Method")
    assert "EigenCAM" not in methods.options
    assert "Grad-CAM" in methods.options


def test_map_without_evidence_looks_empty(pair: FilmPair) -> None:
    film = pair.film(View.AP)
    assert film is not None
    region = Region(100, 100, 240, to_scale=True, pointed_at=True)
    empty = EvidenceMap(np.zeros((5, 5), np.float32), region)
    assert np.array_equal(draw_film(film, region, empty, Look()), draw_film(film, region, None, Look()))


@pytest.mark.parametrize("whole", [False, True])
def test_colour_stays_inside_what_the_networks_see(whole: bool) -> None:
    film = Radiograph(np.full((300, 300), 0.5, np.float32), "film.png")
    region = Region(100, 80, 120, to_scale=True, pointed_at=True)
    look = Look(1.0, whole_film=whole)
    shown_part = shown_box(film, region, look)
    for value in (30.0, -30.0):
        picture = draw_film(film, region, EvidenceMap(np.full((5, 5), value, np.float32), region), look)
        rows, columns = np.nonzero(np.ptp(picture.astype(int), axis=2) > 2)
        zoom = picture.shape[1] / shown_part.width
        left, top = shown_part.x0 + columns.min() / zoom, shown_part.y0 + rows.min() / zoom
        right, bottom = shown_part.x0 + columns.max() / zoom, shown_part.y0 + rows.max() / zoom
        assert (left, top) == pytest.approx((100, 80), abs=2)
        assert (right, bottom) == pytest.approx((220, 200), abs=2)


def test_faded_map_still_shows_what_speaks_for_bvf() -> None:
    film = Radiograph(np.full((200, 200), 0.5, np.float32), "film.png")
    region = Region(0, 0, 200, to_scale=True, pointed_at=True)

    def colour(value: float, *, faded: bool) -> float:
        evidence = EvidenceMap(np.full((5, 5), value, np.float32), region)
        look = Look(positive_faded=faded, contours=False)
        picture = draw_film(film, region, evidence, look).astype(float)
        return float(np.ptp(picture[100, 100]))

    assert colour(8.0, faded=True) < 0.4 * colour(8.0, faded=False)
    assert colour(-8.0, faded=True) == colour(-8.0, faded=False)


def test_intervals_are_by_patient() -> None:
    scores = [Score("ap", "evidence", "m", f"p{n // 2}", ("mvm",), float(n // 2)) for n in range(8)]
    table: pd.DataFrame = summarise_scores(scores, Source("c", "test", "w", True))
    row = table[table["group"] == "all"].iloc[0]
    assert (row["value"], row["n"]) == (1.5, 4)
    assert row["low"] <= 1.5 <= row["high"]


@pytest.mark.parametrize("page", ["upload", "explainability"])
def test_weights_without_a_network_are_told_in_one_sentence(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "weights"
    shutil.copytree(default_weights(), folder, ignore=shutil.ignore_patterns("ap.onnx"))
    monkeypatch.setenv("MVM_WEIGHTS", str(folder))
    app = AppTest.from_file(APP, default_timeout=120).run().switch_page(f"pages/{page}.py").run()
    assert not app.exception
    assert app.error
    assert all("ap.onnx: the file is missing" in each.value for each in app.error)


@pytest.mark.usefixtures("no_scorecard")
@pytest.mark.parametrize("how", list(Cover))
def test_brush_over_everything_is_told_and_gives_no_map(app: AppTest, dicom_pair: Pair, how: Cover) -> None:
    explain(app, *dicom_pair)
    next(each for each in app.toggle if each.label == "Cover a part of a film").set_value(True).run()
    next(each for each in app.radio if each.label == "Put in its place").set_value(how).run()
    for label in ("From left to right", "From top to bottom"):
        slider = next(each for each in app.slider if each.label.startswith(label))
        slider.set_value((slider.min, slider.max)).run()
    assert not app.exception
    assert "nan" not in shown(app)
    captions = [caption for each in app.get("image") for caption in each.captions]
    expected = "no contrast in the frame" if how is Cover.GREY else "guessed from beyond the frame"
    assert any(expected in told for told in [*captions, shown(app)])


def test_twins_of_a_simulated_patient_are_shown_with_what_changed(app: AppTest) -> None:
    next(each for each in app.button if each.label == "Simulate a new patient").click().run()
    app.switch_page("pages/explainability.py").run()
    next(each for each in app.button if each.label == "Simulate the twins of this patient").click().run()
    assert not app.exception
    assert not app.error
    assert "What changed against the intact twin" in shown(app)
    captions = [caption for each in app.get("image") for caption in each.captions]
    for twin in ("Intact", "With the fracture", "With the metastasis"):
        (told,) = (each for each in alternatives(app) if each.startswith(f"{twin}, lateral film. "))
        assert TOLD.search(told)
    for kind in ("With the fracture", "With the metastasis"):
        assert f"{kind}, AP: the film" in captions
        assert any(told.startswith(f"{kind}, lateral: the map") and "%" in told for told in captions)


def test_numbers_below_0_have_a_minus_and_no_hyphen() -> None:
    ticks = re.findall(r">([^<]*12)<", legend("logits", Look()))
    assert ticks == ["−12", "+12"]
    assert [signed_text(value, 2) for value in (-0.1234, -0.001, 1.0)] == ["−0.12", "+0.00", "+1.00"]
