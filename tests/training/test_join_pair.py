"""`join-pair`: the Concat network reads levels on both films beside what reads each of them."""

import json
import shutil
from collections.abc import Sequence
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
from mvm_core.models.disease_weights import DiseaseWeights
from mvm_core.models.reader import Reader
from mvm_core.models.second_scan import PairScan
from mvm_core.models.weights import MANIFEST, load_weights
from mvm_core.radiograph import View
from mvm_core.training import pair_scan
from mvm_core.training.pair_scan import MARGIN, NETWORK, join_pair, spared_levels
from mvm_core.training.reading_levels import LevelLogits

SHARE = 0.4


def told(monkeypatch: pytest.MonkeyPatch, films: float, pair: float) -> list[DiseaseWeights]:
    """Let each film and both at once tell diseased from intact so well; what is asked is returned."""
    asked: list[DiseaseWeights] = []

    def read(rows: list, scans: Sequence[DiseaseWeights], progress: object) -> tuple[LevelLogits]:
        draw = np.random.default_rng(3)
        ill = np.array([row.label != INTACT for row in rows])
        shown = np.array([row.lateral is not None for row in rows])
        asked.extend(scans)
        logits = {view: films * ill + draw.normal(size=len(rows)) for view in View}
        of_pair = pair * ill + draw.normal(size=len(rows))
        return (LevelLogits(logits, np.where(shown, of_pair, np.nan)),)

    monkeypatch.setattr(pair_scan, "read_levels", read)
    return asked


