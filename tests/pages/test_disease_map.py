"""The map of disease on the explainability page, beside that of MVM against BVF."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from examiner_stand_in import StandIn
from streamlit.testing.v1 import AppTest
from test_explainability import APP, Pair, choose, explain, shown
from two_outputs import write_one_output, write_two_outputs

from mvm_core.explain.scorecard import FILE, Score, Source, summarise_scores, write_scorecard
from mvm_core.imaging.preprocess import Region
from mvm_core.models import EvidenceMap, Reader, Zone, load_weights
from mvm_core.models.overlay import COLOURS, EVIDENCE_SCALE
from mvm_core.models.wording import probability_text, signed_text
from mvm_core.radiograph import FilmPair, Radiograph, View
from pages.components.asked import answer_on_top
from pages.components.pictures import Look, draw_difference, draw_film, legend, peak_in_words
from pages.components.study import Study
from pages.components.verdict import said

CHOICE = "Map that answers"


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_two_outputs(tmp_path_factory.mktemp("two") / "weights")


@pytest.fixture
def app(weights: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv("MVM_WEIGHTS", str(weights))
    return AppTest.from_file(APP, default_timeout=120).run()


def ask(app: AppTest, question: str, label: str = CHOICE) -> AppTest:
    return next(each for each in app.radio if each.label == label).set_value(question).run()


def pictures(app: AppTest) -> tuple[list[str], list[str]]:
    """Captions and alternative texts of the pictures."""
    images = [image for each in app.get("image") for image in each.proto.imgs]
    return [image.caption for image in images], [image.alt for image in images]


def test_a_choice_of_the_map_is_there_where_the_weights_have_it(
    app: AppTest, weights: Path, dicom_pair: Pair
) -> None:
    explain(app, *dicom_pair)
    assert not app.exception
    reading = app.session_state["study"].reading
    result = reading.results["ap-views"]
    assert reading.leading is result
    (choice,) = (each for each in app.radio if each.label == CHOICE)
    assert choice.options == ["MVM against BVF", "Disease"]
    assert f"<b>{probability_text(result.probability)}</b> probability of MVM" in shown(app)
    assert "speaks for MVM" in shown(app)
    assert "metastasis or benign fracture, given that it is one of them?" in shown(app)
    assert "AP film, map of MVM against BVF" in pictures(app)[0]

    ask(app, "disease")
    assert not app.exception
    assert f"<b>{probability_text(result.probability_disease)}</b> probability of disease" in shown(app)
    assert "speaks against disease" in shown(app)
    assert "speaks for MVM" not in shown(app)
    assert "Disease: is anything wrong with this vertebra?" in shown(app)
    captions, alts = pictures(app)
    assert "AP film, map of disease" in captions
    (alt,) = (each for each in alts if each.startswith("AP film."))
    peak = peak_in_words(result.disease_evidence[View.AP], "calibrated logits", "disease")
    assert f"probability of disease {probability_text(result.probability_disease)}" in alt
    assert alt.endswith(f"; map of disease; evidence {peak}")
    assert peak.startswith(("strongest for disease", "strongest against disease"))
    # The proof is that of the second output.
    row = next(line for line in shown(app).split("<tr") if ">Merge (AP)<" in line)
    bias = load_weights(weights).networks["merge"].biases["disease"]
    own = reading.results["merge-ap"]
    assert f">{signed_text(bias, 4)}<" in row
    assert f">{signed_text(own.disease_logit, 4)}<" in row
    assert own.disease_evidence[View.AP].values.mean() + bias == pytest.approx(own.disease_logit, abs=1e-4)


@pytest.mark.parametrize("question", ["Cover a part of a film", "Slide the films"])
def test_questions_move_the_probability_of_disease(app: AppTest, dicom_pair: Pair, question: str) -> None:
    explain(app, *dicom_pair)
    ask(app, "disease")
    next(each for each in app.toggle if each.label == question).set_value(True).run()
    assert not app.exception
    (moved,) = (each.value for each in app.html if "→" in each.value)
    assert "probability of disease" in moved
    assert shown(app).count("speaks for disease") == 2
    captions = pictures(app)[0]
    for word in ("as it is", "changed"):
        assert f"AP film, {word}, map of disease" in captions


def test_twins_show_the_map_of_disease(app: AppTest) -> None:
    next(each for each in app.button if each.label == "Simulate a new patient").click().run()
    app.switch_page("pages/explainability.py").run()
    ask(app, "disease")
    next(each for each in app.button if each.label == "Simulate the twins of this patient").click().run()
    assert not app.exception
    captions = pictures(app)[0]
    assert "With the fracture, AP film, map of disease" in captions
    assert any(told.startswith("With the metastasis, AP: the map of disease, ") for told in captions)
    assert "purple where evidence for disease was added, green against disease" in shown(app)
    assert "know no intact spine" not in shown(app)


def test_weights_of_one_output_leave_no_choice(
    dicom_pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MVM_WEIGHTS", str(write_one_output(tmp_path / "one")))
    app = AppTest.from_file(APP, default_timeout=120).run()
    explain(app, *dicom_pair)
    study = app.session_state["study"]
    assert study.reading.leading.questions == ("mvm",)
    assert all(each.label != CHOICE for each in app.radio)
    assert "AP film" in pictures(app)[0]
    assert all("map of" not in text for texts in pictures(app) for text in texts)


def test_the_scale_is_absolute_and_the_colours_are_disease_own() -> None:
    film = Radiograph(np.full((200, 200), 0.5, np.float32), "film.png")
    region = Region(0, 0, 200, to_scale=True, pointed_at=True)

    def colour(value: float, question: str = "disease") -> np.ndarray:
        evidence = EvidenceMap(np.full((5, 5), value, np.float32), region)
        return draw_film(film, region, evidence, Look(1.0, contours=False, question=question))[280, 280]

    above, below = COLOURS["disease"]
    assert colour(EVIDENCE_SCALE) == pytest.approx(above, abs=1)
    assert colour(-2 * EVIDENCE_SCALE) == pytest.approx(below, abs=1)
    # Half of the scale is half of the colour, whatever the map's own maximum is.
    assert colour(EVIDENCE_SCALE / 2) == pytest.approx((np.array(above) + 127.5) / 2, abs=1)
    assert np.abs(colour(EVIDENCE_SCALE).astype(int) - colour(EVIDENCE_SCALE, "mvm")).max() > 60
    assert "speaks for disease" in legend("logits", Look(question="disease"))
    grown = draw_difference(np.full((9, 9), 5.0, np.float32), 5.0, "disease")
    assert grown[200, 200] == pytest.approx(above, abs=1)


def test_what_is_said_goes_by_the_point_and_by_the_scan_of_the_levels(weights: Path, pair: FilmPair) -> None:
    study = Study("one", pair, StandIn(weights).examine(pair), 0.1)
    (level,) = (each for each in study.examination.levels if each == study.in_question)
    assert level.zone is not Zone.NOTHING_SEEN
    seen = replace(study.reading.results["ap-views"], probability_disease=0.7, disease_point=0.6)
    assert answer_on_top(seen, "disease").endswith("AP Views ensemble: diseased (disease point: 0.60)")
    # The scan has found disease: what the reading says of it is said under its own question alone.
    unseen = replace(seen, disease_point=0.8, zone=Zone.NOTHING_SEEN)
    reading = replace(study.reading, results={**study.reading.results, "ap-views": unseen}).of_diseased()
    doubted = reading.results["ap-views"]
    zone = doubted.points.zone(doubted.probability).value
    assert "nothing seen" in answer_on_top(doubted, "disease")
    assert answer_on_top(doubted, "mvm").endswith(f": {zone}")
    doubting = replace(study.examination, reading=reading)
    assert said(replace(study, examination=doubting), "ap-views").headline.lower() == zone.lower()


def test_the_scorecard_is_shown_by_question(app: AppTest, weights: Path, dicom_pair: Pair) -> None:
    scores = [
        Score("ap", "evidence", "pointing_game_lesion", f"p{number}", ("mvm",), value, question)
        for question, value in (("mvm", 0.0), ("disease", 1.0))
        for number in range(4)
    ]
    scores.append(Score("ap", "evidence", "deletion_under_random", "p0", ("mvm",), 0.25))
    identity = Reader.open(weights).weights.identity[:12]
    table: pd.DataFrame = summarise_scores(scores, Source("c" * 12, "test", identity, True))
    write_scorecard(weights / FILE, table)
    try:
        app.switch_page("pages/explainability.py").run()
        assert not app.exception
        assert "0.00 (0.00 to 0.49), 4" in shown(app)
        assert "1.00 (0.51 to 1.00), 4" not in shown(app)
        ask(app, "disease", "Maps that answer")
        assert not app.exception
        assert "1.00 (0.51 to 1.00), 4" in shown(app)
        assert "Evidence for disease, which each case has" in shown(app)
        assert next(each for each in app.selectbox if each.label == "Figures").options == ["Peak"]
        ask(app, "mvm", "Maps that answer")
        choose(app, "Figures", "Faithfulness")
        assert "0.25, 1" in shown(app)
    finally:
        (weights / FILE).unlink()
