"""Bootstrap intervals of figures that have no formula of their own."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mvm_core.errors import ValidationError
from mvm_core.validation._checks import two_classes
from mvm_core.validation.bootstrap import bootstrap_weights, percentile_interval
from mvm_core.validation.roc import roc_curve

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval; None where it cannot be computed."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class RocBand:
    """Band around a ROC curve.

    Attributes
    ----------
    specificity : float array, shape (k,)
        In [0, 1].
    low, high : float array, shape (k,)
        Of the sensitivity at that specificity, in [0, 1].
    """

    specificity: Floats
    low: Floats
    high: Floats


def sensitivity_at_specificity(
    labels: ArrayLike,
    scores: ArrayLike,
    specificity: float = 0.90,
    replicates: int = 2_000,
    seed: int = 0,
    patients: ArrayLike | None = None,
) -> Estimate:
    """Best sensitivity of a threshold with this specificity or more, the threshold fitted in each replicate.

    Parameters
    ----------
    labels : array, shape (n,)
        1 for the positive class, else 0.
    scores : array, shape (n,)
        Finite.
    specificity : float
        In (0, 1].
    replicates, seed, patients
        Of the stratified bootstrap, as in `bootstrap_weights`.

    Raises
    ------
    ValidationError
        If labels or scores are unfit, there is only one class, or the specificity is out of range.
    """
    if not 0 < specificity <= 1:
        raise ValidationError(
            f"specificity {specificity}", "it is not between 0 and 1", "give one such as 0.9"
        )
    positive, values = two_classes(labels, scores)
    curve = roc_curve(positive, values)
    value = float(curve.sensitivity[curve.specificity >= specificity - 1e-12].max())
    weights = bootstrap_weights(positive, replicates, seed, patients)
    drawn = _replicates(positive, values, np.array([specificity]), weights)
    return _estimate(value, drawn[:, 0])


def roc_band(
    labels: ArrayLike,
    scores: ArrayLike,
    specificities: ArrayLike | None = None,
    replicates: int = 1_000,
    seed: int = 0,
    patients: ArrayLike | None = None,
) -> RocBand:
    """Pointwise 95 % band of the ROC curve, by the stratified bootstrap.

    Parameters
    ----------
    labels : array, shape (n,)
        1 for the positive class, else 0.
    scores : array, shape (n,)
        Finite.
    specificities : array, shape (k,), optional
        In [0, 1]; None takes 0 to 1 in steps of 0.01.
    replicates, seed, patients
        Of the stratified bootstrap, as in `bootstrap_weights`.

    Raises
    ------
    ValidationError
        If labels or scores are unfit, or there is only one class.
    """
    positive, values = two_classes(labels, scores)
    at = np.linspace(0, 1, 101) if specificities is None else np.asarray(specificities, dtype=np.float64)
    drawn = _replicates(positive, values, at, bootstrap_weights(positive, replicates, seed, patients))
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    return RocBand(at, low, high)


def _replicates(
    positive: NDArray[np.bool_],
    values: Floats,
    specificities: Floats,
    chunks: Iterable[NDArray[np.int64]],
) -> Floats:
    """Best sensitivity of each replicate at each specificity, shape (replicates, k)."""
    order = np.argsort(values)[::-1]
    ends = np.append(np.flatnonzero(np.diff(values[order])), values.size - 1)
    ordered = positive[order]
    found = []
    for weights in chunks:
        ordered_weights = weights[:, order]
        true_positives = np.cumsum(ordered_weights * ordered, axis=1)[:, ends]
        false_positives = np.cumsum(ordered_weights * ~ordered, axis=1)[:, ends]
        for true, false in zip(true_positives, false_positives, strict=True):
            # the lowest threshold that does not let through too many negatives; none lets through nothing
            allowed = np.searchsorted(false, (1 - specificities + 1e-12) * false[-1], "right")
            found.append(np.append(0, true)[allowed] / true[-1])
    return np.array(found)


def _estimate(value: float, replicates: NDArray[np.float64]) -> Estimate:
    interval = percentile_interval(replicates)
    return Estimate(value, *interval) if interval else Estimate(value, None, None)
