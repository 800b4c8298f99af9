"""The vectorised bootstrap gives what a loop gives, only sooner; intervals cover what they should."""

import os
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.metrics import roc_auc_score
from validation_samples import labelled_scores, table

from mvm_core.errors import ValidationError
from mvm_core.validation.bootstrap import (
    auc_of_draws,
    auc_of_weights,
    bootstrap_auc,
    bootstrap_weights,
    percentile_interval,
)
from mvm_core.validation.bootstrap_intervals import roc_band, sensitivity_at_specificity
from mvm_core.validation.metrics import METRICS
from mvm_core.validation.rates import ConfusionTable
from mvm_core.validation.roc import auc_with_interval


def loop(labels: np.ndarray, scores: np.ndarray, positives: np.ndarray, negatives: np.ndarray) -> np.ndarray:
    """The same draws, one by one, by scikit-learn."""
    x, y = scores[labels], scores[~labels]
    truth = np.repeat([1, 0], [positives.shape[1], negatives.shape[1]])
    return np.array(
        [
            roc_auc_score(truth, np.concatenate([x[i], y[j]]))
            for i, j in zip(positives, negatives, strict=True)
        ]
    )


@given(labelled_scores(), st.integers(0, 1000))
def test_equal_draws_give_what_a_loop_over_scikit_learn_gives(
    data: tuple[np.ndarray, np.ndarray], seed: int
) -> None:
    labels, scores = data
    generator = np.random.default_rng(seed)
    m, n = labels.sum(), (~labels).sum()
    positives, negatives = generator.integers(0, m, (5, m)), generator.integers(0, n, (5, n))
    np.testing.assert_allclose(
        auc_of_draws(labels, scores, positives, negatives),
        loop(labels, scores, positives, negatives),
        atol=1e-12,
    )
    weights = np.zeros((5, labels.size), int)
    for row in range(5):
        np.add.at(weights[row], np.flatnonzero(labels)[positives[row]], 1)
        np.add.at(weights[row], np.flatnonzero(~labels)[negatives[row]], 1)
    np.testing.assert_allclose(
        auc_of_weights(labels, scores, weights),
        auc_of_draws(labels, scores, positives, negatives),
        atol=1e-12,
    )


def test_the_seed_alone_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    scores = table("internal")
    first = bootstrap_auc(scores["label"], scores["a"], 500, seed=3)
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    np.testing.assert_array_equal(first, bootstrap_auc(scores["label"], scores["a"], 500, seed=3))
    assert not np.array_equal(first, bootstrap_auc(scores["label"], scores["a"], 500, seed=4))
    assert len(np.unique(first)) > 490


def test_spread_and_interval_agree_with_delong() -> None:
    scores = table("internal")
    estimate = auc_with_interval(scores["label"], scores["a"])
    drawn = bootstrap_auc(scores["label"], scores["a"])
    assert drawn.mean() == pytest.approx(estimate.auc, abs=5e-4)
    assert drawn.var() == pytest.approx(estimate.variance, rel=0.05)
    assert percentile_interval(drawn) == pytest.approx(estimate.ci95, abs=2e-3)


def test_patients_are_drawn_whole() -> None:
    labels = np.array([1, 1, 1, 0, 0, 0, 1, 0])
    patients = np.array(["a", "a", "b", "c", "c", "d", "e", "e"])
    for weights in bootstrap_weights(labels, 200, 0, patients):
        for first, second in ((0, 1), (3, 4), (6, 7)):
            np.testing.assert_array_equal(weights[:, first], weights[:, second])
        # two patients with MVM only, two with BVF only, one with both
        assert set(weights[:, 0] + weights[:, 2]) == {2}
        assert set(weights[:, 3] + weights[:, 5]) == {2}
        assert set(weights[:, 6]) == {1}


def test_cases_counted_twice_need_clusters() -> None:
    scores = table("small")
    twice = np.repeat(np.arange(len(scores)), 2)
    labels, values = scores["label"].to_numpy()[twice], scores["a"].to_numpy()[twice]
    truth = bootstrap_auc(scores["label"], scores["a"], 4000).std()
    assert bootstrap_auc(labels, values, 4000, patients=twice).std() == pytest.approx(truth, rel=0.06)
    assert bootstrap_auc(labels, values, 4000).std() < 0.8 * truth


