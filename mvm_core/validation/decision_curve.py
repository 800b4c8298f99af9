"""Decision curves: is acting on the reading worth more than treating all, or none."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mvm_core.errors import ValidationError
from mvm_core.validation._checks import probabilities_of, two_classes
from mvm_core.validation.bootstrap import bootstrap_weights

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class DecisionCurve:
    """Net benefit by threshold probability, in true positives per case.

    Attributes
    ----------
    thresholds : float array, shape (k,)
        Threshold probabilities in (0, 1).
    reading : float array, shape (k,)
        Net benefit of treating the cases at or above the threshold.
    low, high : float array, shape (k,)
        95 % percentile band of the stratified bootstrap.
    treat_all : float array, shape (k,)
        Net benefit of treating all; that of treating none is 0.
    prevalence : float
        Share of the positive class that the figures are for.
    """

    thresholds: Floats
    reading: Floats
    low: Floats
    high: Floats
    treat_all: Floats
    prevalence: float


def net_benefit(
    sensitivity: ArrayLike, specificity: ArrayLike, threshold: ArrayLike, prevalence: float
) -> Floats:
    """Net benefit: true positives less false positives weighted by the odds of the threshold.

    Parameters
    ----------
    sensitivity, specificity : float or array
        In [0, 1].
    threshold : float or array
        Threshold probability in (0, 1).
    prevalence : float
        In [0, 1].

    Notes
    -----
    Vickers and Elkin, Medical Decision Making 2006;26:565.
    """
    at = np.asarray(threshold, dtype=np.float64)
    true_positives = prevalence * np.asarray(sensitivity, dtype=np.float64)
    false_positives = (1 - prevalence) * (1 - np.asarray(specificity, dtype=np.float64))
    return true_positives - false_positives * at / (1 - at)


def decision_curve(
    labels: ArrayLike,
    probabilities: ArrayLike,
    thresholds: ArrayLike | None = None,
    prevalence: float | None = None,
    replicates: int = 1_000,
    seed: int = 0,
    patients: ArrayLike | None = None,
) -> DecisionCurve:
    """Net benefit of a reading over a range of threshold probabilities.

    Parameters
    ----------
    labels : array, shape (n,)
        1 for the positive class, else 0.
    probabilities : array, shape (n,)
        In [0, 1].
    thresholds : array, shape (k,), optional
        In (0, 1); None takes 0.01 to 0.99.
    prevalence : float, optional
        In (0, 1); None takes that of the cases.
    replicates, seed, patients
        Of the stratified bootstrap, as in `bootstrap_weights`.

    Raises
    ------
    ValidationError
        If labels or probabilities are unfit, there is only one class, or thresholds or prevalence are out
        of range.
    """
    positive, _ = two_classes(labels, probabilities, "probabilities")
    values = probabilities_of(probabilities, positive.size)
    at = np.arange(1, 100) / 100 if thresholds is None else np.asarray(thresholds, dtype=np.float64)
    share = float(positive.mean()) if prevalence is None else prevalence
    if not at.size or not ((at > 0) & (at < 1)).all() or not 0 < share < 1:
        raise ValidationError(
            "decision curve", "a threshold or the prevalence is not between 0 and 1", "give ones that are"
        )
    read = (values[:, None] >= at).astype(np.float32)
    sensitivity, false_positive_rate = read[positive].mean(axis=0), read[~positive].mean(axis=0)
    drawn = np.concatenate(
        [
            net_benefit(
                _rate(weights[:, positive], read[positive]),
                1 - _rate(weights[:, ~positive], read[~positive]),
                at,
                share,
            )
            for weights in bootstrap_weights(positive, replicates, seed, patients)
        ]
    )
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    return DecisionCurve(
        thresholds=at,
        reading=net_benefit(sensitivity, 1 - false_positive_rate, at, share),
        low=low,
        high=high,
        treat_all=net_benefit(1.0, 0.0, at, share),
        prevalence=share,
    )


def _rate(weights: NDArray[np.int64], read: NDArray[np.float32]) -> Floats:
    """Share of each replicate's cases that are read as positive, shape (replicates, k)."""
    # counts below 2^24 are exact in single precision
    return (weights.astype(np.float32) @ read).astype(np.float64) / weights.sum(axis=1, keepdims=True)
