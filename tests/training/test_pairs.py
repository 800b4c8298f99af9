"""`fit-pairs`: the point for levels on both films holds for real AP films too."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mvm_core.cohort import read_manifest
from mvm_core.errors import TrainingError, WeightsError
from mvm_core.inference import SHIPPED
from mvm_core.logits import expit
from mvm_core.models.calibration import DiseaseCalibration
from mvm_core.models.disease import DiseaseReader
from mvm_core.models.weights import MANIFEST, load_weights
from mvm_core.radiograph import View
from mvm_core.sealed import read_openings, read_seal
from mvm_core.training import pairs
from mvm_core.training.pairs import BESIDE, SPECIFICITY, fit_pairs, laid_beside, point_for_pairs
from mvm_core.training.reading_levels import LevelLogits


@given(
    shift=st.floats(-3, 3),
    scale=st.floats(0.3, 3),
    fitted=st.floats(0.01, 0.99),
    seed=st.integers(0, 1000),
)
def test_pairs_with_real_films_keep_below_the_point(
    shift: float, scale: float, fitted: float, seed: int
) -> None:
    log_odds = np.random.default_rng(seed).normal(shift, scale, 2400)
    point = point_for_pairs(log_odds, DiseaseCalibration(1.0, 0.0, fitted))
    probability = expit(log_odds)
    assert np.mean(probability < point) >= SPECIFICITY
    assert point >= fitted
    if point > fitted:
        assert np.mean(probability < point - 0.01) < 1


def test_a_lower_point_is_never_chosen() -> None:
    calibration = DiseaseCalibration(1.0, 0.0, 0.9)
    assert point_for_pairs(np.full(60, -4.0), calibration) == 0.9
    raised = point_for_pairs(np.full(60, 4.0), calibration)
    assert raised == pytest.approx(1 / (1 + np.exp(-4.0)), abs=1e-6)


@dataclass(frozen=True)
class Level:
    """All that is asked of a vertebra that is laid beside another."""

    level: str


@given(
    ap=st.lists(st.sampled_from(["T12", "L1", "L5"]), min_size=1, max_size=8),
    lateral=st.lists(st.sampled_from(["T12", "L1", "L2"]), min_size=1, max_size=12),
)
def test_vertebrae_are_laid_beside_those_of_their_level(ap: list[str], lateral: list[str]) -> None:
    beside = laid_beside(
        [Level(each) for each in ap],  # type: ignore[misc]
        [Level(each) for each in lateral],  # type: ignore[misc]
        np.random.default_rng(1),
    )
    assert beside.shape == (len(ap), BESIDE)
    for level, rows in zip(ap, beside, strict=True):
        found = {lateral[row] for row in rows}
        assert found == {level} if level in lateral else found <= set(lateral)


def planted(monkeypatch: pytest.MonkeyPatch, lateral: float) -> None:
    """Let real AP vertebrae and intact lateral ones look so ill, whatever lies on the films."""

    def read(rows: list, scans: object, progress: object) -> tuple[LevelLogits]:
        simulated = np.array([row.site != "real" for row in rows])
        films = {View.AP: np.where(simulated, -5.0, 1.0), View.LATERAL: np.where(simulated, lateral, np.nan)}
        return (LevelLogits(films, np.full(len(rows), np.nan)),)

    monkeypatch.setattr(pairs, "read_levels", read)
    monkeypatch.setattr(pairs, "LEAST_LATERAL", 5)
    monkeypatch.setattr(pairs, "BESIDE", 1)


def test_only_the_point_of_pairs_changes(
    levels_cohort: Path, real_spines: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted(monkeypatch, 3.0)
    # What looks at both films says the same of every pair.
    monkeypatch.setattr(DiseaseReader, "of_pairs", lambda _, given: np.full(len(given), 2.5))
    fit_pairs(SHIPPED, read_manifest(levels_cohort), real_spines, tmp_path / "out", splits=("train", "tune"))
    before, after = (json.loads((folder / MANIFEST).read_text()) for folder in (SHIPPED, tmp_path / "out"))
    told = after.pop("pairs")
    # Ten vertebrae of each of 35 films, of which one is marked at its discs.
    assert told["real_ap"] == 340
    assert told["intact_lateral"] >= 5
    point = after["disease"]["both"].pop("point")
    calibration, pair = load_weights(SHIPPED).disease["both"], DiseaseReader.open(SHIPPED).weights.pair
    logit = 2.0 if pair is None else float(pair.scan.joined(2.0, 2.5))
    film = DiseaseReader.open(SHIPPED).weights.film
    log_odds = calibration.log_odds(logit)
    shift = 0.0 if film is None else film.shift([log_odds] * 10)
    assert point == pytest.approx(max(float(expit(log_odds - shift)), calibration.point), abs=1e-6)
    before.pop("pairs", None)
    before["disease"]["both"].pop("point")
    assert after == before
    changed = load_weights(tmp_path / "out").identity
    assert read_seal(tmp_path / "out", changed) is None
    assert read_openings(tmp_path / "out") == read_openings(SHIPPED)


def test_too_few_films_are_told(
    levels_cohort: Path, real_spines: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted(monkeypatch, np.nan)
    with pytest.raises(TrainingError, match="0 intact vertebrae are on its lateral films"):
        fit_pairs(SHIPPED, read_manifest(levels_cohort), real_spines, tmp_path / "out", splits=("tune",))
    assert not (tmp_path / "out").exists()


def test_the_weights_are_not_written_over(levels_cohort: Path, real_spines: Path) -> None:
    with pytest.raises(WeightsError, match="name another folder"):
        fit_pairs(SHIPPED, read_manifest(levels_cohort), real_spines, SHIPPED, splits=("tune",))
