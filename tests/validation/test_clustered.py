"""Patients with several cases: the figures of single cases counted twice are no surer for it."""

import numpy as np
import pytest
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar
from validation_samples import table

from mvm_core.errors import ValidationError
from mvm_core.validation.clustered import (
    Draws,
    auc_by_patients,
    independent_cases,
    mcnemar_by_patients,
    paired_auc_by_patients,
    rate_by_patients,
    rate_intervals_by_patients,
)
from mvm_core.validation.comparisons import paired_delong
from mvm_core.validation.rates import confusion_table, rate_with_interval
from mvm_core.validation.roc import auc_with_interval

SCORES = table("external")
LABELS, A, B = (SCORES[name].to_numpy() for name in ("label", "a", "b"))
TWICE = np.repeat(np.arange(LABELS.size), 2)
DRAWS = Draws(TWICE, 2_000)


def test_area_and_its_difference_are_as_sure_as_of_each_case_once() -> None:
    once = auc_with_interval(LABELS, A)
    found = auc_by_patients(LABELS[TWICE], A[TWICE], DRAWS)
    assert (found.auc, found.n) == (pytest.approx(once.auc), 2 * once.n)
    assert found.variance == pytest.approx(once.variance, rel=0.1)
    assert found.ci95 == pytest.approx(once.ci95, abs=0.01)
    paired = paired_auc_by_patients(LABELS[TWICE], A[TWICE], B[TWICE], DRAWS)
    of_once = paired_delong(LABELS, A, B)
    assert paired.difference == pytest.approx(of_once.difference)
    assert paired.z == pytest.approx(of_once.z, rel=0.1)
    assert abs(paired.z) < 0.8 * abs(paired_delong(LABELS[TWICE], A[TWICE], B[TWICE]).z)


def test_rates_are_as_sure_as_of_each_case_once() -> None:
    found = rate_intervals_by_patients(LABELS[TWICE], A[TWICE], 0.6, DRAWS)
    once = confusion_table(LABELS, A, 0.6)
    for name, rate in {
        "sensitivity": once.sensitivity(),
        "specificity": once.specificity(),
        "precision": once.precision(),
        "npv": once.npv(),
        "accuracy": once.accuracy(),
    }.items():
        # the bootstrap keeps the classes' sizes, which Wilson's interval of the precision does not know
        assert found[name] == pytest.approx((rate.low, rate.high), abs=0.03), name
    for name, ratio in {
        "lr_plus": once.positive_likelihood_ratio(),
        "lr_minus": once.negative_likelihood_ratio(),
    }.items():
        assert found[name] == pytest.approx((ratio.low, ratio.high), rel=0.1), name


def test_mcnemar_counts_patients() -> None:
    first, second = A[:60] > 0.6, B[:60] > 0.5
    counts = np.zeros((2, 2), int)
    np.add.at(counts, (first.astype(int), second.astype(int)), 1)
    expected = statsmodels_mcnemar(counts, exact=False, correction=False).pvalue
    once = mcnemar_by_patients(first, second, np.arange(60))
    again = np.repeat(np.arange(60), 3)
    assert once.p == pytest.approx(expected)
    assert mcnemar_by_patients(first[again], second[again], again).p == pytest.approx(expected)
    assert mcnemar_by_patients(first, first, np.arange(60)).p == 1


def test_patients_of_other_cases_are_told() -> None:
    with pytest.raises(ValidationError, match="not one for each case"):
        auc_by_patients(LABELS, A, DRAWS)
    with pytest.raises(ValidationError, match="not one for each case"):
        mcnemar_by_patients([True], [False], TWICE)


def test_scores_all_alike_have_no_interval() -> None:
    labels = np.array([0, 0, 1, 1])
    found = auc_by_patients(labels, np.full(4, 0.5), Draws(np.array([0, 0, 1, 1]), 50))
    assert (found.auc, found.ci95) == (0.5, None)
    alike = paired_auc_by_patients(labels, [1, 2, 3, 4], [1, 2, 3, 4], Draws(np.array([0, 0, 1, 1]), 50))
    assert (alike.z, alike.p) == (None, None)


def test_a_rate_of_one_case_a_patient_has_wilsons_interval() -> None:
    hits = np.arange(30) < 21
    assert rate_by_patients(hits, np.arange(30)) == rate_with_interval(21, 30)
    for share in (hits[:21], ~hits[:21]):
        repeated = rate_by_patients(np.repeat(share, 4), np.repeat(np.arange(21), 4))
        # A patient whose cases are all alike tells no more than one case.
        alone = rate_with_interval(int(share.sum()), 21)
        assert repeated.high - repeated.low >= alone.high - alone.low


def test_intervals_of_rates_by_patient_cover_what_is_true_where_wilsons_do_not() -> None:
    draw, covered = np.random.default_rng(1), np.zeros(2)
    for _ in range(400):
        sizes = 1 + draw.poisson(3, 60)
        who = np.repeat(np.arange(60), sizes)
        hits = draw.random(who.size) < np.repeat(draw.beta(0.7, 0.3, 60), sizes)
        both = rate_by_patients(hits, who), rate_with_interval(int(hits.sum()), hits.size)
        covered += [each.low <= 0.7 <= each.high for each in both]
    assert covered[0] / 400 == pytest.approx(0.95, abs=0.03)
    assert covered[1] / 400 < 0.85


def test_cases_counted_twice_are_worth_themselves_once() -> None:
    hits = A > 0.5
    assert independent_cases(hits, np.arange(hits.size)) == hits.size
    assert independent_cases(hits[TWICE], TWICE) == pytest.approx(hits.size, rel=0.01)
    assert independent_cases(np.ones(2 * hits.size, bool), TWICE) == hits.size
    with pytest.raises(ValidationError, match="not one for each case"):
        independent_cases(hits, TWICE)
