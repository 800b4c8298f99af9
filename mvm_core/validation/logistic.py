"""Logistic regression of labels on one predictor, by Newton's method.

Not statsmodels': its 65 MB and 2 s of import would be for this and `lowess` alone. Tests hold both to it.
"""

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
    covariance : float array, shape (2, 2)
        Of intercept and slope; 0 for a slope held fixed.
    """

    intercept: float
    slope: float
    covariance: Floats

    @property
    def intercept_error(self) -> float:
        """Standard error of the intercept."""
        return float(self.covariance[0, 0] ** 0.5)

    @property
    def slope_error(self) -> float:
        """Standard error of the slope."""
        return float(self.covariance[1, 1] ** 0.5)


def fit_logistic(
    positive: NDArray[np.bool_],
    predictor: Floats,
    slope: float | None = None,
    patients: NDArray[np.int64] | None = None,
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
    patients : int array, shape (n,), optional
        The patient of each case, where a patient may have several: their scores are summed up before they
        are squared (Liang and Zeger, Biometrika 1986;73:13), corrected for few patients as Stata does.

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
            covariance = np.zeros((2, 2))
            k = len(beta)
            covariance[:k, :k] = _covariance(hessian, design, positive - probability, patients)
            return LogisticFit(float(beta[0]), float(beta[1]) if slope is None else slope, covariance)
    return None


def _covariance(
    hessian: Floats, design: Floats, residuals: Floats, patients: NDArray[np.int64] | None
) -> Floats:
    """Of the coefficients: the inverse information; by patients, the sandwich of it."""
    bread = np.linalg.inv(hessian).astype(np.float64)
    if patients is None:
        return bread
    own = np.unique(patients, return_inverse=True)[1]
    groups, (n, k) = int(own.max()) + 1, design.shape
    if groups < 2:
        return np.full((k, k), np.nan)
    scores = np.column_stack([np.bincount(own, column * residuals) for column in design.T])
    few = groups / (groups - 1) * (n - 1) / (n - k)
    found: Floats = few * bread @ (scores.T @ scores) @ bread
    return found


def _separates(positive: NDArray[np.bool_], predictor: Floats) -> bool:
    with_event, without = predictor[positive], predictor[~positive]
    return bool(with_event.min() >= without.max() or without.min() >= with_event.max())


def _loss(positive: NDArray[np.bool_], linear: Floats) -> float:
    return float(np.logaddexp(0.0, np.where(positive, -linear, linear)).sum())
