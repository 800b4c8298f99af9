"""The curve and its area against pROC, against the definition and against scikit-learn."""

import time
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from scipy.stats import rankdata
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.metrics import roc_curve as sklearn_roc_curve
from validation_samples import labelled_scores

from mvm_core.errors import ValidationError
from mvm_core.validation.metrics import METRICS
from mvm_core.validation.operating_points import (
    cost_point,
    operating_point_for_sensitivity,
    operating_point_for_specificity,
    youden_point,
)
from mvm_core.validation.partial_auc import partial_auc
from mvm_core.validation.rates import confusion_table
from mvm_core.validation.roc import (
    auc_with_interval,
    covariance,
    placements,
    precision_recall_curve,
    roc_curve,
)

Oracle = tuple[pd.DataFrame, dict[str, Any]]


def test_area_variance_and_interval_are_those_of_proc(oracle: Oracle) -> None:
    table, expected = oracle
    estimate = auc_with_interval(table["label"], table["a"])
    assert estimate.auc == pytest.approx(expected["auc_a"], abs=1e-10)
    assert estimate.variance == pytest.approx(expected["auc_a_variance_delong"], abs=1e-10)
    assert estimate.ci95 == pytest.approx(expected["auc_a_ci95_delong"], abs=1e-10)
    assert (estimate.n, estimate.positives) == (expected["n"], expected["positives"])
    assert auc_with_interval(table["label"], table["b"]).auc == pytest.approx(expected["auc_b"], abs=1e-10)


def test_covariance_is_that_of_proc(oracle: Oracle) -> None:
    table, expected = oracle
    a, b = (placements(table["label"], table[name]) for name in "ab")
    assert covariance(a, b) == pytest.approx(expected["covariance_delong"], abs=1e-10)


def test_partial_area_is_that_of_proc(oracle: Oracle) -> None:
    table, expected = oracle
    part = partial_auc(table["label"], table["a"])
    assert part.raw == pytest.approx(expected["partial_auc_spec_90_100"], abs=1e-10)
    assert part.corrected == pytest.approx(expected["partial_auc_spec_90_100_corrected"], abs=1e-10)


def test_youden_point_is_that_of_proc(oracle: Oracle) -> None:
    table, expected = oracle
    point = youden_point(table["label"], table["a"])
    assert point.threshold == pytest.approx(expected["youden"]["threshold"], abs=1e-10)
    assert point.sensitivity == pytest.approx(expected["youden"]["sensitivity"], abs=1e-10)
    assert point.specificity == pytest.approx(expected["youden"]["specificity"], abs=1e-10)


@given(labelled_scores())
def test_placements_are_what_their_definition_says(data: tuple[np.ndarray, np.ndarray]) -> None:
    labels, scores = data
    x, y = scores[labels][:, None], scores[~labels]
    wins = (x > y) + (x == y) / 2
    parts = placements(labels, scores)
    np.testing.assert_allclose(parts.positives, wins.mean(axis=1), atol=1e-12)
    np.testing.assert_allclose(parts.negatives, wins.mean(axis=0), atol=1e-12)
    assert parts.auc == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)


@given(labelled_scores())
def test_area_depends_on_order_alone_and_turns_with_it(data: tuple[np.ndarray, np.ndarray]) -> None:
    labels, scores = data
    estimate = auc_with_interval(labels, scores)
    assert auc_with_interval(labels, rankdata(scores) ** 3) == estimate
    turned = auc_with_interval(~labels, scores)
    assert turned.auc == pytest.approx(1 - estimate.auc, abs=1e-12)
    assert turned.variance == (None if estimate.variance is None else pytest.approx(estimate.variance))


@given(labelled_scores())
def test_curves_are_those_of_scikit_learn(data: tuple[np.ndarray, np.ndarray]) -> None:
    labels, scores = data
    curve = roc_curve(labels, scores)
    false_positive, true_positive, _ = sklearn_roc_curve(labels, scores, drop_intermediate=False)
    np.testing.assert_allclose(curve.sensitivity, true_positive)
    np.testing.assert_allclose(1 - curve.specificity, false_positive, atol=1e-12)
    for threshold, sensitivity, specificity in zip(
        curve.thresholds, curve.sensitivity, curve.specificity, strict=True
    ):
        table = confusion_table(labels, scores, threshold)
        assert (table.sensitivity().value, table.specificity().value) == (
            pytest.approx(sensitivity),
            pytest.approx(specificity),
        )
    recall = precision_recall_curve(labels, scores)
    assert recall.average_precision == pytest.approx(average_precision_score(labels, scores))
    assert recall.recall[-1] == 1


@given(labelled_scores())
def test_partial_areas_add_up_to_the_whole(data: tuple[np.ndarray, np.ndarray]) -> None:
    labels, scores = data
    whole = auc_with_interval(labels, scores).auc
    for focus in ("specificity", "sensitivity"):
        parts = [partial_auc(labels, scores, *part, focus).raw for part in ((0, 0.3), (0.3, 0.8), (0.8, 1))]
        assert sum(parts) == pytest.approx(whole, abs=1e-9)
        assert partial_auc(labels, scores, 0, 1, focus).raw == pytest.approx(whole, abs=1e-9)


