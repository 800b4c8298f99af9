"""What the upload page says of examined films, and what the user may change."""

import io
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
import streamlit as st
from examiner_stand_in import NO_SPINE, StandIn
from PIL import Image
from streamlit.testing.v1 import AppTest

from mvm_core.errors import WeightsError
from mvm_core.imaging import StudyFile
from mvm_core.models import Spread, Zone, default_weights, load_weights
from mvm_core.models.wording import probability_text
from mvm_core.radiograph import Box, FilmPair, View
from mvm_core.spine import LEVELS
from mvm_core.spine.refusals import SAID_OBLIQUE, TOO_FEW
from pages.components import changes, viewer
from pages.components.real_record import cobb_error, false_alarms
from pages.components.scale import scale
from pages.components.setting_right import proposals, set_right
from pages.components.strip import rows
from pages.components.study import Study
from pages.components.verdict import said as words_of
from pages.components.verdict import span_of

APP = Path(__file__).resolve().parents[2] / "app.py"
Pair = tuple[StudyFile, StudyFile]


@pytest.fixture
def app() -> AppTest:
    return AppTest.from_file(APP, default_timeout=60).run()


def drop(app: AppTest, *files: StudyFile) -> AppTest:
    uploads = [(file.name, file.content, "application/octet-stream") for file in files]
    return app.file_uploader[0].set_value(uploads).run()


def click(app: AppTest, label: str) -> AppTest:
    return next(button for button in app.button if button.label == label).click().run()


def verdict(app: AppTest) -> str:
    assert not app.exception
    return next(each.value for each in app.html if "mvm-verdict" in each.value)


def named(pair: Pair, prefix: str) -> Pair:
    ap, lateral = pair
    return StudyFile(f"{prefix}_ap.dcm", ap.content), StudyFile(f"{prefix}_lateral.dcm", lateral.content)


def altered(file: StudyFile, how: Callable[[np.ndarray], np.ndarray]) -> StudyFile:
    """The film with its pixels moved about."""
    film = pydicom.dcmread(io.BytesIO(file.content))
    pixels = np.ascontiguousarray(how(film.pixel_array))
    film.set_pixel_data(pixels, film.PhotometricInterpretation, film.BitsStored)
    buffer = io.BytesIO()
    film.save_as(buffer)
    return StudyFile(file.name, buffer.getvalue())


def noise(name: str) -> StudyFile:
    buffer = io.BytesIO()
    grey = np.random.default_rng(len(name)).integers(0, 255, (300, 200), dtype=np.uint8)
    Image.fromarray(grey).save(buffer, "PNG")
    return StudyFile(name, buffer.getvalue())


def test_flagged_level_of_ones_own_films_is_told_with_its_doubt(app: AppTest, dicom_pair: Pair) -> None:
    pairs = json.loads((default_weights() / "real_films.json").read_text())["pairs"]["on_both"]
    doubt = "False alarms on real films, pairs of two people: {flagged} of {vertebrae} vertebrae.".format(
        **pairs
    )
    drop(app, *dicom_pair)
    assert doubt in verdict(app)
    # Of a simulated patient the truth is known.
    click(app, "Simulate a new patient")
    assert "False alarms" not in verdict(app)


@pytest.mark.parametrize("record", ["{", '{"weights": 1}', "[]"])
def test_damaged_record_of_real_films_is_one_sentence(tmp_path: Path, record: str) -> None:
    (tmp_path / "real_films.json").write_text(record)
    weights = replace(load_weights(default_weights()), folder=tmp_path)
    with pytest.raises(WeightsError, match="no record of real films"):
        false_alarms(weights)
    (tmp_path / "real_films.json").unlink()
    assert false_alarms(weights) == ""