@pytest.fixture(scope="module")
def joined(levels_cohort: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped weights, joined anew."""
    out = tmp_path_factory.mktemp("pair") / "out"
    with pytest.MonkeyPatch.context() as patch:
        asked = told(patch, 1.0, 2.0)
        join_pair(SHIPPED, read_manifest(levels_cohort), out, splits=("train", "tune"), share=SHARE)
    assert [scan.film for scan in asked] == [None]
    return out


def test_both_count_by_their_slopes_and_shares(joined: Path, levels_cohort: Path) -> None:
    scan = load_weights(joined).second_scan
    assert scan is not None
    assert scan.pair is not None
    assert scan.pair.network == NETWORK
    # The mean of two logits of unit scatter has half of their variance, so that it is worth twice.
    assert scan.pair.coefficients[0] / (1 - SHARE) == pytest.approx(2.0, abs=1.0)
    assert scan.pair.coefficients[1] / SHARE == pytest.approx(2.0, abs=1.0)
    fitted = json.loads((joined / MANIFEST).read_text())["scan"]["pair"]
    rows = vertebra_rows(read_manifest(levels_cohort), ("train", "tune"), per_patient=3)
    assert fitted["intact"] == sum(row.label == INTACT for row in rows)
    assert fitted["diseased"] == sum(row.label != INTACT for row in rows)


def test_levels_on_one_film_are_read_as_before(joined: Path) -> None:
    before, after = (json.loads((folder / MANIFEST).read_text()) for folder in (SHIPPED, joined))
    for manifest in (before, after):
        manifest["disease"].pop("both")
        manifest.pop("pairs", None)
        for part in ("pair", "film"):
            manifest["scan"].pop(part, None)
    assert after == before
    assert "pairs" not in json.loads((joined / MANIFEST).read_text())


def test_the_specificity_holds(levels_cohort: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told(monkeypatch, 1.0, 2.0)
    cohort = read_manifest(levels_cohort)
    join_pair(SHIPPED, cohort, tmp_path / "out", splits=("train", "tune"), share=SHARE)
    rows = vertebra_rows(cohort, ("train", "tune"), per_patient=3)
    (logits,) = pair_scan.read_levels(rows, (), None)
    weights = load_weights(tmp_path / "out")
    assert weights.second_scan is not None
    assert weights.second_scan.pair is not None
    both = weights.disease["both"]
    intact = np.array([row.label == INTACT for row in rows])
    said = [
        both.probability(each) for each in weights.second_scan.pair.joined(logits.mean, logits.pair)[intact]
    ]
    assert np.mean(np.array(said) < both.point) >= DISEASE_SPECIFICITY["both"]


def test_a_level_on_both_films_is_read_on_both_at_once_too(joined: Path, levels_cohort: Path) -> None:
    case = read_manifest(levels_cohort).split("tune")[0]
    pair, weights = read_case(case), load_weights(joined)
    boxes = {view: box for view in View if (box := case.box(view)) is not None}
    disease = DiseaseReader.open(joined)
    both, ap, again = disease.read(pair.films, [boxes, {View.AP: boxes[View.AP]}, boxes])
    assert disease.weights.pair is not None
    of_mean, of_pair = disease.weights.pair.scan.coefficients
    in_full = Reader.open(joined).read(pair).results[NETWORK]
    assert both.of_pair == pytest.approx(in_full.disease_logit, abs=1e-4)
    mean = (both.logits[View.AP] + both.logits[View.LATERAL]) / 2
    assert both.logit == pytest.approx(of_mean * mean + of_pair * both.of_pair)
    assert both.probability == weights.disease["both"].probability(both.logit)
    assert again.logit == pytest.approx(both.logit, abs=1e-4)
    assert ap.of_pair is None
    assert ap.logit == pytest.approx(both.logits[View.AP], abs=1e-4)
    with pytest.raises(ValueError, match="on both films at once"):
        disease.result(both.logits)


def with_spared(folder: Path, out: Path, below: float) -> DiseaseReader:
    """The weights of a folder, with levels spared whose mean is lower."""
    shutil.copytree(folder, out)
    manifest = json.loads((out / MANIFEST).read_text())
    manifest["scan"]["pair"]["spared"] = {"below": below, "slope": 0.5, "intercept": -1.0}
    (out / MANIFEST).write_text(json.dumps(manifest))
    return DiseaseReader.open(out)


def test_of_levels_intact_by_far_on_each_film_the_usual_counts(
    joined: Path, levels_cohort: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = read_manifest(levels_cohort).split("tune")[0]
    films = read_case(case).films
    boxes = {view: box for view in View if (box := case.box(view)) is not None}
    asked, spared = (
        with_spared(joined, tmp_path / name, below) for name, below in (("all", -50.0), ("none", 50.0))
    )
    before, (as_before,) = DiseaseReader.open(joined).read(films, [boxes])[0], asked.read(films, [boxes])
    assert as_before.logit == pytest.approx(before.logit, abs=1e-4)

    def never(*films: object) -> None:
        raise AssertionError("both films were looked at together")

    monkeypatch.setattr(spared, "_of_pairs", never)
    (usual,) = spared.read(films, [boxes])
    assert usual.of_pair is None
    mean = (usual.logits[View.AP] + usual.logits[View.LATERAL]) / 2
    assert spared.weights.pair is not None
    of_mean, of_pair = spared.weights.pair.scan.coefficients
    assert usual.logit == pytest.approx(of_mean * mean + of_pair * (0.5 * mean - 1.0))


def test_no_level_is_spared_that_both_films_at_once_call_diseased() -> None:
    draw = np.random.default_rng(5)
    mean = draw.normal(-2, 2, 4000)
    of_pair = 0.6 * mean - 1 + draw.normal(size=4000)
    diseased = mean + of_pair > 1
    spared = spared_levels(mean, of_pair, diseased)
    assert spared is not None
    assert spared.below == pytest.approx(mean[diseased].min() - MARGIN)
    far = mean < spared.below
    assert far.mean() > 0.3
    # A line fitted to some of them, within what their scatter allows.
    assert (spared.slope, spared.intercept) == pytest.approx((0.6, -1), abs=0.15)
    assert not (PairScan(NETWORK, (1.0, 1.0), spared).joined(mean, of_pair)[far] > 1).any()
    assert spared_levels(mean, of_pair, np.zeros(4000, bool)) is None
    assert spared_levels(mean, of_pair, mean < -1) is None


def without(part: str, tmp_path: Path) -> Path:
    """The shipped weights without a part of what reads their levels."""
    folder = Path(shutil.copytree(SHIPPED, tmp_path / "without"))
    manifest = json.loads((folder / MANIFEST).read_text())
    (manifest if part in manifest else manifest["scan"]).pop(part, None)
    (folder / MANIFEST).write_text(json.dumps(manifest))
    return folder


def test_weights_without_it_look_at_no_pair(tmp_path: Path) -> None:
    disease = DiseaseReader.open(without("pair", tmp_path))
    with pytest.raises(ValueError, match="looks at both films at once"):
        disease.of_pairs([])


def test_what_cannot_be_joined_is_told(
    levels_cohort: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cohort = read_manifest(levels_cohort)
    with pytest.raises(WeightsError, match="name another folder"):
        join_pair(SHIPPED, cohort, SHIPPED, splits=("tune",), share=SHARE)
    with pytest.raises(TrainingError, match="use join-scan first"):
        join_pair(without("scan", tmp_path), cohort, tmp_path / "out", splits=("tune",), share=SHARE)
    told(monkeypatch, 1.0, -2.0)
    with pytest.raises(TrainingError, match="does not tell diseased from intact"):
        join_pair(SHIPPED, cohort, tmp_path / "out", splits=("train",), share=SHARE)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "pair",
    [
        {"network": "ap", "coefficients": [1.0, 1.0]},
        {"network": "concat", "coefficients": [1.0]},
        {"network": "concat", "coefficients": [1.0, "nan"]},
        {"coefficients": [1.0, 1.0]},
        {"network": "concat", "coefficients": [1.0, 1.0], "spared": {"below": 0.0, "slope": 1.0}},
        {
            "network": "concat",
            "coefficients": [1.0, 1.0],
            "spared": {"below": "nan", "slope": 1.0, "intercept": 0.0},
        },
    ],
)
def test_a_malformed_scan_of_both_films_is_refused(
    joined: Path, tmp_path: Path, pair: dict[str, object]
) -> None:
    folder = Path(shutil.copytree(joined, tmp_path / "weights"))
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest["scan"]["pair"] = pair
    (folder / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(WeightsError, match=MANIFEST):
        load_weights(folder)
