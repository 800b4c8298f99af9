"""ROC and precision-recall curves, the area under the former, and DeLong's variance of that area.

Everywhere the positive class is MVM, and a case counts as positive when its score is at or above the
threshold.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

from mvm_core.validation._checks import two_classes

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class RocCurve:
    """A ROC curve from its lower left corner to its upper right one.

    Attributes
    ----------
    thresholds : float array, shape (k,)
        Falling, from +inf to -inf; between them the midpoints of neighbouring scores, as in pROC.
    sensitivity, specificity : float array, shape (k,)
        In [0, 1], at each threshold.
    """

    thresholds: Floats
    sensitivity: Floats
    specificity: Floats


@dataclass(frozen=True)
class PrecisionRecallCurve:
    """A precision-recall curve, by falling thresholds.

    Attributes
    ----------
    thresholds : float array, shape (k,)
        The distinct scores, falling.
    precision, recall : float array, shape (k,)
        In [0, 1], at each threshold.
    average_precision : float
        Sum of precision over the steps of recall; no interpolation.
    """

    thresholds: Floats
    precision: Floats
    recall: Floats
    average_precision: float


@dataclass(frozen=True)
class Placements:
    """The structural components of DeLong et al. 1988.

    Attributes
    ----------
    positives : float array, shape (m,)
        For each positive case the share of negative cases that score lower (ties count half).
    negatives : float array, shape (n,)
        For each negative case the share of positive cases that score higher.
    """

    positives: Floats
    negatives: Floats

    @property
    def auc(self) -> float:
        """Area under the ROC curve."""
        return float(self.positives.mean())


@dataclass(frozen=True)
class AucEstimate:
    """Area under the ROC curve and how sure it is.

    Attributes
    ----------
    auc : float
        In [0, 1].
    variance : float or None
        DeLong's; None with fewer than two cases of a class.
    ci95 : tuple of float or None
        DeLong's 95 % interval, cut to [0, 1]. None where the variance is None or zero: classes that are
        separated entirely, or scores all equal, do not make the area certain.
    n, positives : int
        Cases in all, and of the positive class.
    """

    auc: float
    variance: float | None
    ci95: tuple[float, float] | None
    n: int
    positives: int


def placements(labels: ArrayLike, scores: ArrayLike) -> Placements:
    """DeLong's structural components, by one sort: O(n log n).

    Parameters
    ----------
    labels : array, shape (n,)
        1 for the positive class, else 0.
    scores : array, shape (n,)
        Finite; higher speaks for the positive class.

    Returns
    -------
    Placements
        In the order of the cases.

    Raises
    ------
    ValidationError
        If labels or scores are unfit, or there is only one class.

    Notes
    -----
    DeLong, DeLong, Clarke-Pearson, Biometrics 1988;44:837. Sorting instead of comparing all pairs follows
    Sun and Xu, IEEE Signal Processing Letters 2014;21:1389.
    """
    positive, values = two_classes(labels, scores)
    order = np.argsort(values)
    sorted_positive = positive[order]
    last = _last_of_ties(values[order])
    size = np.diff(last, prepend=-1)
    positives_to = np.cumsum(sorted_positive)[last]
    negatives_to = last + 1 - positives_to
    positives_in = np.diff(positives_to, prepend=0)
    negatives_in = size - positives_in
    m, n = positives_to[-1], negatives_to[-1]
    below = (negatives_to - negatives_in / 2) / n
    above = (m - positives_to + positives_in / 2) / m
    component = np.empty(values.size)
    component[order] = np.where(sorted_positive, np.repeat(below, size), np.repeat(above, size))
    return Placements(component[positive], component[~positive])


def covariance(first: Placements, second: Placements) -> float | None:
    """DeLong's covariance of two areas over the same cases; the variance, where both are one.

    Returns
    -------
    float or None
        None with fewer than two cases of a class.
    """
    total = 0.0
    for a, b in ((first.positives, second.positives), (first.negatives, second.negatives)):
        if a.size < 2:
            return None
        total += float((a - a.mean()) @ (b - b.mean())) / (a.size - 1) / a.size
    return total


def auc_with_interval(labels: ArrayLike, scores: ArrayLike, confidence: float = 0.95) -> AucEstimate:
    """Area under the ROC curve with DeLong's variance and interval.

    Parameters
    ----------
    labels : array, shape (n,)
        1 for the positive class, else 0.
    scores : array, shape (n,)
        Finite; probabilities, logits or any other score.
    confidence : float
        Level of the interval.

    Raises
    ------
    ValidationError
        If labels or scores are unfit, or there is only one class.
    """
    parts = placements(labels, scores)
    variance = covariance(parts, parts)
    interval = None
    if variance:
        half = float(norm.ppf((1 + confidence) / 2)) * variance**0.5
        interval = (max(0.0, parts.auc - half), min(1.0, parts.auc + half))
    m, n = parts.positives.size, parts.negatives.size
    return AucEstimate(parts.auc, variance, interval, m + n, m)


def roc_curve(labels: ArrayLike, scores: ArrayLike) -> RocCurve:
    """The empirical ROC curve.

    Raises
    ------
    ValidationError
        If labels or scores are unfit, or there is only one class.
    """
    values, true_positives, false_positives = _counts_by_threshold(labels, scores)
    between = values[:-1] / 2 + values[1:] / 2
    # neighbours without a number between them: their midpoint must not fall back on the lower one
    between = np.where(between > values[1:], between, values[:-1])
    return RocCurve(
        thresholds=np.concatenate([[np.inf], between, [-np.inf]]),
        sensitivity=np.append(0.0, true_positives / true_positives[-1]),
        specificity=np.append(1.0, 1 - false_positives / false_positives[-1]),
    )


def precision_recall_curve(labels: ArrayLike, scores: ArrayLike) -> PrecisionRecallCurve:
    """The precision-recall curve and its average precision.

    Raises
    ------
    ValidationError
        If labels or scores are unfit, or there is only one class.
    """
    values, true_positives, false_positives = _counts_by_threshold(labels, scores)
    precision = true_positives / (true_positives + false_positives)
    recall = true_positives / true_positives[-1]
    return PrecisionRecallCurve(values, precision, recall, float(np.diff(recall, prepend=0.0) @ precision))


def _last_of_ties(ordered: Floats) -> NDArray[np.intp]:
    """Index of the last of each run of equal values."""
    return np.append(np.flatnonzero(ordered[1:] != ordered[:-1]), ordered.size - 1)


def _counts_by_threshold(
    labels: ArrayLike, scores: ArrayLike
) -> tuple[Floats, NDArray[np.intp], NDArray[np.intp]]:
    """Distinct scores, falling, and how many positives and negatives are at or above each."""
    positive, values = two_classes(labels, scores)
    order = np.argsort(values)[::-1]
    ordered = values[order]
    last = _last_of_ties(ordered)
    true_positives = np.cumsum(positive[order], dtype=np.intp)[last]
    return ordered[last], true_positives, last + 1 - true_positives
