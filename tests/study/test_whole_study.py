"""A miniature study with all its stages, on 40 patients."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from mvm_core.cohort import read_manifest, read_predictions
from mvm_core.errors import TableError, TrainingError
from mvm_core.evaluation import evaluate
from mvm_core.models import Reader, load_weights
from mvm_core.study import StudyRequest, run_study
from mvm_core.study.card import BEGIN, END, results_block, update_readme
from mvm_core.study.choice import choose_cell


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
    assert "### Shortcuts" in card
    assert "side marker within the square" in card
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
