"""`calibrate`: networks kept, calibrations and points fitted on other cases."""

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from distance_rule import rule, weights_with
from scipy.special import expit
from test_cli import one_sentence, run

from mvm_core.calibrations import fit_calibrations
from mvm_core.cohort import MANIFEST_COLUMNS, read_manifest, read_predictions
from mvm_core.imaging import StudyFile
from mvm_core.inference import SHIPPED
from mvm_core.language import TAIWAN, speaking
from mvm_core.models.notice import notice_in_words, notice_of, of_training
from mvm_core.models.reader import Reader
from mvm_core.models.registry import ENSEMBLES
from mvm_core.models.weights import load_weights
from mvm_core.recalibrate import recalibrate

ANEW = "Calibrated anew on 24 cases of the user's own."
EACH = 12


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small PNG films of cases of one's own; metastases are a little darker in the middle."""
    folder, draw = tmp_path_factory.mktemp("own"), np.random.default_rng(4)
    with (folder / "manifest.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, MANIFEST_COLUMNS, restval="")
        writer.writeheader()
        for number in range(2 * EACH):
            label = ("bvf", "mvm")[number % 2]
            row = {"case_id": f"p{number:02}", "site": "here", "split": "external", "label": label}
            row |= {"reference_standard": "MRI", "level": "L1"}
            for view in ("ap", "lateral"):
                film = draw.uniform(90, 160, (96, 96))
                film[30:66, 30:66] += 50 - draw.uniform(0, 60) * (label == "mvm")
                cv2.imwrite(str(folder / f"p{number:02}_{view}.png"), film.astype(np.uint8))
                row |= {view: f"p{number:02}_{view}.png", f"{view}_box": "8 8 88 88"}
            writer.writerow(row)
    return folder


@pytest.fixture(scope="module")
def calibrated(cohort: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("calibrated") / "weights"
    run("calibrate", SHIPPED, cohort, "--out", out, "--splits", "external")
    return out


def test_the_networks_stay_and_every_reading_is_fitted_on_the_cohort(calibrated: Path, cohort: Path) -> None:
    old, new = (json.loads((folder / "manifest.json").read_text()) for folder in (SHIPPED, calibrated))
    for name, entry in old["networks"].items():
        assert new["networks"][name] == {part: entry[part] for part in entry if part != "safetensors"}
    assert not list(calibrated.glob("*.safetensors"))
    assert set(new["readings"]) == set(old["readings"]) >= set(ENSEMBLES)
    assert new["calibrated_on"]["fingerprint"] == read_manifest(cohort).fingerprint
    assert new["calibrated_on"]["patients"] == {"mvm": EACH, "bvf": EACH}
    assert load_weights(calibrated).notice == f"{of_training(old)} {ANEW}"
    table = read_predictions(calibrated / "predictions.csv")
    assert set(table["split"]) == {"tune"}
    refitted = fit_calibrations(table[table["logit"].notna()])
    for name, own in refitted.items():
        assert new["readings"][name]["temperature"] == pytest.approx(own.temperature)
        assert new["readings"][name]["offset"] == pytest.approx(own.offset)
    assert any(new["readings"][name] != old["readings"][name] for name in ENSEMBLES)


def test_the_reader_reads_with_the_new_calibration(calibrated: Path) -> None:
    reader, table = Reader.open(calibrated), read_predictions(calibrated / "predictions.csv")
    own = reader.weights.readings["ap"]
    rows = table[table["model"] == "ap"]
    expected = expit(rows["logit"] / own.temperature + own.offset)
    assert rows["probability"].to_numpy() == pytest.approx(expected.to_numpy(), abs=1e-9)


def test_films_are_read_with_what_was_written(
    calibrated: Path, dicom_pair: tuple[StudyFile, StudyFile], tmp_path: Path
) -> None:
    for file in dicom_pair:
        (tmp_path / file.name).write_bytes(file.content)
    ap, lateral = (tmp_path / file.name for file in dicom_pair)
    told = run("predict", "--ap", ap, "--lateral", lateral, "--weights", calibrated, "--json")
    assert json.loads(told.stdout)["levels"]


def test_calibrated_again_the_notice_tells_the_last(calibrated: Path, cohort: Path, tmp_path: Path) -> None:
    manifest = recalibrate(calibrated, read_manifest(cohort), tmp_path / "again", splits=["external"])
    assert load_weights(manifest.parent).notice.count("Calibrated anew") == 1


def test_what_it_is_calibrated_on_is_told_in_the_language_in_use(calibrated: Path) -> None:
    notice = load_weights(calibrated).notice
    assert notice_in_words(notice) == notice
    with speaking(TAIWAN):
        said = notice_in_words(notice)
    assert "24" in said
    assert not {"Calibrated", "Weights"} & set(said.split())


@pytest.mark.parametrize(
    "notice", ["Ours. Calibrated anew on 24 odd cases.", "Ours. Calibrated anew on", "Ours.", ""]
)
def test_a_notice_that_says_something_else_stays_as_it_is(notice: str) -> None:
    with speaking(TAIWAN):
        assert notice_in_words(notice) == notice


def test_of_simulated_cases_nothing_is_added_to_networks_that_learnt_from_such(calibrated: Path) -> None:
    manifest = json.loads((calibrated / "manifest.json").read_text())
    notice = manifest["notice"]
    before = {**manifest, "notice": f"{notice} Calibrated anew on 210 simulated cases."}
    simulated = {**before, "calibrated_on": {**manifest["calibrated_on"], "simulated": True}}
    assert notice_of(simulated) == notice
    assert notice_of(before) == f"{notice} {ANEW}"
    # Networks that learnt from a hospital's own films say so where simulated cases calibrate them.
    own = {**simulated, "trained_on": {**manifest["trained_on"], "simulated": False}}
    assert notice_of(own) == f"{notice} Calibrated anew on 24 simulated cases."
    with speaking(TAIWAN):
        assert "模擬" in notice_in_words(notice_of(own))
        assert "Calibrated" not in notice_in_words(notice_of(own))


def test_the_rule_for_unlike_films_goes_along_with_the_networks(cohort: Path, tmp_path: Path) -> None:
    folder = weights_with(tmp_path / "weights", SHIPPED, rule(0.0))
    recalibrate(folder, read_manifest(cohort), tmp_path / "anew", splits=["external"])
    assert Reader.open(tmp_path / "anew").rule is not None


def test_too_few_cases_and_the_folder_itself_are_told(cohort: Path, tmp_path: Path) -> None:
    told = one_sentence(run("calibrate", SHIPPED, cohort, "--out", tmp_path / "w", code=2))
    assert "of split tune it holds 0 cases of mvm" in told
    assert not (tmp_path / "w").exists()
    told = one_sentence(run("calibrate", SHIPPED, cohort, "--out", SHIPPED, "--splits", "external", code=2))
    assert "name another folder" in told
