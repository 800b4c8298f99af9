"""From scores of any scale to probabilities and the points between zones, fitted on labelled cases."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from mvm_core.validation._checks import two_classes
from mvm_core.validation.logistic import fit_logistic
from mvm_core.validation.operating_points import (
    operating_point_for_sensitivity,
    operating_point_for_specificity,
)
from mvm_core.validation.temperature import HIGHEST, LOWEST, fit_temperature


@dataclass(frozen=True)
class Scaling:
    """Probability = sigmoid(score / temperature + offset).

    Attributes
    ----------
    temperature : float
        Positive.
    offset : float
        In logits.
    """

    temperature: float
    offset: float

    def probabilities(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """The probabilities of scores, in [0, 1]."""
        return np.asarray(expit(scores / self.temperature + self.offset))


@dataclass(frozen=True)
class FittedScores(Scaling):
    """A scaling and the thresholds on its probabilities.

    Attributes
    ----------
    low, high : float
        Probabilities, low at most high: the one from which the sensitivity wanted is reached, and the one
        from which the specificity wanted is.
    """

    low: float
    high: float


def fit_scores(
    labels: ArrayLike, scores: ArrayLike, *, target_sensitivity: float, target_specificity: float
) -> FittedScores:
    """Fit a scaling as `fit_scaling` does, and both thresholds.

    Parameters
    ----------
    labels : bool array, shape (n,)
        Both classes.
    scores : float array, shape (n,)
        In logits.
    target_sensitivity, target_specificity : float
        In (0, 1].

    Raises
    ------
    ValidationError
        If there is one class only, or a score is not finite.
    """
    positive, values = two_classes(labels, scores)
    scaling = fit_scaling(positive, values)
    probabilities = scaling.probabilities(values)
    sensitive = operating_point_for_sensitivity(positive, probabilities, target=target_sensitivity)
    specific = operating_point_for_specificity(positive, probabilities, target=target_specificity)
    # Where one threshold serves both targets, they change places and nothing is indeterminate in between.
    low, high = sorted(float(np.clip(point, 0.0, 1.0)) for point in (sensitive, specific))
    return FittedScores(scaling.temperature, scaling.offset, low, high)


@dataclass(frozen=True)
class FittedDetection(Scaling):
    """A scaling, and from which of its probabilities on a case counts as positive.

    Attributes
    ----------
    point : float
        A probability: the specificity wanted is kept, and the fewest positives are missed.
    """

    point: float


def fit_detection(labels: ArrayLike, scores: ArrayLike, *, target_specificity: float) -> FittedDetection:
    """Fit as `fit_scores` does, with the one point from which the specificity wanted is kept.

    Raises
    ------
    ValidationError
        If there is one class only, or a score is not finite.
    """
    positive, values = two_classes(labels, scores)
    scaling = fit_scaling(positive, values)
    point = operating_point_for_specificity(
        positive, scaling.probabilities(values), target=target_specificity
    )
    return FittedDetection(scaling.temperature, scaling.offset, float(np.clip(point, 0.0, 1.0)))


def fit_scaling(labels: ArrayLike, scores: ArrayLike) -> Scaling:
    """Fit Platt's slope and intercept; where classes are separated or the slope is odd, a temperature alone.

    Raises
    ------
    ValidationError
        If there is one class only, or a score is not finite.
    """
    positive, values = two_classes(labels, scores)
    fit = fit_logistic(positive, values)
    if fit is not None and LOWEST <= fit.slope <= HIGHEST:
        return Scaling(1.0 / fit.slope, fit.intercept)
    return Scaling(fit_temperature(positive, values), 0.0)
