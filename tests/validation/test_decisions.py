"""Decision curves, other prevalences and sample sizes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from validation_samples import labelled_scores, table

from mvm_core.errors import ValidationError
from mvm_core.validation.decision_curve import decision_curve, net_benefit
from mvm_core.validation.metrics import METRICS
from mvm_core.validation.prevalence import at_prevalence
from mvm_core.validation.rates import ConfusionTable, confusion_table, rate_with_interval
from mvm_core.validation.roc import auc_with_interval
from mvm_core.validation.sample_size import cases_for_auc, cases_for_rates, hanley_mcneil_variance


@given(labelled_scores(0, 1))
def test_net_benefit_is_what_its_definition_says(data: tuple[np.ndarray, np.ndarray]) -> None:
    labels, values = data
    at = [0.1, 0.25, 0.6]
    curve = decision_curve(labels, values, at, replicates=20)
    for index, threshold in enumerate(at):
        counts = confusion_table(labels, values, threshold)
        odds = threshold / (1 - threshold)
        expected = (counts.true_positives - counts.false_positives * odds) / counts.n
        assert curve.reading[index] == pytest.approx(expected, abs=1e-6)
        assert curve.treat_all[index] == pytest.approx(labels.mean() - (1 - labels.mean()) * odds)
    assert (curve.low <= curve.high).all()


def test_decision_curve_at_another_prevalence() -> None:
    scores = table("internal")
    curve = decision_curve(scores["label"], scores["a"], prevalence=0.05, replicates=200)
    assert curve.prevalence == 0.05
    counts = confusion_table(scores["label"], scores["a"], 0.3)
    expected = net_benefit(counts.sensitivity().value, counts.specificity().value, 0.3, 0.05)
    assert curve.reading[29] == pytest.approx(expected, abs=1e-6)
    assert (curve.low <= curve.reading + 1e-9).all()
    assert (curve.reading <= curve.high + 1e-9).all()
    # the treat-all line meets zero at the prevalence
    assert curve.treat_all[4] == pytest.approx(0, abs=1e-12)


def test_the_cohorts_own_prevalence_gives_the_cohorts_own_rates() -> None:
    counts = ConfusionTable(30, 12, 10, 48)
    carried = at_prevalence(counts, 0.4, 0.5)
    assert carried.ppv.value == pytest.approx(30 / 42)
    assert carried.npv.value == pytest.approx(48 / 58)
    assert carried.f1.value == pytest.approx(METRICS["f1"].value(counts))
    assert carried.accuracy.value == pytest.approx(0.78)
    assert carried.net_benefit.value == pytest.approx((30 - 12) / 100)
    for estimate in (carried.ppv, carried.npv, carried.f1, carried.accuracy, carried.net_benefit):
        assert estimate.low < estimate.value < estimate.high
    # known by heart: a rare disease makes most positive readings false
    assert at_prevalence(counts, 0.01, 0.5).ppv.value == pytest.approx(0.0075 / (0.0075 + 0.99 * 0.2))


def test_a_rate_of_one_is_not_taken_for_certain() -> None:
    carried = at_prevalence(ConfusionTable(10, 0, 0, 10), 0.3, 0.5)
    assert (carried.ppv.value, carried.ppv.low < 0.9) == (1.0, True)
    silent = at_prevalence(ConfusionTable(0, 0, 10, 10), 0.3, 0.5)
    assert (silent.ppv.value, silent.ppv.low) == (None, None)
    assert silent.npv.value == pytest.approx(0.7)


@given(st.floats(0.6, 0.97), st.floats(0.02, 0.3), st.floats(0.05, 0.9))
def test_sample_size_is_enough_and_hardly_more(auc: float, width: float, prevalence: float) -> None:
    size = cases_for_auc(auc, width, prevalence)
    assert size.n == size.positives + size.negatives
    assert abs(size.positives - size.n * prevalence) <= 1
    assert 2 * 1.959964 * hanley_mcneil_variance(auc, size.positives, size.negatives) ** 0.5 <= width
    if min(size.positives, size.negatives) > 5:
        fewer = (size.positives - 2, size.negatives - 2)
        assert 2 * 1.959963 * hanley_mcneil_variance(auc, *fewer) ** 0.5 > width


def test_the_promised_width_is_had() -> None:
    # exponential scores, for which Hanley and McNeil's variance is exact
    size = cases_for_auc(0.8, 0.1, 0.3)
    widths = []
    for seed in range(100):
        generator = np.random.default_rng(seed)
        labels = np.repeat([1, 0], [size.positives, size.negatives])
        scores = generator.exponential(np.where(labels, 4.0, 1.0))
        low, high = auc_with_interval(labels, scores).ci95
        widths.append(high - low)
    assert np.mean(widths) == pytest.approx(0.1, abs=0.003)


def test_cases_for_rates_give_wilsons_width() -> None:
    size = cases_for_rates(0.8, 0.7, 0.1, 0.28)
    for rate, n in ((0.8, size.positives), (0.7, size.negatives)):
        interval = rate_with_interval(round(rate * n), n)
        assert interval.high - interval.low < 0.101
    # the rarer class decides
    interval = rate_with_interval(round(0.8 * size.positives), size.positives)
    assert interval.high - interval.low == pytest.approx(0.1, abs=0.001)


def test_what_is_out_of_range_is_told() -> None:
    counts = ConfusionTable(1, 1, 1, 1)
    for call in (
        lambda: decision_curve([0, 1], [0.1, 0.9], [0.0, 0.5]),
        lambda: decision_curve([0, 1], [0.1, 0.9], prevalence=1.0),
        lambda: decision_curve([0, 1], [0.1, 1.9]),
        lambda: decision_curve([1, 1], [0.1, 0.9]),
        lambda: at_prevalence(counts, 0.0, 0.5),
        lambda: at_prevalence(counts, 0.5, 1.0),
        lambda: at_prevalence(ConfusionTable(1, 0, 1, 0), 0.5, 0.5),
        lambda: cases_for_auc(0.5, 0.1, 0.3),
        lambda: cases_for_auc(0.8, 1e-6, 0.3),
        lambda: cases_for_rates(0.8, 1.0, 0.1, 0.3),
    ):
        with pytest.raises(ValidationError):
            call()
