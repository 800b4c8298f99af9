"""Thresholds fitted to labels and scores. A case is positive when its score is at or above the threshold."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mvm_core.errors import ValidationError
from mvm_core.validation._checks import two_classes
from mvm_core.validation.metrics import METRICS
from mvm_core.validation.roc import RocCurve, roc_curve


@dataclass(frozen=True)
class OperatingPoint:
    """A threshold and what it gave on the cases it was fitted to.

    Attributes
    ----------
    threshold : float
        Finite; halfway between two neighbouring scores where it can be.
    sensitivity, specificity : float
        In [0, 1].
    """

    threshold: float
    sensitivity: float
    specificity: float


def youden_point(labels: ArrayLike, scores: ArrayLike) -> OperatingPoint:
    """The point of greatest sensitivity + specificity (Youden 1950); of several, the most specific.

    Raises
    ------
    ValidationError
        If labels or scores are unfit, or there is only one class.
    """
    curve = roc_curve(labels, scores)
    return _point(curve, int(np.argmax(np.round(curve.sensitivity + curve.specificity, 12))), scores)


def f1_point(labels: ArrayLike, scores: ArrayLike) -> OperatingPoint:
    """The point of greatest F1 (harmonic mean of precision and sensitivity); of several, the most specific.

    Raises
    ------
    ValidationError
        If labels or scores are unfit, or there is only one class.
    """
    positive, values = two_classes(labels, scores)
    curve = roc_curve(positive, values)
    m, n = int(positive.sum()), int((~positive).sum())
    sensitivity, specificity = curve.sensitivity, curve.specificity
    cells = (sensitivity * m, (1 - specificity) * n, (1 - sensitivity) * m, specificity * n)
    f1 = METRICS["f1"].values(np.column_stack(cells))
    return _point(curve, int(np.argmax(np.round(f1, 12))), values)


def sensitivity_point(labels: ArrayLike, scores: ArrayLike, target: float = 0.90) -> OperatingPoint:
    """The most specific point whose sensitivity is `target` or more.

    Raises
    ------
    ValidationError
        If labels or scores are unfit, there is only one class, or the target is not in (0, 1].
    """
    _check_target(target)
    curve = roc_curve(labels, scores)
    return _point(curve, int(np.argmax(curve.sensitivity >= target - 1e-12)), scores)


def specificity_point(labels: ArrayLike, scores: ArrayLike, target: float = 0.90) -> OperatingPoint:
    """The most sensitive point whose specificity is `target` or more.

    Where even the highest score is too often a negative's, the threshold lies just above it and nothing
    is positive.

    Raises
    ------
    ValidationError
        If labels or scores are unfit, there is only one class, or the target is not in (0, 1].
    """
    _check_target(target)
    curve = roc_curve(labels, scores)
    reached = np.flatnonzero(curve.specificity >= target - 1e-12)
    # of points with the same sensitivity the most specific one
    best = np.flatnonzero(curve.sensitivity[reached] == curve.sensitivity[reached].max())[0]
    return _point(curve, int(reached[best]), scores)


def cost_point(
    labels: ArrayLike,
    scores: ArrayLike,
    false_negative_cost: float,
    false_positive_cost: float = 1.0,
    prevalence: float | None = None,
) -> OperatingPoint:
    """The point of least expected cost.

    Parameters
    ----------
    labels : array, shape (n,)
        1 for the positive class, else 0.
    scores : array, shape (n,)
        Finite.
    false_negative_cost, false_positive_cost : float
        Cost of a missed MVM, and of a BVF taken for one; not negative, not both zero.
    prevalence : float or None
        Share of MVM where the point will be used; None takes that of the cases.

    Raises
    ------
    ValidationError
        If labels or scores are unfit, there is only one class, or costs or prevalence are out of range.

    Notes
    -----
    Cost = FN cost × prevalence × (1 − sensitivity) + FP cost × (1 − prevalence) × (1 − specificity);
    Metz, Seminars in Nuclear Medicine 1978;8:283.
    """
    costs = (false_negative_cost, false_positive_cost)
    if not all(np.isfinite(cost) and cost >= 0 for cost in costs) or not any(costs):
        raise ValidationError(f"costs {costs}", "they are negative or all zero", "give positive costs")
    positive, values = two_classes(labels, scores)
    share = float(positive.mean()) if prevalence is None else prevalence
    if not 0 < share < 1:
        raise ValidationError(f"prevalence {share}", "it is not between 0 and 1", "give one between them")
    curve = roc_curve(positive, values)
    cost = false_negative_cost * share * (1 - curve.sensitivity)
    cost += false_positive_cost * (1 - share) * (1 - curve.specificity)
    return _point(curve, int(np.argmin(np.round(cost / cost.max(), 12))), values)


def operating_point_for_sensitivity(
    labels: ArrayLike, probabilities: ArrayLike, target: float = 0.90
) -> float:
    """The highest threshold that keeps the sensitivity at `target` or more; see `sensitivity_point`."""
    return sensitivity_point(labels, probabilities, target).threshold


def operating_point_for_specificity(
    labels: ArrayLike, probabilities: ArrayLike, target: float = 0.90
) -> float:
    """The threshold that keeps the specificity at `target` or more and misses the fewest positives."""
    return specificity_point(labels, probabilities, target).threshold


def _check_target(target: float) -> None:
    if not 0 < target <= 1:
        raise ValidationError(f"target {target}", "it is not between 0 and 1", "give a rate such as 0.9")


def _point(curve: RocCurve, index: int, scores: ArrayLike) -> OperatingPoint:
    threshold = float(curve.thresholds[index])
    if np.isinf(threshold):
        values = np.asarray(scores, dtype=np.float64)
        threshold = float(np.nextafter(values.max(), np.inf) if threshold > 0 else values.min())
    return OperatingPoint(threshold, float(curve.sensitivity[index]), float(curve.specificity[index]))