def test_errors_of_angles_are_told_where_they_are_on_record(tmp_path: Path) -> None:
    weights, file = replace(load_weights(default_weights()), folder=tmp_path), tmp_path / "real_films.json"
    assert cobb_error(weights) == ""
    record = {"weights": weights.identity[:12], "totals": {}}
    file.write_text(json.dumps(record))
    assert cobb_error(weights) == ""
    record["finding"] = {"ap": {"cobb": {"films": 34, "mean_error": 2.3, "lowest": -4.6, "highest": 5.4}}}
    file.write_text(json.dumps(record))
    os.utime(file, (5, 5))
    assert "−5° to +5° on 95 % of 34 real films" in cobb_error(weights)
    file.write_text(json.dumps({**record, "weights": "others"}))
    os.utime(file, (6, 6))
    assert cobb_error(weights) == ""


def test_record_of_real_films_is_read_anew_once_it_changed(tmp_path: Path) -> None:
    weights, file = replace(load_weights(default_weights()), folder=tmp_path), tmp_path / "real_films.json"
    for time, flagged in enumerate((2, 3), start=1):
        totals = {"ap": {"flagged": flagged, "vertebrae": 9}}
        file.write_text(json.dumps({"weights": weights.identity[:12], "totals": totals}))
        os.utime(file, (time, time))
        assert f"{flagged} of 9" in false_alarms(weights)
    file.write_text("{")
    os.utime(file, (2, 2))
    assert "3 of 9" in false_alarms(weights), "not read again while it stands unchanged"


def test_nothing_seen_is_an_answer(app: AppTest, dicom_pair: Pair) -> None:
    drop(app, *named(dicom_pair, "healthy"))
    said = verdict(app)
    levels = app.session_state["study"].examination.levels
    assert f"Nothing seen on {len(levels)} levels ({levels[0].level} to {levels[-1].level})" in said
    highest = max(levels, key=lambda level: level.probability_disease)
    assert f"Highest probability of disease: {highest.probability_disease:.2f}, at {highest.level}; " in said
    assert f"it counts from {highest.disease_point:.2f} on." in said
    assert "The question to each vertebra was" in said
    assert 'class="probability"' not in said
    assert "MVM" not in said
    assert all(button.label != "JSON" for button in app.button)


def test_names_that_are_more_likely_wrong_than_right_are_said_so(app: AppTest, dicom_pair: Pair) -> None:
    drop(app, *named(dicom_pair, "healthy"))
    examination = app.session_state["study"].examination
    assert "perhaps" not in span_of(examination)
    film = examination.spines[View.LATERAL]
    unsure = tuple(replace(each, level_probability=0.15) for each in film.vertebrae)
    spines = {**examination.spines, View.LATERAL: replace(film, vertebrae=unsure)}
    levels = examination.levels
    told = f"{len(levels)} levels (perhaps {levels[0].level} to {levels[-1].level})"
    assert span_of(replace(examination, spines=spines)) == told


def test_diseased_level_is_named_with_zone_and_probability(app: AppTest, dicom_pair: Pair) -> None:
    drop(app, *dicom_pair)
    said = verdict(app)
    study = app.session_state["study"]
    assert "L2, most suspicious" in said
    assert f'class="probability">{probability_text(study.reading.leading.probability)}<' in said
    assert study.reading.leading.zone.value[1:] in said
    assert "Probability that anything is wrong with L2: over 0.99" in said
    assert "simulated patient" not in said


def test_without_a_spine_there_is_no_figure_and_no_zone(app: AppTest) -> None:
    drop(app, noise("film_ap.png"))
    said = verdict(app)
    assert "No vertebra was read" in said
    assert f"film_ap.png: {NO_SPINE}." in said
    assert NO_SPINE not in "\n".join(each.value for each in app.html if "mvm-notes" in each.value)
    assert "Draw a box" in said
    assert 'class="probability"' not in said
    assert not [zone for zone in Zone if zone.value in said]
    assert app.session_state["study"].films.ap.shape == (300, 200)
    click(app, "Turn the AP film by 90 degrees")
    assert app.session_state["study"].films.ap.shape == (200, 300)


