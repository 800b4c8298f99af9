"""For whom does it work: figures of subgroups, and tests for a difference between them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import chi2, chi2_contingency, fisher_exact

from mvm_core.errors import ValidationError
from mvm_core.validation._checks import patients_of, two_classes
from mvm_core.validation.bootstrap import auc_of_weights, bootstrap_weights, percentile_interval
from mvm_core.validation.clustered import Draws, rate_by_patients
from mvm_core.validation.rates import ConfusionTable, Rate, confusion_table
from mvm_core.validation.roc import AucEstimate, Placements, auc_with_interval, covariance, placements

AGE_EDGES = (50, 60, 70, 80)
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Subgroup:
    """One line of a forest plot.

    Attributes
    ----------
    name : str
        Of the group.
    n, positives : int
        Cases.
    auc : AucEstimate or None
        None with one class only.
    table : ConfusionTable
        At the threshold.
    sensitivity, specificity : Rate
        At the threshold, with Wilson's intervals, or those of `rate_by_patients`.
    """

    name: str
    n: int
    positives: int
    auc: AucEstimate | None
    table: ConfusionTable
    sensitivity: Rate
    specificity: Rate


@dataclass(frozen=True)
class DifferenceTest:
    """Test of whether subgroups differ; None where it cannot be computed.

    Attributes
    ----------
    statistic : float or None
        Wald's chi-square; None also for Fisher's exact test, which has none.
    df : int
        Degrees of freedom: groups compared less one.
    p : float or None
        Two-sided.
    """

    statistic: float | None
    df: int
    p: float | None


@dataclass(frozen=True)
class Forest:
    """Subgroups side by side.

    Attributes
    ----------
    subgroups : tuple of Subgroup
        In order of first appearance.
    auc_test, sensitivity_test, specificity_test : DifferenceTest
        Each over the groups for which the figure can be computed.
    """

    subgroups: tuple[Subgroup, ...]
    auc_test: DifferenceTest
    sensitivity_test: DifferenceTest
    specificity_test: DifferenceTest


def forest(
    labels: ArrayLike,
    scores: ArrayLike,
    groups: Sequence[str],
    threshold: float,
    draws: Draws | None = None,
) -> Forest:
    """Figures of each subgroup and tests for a difference.

    A group that holds cases of MVM only (``sign`` and ``no-sign``, size of the lesion) has its area
    computed against all BVF without a group; these are then common to the groups, which the test takes
    into account.

    Parameters
    ----------
    labels : array, shape (n,)
        1 for the positive class, else 0.
    scores : array, shape (n,)
        Finite.
    groups : sequence of str, length n
        Name of each case's group; empty for none.
    threshold : float
        Cases at or above it are read as MVM.
    draws : Draws, optional
        With the patient of each case, where a patient may have several: intervals and tests take a patient's
        cases together, also where they are in different groups.

    Raises
    ------
    ValidationError
        If labels or scores are unfit, there is only one class, or groups or patients are of another length.

    Notes
    -----
    Areas: Wald's test on DeLong's covariance matrix, which for groups without common cases is Cochran's Q.
    Rates: Fisher's exact test for two groups, else Pearson's chi-square. By patients: Wald's tests on the
    covariance of the clustered bootstrap, and on that of the patients' surpluses over each group's rate.
    """
    positive, values = two_classes(labels, scores)
    names = np.asarray(groups, dtype=str)
    if names.shape != positive.shape:
        raise ValidationError("groups", "there is not one for each case", "name the group of each case")
    common = (names == "") & ~positive
    if draws is not None:
        patients_of(draws.patients, positive.size)
    found, components, compared_cases = [], [], []
    for name in dict.fromkeys(names[names != ""].tolist()):
        member = names == name
        of_positives_only = bool(positive[member].all())
        compared = member | common if of_positives_only else member
        both = bool(positive[compared].any() and not positive[compared].all())
        table = confusion_table(positive[member], values[member], threshold)
        found.append(
            Subgroup(
                name=name,
                n=table.n,
                positives=table.positives,
                auc=auc_with_interval(positive[compared], values[compared]) if both else None,
                table=table,
                sensitivity=table.sensitivity(),
                specificity=table.specificity(),
            )
        )
        if both:
            components.append((placements(positive[compared], values[compared]), of_positives_only))
            compared_cases.append(compared)
    if draws is None:
        return Forest(
            tuple(found),
            _areas_test(components),
            _rates_test([(group.table.true_positives, group.table.false_negatives) for group in found]),
            _rates_test([(group.table.true_negatives, group.table.false_positives) for group in found]),
        )
    return _by_patients(found, positive, values, names, compared_cases, threshold, draws)


def _by_patients(
    found: Sequence[Subgroup],
    positive: NDArray[np.bool_],
    values: Floats,
    names: NDArray[np.str_],
    compared: Sequence[NDArray[np.bool_]],
    threshold: float,
    draws: Draws,
) -> Forest:
    """The same subgroups, their intervals and tests with patients' cases taken together."""
    drawn = np.concatenate(
        [
            np.column_stack([auc_of_weights(positive[c], values[c], weights[:, c]) for c in compared])
            for weights in bootstrap_weights(positive, draws.replicates, draws.seed, draws.patients)
        ]
        if compared
        else [np.empty((draws.replicates, 0))]
    )
    columns = iter(drawn.T)
    right = (values >= threshold) == positive
    subgroups = []
    for group in found:
        of_positive, of_negative = (names == group.name) & positive, (names == group.name) & ~positive
        subgroups.append(
            replace(
                group,
                auc=_area_of_draws(group.auc, next(columns)) if group.auc else None,
                sensitivity=rate_by_patients(right[of_positive], draws.patients[of_positive]),
                specificity=rate_by_patients(right[of_negative], draws.patients[of_negative]),
            )
        )
    areas = np.array([group.auc.auc for group in found if group.auc])
    whole = drawn[np.isfinite(drawn).all(axis=1)]
    covariances = np.cov(whole, rowvar=False) if len(whole) > 1 else np.full((areas.size, areas.size), np.nan)
    return Forest(
        tuple(subgroups),
        _wald(areas, covariances),
        _rates_test_by_patients(right, names, positive, draws.patients),
        _rates_test_by_patients(right, names, ~positive, draws.patients),
    )


