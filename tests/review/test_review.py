"""A review: same figures as the statistics beneath, honest where there are none, a whole report."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from mvm_core.cli import app
from mvm_core.cohort import read_any_predictions
from mvm_core.review import words
from mvm_core.review.benchmark import redraw, run_validation_benchmark
from mvm_core.review.operating import Cell, Rule, in_cell, read_at
from mvm_core.review.report import report_html
from mvm_core.review.review import Review, review
from mvm_core.review.samples import Source
from mvm_core.validation.comparisons import paired_delong, unpaired_delong

ORACLES = Path(__file__).parents[1] / "data" / "oracles"
SOURCE = Source("oracles", "", True)


@pytest.fixture(scope="module")
def wide() -> pd.DataFrame:
    parts = []
    for name, split in (("internal", "test"), ("external", "external")):
        part = pd.read_csv(ORACLES / f"{name}.csv").assign(split=split)
        parts.append(part.assign(case=[f"{split}-{index}" for index in part.index]))
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="module")
def path(wide: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("review") / "theirs.csv"
    wide.to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def reviewed(path: Path) -> Review:
    return review(read_any_predictions(path), SOURCE, "a")


def test_areas_and_tests_are_those_of_the_oracles(reviewed: Review, wide: pd.DataFrame) -> None:
    oracle = json.loads((ORACLES / "oracle.json").read_text())
    assert [found.auc.auc for found in reviewed.found] == pytest.approx(
        [oracle["internal"]["auc_a"], oracle["external"]["auc_a"]], abs=1e-10
    )
    inside, outside = (part for _, part in wide.groupby("split", sort=False))
    expected = unpaired_delong(inside["label"], inside["a"], outside["label"], outside["a"])
    assert reviewed.apart == expected
    assert reviewed.comparisons[0].areas == paired_delong(inside["label"], inside["a"], inside["b"])
    said = words.verdict(
        reviewed.first,
        reviewed.found[0],
        read_at(reviewed.first, 0.3),
        reviewed.agreements[0],
        reviewed.apart,
    )
    assert "AUC 0.866 (95 % interval 0.847 to 0.886)" in said
    assert "Outside it falls by 0.142" in said


def test_cells_hold_the_cases_that_the_table_counts(reviewed: Review) -> None:
    counts = read_at(reviewed.first, 0.3).table
    sizes = {cell: int(in_cell(reviewed.first, 0.3, cell).sum()) for cell in Cell}
    assert sizes == {
        Cell.TRUE_POSITIVE: counts.true_positives,
        Cell.FALSE_NEGATIVE: counts.false_negatives,
        Cell.FALSE_POSITIVE: counts.false_positives,
        Cell.TRUE_NEGATIVE: counts.true_negatives,
    }


def test_readings_are_compared_over_the_cases_in_common(wide: pd.DataFrame, tmp_path: Path) -> None:
    gaps = wide.copy()
    gaps.loc[gaps.index[:100], "b"] = np.nan
    gaps.to_csv(tmp_path / "gaps.csv", index=False)
    found = review(read_any_predictions(tmp_path / "gaps.csv"), SOURCE, "a").comparisons[0]
    kept = gaps[(gaps["split"] == "test") & gaps["b"].notna()]
    assert found.n == len(kept) == 1414
    assert found.areas == paired_delong(kept["label"], kept["a"], kept["b"])


@pytest.mark.parametrize("rule", [Rule.SENSITIVE, Rule.COST])
def test_thresholds_are_fitted_to_the_tune_split_where_there_is_one(
    wide: pd.DataFrame, tmp_path: Path, rule: Rule
) -> None:
    tuned = wide.assign(split=np.where(np.arange(len(wide)) % 3, wide["split"], "tune"))
    tuned.to_csv(tmp_path / "tuned.csv", index=False)
    table = read_any_predictions(tmp_path / "tuned.csv")
    found = review(table, SOURCE, "a", rule=rule)
    assert found.fitted_to == "tune split"
    without_tests = review(table[table["split"] == "tune"], SOURCE, "a", ["tune"], rule)
    assert found.thresholds == without_tests.thresholds


def small(labels: list[int], scores: list[float], tmp_path: Path) -> Review:
    path = tmp_path / "small.csv"
    pd.DataFrame({"label": labels, "score": scores}).to_csv(path, index=False)
    return review(read_any_predictions(path), SOURCE, "score")


@pytest.mark.parametrize(
    ("labels", "scores"),
    [
        ([1, 1, 1], [0.2, 0.5, 0.9]),
        ([1, 0, 0], [0.9, 0.2, 0.1]),
        ([1, 0, 1, 0], [0.5] * 4),
        ([1, 0], [0.0, 1.0]),
    ],
    ids=["one class", "three cases", "ties everywhere", "certain and wrong"],
)
def test_what_cannot_be_computed_is_said(labels: list[int], scores: list[float], tmp_path: Path) -> None:
    report = report_html(small(labels, scores, tmp_path), "A notice.", "Score")
    assert "not computable" in report
    own = re.sub(r"<(script|style).*?</(script|style)>", "", report, flags=re.DOTALL)
    assert not re.search(r"\b(nan|none|inf)\b", own, re.IGNORECASE)


def test_report_is_whole_and_asks_for_nothing(path: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    done = CliRunner().invoke(app, ["validate", str(path), "--html", str(out), "--reading", "b"])
    assert done.exit_code == 0, done.output
    html = out.read_text(encoding="utf-8")
    own = re.sub(r"<script>.*?</script>", "", html, flags=re.DOTALL)
    assert not re.search(r"(src|href)\s*=|@import|url\(|https?://", own)
    for part in ("ROC curve", "Calibration", "Decision curve", "DeLong", "seed 0", "Wilson"):
        assert part in own
    figures = re.findall(r'<script type="application/json">(.*?)</script>', html, flags=re.DOTALL)
    assert len(figures) >= 8
    for figure in figures:
        layout = json.loads(figure)["layout"]
        assert layout["title"]["text"]
        assert layout["title"]["subtitle"]["text"] == "table theirs.csv"


def test_report_of_a_reading_that_is_not_there_is_told(path: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(
        app, ["validate", str(path), "--html", str(tmp_path / "r.html"), "--reading", "x"]
    )
    assert "name one of a, b" in str(done.exception)


def test_every_figure_of_simulated_films_says_so(reviewed: Review) -> None:
    for figure in redraw(reviewed, 0.3):
        assert "SIMULATED FILMS" in figure


def test_benchmark_loop_and_bootstrap_agree() -> None:
    found = run_validation_benchmark(loop_replicates=5)
    assert found.largest_difference < 1e-12
    assert found.bootstrap_vs_loop == pytest.approx(found.loop_s / found.bootstrap_s)
