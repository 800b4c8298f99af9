"""Networks of two questions: learnt from a cohort with intact levels, calibrated, read, calibrated anew."""

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from typer.testing import CliRunner

from mvm_core.calibrations import DISEASE_SPECIFICITY, fit_scan
from mvm_core.cli import app
from mvm_core.cohort import DISEASE, MVM, Case, read_manifest, read_predictions
from mvm_core.cohort.vertebrae import vertebra_rows
from mvm_core.errors import WeightsError
from mvm_core.evaluation import evaluate, read_case, read_rows
from mvm_core.examination import Examiner
from mvm_core.examination_report import examination_as_dict
from mvm_core.imaging.preprocess import Preprocessing
from mvm_core.inference import SHIPPED
from mvm_core.models import Reader, Zone, load_weights
from mvm_core.models.disease import DiseaseReader
from mvm_core.models.engine import NetworkGraph
from mvm_core.models.inputs import network_inputs
from mvm_core.models.registry import NETWORKS
from mvm_core.models.report import reading_as_csv, reading_as_dict
from mvm_core.radiograph import FilmPair, View
from mvm_core.recalibrate import FITTED, KEPT, recalibrate
from mvm_core.spine import Finder, Scale, Spine, Vertebra
from mvm_core.training import TrainingSettings, train
from mvm_core.training.loop import NetworkTraining
from mvm_core.training.networks import load_network
from mvm_core.training.patches import load_patches
from mvm_core.training.run import learnt_rows
from mvm_core.validation import auc_with_interval

SMALL = Preprocessing(size_px=64, clahe=False)
SETTINGS = TrainingSettings(
    networks=("ap", "lateral", "merge"),
    steps=30,
    batch_size=12,
    learning_rate=3e-3,
    balance="none",
    output_stride=32,
    shift_mm=4.0,
    strength=0.0,  # so few steps do not learn real films under changed grey values too
    preprocessing=SMALL,
)


