"""Every level read: counts, intervals and words of the free-response curve."""

import io

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from mvm_core.cohort import DISEASE, read_predictions
from mvm_core.cohort.level_predictions import read_level_predictions
from mvm_core.errors import TableError
from mvm_core.review import figures
from mvm_core.review.free_response import (
    NAMES,
    FreeResponse,
    free_response,
    free_response_about,
    free_response_caption,
    free_response_for_people,
    free_response_origin,
    free_response_table,
)
from mvm_core.review.report import report_html
from mvm_core.review.review import review
from mvm_core.review.samples import Source
from mvm_core.review.style import PAPER, Look

SOURCE = Source("sealed_predictions.parquet", "0123456789abcdef", True, "sealed test, opened once")
POINT = 0.5


def made_up(patients: int = 60) -> pd.DataFrame:
    """Patients of five levels: a diseased one in two of three, one that nobody found, one of another kind."""
    generator = np.random.default_rng(0)
    rows = []
    for patient in range(patients):
        for place, level in enumerate(("T12", "L1", "L2", "L3", "L4")):
            ill = place == 2 and patient % 3 != 0
            label = "mvm" if ill else "other" if (place == 4 and patient % 6 == 0) else "intact"
            score = generator.uniform(0.3, 1) if ill else generator.uniform(0, 0.6)
            missed = place == 2 and patient % 10 == 1
            rows.append(
                {
                    "case_id": f"p{patient}",
                    "site": "a",
                    "split": "test",
                    "level": level,
                    "label": label,
                    "sign": ("sign" if patient % 2 else "no-sign") if ill else "",
                    "probability_disease": np.nan if missed else score,
                    "flagged": bool(not missed and score >= POINT),
                    "in_question": bool(ill and not missed),
                }
            )
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def levels() -> pd.DataFrame:
    return read_level_predictions(io.BytesIO(made_up().to_csv(index=False).encode()))


@pytest.fixture(scope="module")
def found(levels: pd.DataFrame) -> FreeResponse:
    answer = free_response(levels, "test")
    assert answer is not None
    return answer


def test_rates_are_what_counting_gives(levels: pd.DataFrame, found: FreeResponse) -> None:
    ill = levels["label"].eq("mvm")
    intact = levels["label"].eq("intact")
    rates = found.rates
    assert (rates["flagged, all"].successes, rates["flagged, all"].total) == (
        int((ill & levels["flagged"]).sum()),
        40,
    )
    alarms = rates["false alarms a pair"]
    assert (alarms.successes, alarms.total) == (int((intact & levels["flagged"]).sum()), 60)
    assert alarms.value == pytest.approx(alarms.successes / 60)
    assert rates["something else flagged"].total == 10
    for rate in rates.values():
        assert rate.low is not None
        assert rate.high is not None
        assert rate.low <= (rate.value or 0) <= rate.high
    # the point fixed beforehand lies on the curve of its own scores
    assert found.figures.curve.sensitivity_at(alarms.value or 0) == pytest.approx(rates["flagged, all"].value)


def test_texts_hold_counts_and_say_what_they_are_of(found: FreeResponse) -> None:
    shown = free_response_for_people([found]).set_index("At the disease point").iloc[:, 0]
    rate = found.rates["flagged, all"]
    assert shown[NAMES["flagged, all"]].startswith(f"{rate.value:.3f} ({rate.successes}/40, ")
    value, low, high = found.reached(0.3)
    assert low <= value <= high
    assert shown["Sensitivity at 0.3 false alarms a pair"].startswith(f"{value:.3f} (")
    caption = free_response_caption([found], SOURCE)
    for part in ("60 pairs of films, 40 diseased levels", "sealed test, opened once", "weights 0123456789ab"):
        assert part in caption
    assert "says nothing about real films" in caption
    table = free_response_table([found])
    assert set(table.loc[table["at"].isna(), "figure"]) == set(NAMES.values())


def test_files_say_what_the_figures_are_of(found: FreeResponse) -> None:
    rows = {"case_id": ["1", "2"], "site": "a", "split": "test", "label": ["mvm", "intact"], "model": "ap"}
    table = read_predictions(pd.DataFrame({**rows, "question": "disease", "probability": [0.9, 0.1]}))
    reviewed = review(table, SOURCE, "ap", question=DISEASE)
    lines = free_response_origin([found], reviewed, "Simulated; not a medical device.").lines()
    assert lines[:2] == ["Simulated; not a medical device.", "weights: 0123456789ab"]
    assert "threshold: the disease point of the weights, fitted on the tune split" in lines
    assert any(line.startswith("cohort: internal test, 60 pairs") and "opened once" in line for line in lines)
    assert any("says nothing about real films" in line for line in lines)
    look = Look(PAPER, SOURCE.label, free_response_about([found], SOURCE))
    said = figures.free_response([found], look).layout.title.subtitle.text.replace("<br>", " ")
    for part in ("0123456789ab", "60 pairs of films", "Sealed test, opened once"):
        assert part in said
    report = report_html(reviewed, "Simulated.", "AP", [found])
    assert 'data-name="free-response"' in report
    assert "Levels with MVM and a sign on the film flagged" in report
    assert "free-response" not in report_html(reviewed, "Simulated.", "AP")


def test_figure_marks_the_weights_own_point(found: FreeResponse) -> None:
    drawn = figures.free_response([found], Look(PAPER, SOURCE.label))
    assert isinstance(drawn, go.Figure)
    (point,) = (each for each in drawn.data if each.mode == "markers")
    assert point.x[0] == pytest.approx(found.rates["false alarms a pair"].value)
    assert point.y[0] == pytest.approx(found.rates["flagged, all"].value)
    assert point.error_y.array[0] > 0


def test_cohort_without_diseased_levels_has_no_curve(levels: pd.DataFrame) -> None:
    assert free_response(levels[levels["label"] == "intact"], "test") is None
    assert free_response(levels, "external") is None


def test_table_of_levels_is_checked() -> None:
    bad = made_up(2).astype({"probability_disease": object, "flagged": object})
    bad.loc[0, "probability_disease"] = 1.5
    bad.loc[1, "flagged"] = "perhaps"
    bad.loc[2, "label"] = "ill"
    with pytest.raises(TableError) as caught:
        read_level_predictions(bad)
    assert caught.value.problems == (
        "row 2, column probability_disease: '1.5' is no number from 0 to 1",
        "row 3, column flagged: 'perhaps' is not one of True, False",
        "row 4, column label: 'ill' is not one of mvm, bvf, other, intact, (empty)",
    )
    with pytest.raises(TableError, match="column flagged: missing"):
        read_level_predictions(made_up(2).drop(columns="flagged"))