def test_f1_interval_is_that_of_drawing_cases() -> None:
    counts = ConfusionTable(30, 12, 10, 48)
    labels = np.repeat([True, False], [40, 60])
    read = np.repeat([True, False, True, False], [30, 10, 12, 48])
    drawn = []
    for weights in bootstrap_weights(labels, 5000):
        true, all_read = weights @ (labels & read), weights @ read
        drawn.append(2 * true / (40 + all_read))
    expected = percentile_interval(np.concatenate(drawn))
    f1 = METRICS["f1"]
    estimate = f1.with_interval(counts)
    assert estimate.value == pytest.approx(60 / 82)
    assert (estimate.low, estimate.high) == pytest.approx(expected, abs=0.01)
    assert f1.with_interval(counts, seed=1) != estimate
    assert f1.with_interval(ConfusionTable(0, 0, 0, 3)).value is None


def test_sensitivity_at_specificity_covers_the_truth() -> None:
    # scores of a normal model, whose true sensitivity at specificity 0.9 is Phi(1.5 - 1.2816) = 0.5865
    covered = 0
    for seed in range(60):
        generator = np.random.default_rng(seed)
        labels = np.repeat([True, False], [80, 120])
        scores = generator.normal(size=200) + 1.5 * labels
        estimate = sensitivity_at_specificity(labels, scores, 0.9, 300, seed)
        assert estimate.low <= estimate.value <= estimate.high
        covered += estimate.low <= 0.5865 <= estimate.high
    assert covered >= 52


def test_the_band_holds_the_curve_and_most_of_the_truth() -> None:
    inside = []
    for seed in range(30):
        generator = np.random.default_rng(seed)
        labels = np.repeat([True, False], [80, 120])
        scores = generator.normal(size=200) + 1.5 * labels
        band = roc_band(labels, scores, [0.3, 0.5, 0.7, 0.8], 200, seed)
        truth = norm.sf(norm.ppf(band.specificity) - 1.5)
        inside.append((band.low <= truth) & (truth <= band.high))
    assert np.mean(inside) > 0.85
    whole = roc_band(labels, scores)
    assert (np.diff(whole.low) <= 0).all()
    assert whole.high[0] == 1
    assert whole.low[-1] < whole.high[-1] < 1


def test_what_cannot_be_drawn_is_told() -> None:
    with pytest.raises(ValidationError, match="0 replicates"):
        bootstrap_auc([0, 1], [0.1, 0.2], 0)
    with pytest.raises(ValidationError, match="one class"):
        bootstrap_auc([1, 1], [0.1, 0.2])
    with pytest.raises(ValidationError, match="patients"):
        next(bootstrap_weights([0, 1], patients=["a"]))
    with pytest.raises(ValidationError, match="specificity"):
        sensitivity_at_specificity([0, 1], [0.1, 0.2], 0)
    assert percentile_interval([np.nan, np.nan, 1.0]) is None
    assert np.isnan(auc_of_weights([0, 1], [0.1, 0.2], np.array([[0, 2]])))


def test_ten_thousand_replicates_are_far_faster_than_the_loop() -> None:
    scores = table("internal")
    labels, values = scores["label"].to_numpy() == 1, scores["a"].to_numpy()
    generator = np.random.default_rng(0)
    m, n = int(labels.sum()), int((~labels).sum())
    repeats = 100
    begun = time.perf_counter()
    for _ in range(repeats):
        loop(labels, values, generator.integers(0, m, (1, m)), generator.integers(0, n, (1, n)))
    looped = (time.perf_counter() - begun) / repeats * 10_000
    spent = []
    for _ in range(5):
        begun = time.perf_counter()
        bootstrap_auc(labels, values, 10_000)
        spent.append(time.perf_counter() - begun)
    # 200 times and more on an idle machine; other work on it must not fail the test
    assert looped / min(spent) > 60