@pytest.mark.parametrize(("refused", "advice"), [(SAID_OBLIQUE, "T1 to L5"), (TOO_FEW, "Draw a box")])
def test_a_spine_that_was_never_learnt_asks_for_other_films(
    pair: FilmPair, refused: str, advice: str
) -> None:
    examination = StandIn.open().examine(FilmPair(ap=pair.ap))
    spines = {View.AP: replace(examination.spines[View.AP], vertebrae=(), refused=refused)}
    films = FilmPair(ap=pair.ap)
    study = Study("s", films, StandIn.open().examine(films, spines), 0.1)
    about = words_of(study, "").about
    assert refused in about[0]
    assert advice in about[1]


def test_box_on_a_film_without_a_spine_is_read(pair: FilmPair, monkeypatch: pytest.MonkeyPatch) -> None:
    assert pair.ap is not None
    films = FilmPair(ap=replace(pair.ap, name="unknown.png"))
    state = in_viewer(films, monkeypatch, boxes={"ap": [10, 20, 110, 120]})
    changes.take_moved_boxes()
    study = state["study"]
    assert study.reading is not None
    assert study.pair.ap_box == Box(10, 20, 110, 120)
    state["viewer"] = {"boxes": {"study": "s", "revision": 2, "boxes": {"ap": None}}}
    changes.take_moved_boxes()
    assert state["study"].reading is None


def test_members_that_lie_elsewhere_are_on_scales_of_their_own(pair: FilmPair) -> None:
    study = Study("s", pair, StandIn.open().examine(pair), 0.1)
    assert study.reading is not None
    leading = study.reading.leading
    apart = replace(leading, probability=0.9, spread=Spread(0.2, 0.8, 0.1))
    reading = replace(study.reading, results={leading.name: apart})
    study = replace(study, examination=replace(study.examination, reading=reading))
    about = words_of(study, leading.name).about[0]
    assert "its 6 members, each on its own scale, range from 0.20 to 0.80" in about
    assert 'class="spread"' not in scale(apart)
    assert 'class="spread"' in scale(replace(apart, probability=0.5))


def test_nobody_is_as_sure_as_0_or_1(app: AppTest, dicom_pair: Pair) -> None:
    drop(app, *dicom_pair)
    shown = {row["probability"] for row in rows(app.session_state["study"].examination)}
    assert {"under 0.01", "over 0.99"} <= shown
    assert not {"0.00", "1.00"} & shown


def test_bad_file_does_not_take_away_films_that_wait(app: AppTest) -> None:
    drop(app, noise("first_ap.png"), noise("second_ap.png"))
    assert {box.label for box in app.selectbox} >= {"first_ap.png", "second_ap.png"}
    drop(app, StudyFile("letter.txt", b"Dear colleague"))
    assert "letter.txt" in app.error[0].value
    assert {box.label for box in app.selectbox} >= {"first_ap.png", "second_ap.png"}


def test_simulated_patient_is_called_so_before_the_truth(app: AppTest) -> None:
    click(app, "Simulate a new patient")
    said = verdict(app)
    assert "simulated patient" in said
    assert not app.session_state["study"].revealed
    assert app.session_state["study"].boxed


def test_films_that_hang_wrong_are_set_right_by_one_button(app: AppTest, dicom_pair: Pair) -> None:
    ap, lateral = named(dicom_pair, "mirrored")
    drop(app, altered(ap, lambda film: film[:, ::-1]), altered(lateral, lambda film: np.rot90(film)))
    told = "\n".join(each.value for each in app.html)
    assert "mirrored_ap.dcm looks mirrored." in told
    assert "mirrored_lateral.dcm looks turned by 90 degrees anticlockwise." in told
    click(app, "Set right")
    assert not app.exception
    assert "looks" not in "\n".join(each.value for each in app.html if "said-of-films" in each.value)
    assert all(button.label != "Set right" for button in app.button)
    right = app.session_state["study"].films
    assert right.lateral.shape == right.ap.shape


