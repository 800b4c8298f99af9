"""A miniature study with all its stages, on 60 patients."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from mvm_core.errors import TableError, TrainingError
from mvm_core.study.effects import chosen_cell
from mvm_core.study.run import StudyRequest, run_study
from mvm_core.study.section import EFFECTS, RECORD, RESULTS, study_section

CELLS = [
    "no-clahe-all-cases-32px",
    "no-clahe-down-sampled-32px",
    "clahe-all-cases-32px",
    "clahe-down-sampled-32px",
    "no-clahe-all-cases-40px",
]


def test_every_cell_is_trained_equally_long_from_every_seed(done: Path) -> None:
    record = json.loads((done / RECORD).read_text())
    assert record["cells"] == CELLS
    assert record["reference"] == CELLS[0]
    for cell in CELLS:
        for seed in (1, 2):
            for network in ("ap", "lateral"):
                entry = json.loads((done / "cells" / cell / f"seed-{seed}" / f"{network}.json").read_text())
                assert (entry["settings"]["steps"], entry["settings"]["seed"]) == (3, seed)
    assert [each["sites"] for each in record["cohorts"]] == [["a"], ["r"]]


def test_both_questions_are_scored_on_tune_and_test_alone(done: Path) -> None:
    results = pd.read_csv(done / RESULTS)
    assert set(results["split"]) == {"tune", "test"}
    counts = results.groupby(["split", "question"])[["positives", "n"]].first()
    # A third each of fractures, metastases and healthy patients.
    assert counts.loc[("test", "mvm")].tolist() == [4, 8]
    assert counts.loc[("test", "disease")].tolist() == [8, 12]
    assert len(results) == 5 * 2 * 2 * 2 * 2


def test_every_other_cell_is_set_against_the_simplest(done: Path) -> None:
    effects = pd.read_csv(done / EFFECTS)
    assert set(effects["cell"]) == set(CELLS[1:])
    assert set(effects["reference"]) == {CELLS[0]}
    assert (effects["p_holm"] >= effects["p"]).all()
    assert (effects["seeds"] == 2).all()
    results = pd.read_csv(done / RESULTS)
    row = effects.iloc[0]
    own = results[
        (results[["cell", "split", "question", "model"]] == row[["cell", "split", "question", "model"]]).all(
            axis=1
        )
    ]
    assert row["area"] == pytest.approx(own["area"].mean(), abs=1e-5)
    assert json.loads((done / RECORD).read_text())["chosen"] == chosen_cell(effects, CELLS[0])


def test_the_card_tells_of_the_study(done: Path) -> None:
    told = "\n\n".join(study_section(done))
    assert "Written down before" in told
    assert all(f"`{cell}`" in told for cell in CELLS)
    assert "3 steps from 2 seeds" in told


def test_a_study_resumes_to_the_same_tables(done: Path, request_: StudyRequest) -> None:
    before = {name: (done / name).read_bytes() for name in (RESULTS, EFFECTS)}
    for path in (done / "cells" / CELLS[2] / "seed-2").glob("ap.*"):
        path.unlink()
    with pytest.raises(TrainingError, match="--resume"):
        run_study(request_, done)
    run_study(request_, done, resume=True)
    assert {name: (done / name).read_bytes() for name in before} == before


def test_a_cohort_without_a_test_split_is_refused_before_training(
    request_: StudyRequest, tmp_path: Path
) -> None:
    with pytest.raises(TrainingError, match="train and tune and test"):
        run_study(replace(request_, cohort=request_.also[0]), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_films_that_cannot_be_read_are_told_before_training(request_: StudyRequest, tmp_path: Path) -> None:
    here = Path(shutil.copytree(request_.cohort, tmp_path / "a"))
    (here / "p03_ap.png").write_bytes(b"no film")
    with pytest.raises(TableError, match="row 5, column ap"):
        run_study(replace(request_, cohort=here), tmp_path / "out")
    assert not (tmp_path / "out" / "cells").exists()
