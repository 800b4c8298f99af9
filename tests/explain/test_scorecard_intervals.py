"""Intervals of the scorecard's means: none says that what twelve patients met is certain."""

import numpy as np
import pytest

from mvm_core.explain.scorecard import (
    FILE,
    YES_OR_NO,
    Score,
    Source,
    mean_interval,
    read_scorecard,
    summarise_scores,
)
from mvm_core.inference import SHIPPED
from mvm_core.validation.rates import rate_with_interval

SOURCE = Source("c", "test", "w", True)


def scores(metric: str, values: list[float]) -> list[Score]:
    return [Score("ap", "evidence", metric, f"p{number}", (), value) for number, value in enumerate(values)]


@pytest.mark.parametrize("metric", YES_OR_NO)
@pytest.mark.parametrize("met", [0, 5, 12])
def test_what_each_patient_meets_or_does_not_has_the_interval_of_a_rate(metric: str, met: int) -> None:
    row = summarise_scores(scores(metric, [1.0] * met + [0.0] * (12 - met)), SOURCE).iloc[0]
    expected = rate_with_interval(met, 12)
    assert (row["value"], row["low"], row["high"]) == (expected.value, expected.low, expected.high)
    assert row["low"] < row["high"]


@pytest.mark.parametrize(
    ("metric", "values"),
    [
        # Met on one of a patient's two films.
        ("pointing_game_lesion", [1.0, 0.5, 1.0, 0.0]),
        # A share that happens to be nought is no answer to a question.
        ("iou_lesion", [0.0, 0.0, 0.0, 1.0]),
    ],
)
def test_other_means_have_the_bootstrap_s(metric: str, values: list[float]) -> None:
    row = summarise_scores(scores(metric, values), SOURCE).iloc[0]
    assert (row["low"], row["high"]) == mean_interval(np.array(values))


def test_one_patient_has_none() -> None:
    row = summarise_scores(scores("twin_middle", [1.0]), SOURCE).iloc[0]
    assert row[["low", "high"]].isna().all()


def test_the_names_are_those_of_the_scores() -> None:
    shipped = read_scorecard(SHIPPED / FILE)
    assert shipped is not None
    assert set(YES_OR_NO) <= set(shipped["metric"])
