"""A miniature study with all its stages, on 40 patients."""

import csv
import json
import shutil
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import pandas as pd
import pytest

from mvm_core.cohort import MANIFEST_COLUMNS, read_manifest, read_predictions
from mvm_core.errors import TableError, TrainingError
from mvm_core.evaluation import evaluate
from mvm_core.imaging.preprocess import Preprocessing
from mvm_core.models import Reader, load_weights
from mvm_core.radiograph import View
from mvm_core.simulation import PatientRequest, film_to_dicom, simulate_patient
from mvm_core.study import StudyRequest, run_study
from mvm_core.study.card import BEGIN, END, results_block, update_readme
from mvm_core.study.choice import choose_cell
from mvm_core.training import TrainingSettings

SIDE = 64
AUDITED = (("mvm", 3), ("bvf", 1), ("mvm", 4), ("bvf", 6))
"""Label and index of simulated patients whose disease keeps to one level; the first two are audited."""


def drawn_case(folder: Path, number: int, split: str, draw: np.random.Generator) -> dict[str, str]:
    """A case of two small PNG films; a dark disc marks the metastasis."""
    label = ("bvf", "mvm")[number % 2]
    row = {"case_id": f"p{number:02}", "site": folder.name, "split": split, "label": label}
    row |= {"sign": ("sign", "no-sign")[number // 2 % 2] if label == "mvm" else "", "level": "L1"}
    for view in View:
        film = draw.uniform(90, 160, (SIDE, SIDE)).astype(np.uint8)
        if label == "mvm":
            cv2.circle(film, (32, 32), 12, 30, -1)
        name = f"p{number:02}_{view.value}.png"
        (folder / name).write_bytes(cv2.imencode(".png", film)[1].tobytes())
        row |= {view.value: name, f"{view.value}_box": f"4 4 {SIDE - 4} {SIDE - 4}"}
    return row


def simulated_case(folder: Path, label: Literal["mvm", "bvf"], index: int) -> dict[str, str]:
    """A case that the simulator can make again, as the audit does."""
    patient = simulate_patient(PatientRequest(5, index, label))
    assert not patient.other_levels
    row = {"case_id": patient.case_id, "site": "a", "split": "test", "label": label, "sign": patient.sign}
    row["level"] = patient.level
    for view in View:
        name, box = f"{patient.case_id}_{view.value}.dcm", patient.films[view].box
        (folder / name).write_bytes(film_to_dicom(patient, view))
        row |= {view.value: name, f"{view.value}_box": f"{box.x0} {box.y0} {box.x1} {box.y1}"}
    return row


def write_manifest(folder: Path, rows: list[dict[str, str]]) -> Path:
    with (folder / "manifest.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, MANIFEST_COLUMNS, restval="")
        writer.writeheader()
        writer.writerows({**row, "reference_standard": "simulated"} for row in rows)
    return folder


@pytest.fixture(scope="module")
def request_(tmp_path_factory: pytest.TempPathFactory) -> StudyRequest:
    """40 patients: 28 of small drawn films and 4 simulated ones here, 8 elsewhere."""
    here, there = (tmp_path_factory.mktemp("cohorts") / name for name in ("a", "b"))
    here.mkdir()
    there.mkdir()
    draw = np.random.default_rng(1)
    rows = [drawn_case(here, i, split, draw) for i, split in enumerate(["train"] * 20 + ["tune"] * 8)]
    write_manifest(here, rows + [simulated_case(here, *each) for each in AUDITED])
    write_manifest(there, [drawn_case(there, i, "external", draw) for i in range(8)])
    # Two networks give the AP Views ensemble; five would tell no more of the stages.
    base = TrainingSettings(
        networks=("ap", "merge"),
        epochs=2,
        batch_size=8,
        init="random",
        precision="float32",
        preprocessing=Preprocessing(size_px=32),
    )
    return StudyRequest(here, there, base, sizes=(40,), audited=2)


@pytest.fixture(scope="module")
def done(request_: StudyRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("study") / "out"
    run_study(request_, out)
    return out


def test_all_cells_are_trained_and_the_release_is_the_tune_splits_choice(done: Path) -> None:
    record = json.loads((done / "study.json").read_text())
    assert len(record["cells"]) == 5
    tables = {name: read_predictions(done / "cells" / name / "predictions.csv") for name in record["cells"]}
    assert record["released"] == choose_cell(tables)
    for table in tables.values():
        assert table.groupby("split")["case_id"].nunique().to_dict() == {"external": 8, "test": 4, "tune": 8}
        assert set(table["model"]) == {"ap", "merge-ap", "merge-lateral", "ap-views"}
    for cell in record["cells"].values():
        for network in cell["networks"].values():
            assert network["films_per_s"] > 0
            assert network["peak_memory_mb"] > 0
    assert record["cost"]["wall_seconds"] > record["cost"]["training_seconds"] / record["workers"] > 0
    assert (record["audit"]["n"], record["audit"]["positives"]) == (2, 1)
    results = pd.read_csv(done / "study_results.csv")
    assert set(results["cell"]) == set(record["cells"])


def test_the_released_predictions_are_the_readers(done: Path, request_: StudyRequest) -> None:
    weights = load_weights(done / "weights")
    table = read_predictions(done / "weights" / "predictions.csv")
    again = evaluate(read_manifest(request_.external), Reader(weights), ["external"])
    merged = again.merge(table, on=["site", "case_id", "model"], suffixes=("", "_released"))
    assert len(merged) == 32
    assert merged["probability"].to_numpy() == pytest.approx(
        merged["probability_released"].to_numpy(), abs=1e-6
    )
    cell = json.loads((done / "study.json").read_text())["released"]
    quick = read_predictions(done / "cells" / cell / "predictions.csv")
    merged = table.merge(quick, on=["site", "case_id", "model"], suffixes=("", "_quick"))
    # Cut films are kept in 16 bits.
    assert merged["logit"].to_numpy() == pytest.approx(
        merged["logit_quick"].to_numpy(), abs=0.05, nan_ok=True
    )


def test_the_card_and_the_readme_come_from_the_folder(done: Path, tmp_path: Path) -> None:
    weights = done / "weights"
    card = (weights / "model_card.md").read_text()
    assert load_weights(weights).identity[:12] in card
    assert "as simulated" in card
    for title in ("Data", "Method", "Results", "Operating points", "Calibration", "Known limits"):
        assert f"## {title}" in card
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    update_readme(readme, weights)
    assert readme.read_text() == f"before\n{BEGIN}\n{results_block(weights)}\n{END}\nafter\n"


def test_a_study_resumes_to_the_same_predictions(done: Path, request_: StudyRequest) -> None:
    cell = next((done / "cells").iterdir())
    before = {path.name: path.read_bytes() for path in cell.glob("*.csv")}
    released = (done / "weights" / "predictions.csv").read_bytes()
    for path in cell.glob("ap.*"):
        path.unlink()
    with pytest.raises(TrainingError, match="--resume"):
        run_study(request_, done)
    run_study(request_, done, resume=True)
    assert {path.name: path.read_bytes() for path in cell.glob("*.csv")} == before
    assert (done / "weights" / "predictions.csv").read_bytes() == released


def test_a_cohort_without_a_test_split_is_refused_before_training(
    request_: StudyRequest, tmp_path: Path
) -> None:
    wrong = StudyRequest(request_.external, request_.external, request_.base)
    with pytest.raises(TrainingError, match="train and tune and test"):
        run_study(wrong, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_problems_of_both_cohorts_are_told_at_once(request_: StudyRequest, tmp_path: Path) -> None:
    here, there = (
        Path(shutil.copytree(folder, tmp_path / folder.name))
        for folder in (request_.internal, request_.external)
    )
    (here / "p03_ap.png").write_bytes(b"no film")
    (there / "p01_lateral.png").write_bytes(b"no film")
    with pytest.raises(TableError, match="both cohorts") as caught:
        run_study(StudyRequest(here, there, request_.base), tmp_path / "out")
    inside, outside = caught.value.problems
    assert inside.startswith(f"{here / 'manifest.csv'}: row 5, column ap: ")
    assert outside.startswith(f"{there / 'manifest.csv'}: row 3, column lateral: ")
