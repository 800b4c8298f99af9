"""Bootstrap intervals of figures that have no formula of their own."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mvm_core.errors import ValidationError
from mvm_core.validation._checks import two_classes
from mvm_core.validation.bootstrap import bootstrap_weights, percentile_interval
from mvm_core.validation.rates import ConfusionTable
from mvm_core.validation.roc import roc_curve


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval; None where it cannot be computed."""

    value: float | None
    low: float | None
    high: float | None


def f1_with_interval(table: ConfusionTable, replicates: int = 10_000, seed: int = 0) -> Estimate:
    """F1 with the percentile interval of the stratified bootstrap.

    Cases of one cell of the table are alike, so drawing them anew within each class is the same as drawing
    its true positives and its false positives from two binomial distributions.

    Parameters
    ----------
    table : ConfusionTable
        At the threshold in question.
    replicates, seed : int
        Of the bootstrap.
    """
    if not table.positives or not table.negatives or table.f1 is None:
        return Estimate(table.f1, None, None)
    generator = np.random.default_rng(seed)
    m, n = table.positives, table.negatives
    true_positives = generator.binomial(m, table.true_positives / m, replicates)
    false_positives = generator.binomial(n, table.false_positives / n, replicates)
    return _estimate(table.f1, 2 * true_positives / (m + true_positives + false_positives))


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
    order = np.argsort(values)[::-1]
    ends = np.append(np.flatnonzero(np.diff(values[order])), values.size - 1)
    found = [
        _best_sensitivity(weights[:, order], positive[order], ends, specificity)
        for weights in bootstrap_weights(positive, replicates, seed, patients)
    ]
    return _estimate(value, np.concatenate(found))


def _best_sensitivity(
    weights: NDArray[np.int64], positive: NDArray[np.bool_], ends: NDArray[np.intp], specificity: float
) -> NDArray[np.float64]:
    """Sensitivity at the lowest allowed threshold of each replicate; cases by falling score."""
    true_positives = np.cumsum(weights * positive, axis=1)
    false_positives = np.cumsum(weights * ~positive, axis=1)
    m, n = true_positives[:, -1:], false_positives[:, -1:]
    allowed = false_positives[:, ends] <= (1 - specificity + 1e-12) * n
    return np.where(allowed, true_positives[:, ends], 0).max(axis=1) / m[:, 0]


def _estimate(value: float, replicates: NDArray[np.float64]) -> Estimate:
    interval = percentile_interval(replicates)
    return Estimate(value, *interval) if interval else Estimate(value, None, None)