@given(labelled_scores())
def test_operating_points_keep_their_promise(data: tuple[np.ndarray, np.ndarray]) -> None:
    labels, scores = data
    curve = roc_curve(labels, scores)
    for target in (0.5, 0.9, 1.0):
        table = confusion_table(labels, scores, operating_point_for_sensitivity(labels, scores, target))
        assert table.sensitivity().value >= target - 1e-12
        best = curve.specificity[curve.sensitivity >= target - 1e-12].max()
        assert table.specificity().value == pytest.approx(best)
        table = confusion_table(labels, scores, operating_point_for_specificity(labels, scores, target))
        assert table.specificity().value >= target - 1e-12
        best = curve.sensitivity[curve.specificity >= target - 1e-12].max()
        assert table.sensitivity().value == pytest.approx(best)
    point = youden_point(labels, scores)
    table = confusion_table(labels, scores, point.threshold)
    assert METRICS["youden_j"].value(table) == pytest.approx(
        (curve.sensitivity + curve.specificity).max() - 1
    )
    # with these costs the expected cost is that of Youden's index
    even = cost_point(labels, scores, 1, 1, prevalence=0.5)
    assert METRICS["youden_j"].value(confusion_table(labels, scores, even.threshold)) == pytest.approx(
        METRICS["youden_j"].value(table)
    )


def test_a_dear_miss_lowers_the_threshold() -> None:
    labels, scores = [0, 1, 0, 1, 0, 1], [0.1, 0.2, 0.3, 0.6, 0.7, 0.9]
    assert cost_point(labels, scores, 100).threshold == pytest.approx(0.15)
    assert cost_point(labels, scores, 0.01).threshold == pytest.approx(0.8)


def test_neighbouring_numbers_are_still_told_apart() -> None:
    low = 0.3
    high = np.nextafter(low, 1)
    point = youden_point([0, 0, 1, 1], [low, low, high, high])
    assert (
        METRICS["youden_j"].value(confusion_table([0, 0, 1, 1], [low, low, high, high], point.threshold)) == 1
    )


@pytest.mark.parametrize(
    ("labels", "scores", "auc", "variance"),
    [
        ([0, 1], [0.2, 0.8], 1.0, None),
        ([0, 1, 1], [0.2, 0.8, 0.1], 0.5, None),
        ([0, 0, 1, 1], [0.2, 0.3, 0.8, 0.9], 1.0, 0.0),
        ([0, 0, 1, 1], [0.5, 0.5, 0.5, 0.5], 0.5, 0.0),
    ],
)
def test_an_interval_that_cannot_be_had_is_none(
    labels: list[int], scores: list[float], auc: float, variance: float | None
) -> None:
    estimate = auc_with_interval(labels, scores)
    assert (estimate.auc, estimate.variance, estimate.ci95) == (auc, variance, None)


@pytest.mark.parametrize(
    ("labels", "scores", "problem"),
    [
        ([1, 1, 1], [0.1, 0.2, 0.3], "all cases are of one class"),
        ([0, 0], [0.1, 0.2], "all cases are of one class"),
        ([0, 1, 2], [0.1, 0.2, 0.3], "other than 0 and 1"),
        (["mvm", "bvf"], [0.1, 0.2], "other than 0 and 1"),
        ([0, 1, np.nan], [0.1, 0.2, 0.3], "other than 0 and 1"),
        ([0, 1, 1], [0.1, np.nan, 0.3], "not finite"),
        ([0, 1, 1], [0.1, np.inf, 0.3], "not finite"),
        ([0, 1, 1], [0.1, 0.2], "not one number for each of the 3 cases"),
        ([0, 1], ["a", "b"], "not one number"),
        ([], [], "there are none"),
    ],
)
def test_unfit_input_is_told(labels: list[Any], scores: list[Any], problem: str) -> None:
    for function in (
        auc_with_interval,
        roc_curve,
        precision_recall_curve,
        partial_auc,
        operating_point_for_sensitivity,
        operating_point_for_specificity,
    ):
        with pytest.raises(ValidationError, match=problem):
            function(labels, scores)


def test_ranges_and_targets_out_of_place_are_told() -> None:
    labels, scores = [0, 1], [0.1, 0.2]
    with pytest.raises(ValidationError, match="range"):
        partial_auc(labels, scores, 0.9, 0.9)
    with pytest.raises(ValidationError, match="target"):
        operating_point_for_sensitivity(labels, scores, 1.2)
    with pytest.raises(ValidationError, match="costs"):
        cost_point(labels, scores, -1)
    with pytest.raises(ValidationError, match="prevalence"):
        cost_point(labels, scores, 1, prevalence=0)


def test_delong_on_a_million_scores_takes_less_than_a_second() -> None:
    generator = np.random.default_rng(0)
    labels = generator.random(1_000_000) < 0.3
    scores = generator.normal(size=1_000_000) + labels
    spent = []
    for _ in range(3):
        begun = time.process_time()
        estimate = auc_with_interval(labels, scores)
        spent.append(time.process_time() - begun)
    assert min(spent) < 1
    # normal scores one standard deviation apart
    assert estimate.auc == pytest.approx(0.7602499, abs=0.002)
