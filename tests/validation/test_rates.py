"""Rates against scikit-learn and against tabulated intervals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics
from statsmodels.stats.proportion import proportion_confint
from validation_samples import labelled_scores

from mvm_core.errors import ValidationError
from mvm_core.validation.metrics import METRICS
from mvm_core.validation.rates import ConfusionTable, confusion_table, rate_with_interval


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_intervals_are_those_of_statsmodels(share: tuple[int, int]) -> None:
    k, n = share
    for method, name in (("wilson", "wilson"), ("exact", "beta")):
        rate = rate_with_interval(k, n, method)
        assert rate.value == k / n
        low, high = np.clip(np.nan_to_num(proportion_confint(k, n, method=name), nan=float(k > 0)), 0, 1)
        assert (rate.low, rate.high) == (pytest.approx(low, abs=1e-9), pytest.approx(high, abs=1e-9))


@given(labelled_scores(0, 1), st.floats(0.05, 0.95))
def test_rates_are_those_of_scikit_learn(data: tuple[np.ndarray, np.ndarray], threshold: float) -> None:
    labels, scores = data
    read = scores >= threshold
    table = confusion_table(labels, scores, threshold)
    assert table.accuracy().value == pytest.approx(metrics.accuracy_score(labels, read))
    assert table.sensitivity().value == pytest.approx(metrics.recall_score(labels, read))
    assert table.specificity().value == pytest.approx(metrics.recall_score(~labels, ~read))
    for key, metric in METRICS.items():
        assert not hasattr(table, key) or getattr(table, key)().value == metric.value(table), key
    f1, balanced = METRICS["f1"].value(table), METRICS["youden_j"].value(table)
    assert f1 == pytest.approx(metrics.f1_score(labels, read))
    assert balanced == pytest.approx(metrics.balanced_accuracy_score(labels, read, adjusted=True))
    if read.any():
        assert table.precision().value == pytest.approx(metrics.precision_score(labels, read))
    else:
        assert table.precision().value is None
    if not read.all():
        assert table.npv().value == pytest.approx(metrics.precision_score(~labels, ~read))


def test_likelihood_ratios_of_a_worked_example() -> None:
    # by hand: exp(1.959964 × sqrt(1/54 − 1/60 + 1/40 − 1/80)) = 1.26466
    table = ConfusionTable(54, 40, 6, 40)
    positive, negative = table.positive_likelihood_ratio(), table.negative_likelihood_ratio()
    assert positive.value == pytest.approx(1.8)
    assert (positive.low, positive.high) == (
        pytest.approx(1.42331, abs=1e-4),
        pytest.approx(2.27639, abs=1e-4),
    )
    assert negative.value == pytest.approx(0.2)
    assert negative.low < 0.2 < negative.high
    assert positive.value / negative.value == pytest.approx(54 * 40 / (40 * 6))


def test_what_has_no_denominator_is_none() -> None:
    table = ConfusionTable(0, 0, 0, 5)
    assert table.sensitivity().value is None
    assert table.sensitivity().low is None
    assert table.precision("exact").value is None
    assert METRICS["f1"].value(table) is None
    assert METRICS["youden_j"].value(table) is None
    assert table.positive_likelihood_ratio().value is None
    assert table.specificity().value == 1
    never_wrong = ConfusionTable(5, 0, 0, 5)
    assert never_wrong.positive_likelihood_ratio().value is None
    assert never_wrong.negative_likelihood_ratio().value == 0
    assert never_wrong.negative_likelihood_ratio().high is None


def test_impossible_counts_are_told() -> None:
    for k, n in ((3, 2), (-1, 5)):
        with pytest.raises(ValidationError, match="no share"):
            rate_with_interval(k, n)
    with pytest.raises(ValidationError, match="negative"):
        ConfusionTable(1, -1, 1, 1)
    with pytest.raises(ValidationError, match="not finite"):
        confusion_table([1, 0], [0.5, np.nan], 0.5)
