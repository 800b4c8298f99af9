"""Tests for a difference: between readings of the same cases, and between cohorts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binomtest, norm, t

from mvm_core.errors import ValidationError
from mvm_core.validation._checks import finite, labels_of
from mvm_core.validation.roc import AucEstimate, Placements, auc_with_interval, covariance, placements


@dataclass(frozen=True)
class PairedTest:
    """DeLong's test of two areas over the same cases.

    Attributes
    ----------
    difference : float
        First area minus second.
    ci95 : tuple of float or None
        Of the difference.
    z, p : float or None
        Standard normal statistic and its two-sided p; None where the variance is zero or unknown.
    n : int
        Cases.
    """

    difference: float
    ci95: tuple[float, float] | None
    z: float | None
    p: float | None
    n: int


@dataclass(frozen=True)
class UnpairedTest:
    """DeLong's test of two areas over different cases, by Welch's t.

    Attributes
    ----------
    difference : float
        First area minus second.
    ci95 : tuple of float or None
        Of the difference.
    d, df, p : float or None
        Statistic, degrees of freedom, two-sided p; None where the variance is zero or unknown.
    """

    difference: float
    ci95: tuple[float, float] | None
    d: float | None
    df: float | None
    p: float | None


@dataclass(frozen=True)
class McNemarTest:
    """Two readings of the same cases at their thresholds.

    Attributes
    ----------
    only_first, only_second : int
        Cases that one reading got right and the other wrong.
    difference : float
        Share right by the first minus share right by the second.
    p : float
        Two-sided, exact (binomial); 1 where the readings never differ.
    n : int
        Cases.
    """

    only_first: int
    only_second: int
    difference: float
    p: float
    n: int


def paired_delong(labels: ArrayLike, first: ArrayLike, second: ArrayLike) -> PairedTest:
    """Test whether two scores of the same cases have the same area under the ROC curve.

    Parameters
    ----------
    labels : array, shape (n,)
        1 for the positive class, else 0.
    first, second : array, shape (n,)
        Scores, finite.

    Raises
    ------
    ValidationError
        If labels or scores are unfit, or there is only one class.

    Notes
    -----
    DeLong et al., Biometrics 1988;44:837; as pROC's ``roc.test(paired = TRUE)``.
    """
    return paired_delong_of_placements(placements(labels, first), placements(labels, second))


def paired_delong_of_placements(first: Placements, second: Placements) -> PairedTest:
    """As `paired_delong`, where the placements are at hand."""
    # the variance of the differences cannot fall below zero by rounding, as a sum of variances can
    apart = Placements(first.positives - second.positives, first.negatives - second.negatives)
    n = first.positives.size + first.negatives.size
    difference = first.auc - second.auc
    variance = covariance(apart, apart)
    if not variance:
        return PairedTest(difference, None, None, None, n)
    error = variance**0.5
    z = difference / error
    half = float(norm.ppf(0.975)) * error
    return PairedTest(difference, (difference - half, difference + half), z, float(2 * norm.sf(abs(z))), n)


def unpaired_delong(
    first_labels: ArrayLike, first_scores: ArrayLike, second_labels: ArrayLike, second_scores: ArrayLike
) -> UnpairedTest:
    """Test whether a score has the same area under the ROC curve in two cohorts without common cases.

    Raises
    ------
    ValidationError
        If labels or scores are unfit, or a cohort has only one class.
    """
    return unpaired_delong_of_estimates(
        auc_with_interval(first_labels, first_scores), auc_with_interval(second_labels, second_scores)
    )


def unpaired_delong_of_estimates(first: AucEstimate, second: AucEstimate) -> UnpairedTest:
    """As `unpaired_delong`, where the estimates are at hand.

    Notes
    -----
    Welch's t with Satterthwaite's degrees of freedom, as pROC's ``roc.test(paired = FALSE)``.
    """
    difference = first.auc - second.auc
    if first.variance is None or second.variance is None or not first.variance + second.variance:
        return UnpairedTest(difference, None, None, None, None)
    variance = first.variance + second.variance
    df = variance**2 / (first.variance**2 / (first.n - 1) + second.variance**2 / (second.n - 1))
    d = difference / variance**0.5
    half = float(t.ppf(0.975, df)) * variance**0.5
    return UnpairedTest(
        difference, (difference - half, difference + half), d, df, float(2 * t.sf(abs(d), df))
    )


def mcnemar(first_right: ArrayLike, second_right: ArrayLike) -> McNemarTest:
    """Test whether two readings get the same share of the same cases right.

    Given the MVM cases alone it compares sensitivities, given the BVF cases alone specificities.

    Parameters
    ----------
    first_right, second_right : array, shape (n,)
        1 where the reading agrees with the reference standard, else 0.

    Raises
    ------
    ValidationError
        If the arrays are unfit or of different length.
    """
    first, second = labels_of(first_right), labels_of(second_right)
    if first.size != second.size:
        raise ValidationError("readings", "they are of different cases", "give the cases in common")
    only_first = int(np.count_nonzero(first & ~second))
    only_second = int(np.count_nonzero(second & ~first))
    apart = only_first + only_second
    p = float(binomtest(only_first, apart).pvalue) if apart else 1.0
    return McNemarTest(only_first, only_second, (only_first - only_second) / first.size, p, first.size)


def right_at(labels: ArrayLike, scores: ArrayLike, threshold: float) -> NDArray[np.bool_]:
    """Whether each case is read rightly: at or above the threshold if it is positive, else below.

    Raises
    ------
    ValidationError
        If labels or scores are unfit.
    """
    positive = labels_of(labels)
    return (finite(scores, "scores", positive.size) >= threshold) == positive


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Adjust p-values for their number (Holm, Scandinavian Journal of Statistics 1979;6:65).

    Parameters
    ----------
    p_values : sequence of float or None
        In [0, 1]; None for a test that could not be computed, which is not counted.

    Returns
    -------
    list of float or None
        In the order given.

    Raises
    ------
    ValidationError
        If one is outside [0, 1].
    """
    known = [(p, index) for index, p in enumerate(p_values) if p is not None]
    if not all(0 <= p <= 1 for p, _ in known):
        raise ValidationError("p-values", "some of them are outside 0 to 1", "give p-values")
    adjusted: list[float | None] = [None] * len(p_values)
    largest = 0.0
    for rank, (p, index) in enumerate(sorted(known)):
        largest = max(largest, min(1.0, p * (len(known) - rank)))
        adjusted[index] = largest
    return adjusted
