"""Cross-validation: every case read once, by networks that never saw it."""

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from mvm_core.cli import app
from mvm_core.cohort import Case, read_manifest, read_predictions
from mvm_core.errors import TrainingError
from mvm_core.training.folds import assign_folds


def case(number: int, label: str, sign: str) -> Case:
    return Case(f"p{number}", "a", "train", label, sign, "L1", None, "", "MRI", Path("a"), None)


@given(counts=st.tuples(*[st.integers(0, 25)] * 3), folds=st.integers(3, 8), seed=st.integers(0, 1000))
def test_folds_are_even_in_label(counts: tuple[int, int, int], folds: int, seed: int) -> None:
    kinds = (("mvm", "sign"), ("mvm", "no-sign"), ("bvf", ""))
    labels = [kind for kind, count in zip(kinds, counts, strict=True) for _ in range(count)]
    cases = [case(number, *kind) for number, kind in enumerate(labels)]
    if min(counts[0] + counts[1], counts[2]) < folds:
        with pytest.raises(TrainingError, match="fewer folds"):
            assign_folds(cases, folds, seed)
        return
    found = assign_folds(cases, folds, seed)
    assert found == assign_folds(cases, folds, seed)
    for label in ("mvm", "bvf"):
        sizes = [
            sum(each.label == label and own == fold for each, own in zip(cases, found, strict=True))
            for fold in range(folds)
        ]
        assert max(sizes) - min(sizes) <= 1


def test_vertebrae_of_all_kinds_are_learnt_from_and_mvm_and_bvf_predicted(
    levels_cohort: Path, marked_films: Path, tmp_path: Path
) -> None:
    command = ["train", str(levels_cohort), "--out", str(tmp_path), "--networks", "ap", "--steps", "2"]
    command += ["--folds", "3", "--size", "32", "--init", "random", "--output-stride", "32", "--workers", "1"]
    result = CliRunner().invoke(app, [*command, "--real", str(marked_films)])
    assert result.exit_code == 0, result.output
    table = read_predictions(tmp_path / "out_of_fold.csv")
    cohort = read_manifest(levels_cohort)
    assert sorted(table["case_id"]) == sorted(
        each.case_id for split in ("train", "tune") for each in cohort.split(split)
    )
    logits = pd.read_csv(tmp_path / ".run" / "fold-1" / "ap.csv")
    assert {"intact", "mvm", "bvf"} <= set(logits["label"])
    assert logits["logit_disease"].notna().all()


def test_every_case_is_predicted_once(cohort_folder: Path, tmp_path: Path) -> None:
    command = ["train", str(cohort_folder), "--out", str(tmp_path), "--networks", "ap", "--epochs", "1"]
    command += ["--folds", "3", "--size", "32", "--init", "random", "--workers", "1"]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    table = read_predictions(tmp_path / "out_of_fold.csv")
    cohort = read_manifest(cohort_folder)
    wanted = {each.case_id for split in ("train", "tune") for each in cohort.split(split)}
    assert set(table["case_id"]) == wanted
    assert len(table) == len(wanted)
    assert set(table["split"]) == {"out-of-fold"}
    assert "out-of-fold" in result.output
