"""`fit-pairs`: the point for levels on both films holds for real AP films too."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mvm_core.cohort import read_manifest
from mvm_core.errors import TrainingError, WeightsError
from mvm_core.inference import SHIPPED
from mvm_core.models.calibration import DiseaseCalibration
from mvm_core.models.weights import MANIFEST, load_weights
from mvm_core.radiograph import View
from mvm_core.sealed import read_openings, read_seal
from mvm_core.training import pairs
from mvm_core.training.pairs import SPECIFICITY, fit_pairs, point_for_pairs


@given(
    shift=st.floats(-3, 3),
    temperature=st.floats(0.3, 3),
    offset=st.floats(-2, 2),
    fitted=st.floats(0.01, 0.99),
    seed=st.integers(0, 1000),
)
def test_pairs_with_real_films_keep_below_the_point(
    shift: float, temperature: float, offset: float, fitted: float, seed: int
) -> None:
    draw = np.random.default_rng(seed)
    real, lateral = draw.normal(shift, 1, 40), draw.normal(0, 1, 60)
    calibration = DiseaseCalibration(temperature, offset, fitted)
    point = point_for_pairs(real, lateral, calibration)
    means = [(one + other) / 2 for one in real for other in lateral]
    below = np.mean([calibration.probability(mean) < point for mean in means])
    assert below >= SPECIFICITY
    assert point >= fitted
    if point > fitted:
        lower = point - 0.01
        assert np.mean([calibration.probability(mean) < lower for mean in means]) < 1


def test_a_lower_point_is_never_chosen() -> None:
    calibration = DiseaseCalibration(1.0, 0.0, 0.9)
    assert point_for_pairs(np.full(5, -4.0), np.full(60, -4.0), calibration) == 0.9
    raised = point_for_pairs(np.full(5, 4.0), np.full(60, 4.0), calibration)
    assert raised == pytest.approx(1 / (1 + np.exp(-4.0)), abs=1e-6)


def planted(monkeypatch: pytest.MonkeyPatch, lateral: float) -> None:
    """Let real AP vertebrae and intact lateral ones look so ill, whatever lies on the films."""

    def read(rows: list, scans: object, progress: object) -> tuple[dict]:
        simulated = np.array([row.site != "real" for row in rows])
        return (
            {View.AP: np.where(simulated, -5.0, 1.0), View.LATERAL: np.where(simulated, lateral, np.nan)},
        )

    monkeypatch.setattr(pairs, "read_levels", read)
    monkeypatch.setattr(pairs, "LEAST_LATERAL", 5)


def test_only_the_point_of_pairs_changes(
    levels_cohort: Path, real_spines: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted(monkeypatch, 3.0)
    fit_pairs(SHIPPED, read_manifest(levels_cohort), real_spines, tmp_path / "out", splits=("train", "tune"))
    before, after = (json.loads((folder / MANIFEST).read_text()) for folder in (SHIPPED, tmp_path / "out"))
    told = after.pop("pairs")
    # Ten vertebrae of each of 35 films, of which one is marked at its discs.
    assert told["real_ap"] == 340
    assert told["intact_lateral"] >= 5
    point = after["disease"]["both"].pop("point")
    calibration = load_weights(SHIPPED).disease["both"]
    assert point == pytest.approx(max(calibration.probability(2.0), calibration.point), abs=1e-6)
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