def test_swapped_films_are_swapped_back_by_one_button(app: AppTest, dicom_pair: Pair) -> None:
    ap, lateral = dicom_pair
    drop(
        app,
        StudyFile("patient_shows_lateral.dcm", ap.content),
        StudyFile("patient_shows_ap.dcm", lateral.content),
    )
    told = "\n".join(each.value for each in app.html)
    assert "patient_shows_lateral.dcm looks like a lateral film." in told
    click(app, "Set right")
    assert app.session_state["study"].films.ap.name == "patient_shows_ap.dcm"
    assert all(button.label != "Set right" for button in app.button)


def test_two_films_of_one_view_are_told_but_not_swapped(pair: FilmPair) -> None:
    assert pair.ap is not None
    films = replace(pair, ap=replace(pair.ap, name="patient_shows_lateral.dcm"))
    found = proposals(films, StandIn.open().examine(films))
    assert [each.shows for each in found] == [View.LATERAL]
    assert set_right(films, found) == films


def in_viewer(films: FilmPair, monkeypatch: pytest.MonkeyPatch, **sent: object) -> dict:
    """A session with these films, and what the viewer has sent of them."""
    study = Study("s", films, StandIn.open().examine(films), 0.1)
    changed = {name: {"study": "s", "revision": 1, name: value} for name, value in sent.items()}
    state = {"study": study, "viewer": changed}
    monkeypatch.setattr(st, "session_state", state)
    return state


def chain_of(study: Study, view: View) -> list[dict]:
    return [
        {"level": each.level, "corners": each.corners.tolist()}
        for each in study.examination.spines[view].vertebrae
    ]


@pytest.fixture
def unmarked(pair: FilmPair) -> FilmPair:
    return replace(pair, ap_box=None, lateral_box=None)


def test_picked_level_is_read_on_both_films(unmarked: FilmPair, monkeypatch: pytest.MonkeyPatch) -> None:
    state = in_viewer(unmarked, monkeypatch, level="T12")
    changes.take_picked_level()
    study = state["study"]
    assert study.examination.level_in_question == "T12"
    assert study.revision == 1
    spines = study.examination.spines
    assert study.pair.ap_box == spines[View.AP].by_level["T12"].box()
    assert study.pair.lateral_box == spines[View.LATERAL].by_level["T12"].box()


def test_picked_level_wins_over_the_box_before(pair: FilmPair, monkeypatch: pytest.MonkeyPatch) -> None:
    state = in_viewer(pair, monkeypatch)
    assert state["study"].boxed
    changes.pick_level("L4")
    assert not state["study"].boxed
    assert state["study"].examination.level_in_question == "L4"


def test_level_that_looks_intact_gets_no_figure(app: AppTest, dicom_pair: Pair, unmarked: FilmPair) -> None:
    drop(app, *dicom_pair)
    study = app.session_state["study"]
    examination = StandIn.open().examine(unmarked, level="L4")
    app.session_state["study"] = replace(study, examination=examination, level="L4")
    app.run()
    said = verdict(app)
    assert "L4, picked by you" in said
    assert "Nothing seen on L4" in said
    assert "L2 looks diseased, too." not in said
    assert "L2 looks diseased." in said
    assert 'class="probability"' not in said
    assert "as if it were one of them" in "\n".join(each.value for each in app.html)