@pytest.fixture(scope="module")
def trained(levels_cohort: Path, marked_films: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("two") / "weights"
    train(levels_cohort, out, SETTINGS, real=marked_films)
    return out


@pytest.fixture(scope="module")
def reader(trained: Path) -> Reader:
    return Reader.open(trained)


@pytest.fixture(scope="module")
def tune(levels_cohort: Path) -> tuple[Case, ...]:
    return vertebra_rows(read_manifest(levels_cohort), ("tune",), per_patient=2, seed=9)


@pytest.fixture(scope="module")
def said(tune: tuple[Case, ...], reader: Reader) -> pd.DataFrame:
    return read_rows(tune, reader)


def test_rows_read_in_two_processes_are_the_same(tune: tuple[Case, ...], reader: Reader) -> None:
    some = tune[:6]
    pd.testing.assert_frame_equal(read_rows(some, reader, workers=2), read_rows(some, reader))


def test_both_questions_are_learnt(trained: Path) -> None:
    history = json.loads((trained / "manifest.json").read_text())["training"]["history"]
    for name in ("ap", "lateral"):
        assert history[name][-1]["tune_auc_disease"] > 0.9
        assert history[name][-1]["loss"] < 0.7 * history[name][0]["loss"]
    assert max(epochs[-1]["tune_auc"] for epochs in history.values()) > 0.9


def test_the_manifest_names_questions_starts_and_what_was_learnt_from(trained: Path) -> None:
    manifest = json.loads((trained / "manifest.json").read_text())
    for network in manifest["networks"].values():
        assert list(network["questions"]) == ["mvm", "disease"]
        assert all(isinstance(each["bias"], float) for each in network["questions"].values())
    assert set(manifest["disease"]) == {"ap", "lateral", "both"}
    assert all(len(start) == 64 for start in manifest["training"]["starts_sha256"].values())
    learnt = manifest["training"]["vertebrae"]["train"]
    assert learnt == {"bvf": 20, "mvm": 10, "intact": 2 + 2 * 33, "other": 1, "real": 8, "real_films": 2}
    weights = load_weights(trained)
    assert weights.networks["ap"].questions == ("mvm", "disease")
    for own in weights.readings.values():
        assert own.disease is not None
        assert 0 < own.disease.point < 1


def test_each_mean_of_the_evidence_plus_bias_is_its_logit(reader: Reader, tune: tuple[Case, ...]) -> None:
    results = reader.read(read_case(tune[0])).results
    for name in ("ap", "merge-ap", "lateral"):
        biases = reader.weights.networks[name.split("-")[0]].biases
        result = results[name]
        for evidence, logit, question in (
            (result.evidence, result.logit, "mvm"),
            (result.disease_evidence, result.disease_logit, "disease"),
        ):
            (own,) = evidence.values()
            assert float(own.values.mean()) + biases[question] == pytest.approx(logit, abs=1e-4)
        assert not np.allclose(next(iter(result.evidence.values())).values, own.values)


def test_graph_and_torch_agree_on_both(reader: Reader, tune: tuple[Case, ...]) -> None:
    entry, film = reader.weights.networks["ap"], network_inputs(read_case(tune[0]), reader.weights)["ap"]
    network = load_network(NETWORKS["ap"], entry.graph, entry.output_stride)
    with torch.inference_mode():
        logit, evidence = network(torch.from_numpy(film[None]))
    found = NetworkGraph(entry).run(film[None])
    assert found.logit.shape == (1, 2)
    assert found.logit == pytest.approx(logit.numpy(), abs=1e-4)
    assert found.evidence == pytest.approx(evidence.numpy(), abs=1e-3)
    for place, question in enumerate(("mvm", "disease")):
        assert NetworkGraph(entry).logit(film[None], question) == pytest.approx(
            found.logit[:, place], abs=1e-6
        )


def test_points_keep_the_specificity_on_the_vertebrae_fitted_on(
    said: pd.DataFrame, reader: Reader, trained: Path
) -> None:
    for name in ("ap", "lateral", "merge-ap"):
        own = reader.weights.readings[name].disease
        assert own is not None
        rows = said[said["model"] == name]
        flagged = rows["logit_disease"].map(own.probability) >= own.point
        ill = rows["label"] != "intact"
        # Other intact levels of the same patients than those that were fitted on.
        assert flagged[~ill].mean() <= 0.15
        assert flagged[ill].mean() >= 0.6


def test_what_is_fitted_is_that_of_the_table(tune: tuple[Case, ...], said: pd.DataFrame) -> None:
    found = fit_scan(said)
    own = said.pivot_table(index=["case_id", "level"], columns="model", values="logit_disease")
    ill = said.drop_duplicates(["case_id", "level"]).set_index(["case_id", "level"])["label"].ne("intact")
    for name, logits in (("ap", own["ap"]), ("both", own[["ap", "lateral"]].mean(axis=1))):
        probability = logits.map(found[name].probability)
        assert (probability[~ill[probability.index]] < found[name].point).mean() >= DISEASE_SPECIFICITY[name]
    without = said[said["label"] != "intact"]
    assert fit_scan(without) == {}
    assert fit_scan(said.assign(logit_disease=np.nan)) == {}


def test_nothing_is_seen_below_the_disease_point(reader: Reader, tune: tuple[Case, ...]) -> None:
    zones = []
    for case in tune:
        for result in reader.read(read_case(case)).results.values():
            assert result.probability_disease is not None
            assert result.disease_point is not None
            seen = result.probability_disease >= result.disease_point
            assert result.zone is (result.points.zone(result.probability) if seen else Zone.NOTHING_SEEN)
            zones.append((case.label, result.zone))
    intact = [zone for label, zone in zones if label == "intact"]
    assert intact.count(Zone.NOTHING_SEEN) > 0.7 * len(intact)
    assert any(zone is Zone.MVM_LIKELY for label, zone in zones if label == "mvm")


def test_ensembles_average_both(reader: Reader, tune: tuple[Case, ...]) -> None:
    results = reader.read(read_case(tune[0])).results
    ensemble, calibration = results["ap-views"], reader.weights.readings["ap-views"].disease
    assert calibration is not None
    members = [results[name] for name in ensemble.members]
    mean = np.mean([each.probability_disease for each in members])
    expected = calibration.probability(float(np.log(mean / (1 - mean))))
    assert ensemble.probability_disease == pytest.approx(expected, abs=1e-6)
    maps = [
        each.disease_evidence[View.AP].values / reader.weights.readings[each.name].disease.temperature  # type: ignore[union-attr]
        for each in members
    ]
    assert ensemble.disease_evidence[View.AP].values == pytest.approx(np.mean(maps, axis=0), abs=1e-4)


def test_old_weights_say_nothing_of_disease(
    cohort_folder: Path, quick: TrainingSettings, pair: FilmPair, tmp_path: Path
) -> None:
    """Networks of a cohort without intact vertebrae are as all networks once were."""
    train(cohort_folder, tmp_path / "old", quick)
    old = Reader.open(tmp_path / "old")
    assert not old.weights.disease
    reading = old.read(pair)
    for result in reading.results.values():
        assert (result.probability_disease, result.disease_point, result.disease_logit) == (None,) * 3
        assert not result.disease_evidence
        assert result.zone is not Zone.NOTHING_SEEN
    assert all(
        "probability_disease" not in each for each in reading_as_dict(pair, reading)["readings"].values()
    )
    # What reads every level is then that of the shipped weights.
    assert DiseaseReader.open(tmp_path / "old").weights.folder == SHIPPED


class _Known:
    """A finder that knows where the four bodies lie."""

    def __init__(self, weights: object) -> None:
        self.weights = weights

    def find(self, film: object) -> Spine:
        shown = View.AP if "_ap" in film.name else View.LATERAL  # type: ignore[attr-defined]
        vertebrae = tuple(
            Vertebra(
                f"L{place + 1}", 1.0, 1.0, np.array([(16, y), (80, y), (80, y + 64), (16, y + 64)], float)
            )
            for place, y in enumerate(range(18, 418, 100))
        )
        scale = Scale(None, "unknown")
        return Spine(
            film.name, shown, 1.0, turned_degrees=0, mirrored=False, scale=scale, vertebrae=vertebrae
        )  # type: ignore[attr-defined]


def test_the_examiner_scans_with_the_readings_own_networks(
    trained: Path, reader: Reader, tune: tuple[Case, ...]
) -> None:
    disease = DiseaseReader.open(trained)
    assert disease is DiseaseReader.open(trained)
    assert disease.weights.identity == reader.weights.identity
    assert {view: [each.graph.name for each in own] for view, own in disease.weights.networks.items()} == {
        View.AP: ["ap.onnx"],
        View.LATERAL: ["lateral.onnx"],
    }
    examiner = Examiner(reader, _Known(Finder.open(SHIPPED).weights), disease)  # type: ignore[arg-type]
    hits = 0
    patients = [case for case in tune if case.label in ("mvm", "bvf") and case.row is not None][:6]
    for case in patients:
        bare = dataclasses.replace(read_case(case), ap_box=None, lateral_box=None)
        found = examiner.examine(bare)
        assert [level.level for level in found.levels] == ["L1", "L2", "L3", "L4"]
        assert found.disease_id == found.weights_id
        likeliest = max(found.levels, key=lambda level: level.probability_disease)
        hits += likeliest.level == case.level
        for level in found.levels:
            assert (level.zone is Zone.NOTHING_SEEN) == (level.probability_disease < level.disease_point)
            assert (level.zone is Zone.NOTHING_SEEN) == (level.probability_mvm is None)
        document = examination_as_dict(found)
        for name, told in document["readings"].items():
            assert found.reading is not None
            assert told["probability_disease"] == found.reading.results[name].probability_disease
    assert hits >= 5
    assert "probability_disease" in reading_as_csv(found.pair, found.reading).splitlines()[0]  # type: ignore[arg-type]
    # One vertebra on both films is judged by the mean of the two networks' logits.
    films = {view: film for view in View if (film := found.pair.film(view)) is not None}
    boxes = {view: box for view in View if (box := found.levels[0].box(view)) is not None}
    one, alone = disease.read(films, [boxes, {View.AP: boxes[View.AP]}])
    own = disease.weights.calibrations["both"].probability(float(np.mean(list(one.logits.values()))))
    assert one.probability == pytest.approx(own)
    assert alone.probability == disease.weights.calibrations["ap"].probability(one.logits[View.AP])


def test_predictions_hold_mvm_and_bvf_alone(trained: Path) -> None:
    table = read_predictions(trained / "predictions.csv")
    assert set(table["label"]) == {"mvm", "bvf"}
    assert set(table["split"]) == {"tune", "test"}
    assert not table.duplicated(["case_id", "model"]).any()


def test_every_case_of_a_cohort_is_asked_for_disease(levels_cohort: Path, reader: Reader) -> None:
    cohort = read_manifest(levels_cohort)
    table = read_predictions(evaluate(cohort, reader, ("train",)))
    here = {case.case_id: case.label for case in cohort.cases if case.split == "train"}
    assert "intact" in here.values()
    ill, asked = DISEASE.rows(table), MVM.rows(table)
    assert set(ill["case_id"]) == set(here)
    assert set(asked["case_id"]) == {name for name, label in here.items() if label in MVM.labels}
    readings = {name for name, own in reader.weights.readings.items() if own.disease is not None}
    assert set(ill["model"]) == set(asked["model"]) == readings
    assert {"ap", "ap-views"} <= readings
    alone = ill[ill["model"] == "ap"]
    assert auc_with_interval(DISEASE.positives(alone), alone["probability"]).auc > 0.9
    own = reader.weights.readings["ap"].disease
    assert own is not None
    assert alone["probability"].tolist() == pytest.approx([own.probability(x) for x in alone["logit"]])


def test_disease_is_calibrated_anew_where_there_are_intact_levels(
    trained: Path, levels_cohort: Path, tmp_path: Path
) -> None:
    before = json.loads((trained / "manifest.json").read_text())
    fitted = recalibrate(trained, read_manifest(levels_cohort), tmp_path / "fitted", splits=["train"])
    told = json.loads(fitted.read_text())
    assert told["calibrated_on"]["disease"] == FITTED
    assert told["calibrated_on"]["intact"] == 2 + 2 * 33
    assert told["disease"] != before["disease"]
    assert load_weights(fitted.parent).disease

    bare = Path(shutil.copytree(levels_cohort, tmp_path / "bare"))
    (bare / "levels.csv").unlink()
    command = ["calibrate", str(trained), str(bare), "--out", str(tmp_path / "kept"), "--splits", "train"]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    assert f"Calibrations for disease: {KEPT}." in result.output
    kept = json.loads((tmp_path / "kept" / "manifest.json").read_text())
    assert kept["disease"] == before["disease"]
    for name, reading in kept["readings"].items():
        assert reading["disease"] == before["readings"][name]["disease"]
    assert kept["calibrated_on"]["patients"] == {"mvm": 10, "bvf": 20}
    assert not (tmp_path / "kept" / "disease.onnx").exists()


def harm_questions(manifest: dict) -> None:
    manifest["networks"]["ap"]["questions"] = {"disease": {"bias": 0.1}}


def harm_bias(manifest: dict) -> None:
    del manifest["networks"]["ap"]["questions"]["disease"]["bias"]


def harm_point(manifest: dict) -> None:
    manifest["readings"]["ap"]["disease"]["point"] = 1.2


def harm_scan(manifest: dict) -> None:
    del manifest["disease"]["both"]


def harm_network(manifest: dict) -> None:
    del manifest["networks"]["lateral"]


@pytest.mark.parametrize("harm", [harm_questions, harm_bias, harm_point, harm_scan, harm_network])
def test_malformed_questions_are_refused(trained: Path, tmp_path: Path, harm) -> None:  # type: ignore[no-untyped-def]
    copied = Path(shutil.copytree(trained, tmp_path / "w", ignore=shutil.ignore_patterns(".run")))
    manifest = json.loads((copied / "manifest.json").read_text())
    harm(manifest)
    (copied / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(WeightsError, match=r"manifest\.json.*malformed"):
        load_weights(copied)


def test_a_graph_of_other_questions_than_the_manifests_is_refused(reader: Reader) -> None:
    entry = dataclasses.replace(reader.weights.networks["ap"], biases={"mvm": 0.0})
    with pytest.raises(WeightsError, match="answers 2 questions where the manifest names 1"):
        NetworkGraph(entry).run(np.zeros((1, 1, 64, 64), np.float32))


def test_a_stopped_training_goes_on_to_the_same_and_takes_the_steps_asked_for(
    levels_cohort: Path, marked_films: Path, tmp_path: Path
) -> None:
    quick = dataclasses.replace(
        SETTINGS, networks=("ap",), steps=9, init="random", preprocessing=Preprocessing(size_px=32)
    )
    cohort = read_manifest(levels_cohort)
    patches = load_patches(
        cohort, quick.preprocessing, tmp_path, rows=learnt_rows(cohort, quick, marked_films)
    )
    whole = NetworkTraining("ap", patches, quick, tmp_path / "whole.pt")
    while not whole.finished:
        whole.run_epoch()
    assert len(whole.history) == whole.epochs == 2
    assert whole._schedule.last_epoch == 9
    NetworkTraining("ap", patches, quick, tmp_path / "stopped.pt").run_epoch()
    again = NetworkTraining("ap", patches, quick, tmp_path / "stopped.pt")
    assert len(again.history) == 1
    while not again.finished:
        again.run_epoch()
    pairs = zip(whole.result().state_dict().values(), again.result().state_dict().values(), strict=True)
    assert all(torch.equal(one, other) for one, other in pairs)


def test_without_intact_levels_disease_is_not_asked(
    cohort_folder: Path, quick: TrainingSettings, tmp_path: Path
) -> None:
    cohort = read_manifest(cohort_folder)
    patches = load_patches(cohort, quick.preprocessing, tmp_path, rows=learnt_rows(cohort, quick))
    assert NetworkTraining("ap", patches, quick, tmp_path / "ap.pt").questions == ("mvm",)


def test_a_start_is_named_by_its_sum(trained: Path) -> None:
    started = dataclasses.replace(SETTINGS, init=str(trained))
    assert started.as_dict()["init"] == load_weights(trained).identity
    file = trained / "ap.onnx"
    named = dataclasses.replace(SETTINGS, init=str(file)).as_dict()["init"]
    assert named == load_weights(trained).networks["ap"].graph_sha256
    earlier = {**SETTINGS.as_dict(), "init": "shipped"}
    assert "shipped" not in json.dumps(TrainingSettings.from_dict(earlier).as_dict())


def test_settings_of_earlier_records_are_those_of_their_time() -> None:
    record = SETTINGS.as_dict()
    for name in ("intact_share", "intact_per_patient", "real_share", "strength", "steps", "shift_mm"):
        del record[name]
    found = TrainingSettings.from_dict(record)
    assert (found.intact_share, found.strength, found.shift_mm, found.steps) == (0.0, 0.0, 6.0, None)
