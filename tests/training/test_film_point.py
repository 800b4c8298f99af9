"""`fit-film`: the point for levels on both films follows the median of all levels of these films."""

import json
import shutil
import statistics
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mvm_core.cohort import read_manifest
from mvm_core.errors import TrainingError, WeightsError
from mvm_core.evaluation import read_case
from mvm_core.inference import SHIPPED
from mvm_core.logits import expit, logit
from mvm_core.models.disease import DiseaseReader
from mvm_core.models.second_scan import FilmPoint
from mvm_core.models.weights import MANIFEST, load_weights
from mvm_core.radiograph import FilmPair, View
from mvm_core.training import film_point
from mvm_core.training.film_point import fit_film_point

levels = st.lists(st.floats(-8, 8), min_size=2, max_size=11)


@given(levels, st.floats(0.01, 0.9), st.floats(-6, 2), st.floats(0.5, 8))
def test_the_point_moves_by_less_than_the_share(
    log_odds: list[float], share: float, median: float, settle: float
) -> None:
    film = FilmPoint(share, median, settle)
    away = statistics.median(log_odds) - median
    shift = film.shift(log_odds)
    assert abs(shift) <= share * abs(away)
    assert shift * away >= 0
    # The more levels, the more their median counts.
    assert abs(film.shift(log_odds * 3)) >= abs(shift) - 1e-9
    assert film.shift([level + 1 for level in log_odds]) > shift


def test_of_one_level_alone_nothing_is_said_of_its_film() -> None:
    film = FilmPoint(0.5, -4.0, 4.0)
    assert film.shift([]) == film.shift([3.0]) == 0.0
    assert film.shift([-4.0] * 5) == 0.0
    assert film.shift([0.0] * 5) == pytest.approx(0.5 * 4.0 * 4 / 8)


@pytest.fixture(scope="module")
def moving(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped weights with a point that follows the films by half."""
    folder = Path(shutil.copytree(SHIPPED, tmp_path_factory.mktemp("moving") / "weights"))
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest["scan"]["film"] = {"share": 0.5, "median": -4.0, "settle": 1.0}
    (folder / MANIFEST).write_text(json.dumps(manifest))
    return folder


def test_levels_on_both_films_get_the_point_of_their_films(moving: Path, levels_cohort: Path) -> None:
    case = read_manifest(levels_cohort).split("tune")[0]
    pair, disease = read_case(case), DiseaseReader.open(moving)
    boxes = {view: box for view in View if (box := case.box(view)) is not None}
    lower = {view: replace(box, y0=box.y0 + 90, y1=box.y1 + 90) for view, box in boxes.items()}
    both, below, ap = disease.read(pair.films, [boxes, lower, {View.AP: boxes[View.AP]}])
    calibrations = disease.weights.calibrations
    shift = 0.5 * (statistics.mean(logit([both.probability, below.probability])) + 4.0) * 1 / (1 + 1.0)
    expected = float(expit(logit(calibrations["both"].point) + shift))
    assert both.point == pytest.approx(expected, abs=1e-4)
    assert below.point == both.point
    assert ap.point == calibrations["ap"].point
    (alone,) = disease.read(pair.films, [boxes])
    assert alone.point == pytest.approx(calibrations["both"].point)
    (again,) = disease.read(pair.films, [boxes], (both, below, ap))
    assert again.point == pytest.approx(both.point, abs=1e-4)


def test_it_is_fitted_on_whole_pairs_of_films(
    levels_cohort: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cohort = read_manifest(levels_cohort)
    log_odds = [-5.0, -4.0, -3.5, -3.0, 2.0]
    few = iter([log_odds[:4]])
    monkeypatch.setattr(film_point, "LEAST_PAIRS", 1)
    monkeypatch.setattr(film_point, "_log_odds", lambda *_: next(few, log_odds))
    fit_film_point(SHIPPED, cohort, tmp_path / "out", splits=("tune", "train"), share=0.3)
    second = load_weights(tmp_path / "out").second_scan
    assert second is not None
    assert second.film == FilmPoint(0.3, -3.5, film_point.SETTLES)
    told = json.loads((tmp_path / "out" / MANIFEST).read_text())["scan"]["film"]
    assert told["pairs"] == sum(case.split in ("tune", "train") for case in cohort.cases) - 1
    before, after = (json.loads((folder / MANIFEST).read_text()) for folder in (SHIPPED, tmp_path / "out"))
    for manifest in (before, after):
        manifest["scan"].pop("film", None)
    assert after == before


def test_levels_are_those_that_both_films_show(pair: FilmPair) -> None:
    examiner = film_point.Examiner.open(SHIPPED)
    found = film_point.examine_unmarked(pair, examiner)
    both = [each for each in found.levels if each.ap_box is not None and each.lateral_box is not None]
    assert both
    told = film_point._log_odds(pair, examiner)
    said = [each.probability_disease for each in both]
    assert [float(expit(each)) for each in told] == pytest.approx(said, abs=1e-4)


def test_too_few_pairs_are_told(levels_cohort: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(film_point, "_log_odds", lambda *_: [-3.0] * 4)
    with pytest.raises(TrainingError, match="0 of its pairs of films show 5 levels"):
        fit_film_point(SHIPPED, read_manifest(levels_cohort), tmp_path / "out", splits=("tune",), share=0.2)
    assert not (tmp_path / "out").exists()


def test_weights_without_a_joined_scan_are_refused(levels_cohort: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(SHIPPED, tmp_path / "weights"))
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest.pop("scan")
    (folder / MANIFEST).write_text(json.dumps(manifest))
    cohort = read_manifest(levels_cohort)
    with pytest.raises(TrainingError, match="use join-scan first"):
        fit_film_point(folder, cohort, tmp_path / "out", splits=("tune",), share=0.2)
    with pytest.raises(WeightsError, match="name another folder"):
        fit_film_point(folder, cohort, folder, splits=("tune",), share=0.2)


@pytest.mark.parametrize(
    "film",
    [
        {"share": 1.0, "median": -4.0, "settle": 4.0},
        {"share": 0.2, "median": "inf", "settle": 4.0},
        {"share": 0.2, "median": -4.0, "settle": -1.0},
        {"share": 0.2, "median": -4.0},
    ],
)
def test_a_malformed_point_of_films_is_refused(moving: Path, tmp_path: Path, film: dict[str, object]) -> None:
    folder = Path(shutil.copytree(moving, tmp_path / "weights"))
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest["scan"]["film"] = film
    (folder / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(WeightsError, match=MANIFEST):
        load_weights(folder)