def test_level_that_was_not_read_cannot_be_picked(
    unmarked: FilmPair, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = in_viewer(unmarked, monkeypatch, level="<b>C2</b>")
    before = state["study"]
    changes.take_picked_level()
    assert state["study"] is before


def test_moved_corner_moves_what_is_read(unmarked: FilmPair, monkeypatch: pytest.MonkeyPatch) -> None:
    state = in_viewer(unmarked, monkeypatch)
    chain = chain_of(state["study"], View.AP)
    moved = next(each for each in chain if each["level"] == "L2")
    moved["corners"][0][0] -= 30
    state["viewer"] = {"vertebrae": {"study": "s", "revision": 1, "vertebrae": {"ap": chain}}}
    before = state["study"]
    changes.take_moved_vertebrae()
    after = state["study"]
    assert after.corrected
    assert after.pair.ap_box.x0 == pytest.approx(before.pair.ap_box.x0 - 30, abs=2)
    assert after.pair.lateral_box == before.pair.lateral_box
    # What the user has not touched is kept, the depth of the endplates too.
    kept = after.examination.spines[View.LATERAL].by_level["L2"]
    assert kept.dents == before.examination.spines[View.LATERAL].by_level["L2"].dents is not None
    assert after.reading.results["ap"].probability != before.reading.results["ap"].probability


def test_renamed_chain_takes_the_picked_level_along(
    unmarked: FilmPair, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = in_viewer(unmarked, monkeypatch)
    changes.pick_level("L2")
    chain = chain_of(state["study"], View.AP)
    for each in chain:
        each["level"] = LEVELS[LEVELS.index(each["level"]) - 1]
    state["viewer"] = {"vertebrae": {"study": "s", "revision": 1, "vertebrae": {"ap": chain}}}
    changes.take_moved_vertebrae()
    study = state["study"]
    assert study.level == "L1"
    assert study.examination.spines[View.AP].by_level["L1"].level_probability == 1.0


def test_level_on_one_film_alone_is_read_on_that_film(
    app: AppTest, dicom_pair: Pair, unmarked: FilmPair
) -> None:
    drop(app, *dicom_pair)
    study = app.session_state["study"]
    spines = dict(study.examination.spines)
    cut = tuple(each for each in spines[View.LATERAL].vertebrae if each.level != "L2")
    spines[View.LATERAL] = replace(spines[View.LATERAL], vertebrae=cut)
    examination = StandIn.open().examine(unmarked, spines)
    app.session_state["study"] = replace(study, examination=examination)
    app.run()
    said = verdict(app)
    assert "L2, most suspicious" in said
    assert "AP Views" in said
    page = "\n".join(each.value for each in app.html)
    assert "<b>Lateral</b>: patient_lateral.dcm" in page
    assert "it needs the lateral film" in page
    app.switch_page("pages/explainability.py").run()
    assert not app.exception


def test_both_films_lying_down_are_no_answer(app: AppTest, dicom_pair: Pair) -> None:
    drop(app, *(altered(film, np.rot90) for film in dicom_pair))
    said = verdict(app)
    assert "No vertebra was read" in said
    assert "patient_ap.dcm: it does not stand upright" in said
    click(app, "Set right")
    assert "L2, most suspicious" in verdict(app)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda chain: chain[:-1],
        lambda chain: chain[::-1],
        lambda chain: [{**each, "level": "L1"} for each in chain],
        lambda chain: [{**each, "level": "C2"} for each in chain],
        lambda chain: [{**each, "corners": [[5, 5]] * 4} for each in chain],
        lambda chain: [{**each, "corners": [[float("nan"), 0]] * 4} for each in chain],
        lambda chain: [{**each, "corners": "abcd"} for each in chain],
        lambda chain: [{"level": each["level"]} for each in chain],
        lambda _: 7,
        lambda _: "L1",
    ],
)
def test_vertebrae_that_are_none_are_not_taken_from_the_browser(
    unmarked: FilmPair, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[list], object]
) -> None:
    state = in_viewer(unmarked, monkeypatch)
    before = state["study"]
    spoilt = spoil(chain_of(before, View.AP))
    state["viewer"] = {"vertebrae": {"study": "s", "revision": 1, "vertebrae": {"ap": spoilt}}}
    changes.take_moved_vertebrae()
    assert state["study"] is before


@pytest.mark.parametrize(("study", "revision"), [("other", 1), ("s", 0)])
def test_late_answer_of_the_browser_changes_nothing(
    unmarked: FilmPair, monkeypatch: pytest.MonkeyPatch, study: str, revision: int
) -> None:
    state = in_viewer(unmarked, monkeypatch)
    before = state["study"]
    state["viewer"] = {"level": {"study": study, "revision": revision, "level": "T12"}}
    changes.take_picked_level()
    assert state["study"] is before
    assert viewer.picked_level() is not None
