"""Is the probability true: calibration of probabilities against what happened."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit
from scipy.stats import norm

from mvm_core.errors import ValidationError
from mvm_core.validation._checks import labels_of, patients_of, probabilities_of
from mvm_core.validation.logistic import LogisticFit, fit_logistic
from mvm_core.validation.lowess import lowess, variance_by_groups
from mvm_core.validation.quality import Quality, quality_of

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Calibration:
    """How well probabilities agree with what happened. None where a figure cannot be computed.

    Attributes
    ----------
    n, positives : int
        Cases.
    brier : float
        Mean squared difference of probability and outcome.
    intercept, slope : float or None
        Of the outcome's logit on the probability's, fitted together (0 and 1 are perfect; a slope below 1
        means probabilities too extreme).
    intercept_ci95, slope_ci95 : tuple of float or None
        Wald intervals.
    intercept_in_the_large : float or None
        Intercept with the slope held at 1: above 0, probabilities are too low on the whole.
    ici, e50, e90, emax : float
        Mean (integrated calibration index, Eavg), median, 90th percentile and maximum of the distance
        between probability and smooth calibration curve (Austin and Steyerberg 2019).
    ece : float
        Expected calibration error over ten bins of equal width.
    left_out : int
        Cases with probability 0 or 1, which have no logit and are left out of intercepts, slope and quality.
    quality : Quality or None
        Harrell's indices D, U and Q, and the test that intercept is 0 and slope is 1.
    """

    n: int
    positives: int
    brier: float
    intercept: float | None
    slope: float | None
    intercept_ci95: tuple[float, float] | None
    slope_ci95: tuple[float, float] | None
    intercept_in_the_large: float | None
    ici: float
    e50: float
    e90: float
    emax: float
    ece: float
    left_out: int
    quality: Quality | None


@dataclass(frozen=True)
class CalibrationCurve:
    """The smooth calibration curve, by rising probability.

    Attributes
    ----------
    probability : float array, shape (k,)
        The distinct predicted probabilities.
    observed : float array, shape (k,)
        Smoothed share of the positive class, in [0, 1].
    low, high : float array, shape (k,)
        Pointwise 95 % band, from the smoother's weights and the binomial variance.
    """

    probability: Floats
    observed: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True)
class Recalibration:
    """A straight line on the logit that is to correct probabilities."""

    intercept: float
    slope: float

    def apply(self, probabilities: ArrayLike) -> Floats:
        """Corrected probabilities; 0 and 1 stay what they are.

        Raises
        ------
        ValidationError
            If they are not all in [0, 1].
        """
        values = probabilities_of(probabilities, np.size(probabilities))
        return np.where(
            (values > 0) & (values < 1), expit(self.intercept + self.slope * _logit(values)), values
        )


def brier_score(labels: ArrayLike, probabilities: ArrayLike) -> float:
    """Mean squared difference of probability and outcome; one class alone is allowed.

    Raises
    ------
    ValidationError
        If labels or probabilities are unfit.
    """
    positive = labels_of(labels)
    return float(np.mean((probabilities_of(probabilities, positive.size) - positive) ** 2))


def assess_calibration(
    labels: ArrayLike, probabilities: ArrayLike, patients: ArrayLike | None = None
) -> Calibration:
    """Compute all figures of calibration.

    Parameters
    ----------
    labels : array, shape (n,)
        1 for the positive class, else 0; both classes, n >= 2.
    probabilities : array, shape (n,)
        In [0, 1].
    patients : array, shape (n,), optional
        The patient of each case, where a patient may have several: intervals and test take them together.

    Raises
    ------
    ValidationError
        If labels or probabilities are unfit, there is only one class, or `patients` has another length.

    Notes
    -----
    As ``val.prob`` of R's rms: the smooth curve is ``lowess(iter = 0)``.
    """
    positive, values = _checked(labels, probabilities)
    error = np.abs(values - lowess(values, positive.astype(np.float64))[0])
    with_logit = (values > 0) & (values < 1)
    own = _several_cases_of(patients, positive.size)
    known = None if own is None else own[with_logit]
    logits = logit(values[with_logit])
    fit = fit_logistic(positive[with_logit], logits, patients=known) if with_logit.any() else None
    level = _in_the_large(positive[with_logit], values[with_logit])
    return Calibration(
        n=positive.size,
        positives=int(positive.sum()),
        brier=brier_score(positive, values),
        intercept=fit.intercept if fit else None,
        slope=fit.slope if fit else None,
        intercept_ci95=_wald(fit.intercept, fit.intercept_error) if fit else None,
        slope_ci95=_wald(fit.slope, fit.slope_error) if fit else None,
        intercept_in_the_large=level.intercept if level else None,
        ici=float(error.mean()),
        e50=float(np.median(error)),
        e90=float(np.quantile(error, 0.9)),
        emax=float(error.max()),
        ece=expected_calibration_error(positive, values),
        left_out=int(np.count_nonzero(~with_logit)),
        quality=quality_of(positive[with_logit], logits, fit, by_patients=own is not None) if fit else None,
    )


def calibration_curve(
    labels: ArrayLike, probabilities: ArrayLike, patients: ArrayLike | None = None
) -> CalibrationCurve:
    """The smooth calibration curve with its pointwise band.

    Parameters
    ----------
    labels, probabilities, patients
        As in `assess_calibration`.

    Raises
    ------
    ValidationError
        As in `assess_calibration`.
    """
    positive, values = _checked(labels, probabilities)
    own = _several_cases_of(patients, positive.size)
    smooth, leverage = lowess(values, positive.astype(np.float64))
    points, index = np.unique(values, return_index=True)
    observed = np.clip(smooth[index], 0, 1)
    variance = leverage[index] * observed * (1 - observed)
    if own is not None:
        variance = variance_by_groups(values, positive - smooth, own)[index]
    half = float(norm.ppf(0.975)) * np.sqrt(variance)
    return CalibrationCurve(points, observed, np.clip(observed - half, 0, 1), np.clip(observed + half, 0, 1))


def expected_calibration_error(labels: ArrayLike, probabilities: ArrayLike, bins: int = 10) -> float:
    """Distance of mean probability and share of positives, averaged over bins of equal width.

    Raises
    ------
    ValidationError
        If labels or probabilities are unfit, or there is no bin.

    Notes
    -----
    Naeini et al., AAAI 2015. A bin holds its upper edge, the first also 0.
    """
    if bins < 1:
        raise ValidationError(f"{bins} bins", "there is none", "ask for one or more")
    positive = labels_of(labels)
    values = probabilities_of(probabilities, positive.size)
    member = np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], values, "left")
    gaps = np.bincount(member, values - positive, minlength=bins)
    return float(np.abs(gaps).sum() / positive.size)


def recalibration(labels: ArrayLike, probabilities: ArrayLike, *, with_slope: bool) -> Recalibration | None:
    """Fit what would correct the probabilities of a new place.

    Parameters
    ----------
    labels : array, shape (n,)
        1 for the positive class, else 0.
    probabilities : array, shape (n,)
        In [0, 1].
    with_slope : bool
        Fit intercept and slope; else the intercept alone, with the slope at 1.

    Returns
    -------
    Recalibration or None
        None where no finite fit exists.

    Raises
    ------
    ValidationError
        If labels or probabilities are unfit, or there is only one class.
    """
    positive, values = _checked(labels, probabilities)
    with_logit = (values > 0) & (values < 1)
    positive, values = positive[with_logit], values[with_logit]
    if not positive.size:
        return None
    fit = fit_logistic(positive, logit(values)) if with_slope else _in_the_large(positive, values)
    return Recalibration(fit.intercept, fit.slope) if fit else None


def _several_cases_of(patients: ArrayLike | None, n: int) -> NDArray[np.int64] | None:
    """The patient of each case by number; None where each has one case, or all cases are of one patient."""
    if patients is None:
        return None
    distinct, own = np.unique(patients_of(patients, n), return_inverse=True)
    return own if 1 < distinct.size < n else None


def _in_the_large(positive: NDArray[np.bool_], values: Floats) -> LogisticFit | None:
    return fit_logistic(positive, logit(values), slope=1.0) if positive.size else None


def _checked(labels: ArrayLike, probabilities: ArrayLike) -> tuple[NDArray[np.bool_], Floats]:
    positive = labels_of(labels)
    values = probabilities_of(probabilities, positive.size)
    if positive.all() or not positive.any():
        raise ValidationError("labels", "all cases are of one class", "add cases of the other class")
    return positive, values


def _logit(values: Floats) -> Floats:
    return logit(np.clip(values, np.finfo(np.float64).tiny, 1 - np.finfo(np.float64).epsneg))


def _wald(value: float, error: float) -> tuple[float, float]:
    half = float(norm.ppf(0.975)) * error
    return value - half, value + half
