"""Forest plots and their tests for a difference."""

import numpy as np
import pytest
from scipy.stats import chi2, chi2_contingency, fisher_exact
from validation_samples import table

from mvm_core.errors import ValidationError
from mvm_core.validation.clustered import Draws
from mvm_core.validation.comparisons import right_at
from mvm_core.validation.roc import auc_with_interval
from mvm_core.validation.subgroups import age_bands, forest


def test_groups_without_common_cases_are_compared_by_cochrans_q() -> None:
    scores = table("internal")
    groups = np.array(["a", "b", "c"])[np.arange(len(scores)) % 3]
    plot = forest(scores["label"], scores["a"], groups, 0.3)
    areas, weights = [], []
    for index, group in enumerate(plot.subgroups):
        part = scores[groups == "abc"[index]]
        assert group.name == "abc"[index]
        assert group.auc == auc_with_interval(part["label"], part["a"])
        assert group.n == len(part)
        areas.append(group.auc.auc)
        weights.append(1 / group.auc.variance)
    q = np.dot(weights, (np.array(areas) - np.average(areas, weights=weights)) ** 2)
    assert plot.auc_test.statistic == pytest.approx(q)
    assert plot.auc_test.p == pytest.approx(chi2.sf(q, 2))
    counts = [(g.table.true_positives, g.table.false_negatives) for g in plot.subgroups]
    assert plot.sensitivity_test.p == pytest.approx(chi2_contingency(counts, correction=False).pvalue)


def test_sign_and_no_sign_share_the_fractures() -> None:
    scores = table("external")
    labels = scores["label"].to_numpy() == 1
    groups = np.where(labels, np.where(np.arange(labels.size) % 2, "sign", "no-sign"), "")
    values = scores["a"].to_numpy() + 0.1 * (groups == "sign")
    plot = forest(labels, values, groups, 0.5)
    by_name = {group.name: group for group in plot.subgroups}
    for name in ("sign", "no-sign"):
        compared = (groups == name) | ~labels
        assert by_name[name].auc == auc_with_interval(labels[compared], values[compared])
        assert by_name[name].n == by_name[name].positives == (groups == name).sum()
        assert by_name[name].specificity.value is None
    # the common cases raise and lower both areas together: the difference is surer than the areas
    apart = by_name["sign"].auc.auc - by_name["no-sign"].auc.auc
    alone = sum(group.auc.variance for group in plot.subgroups)
    assert plot.auc_test.statistic > apart**2 / alone
    counts = [(g.table.true_positives, g.table.false_negatives) for g in plot.subgroups]
    assert plot.sensitivity_test.p == pytest.approx(fisher_exact(counts).pvalue)
    assert plot.specificity_test.p is None


def test_shared_fractures_keep_the_tests_level() -> None:
    rejected = 0
    for seed in range(400):
        generator = np.random.default_rng(seed)
        labels = np.repeat([1, 0], [80, 60])
        values = generator.normal(size=140) + labels
        groups = np.where(labels, generator.choice(["sign", "no-sign"], 140), "")
        rejected += forest(labels, values, groups, 0.5).auc_test.p < 0.05
    assert 8 <= rejected <= 36


def test_groups_too_small_are_shown_without_an_area() -> None:
    labels, values = [1, 0, 1, 0, 0], [0.9, 0.1, 0.8, 0.2, 0.3]
    plot = forest(labels, values, ["x", "x", "y", "z", ""], 0.5)
    by_name = {group.name: group for group in plot.subgroups}
    assert by_name["z"].auc is None
    assert by_name["z"].sensitivity.value is None
    assert (by_name["z"].specificity.value, by_name["z"].n) == (1, 1)
    assert plot.auc_test.p is None
    assert plot.sensitivity_test.p == 1
    assert forest(labels, values, [""] * 5, 0.5).subgroups == ()
    with pytest.raises(ValidationError, match="groups"):
        forest(labels, values, ["x"], 0.5)


def test_age_bands() -> None:
    ages = [49.9, 50, 59, 60, 79, 80, 101, np.nan]
    expected = ["under 50", "50-59", "50-59", "60-69", "70-79", "80 and over", "80 and over", ""]
    assert age_bands(ages) == expected


def test_right_at_a_threshold() -> None:
    assert right_at([1, 1, 0, 0], [0.5, 0.4, 0.5, 0.4], 0.5).tolist() == [True, False, False, True]


def test_cases_counted_twice_make_no_subgroup_surer() -> None:
    scores = table("external")
    labels, values = scores["label"].to_numpy(), scores["a"].to_numpy()
    groups = np.array(["a", "b", "c"])[np.arange(labels.size) % 3]
    twice = np.repeat(np.arange(labels.size), 2)
    once = forest(labels, values, groups, 0.5)
    found = forest(labels[twice], values[twice], groups[twice], 0.5, Draws(twice, 1_000))
    for of_patients, alone in zip(found.subgroups, once.subgroups, strict=True):
        assert of_patients.n == 2 * alone.n
        assert of_patients.auc.auc == pytest.approx(alone.auc.auc)
        assert of_patients.auc.ci95 == pytest.approx(alone.auc.ci95, abs=0.03)
        for name in ("sensitivity", "specificity"):
            rate, own = getattr(of_patients, name), getattr(alone, name)
            assert (rate.low, rate.high) == pytest.approx((own.low, own.high), abs=0.02)
    assert found.auc_test.statistic == pytest.approx(once.auc_test.statistic, rel=0.2)
    assert found.sensitivity_test.p == pytest.approx(once.sensitivity_test.p, abs=0.1)
    assert found.specificity_test.p == pytest.approx(once.specificity_test.p, abs=0.1)
    naive = forest(labels[twice], values[twice], groups[twice], 0.5)
    assert naive.sensitivity_test.p < found.sensitivity_test.p


def test_subgroups_of_the_same_patients_keep_the_tests_level() -> None:
    rejected = np.zeros(2)
    for seed in range(150):
        generator = np.random.default_rng(seed)
        patients = np.repeat(np.arange(60), 4)
        labels = np.tile([1, 1, 0, 0], 60)
        # what a patient's films look like shifts all of the patient's scores
        values = generator.normal(size=60)[patients] + generator.normal(size=240) + 1.5 * labels
        groups = np.tile(["upper", "lower", "upper", "lower"], 60)
        plot = forest(labels, values, groups, 0.75, Draws(patients, 200))
        rejected += [plot.auc_test.p < 0.05, plot.sensitivity_test.p < 0.05]
    assert (rejected / 150 < 0.11).all(), rejected


def test_subgroups_with_one_patient_are_shown_without_a_test() -> None:
    plot = forest([0, 1, 0, 1], [0.1, 0.9, 0.3, 0.2], ["a", "a", "b", "b"], 0.5, Draws(np.zeros(4, int), 20))
    assert [group.n for group in plot.subgroups] == [2, 2]
    assert plot.auc_test.p is None
