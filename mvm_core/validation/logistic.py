"""Logistic regression of labels on one predictor, by Newton's method."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

Floats = NDArray[np.float64]

_STEPS = 100
# beyond this an odds ratio is a sign of classes that a line separates, where the fit does not exist
_LARGEST = 1e4


@dataclass(frozen=True)
class LogisticFit:
    """Coefficients of logit(probability) = intercept + slope × predictor.

    Attributes
    ----------
    intercept, slope : float
        Maximum likelihood estimates.
    intercept_error, slope_error : float
        Standard errors; that of a slope held fixed is 0.
    """

    intercept: float
    slope: float
    intercept_error: float
    slope_error: float


def fit_logistic(
    positive: NDArray[np.bool_], predictor: Floats, slope: float | None = None
) -> LogisticFit | None:
    """Fit by maximum likelihood.

    Parameters
    ----------
    positive : bool array, shape (n,)
        Labels.
    predictor : float array, shape (n,)
        Finite.
    slope : float, optional
        Held fixed at this value; only the intercept is fitted.

    Returns
    -------
    LogisticFit or None
        None where no finite estimate exists: one class only, a predictor that is constant, or one that
        separates the classes.
    """
    fixed = slope is not None
    if positive.all() or not positive.any() or (not fixed and _separates(positive, predictor)):
        return None
    columns = [np.ones(predictor.size)] if fixed else [np.ones(predictor.size), predictor]
    design = np.column_stack(columns)
    offset = slope * predictor if slope is not None else np.zeros(predictor.size)
    beta = np.zeros(design.shape[1])
    loss = _loss(positive, offset)
    for _ in range(_STEPS):
        probability = expit(design @ beta + offset)
        gradient = design.T @ (positive - probability)
        hessian = (design.T * (probability * (1 - probability))) @ design
        try:
            step = np.linalg.solve(hessian, gradient)
        except np.linalg.LinAlgError:
            return None
        # halve the step until the loss falls, as it does for a short enough one
        for _ in range(60):
            candidate = _loss(positive, design @ (beta + step) + offset)
            if candidate <= loss + 1e-12:
                break
            step = step / 2
        beta, loss = beta + step, candidate
        if np.abs(beta).max() > _LARGEST:
            return None
        if np.abs(step).max() < 1e-10 * (1 + np.abs(beta).max()):
            errors = np.sqrt(np.diag(np.linalg.inv(hessian)))
            if slope is not None:
                return LogisticFit(float(beta[0]), slope, float(errors[0]), 0.0)
            return LogisticFit(float(beta[0]), float(beta[1]), float(errors[0]), float(errors[1]))
    return None


def _separates(positive: NDArray[np.bool_], predictor: Floats) -> bool:
    with_event, without = predictor[positive], predictor[~positive]
    return bool(with_event.min() >= without.max() or without.min() >= with_event.max())


def _loss(positive: NDArray[np.bool_], linear: Floats) -> float:
    return float(np.logaddexp(0.0, np.where(positive, -linear, linear)).sum())
