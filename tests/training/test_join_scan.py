"""`join-scan`: a network for disease alone reads every level beside the AP and the lateral network."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mvm_core.calibrations import DISEASE_SPECIFICITY
from mvm_core.cohort import read_manifest
from mvm_core.cohort.manifest import INTACT
from mvm_core.cohort.vertebrae import vertebra_rows
from mvm_core.errors import TrainingError, WeightsError
from mvm_core.evaluation import read_case
from mvm_core.inference import SHIPPED
from mvm_core.models.disease import DiseaseReader
from mvm_core.models.disease_weights import DiseaseWeights, scan_weights
from mvm_core.models.weights import MANIFEST, load_weights
from mvm_core.radiograph import View
from mvm_core.training import scan
from mvm_core.training.reading_levels import LevelLogits
from mvm_core.training.scan import join_scan

SHARES = {View.AP: 0.8, View.LATERAL: 0.5}


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped weights without what is joined to them."""
    folder = Path(shutil.copytree(SHIPPED, tmp_path_factory.mktemp("alone") / "weights"))
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest.pop("scan", None)
    (folder / MANIFEST).write_text(json.dumps(manifest))
    return folder


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of a network for disease alone, as `train-disease` writes it."""
    folder = tmp_path_factory.mktemp("second")
    joined = json.loads((SHIPPED / MANIFEST).read_text())["scan"]
    shutil.copyfile(SHIPPED / joined["onnx"]["file"], folder / joined["onnx"]["file"])
    calibration = {"temperature": 1.0, "offset": 0.0, "point": 0.5}
    manifest = {
        "format": 1,
        "onnx": joined["onnx"],
        "preprocessing": joined["preprocessing"],
        "calibrations": dict.fromkeys(("ap", "lateral", "both"), calibration),
        "trained_on": {"vertebrae": 100, "real_films": 3},
    }
    (folder / "disease.json").write_text(json.dumps(manifest))
    return folder


def told(monkeypatch: pytest.MonkeyPatch, skills: tuple[float, float]) -> None:
    """Let both scans tell diseased from intact so well, whatever lies on the films."""

    def read(rows: list, scans: object, progress: object) -> tuple[LevelLogits, ...]:
        draw = np.random.default_rng(2)
        ill = np.array([row.label != INTACT for row in rows])
        return tuple(
            LevelLogits(
                {view: skill * ill + draw.normal(size=len(rows)) for view in View},
                np.full(len(rows), np.nan),
            )
            for skill in skills
        )

    monkeypatch.setattr(scan, "read_levels", read)


def test_each_network_counts_by_its_slope_and_share(
    alone: Path, second: Path, levels_cohort: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(monkeypatch, (1.0, 3.0))
    cohort = read_manifest(levels_cohort)
    join_scan(alone, second, cohort, tmp_path / "out", splits=("train", "tune"), shares=SHARES)
    weights = load_weights(tmp_path / "out")
    assert weights.second_scan is not None
    for view in View:
        own, beside = weights.second_scan.coefficients[view.value]
        slopes = own / (1 - SHARES[view]), beside / SHARES[view]
        # Logits of unit scatter whose classes lie `skill` apart have that slope.
        assert slopes[0] == pytest.approx(1.0, abs=0.6)
        assert slopes[1] == pytest.approx(3.0, rel=0.5)
    fitted = json.loads((tmp_path / "out" / MANIFEST).read_text())["scan"]["fitted_on"]
    rows = vertebra_rows(cohort, ("train", "tune"), per_patient=3)
    assert fitted["intact"] == sum(row.label == INTACT for row in rows)
    assert fitted["diseased"] == sum(row.label != INTACT for row in rows)
    assert set(weights.disease) == set(DISEASE_SPECIFICITY)


def test_what_an_earlier_join_put_beside_does_not_count(
    alone: Path, second: Path, levels_cohort: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Sequence[DiseaseWeights]] = []
    told(monkeypatch, (1.0, 3.0))
    read = scan.read_levels

    def seen(rows: list, scans: Sequence[DiseaseWeights], progress: object) -> tuple[LevelLogits, ...]:
        asked.append(scans)
        return read(rows, scans, progress)

    monkeypatch.setattr(scan, "read_levels", seen)
    cohort = read_manifest(levels_cohort)
    for number, folder in enumerate((alone, SHIPPED)):
        out = tmp_path / str(number)
        join_scan(folder, second, cohort, out, splits=("train", "tune"), shares=SHARES)
    assert load_weights(SHIPPED).second_scan is not None
    for own, _ in asked:
        assert [len(own.networks[view]) for view in View] == [1, 1]
        assert own.pair is None
    assert (tmp_path / "0" / "disease.onnx").is_file()


def test_a_network_that_tells_nothing_is_refused(
    alone: Path, second: Path, levels_cohort: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(monkeypatch, (1.0, -2.0))
    cohort = read_manifest(levels_cohort)
    with pytest.raises(TrainingError, match="does not tell diseased from intact"):
        join_scan(alone, second, cohort, tmp_path / "out", splits=("train",), shares=SHARES)
    assert not (tmp_path / "out").exists()


def test_it_is_not_written_over_the_weights(alone: Path, second: Path, levels_cohort: Path) -> None:
    with pytest.raises(WeightsError, match="name another folder"):
        join_scan(alone, second, read_manifest(levels_cohort), alone, splits=("tune",), shares=SHARES)


def test_a_levels_logit_is_the_weighted_sum(alone: Path, second: Path, levels_cohort: Path) -> None:
    case = read_manifest(levels_cohort).split("tune")[0]
    pair = read_case(case)
    films = {View.AP: pair.ap, View.LATERAL: pair.lateral}
    place = {view: case.box(view) for view in View}
    shipped = load_weights(SHIPPED)
    assert shipped.second_scan is not None
    own, beside, both = (
        reader.read(films, [place])[0].logits  # type: ignore[arg-type]
        for reader in (
            DiseaseReader(scan_weights(load_weights(alone))),
            DiseaseReader.open(second),
            DiseaseReader.open(SHIPPED),
        )
    )
    for view in View:
        first, other = shipped.second_scan.coefficients[view.value]
        assert both[view] == pytest.approx(first * own[view] + other * beside[view], abs=1e-4)


def test_a_changed_graph_of_the_scan_is_refused(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(SHIPPED, tmp_path / "weights"))
    scanned = load_weights(folder).second_scan
    assert scanned is not None
    content = bytearray(scanned.graph.read_bytes())
    content[-1] ^= 1
    scanned.graph.write_bytes(content)
    with pytest.raises(WeightsError, match=r"disease\.onnx.*checksum"):
        load_weights(folder)


def test_own_weights_without_a_scan_use_the_shipped_one(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(SHIPPED, tmp_path / "weights"))
    manifest = json.loads((folder / MANIFEST).read_text())
    for key in ("disease", "scan"):
        manifest.pop(key)
    (folder / MANIFEST).write_text(json.dumps(manifest))
    assert DiseaseReader.open(folder).weights.folder == SHIPPED
    assert replace(load_weights(folder), disease={}).second_scan is None
