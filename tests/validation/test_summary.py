"""What `validate --json` prints: the oracles, and tables that allow only a part of the figures."""

import json

import numpy as np
import pandas as pd
import pytest
from validation_samples import NAMES, ORACLE, table

from mvm_core.cohort import read_predictions
from mvm_core.errors import ValidationError
from mvm_core.validation.summary import summarise_predictions

READING_KEYS = [
    "question",
    "split",
    "model",
    "n",
    "positives",
    "auc",
    "auc_ci95",
    "auc_variance",
    "average_precision",
    "partial_auc_spec_90_100",
    "brier",
    "calibration_intercept",
    "calibration_slope",
    "ici",
    "e90",
    "emax",
]


def long(name: str, split: str, models: str = "ab") -> pd.DataFrame:
    wide = table(name)
    rows = [
        pd.DataFrame(
            {
                "case_id": [f"{split}-{index}" for index in wide.index],
                "split": split,
                "label": wide["label"].map({1: "mvm", 0: "bvf"}),
                "model": model,
                "probability": wide[model],
            }
        )
        for model in models
    ]
    return read_predictions(pd.concat(rows))


def test_the_oracles_are_reproduced() -> None:
    names = dict(zip(NAMES, ("small", "ties", "test", "external"), strict=True))
    summary = summarise_predictions(pd.concat([long(name, split) for name, split in names.items()]))
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary
    assert list(summary) == ["readings", "paired", "unpaired"]
    readings = {(row["split"], row["model"]): row for row in summary["readings"]}
    paired = {row["split"]: row for row in summary["paired"]}
    assert (len(readings), len(paired)) == (8, 4)
    for name, split in names.items():
        expected, row = ORACLE[name], readings[split, "a"]
        assert list(row) == READING_KEYS
        assert (row["n"], row["positives"]) == (expected["n"], expected["positives"])
        assert row["auc"] == pytest.approx(expected["auc_a"], abs=1e-10)
        assert row["auc_ci95"] == pytest.approx(expected["auc_a_ci95_delong"], abs=1e-10)
        assert row["auc_variance"] == pytest.approx(expected["auc_a_variance_delong"], abs=1e-10)
        assert row["partial_auc_spec_90_100"] == pytest.approx(expected["partial_auc_spec_90_100"], abs=1e-10)
        for key, of_r in (
            ("brier", "Brier"),
            ("calibration_intercept", "Intercept"),
            ("calibration_slope", "Slope"),
            ("ici", "Eavg"),
            ("e90", "E90"),
            ("emax", "Emax"),
        ):
            assert row[key] == pytest.approx(expected["val_prob"][of_r], abs=1e-6), key
        assert readings[split, "b"]["auc"] == pytest.approx(expected["auc_b"], abs=1e-10)
        assert list(paired[split]) == ["question", "split", "a", "b", "n", "z", "p"]
        assert (paired[split]["a"], paired[split]["b"], paired[split]["n"]) == ("a", "b", expected["n"])
        assert paired[split]["z"] == pytest.approx(expected["paired"]["z"], abs=1e-10)
        assert paired[split]["p"] == pytest.approx(expected["paired"]["p"], rel=1e-10)
    (unpaired,) = [
        row for row in summary["unpaired"] if (row["model"], row["a"], row["b"]) == ("a", "test", "external")
    ]
    expected = ORACLE["internal_vs_external_a"]
    assert list(unpaired) == ["question", "model", "a", "b", "d", "df", "p"]
    assert unpaired["d"] == pytest.approx(expected["D"], abs=1e-10)
    assert unpaired["df"] == pytest.approx(expected["df"], abs=1e-8)
    assert unpaired["p"] == pytest.approx(expected["p"], rel=1e-10)
    assert len(summary["unpaired"]) == 2 * 6


def test_a_missing_reading_leaves_the_cases_in_common() -> None:
    frame = long("small", "test")
    gaps = frame.drop(frame.index[(frame["model"] == "b") & (frame["case_id"].isin(["test-0", "test-3"]))])
    (pair,) = summarise_predictions(gaps)["paired"]
    assert pair["n"] == 38
    kept = frame[~frame["case_id"].isin(["test-0", "test-3"])]
    (expected,) = summarise_predictions(kept)["paired"]
    assert (pair["z"], pair["p"]) == (pytest.approx(expected["z"]), pytest.approx(expected["p"]))


def test_rows_in_any_order_give_the_same() -> None:
    frame = long("internal", "test")
    shuffled = frame.sample(frac=1, random_state=1)
    first, second = summarise_predictions(frame), summarise_predictions(shuffled)
    z, turned = first["paired"][0]["z"], second["paired"][0]["z"]
    assert abs(z) == pytest.approx(abs(turned))
    assert sorted(row["auc"] for row in first["readings"]) == sorted(row["auc"] for row in second["readings"])


def test_one_class_alone_leaves_only_counts_and_brier() -> None:
    frame = long("small", "test")
    summary = summarise_predictions(frame[frame["label"] == "mvm"])
    for row in summary["readings"]:
        assert row["n"] == row["positives"] == 16
        assert row["brier"] is not None
        assert {
            row[key]
            for key in READING_KEYS
            if key not in ("question", "split", "model", "n", "positives", "brier")
        } == {None}
    assert [(row["n"], row["z"], row["p"]) for row in summary["paired"]] == [(16, None, None)]


def test_three_cases_and_ties_give_no_wrong_certainty() -> None:
    frame = long("small", "test").groupby("model").head(3).assign(probability=0.5)
    summary = summarise_predictions(frame)
    for row in summary["readings"]:
        assert row["auc"] == 0.5
        assert row["auc_ci95"] is None
        assert row["calibration_slope"] is None
        assert row["brier"] == 0.25
    assert (summary["paired"][0]["z"], summary["paired"][0]["p"]) == (None, None)
    json.dumps(summary, allow_nan=False)


def test_scores_outside_0_to_1_have_an_area_but_no_calibration() -> None:
    frame = long("small", "test", "a")
    probability = summarise_predictions(frame)["readings"][0]
    (score,) = summarise_predictions(frame.assign(probability=100 * frame["probability"] - 3))["readings"]
    assert score["auc"] == probability["auc"]
    for key in ("brier", "calibration_intercept", "calibration_slope", "ici", "e90", "emax"):
        assert score[key] is None


def test_ten_thousand_readings_are_refused_in_one_sentence() -> None:
    frame = long("small", "test", "a").head(2)
    many = frame.loc[np.repeat(frame.index, 10_000)].assign(model=[str(i) for i in range(20_000)])
    with pytest.raises(
        ValidationError, match=r"^predictions: 20000 readings .* keep 100 readings or fewer\.$"
    ):
        summarise_predictions(many)
