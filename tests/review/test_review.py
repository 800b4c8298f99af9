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
from mvm_core.review import figures, headline, operating_tables, tables, words
from mvm_core.review.assessment import decide
from mvm_core.review.benchmark import redraw, run_validation_benchmark
from mvm_core.review.operating import Cell, Rule, in_cell, read_at
from mvm_core.review.report import report_html
from mvm_core.review.review import Review, review
from mvm_core.review.samples import Sample, Source
from mvm_core.review.style import PAPER, Look
from mvm_core.review.zones import zones_at
from mvm_core.validation.bootstrap_intervals import Estimate
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
    assert reviewed.apart == (expected,)
    assert reviewed.comparisons[0].areas == paired_delong(inside["label"], inside["a"], inside["b"])
    area = headline.lines(reviewed)[0]
    assert area.figures[0] == "0.866 (0.847 to 0.886)"
    assert area.differences[0].startswith("−0.142")
    assert area.differs == (True,)
    assert "AUC falls by 0.142" in headline.verdict(reviewed)


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
        assert layout["title"]["text"].endswith("<br>table theirs.csv")
        about = layout["title"]["subtitle"]["text"].replace("<br>", " ")
        assert "external, 300 cases (198 MVM)" in about
        assert "greatest Youden's J on the cases shown" in about


def test_report_of_a_reading_that_is_not_there_is_told(path: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(
        app, ["validate", str(path), "--html", str(tmp_path / "r.html"), "--reading", "x"]
    )
    assert "name one of a, b" in str(done.exception)


def test_every_figure_of_simulated_films_says_so(reviewed: Review) -> None:
    for figure in redraw(reviewed, 0.3):
        assert "SIMULATED FILMS" in figure


def test_benchmark_loop_and_bootstrap_agree() -> None:
    found = run_validation_benchmark(loop_replicates=2)
    assert found.largest_difference < 1e-12
    assert found.bootstrap_vs_loop == pytest.approx(found.loop_s / found.bootstrap_s)


def test_cases_counted_twice_are_no_surer_for_it(wide: pd.DataFrame, tmp_path: Path) -> None:
    part = wide[wide["split"] == "external"]
    twice = pd.concat([part, part]).rename(columns={"case": "Patient ID"})
    paths = [tmp_path / name for name in ("once.csv", "twice.csv")]
    for path, frame in zip(paths, (part, twice), strict=True):
        frame.to_csv(path, index=False)
    once, found = (review(read_any_predictions(path), SOURCE, "a") for path in paths)
    assert found.first.title == "external, 600 cases of 300 patients (396 MVM)"
    assert found.found[0].auc.ci95 == pytest.approx(once.found[0].auc.ci95, abs=0.01)
    assert found.comparisons[0].areas.z == pytest.approx(once.comparisons[0].areas.z, rel=0.15)
    widths = [
        read.rates["sensitivity"].high - read.rates["sensitivity"].low
        for read in (read_at(one.first, 0.6) for one in (once, found))
    ]
    assert widths[1] == pytest.approx(widths[0], rel=0.15)
    curves = [decide(one.first) for one in (once, found)]
    bands = [(curve.high - curve.low)[10:80].mean() for curve in curves]
    assert bands[1] == pytest.approx(bands[0], rel=0.1)
    zones = [zones_at(one.first, once.limits, 0.6) for one in (once, found)]
    for own, doubled in zip(*zones, strict=True):
        assert doubled.cases.total == 2 * own.cases.total
        assert (doubled.cases.low, doubled.cases.high) == pytest.approx(
            (own.cases.low, own.cases.high), abs=0.005
        )
    assert words.CLUSTERED in words.methods(found)
    assert words.CLUSTERED not in words.methods(once)
    assert "draw or count whole patients" in report_html(found, "A notice.", "A")


def test_zones_add_up_and_the_threshold_cuts_through_one(reviewed: Review) -> None:
    limits = reviewed.limits
    assert limits.low < limits.high
    threshold = (limits.low + limits.high) / 2
    low, middle, high = zones_at(reviewed.first, limits, threshold)
    assert sum(zone.cases.successes for zone in (low, middle, high)) == reviewed.first.positive.size
    assert low.read_as_positive.successes == 0
    assert 0 < middle.read_as_positive.successes < middle.cases.successes
    assert high.read_as_positive.value == 1
    assert low.positive.value < middle.positive.value < high.positive.value
    # fitted to sensitivity 0.90: one in ten MVM is missed in the lowest zone at most
    assert low.positive.successes <= 0.1 * reviewed.first.positive.sum()
    assert "lies in the zone indeterminate" in words.zones(limits, threshold)


def test_tables_to_take_away_hold_what_is_shown(reviewed: Review) -> None:
    reads = [read_at(one, 0.3) for one in reviewed.samples]
    rates = operating_tables.rates_table(reviewed.samples, reads)
    assert rates.groupby("cohort", sort=False).size().to_dict() == {"internal test": 13, "external": 13}
    row = rates[(rates["cohort"] == "external") & (rates["figure"] == "sensitivity")].iloc[0]
    shown = operating_tables.rates_for_people(reviewed.samples, reads).set_index("At 0.300")
    assert f"{row['value']:.3f} ({row['k']}/{row['n']}" in shown.loc["sensitivity"].iloc[1]
    assert row["exact_low"] < row["value"] < row["exact_high"]
    sizes = operating_tables.sample_size_table(0.866, reads[0], 0.1, 0.28)
    assert (sizes["mvm"] + sizes["bvf"]).tolist() == sizes["cases"].tolist()
    sizes = operating_tables.sample_size_table(0.3, reads[0], 0.1, 0.28)
    assert sizes["cases"].isna().tolist() == [True, False]


def test_figures_below_0_are_written_with_a_minus(path: Path) -> None:
    reviewed = review(read_any_predictions(path), SOURCE, "b")
    shown = tables.comparisons_for_people(tables.comparisons_table(reviewed))
    cells = [str(cell) for cell in shown.to_numpy().ravel()]
    below = [cell for cell in cells if cell.startswith("−")]
    assert below
    assert not [cell for cell in cells if re.search(r"-\d", cell)]
    assert words.estimate(Estimate(-0.0123, -0.02, 0.0)) == "−0.012 (−0.020 to 0.000)"


@pytest.mark.parametrize("most", [1, 7, 23, 96, 288, 999, 1400])
def test_counts_drawn_downwards_are_written_without_a_minus_also_beyond_the_highest_bar(most: int) -> None:
    scores = np.repeat([0.1, 0.9], most)
    sample = Sample("cohort", "all-views", scores > 0.5, scores, pd.DataFrame(index=range(len(scores))))
    written = figures.histogram(sample, 0.5, Look(PAPER, "simulated")).layout.yaxis.labelalias
    # Plotly's axis ends a twentieth beyond the highest bar, and its ticks are this fine at most.
    step = 10 ** max(0, len(str(most)) - 2)
    assert all(f"−{count}" in written for count in range(step, int(1.2 * most) + 1, step))
    assert {label.lstrip("−") for label in written} == set(written.values())