def _area_of_draws(area: AucEstimate, drawn: Floats) -> AucEstimate:
    variance = float(np.nanvar(drawn, ddof=1))
    return replace(area, variance=variance, ci95=percentile_interval(drawn) if variance else None)


def _rates_test_by_patients(
    right: NDArray[np.bool_], names: NDArray[np.str_], cases: NDArray[np.bool_], patients: NDArray[np.int64]
) -> DifferenceTest:
    """Wald's test that the share of right cases is the same in all groups that have such cases."""
    groups = list(dict.fromkeys(names[cases & (names != "")].tolist()))
    own = np.unique(patients, return_inverse=True)[1]
    count = int(own.max()) + 1
    shares, surplus = np.empty(len(groups)), np.empty((count, len(groups)))
    for column, name in enumerate(groups):
        member = cases & (names == name)
        shares[column] = right[member].mean()
        surplus[:, column] = np.bincount(own[member], right[member] - shares[column], count) / member.sum()
    if len(groups) > 1 and np.ptp(shares) == 0 and shares[0] in (0, 1):
        return DifferenceTest(None, len(groups) - 1, 1.0)
    return _wald(shares, count / max(1, count - 1) * surplus.T @ surplus)


def age_bands(ages: ArrayLike, edges: Sequence[int] = AGE_EDGES) -> list[str]:
    """Name the band of each age in years, as ``under 50``, ``50-59``, ``80 and over``; empty for NaN."""
    names = [f"under {edges[0]}"]
    names += [f"{low}-{high - 1}" for low, high in pairwise(edges)]
    names.append(f"{edges[-1]} and over")
    return [
        "" if np.isnan(age) else names[int(np.searchsorted(edges, age, "right"))]
        for age in np.asarray(ages, dtype=np.float64)
    ]


def _areas_test(components: Sequence[tuple[Placements, bool]]) -> DifferenceTest:
    """Wald's test that all areas are equal; the flag marks groups that share their negatives."""
    k = len(components)
    if k < 2:
        return DifferenceTest(None, max(0, k - 1), None)
    matrix = np.zeros((k, k))
    for i, (first, first_shares) in enumerate(components):
        for j, (second, second_shares) in enumerate(components):
            if i == j:
                entry = covariance(first, first)
            elif first_shares and second_shares:
                entry = _covariance_of_negatives(first, second)
            else:
                entry = 0.0
            if entry is None:
                return DifferenceTest(None, k - 1, None)
            matrix[i, j] = entry
    return _wald(np.array([component.auc for component, _ in components]), matrix)


def _wald(figures: Floats, matrix: Floats) -> DifferenceTest:
    """Wald's test that all figures are equal; the matrix is their covariance."""
    k = len(figures)
    if k < 2:
        return DifferenceTest(None, max(0, k - 1), None)
    contrast = np.column_stack([np.ones(k - 1), -np.eye(k - 1)])
    spread = contrast @ matrix @ contrast.T
    if not np.isfinite(spread).all() or np.linalg.matrix_rank(spread, hermitian=True) < k - 1:
        return DifferenceTest(None, k - 1, None)
    apart = contrast @ figures
    statistic = float(apart @ np.linalg.solve(spread, apart))
    return DifferenceTest(statistic, k - 1, float(chi2.sf(statistic, k - 1)))


def _covariance_of_negatives(first: Placements, second: Placements) -> float | None:
    a, b = first.negatives, second.negatives
    return float((a - a.mean()) @ (b - b.mean())) / (a.size - 1) / a.size if a.size > 1 else None


def _rates_test(counts: Sequence[tuple[int, int]]) -> DifferenceTest:
    """Test that right and wrong are spread alike over the groups; groups without cases are left out."""
    table: NDArray[np.int64] = np.array([pair for pair in counts if sum(pair)]).reshape(-1, 2)
    df = max(0, len(table) - 1)
    if len(table) < 2:
        return DifferenceTest(None, df, None)
    if not table.sum(axis=0).all():
        return DifferenceTest(None, df, 1.0)
    if len(table) == 2:
        return DifferenceTest(None, df, float(fisher_exact(table).pvalue))
    result = chi2_contingency(table, correction=False)
    return DifferenceTest(float(result.statistic), df, float(result.pvalue))
