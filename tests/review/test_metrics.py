"""The registry of metrics at a threshold: one entry, and every table, report and file has it."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mvm_core.cohort import read_any_predictions
from mvm_core.review import operating_tables, tables
from mvm_core.review.operating import read_at
from mvm_core.review.report import report_html
from mvm_core.review.review import Review, review
from mvm_core.review.samples import Source
from mvm_core.validation.metrics import METRICS, Counts, Metric, wilson
from mvm_core.validation.rates import ConfusionTable

KEY = "balanced"


def balanced_accuracy(counts: Counts) -> np.ndarray:
    """The mean of sensitivity and specificity."""
    return (METRICS["sensitivity"].of(counts) + METRICS["specificity"].of(counts)) / 2


@pytest.fixture
def table() -> pd.DataFrame:
    """Forty patients of two cases each, one reading, in the tune and the test split."""
    draw = np.random.default_rng(0)
    labels = np.tile(np.repeat(["mvm", "bvf"], 40), 2)
    scores = np.clip(draw.normal(np.where(labels == "mvm", 0.6, 0.4), 0.2), 0.01, 0.99)
    rows = pd.DataFrame({"label": labels, "a": scores, "split": np.repeat(["tune", "test"], 80)})
    numbers = np.arange(len(rows))
    return rows.assign(case=numbers.astype(str), **{"Patient ID": (numbers // 2).astype(str)})


@pytest.mark.parametrize("clustered", [False, True])
def test_a_metric_of_one_entry_is_everywhere(
    table: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clustered: bool
) -> None:
    monkeypatch.setitem(METRICS, KEY, Metric(KEY, "balanced accuracy", balanced_accuracy))
    path = tmp_path / "theirs.csv"
    table.drop(columns=[] if clustered else "Patient ID").to_csv(path, index=False)
    reviewed: Review = review(read_any_predictions(path), Source("toy", "", True), "a")
    assert (reviewed.first.patients is not None) == clustered
    read = read_at(reviewed.first, reviewed.threshold)
    found = read.figures[KEY]
    rates = read.rates["sensitivity"].value, read.rates["specificity"].value
    assert found.value == pytest.approx(np.mean(rates))
    assert found.low < found.value < found.high
    text = f"{found.value:.3f} ({found.low:.3f} to {found.high:.3f})"

    row = operating_tables.rates_table([reviewed.first], [read]).set_index("figure").loc["balanced accuracy"]
    assert (row["value"], row["low"], row["high"]) == (found.value, found.low, found.high)
    people = operating_tables.rates_for_people([reviewed.first], [read])
    assert people.set_index(people.columns[0]).loc["balanced accuracy"].iloc[0] == text
    results = reviewed.results
    own = results[results["cohort"].str.contains("test")].iloc[0]
    assert (own[KEY], own[f"{KEY}_low"]) == (found.value, found.low)
    assert f"{KEY}_high" in results.to_csv(index=False).splitlines()[0].split(",")
    assert text in tables.results_for_people(results)["Balanced accuracy"].tolist()
    report = report_html(reviewed, "A notice.", "A")
    assert len(re.findall(re.escape(text), report)) == 2
    assert "Balanced accuracy" in report


def test_wilsons_interval_is_for_shares_of_cases_alone() -> None:
    with pytest.raises(TypeError, match="balanced is no share"):
        Metric(KEY, "balanced accuracy", balanced_accuracy, wilson).with_interval(ConfusionTable(1, 1, 1, 1))
