"""Harrell's indices of a logistic recalibration: how much of the likelihood calibration costs."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from mvm_core.validation.logistic import LogisticFit

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Quality:
    """Indices per case, and the test of intercept 0 with slope 1.

    Attributes
    ----------
    discrimination : float
        D: gain of likelihood by the probabilities as they are, over knowing the prevalence alone.
    unreliability : float
        U: what recalibration would gain; near or below 0 where there is nothing to gain.
    quality : float
        Q = D − U.
    p : float
        Of the test with two degrees of freedom that intercept is 0 and slope is 1: by the likelihood ratio,
        or Wald's where the fit's covariance takes patients' cases together.
    """

    discrimination: float
    unreliability: float
    quality: float
    p: float


def quality_of(
    positive: NDArray[np.bool_], logits: Floats, fit: LogisticFit, *, by_patients: bool = False
) -> Quality:
    """Compute the indices.

    Parameters
    ----------
    positive : bool array, shape (n,)
        Labels, of both classes.
    logits : float array, shape (n,)
        Of the probabilities, finite.
    fit : LogisticFit
        Of these labels on these logits, intercept and slope.
    by_patients : bool
        Whether the fit's covariance takes patients' cases together.

    Notes
    -----
    As ``val.prob`` of R's rms; Miller, Hui and Tierney, Statistics in Medicine 1991;10:1213, and Harrell,
    Regression Modeling Strategies, 2001, section 10.9.
    """
    n, share = positive.size, float(positive.mean())
    alone = -2 * n * (share * np.log(share) + (1 - share) * np.log1p(-share))
    as_they_are = _deviance(positive, logits)
    recalibrated = _deviance(positive, fit.intercept + fit.slope * logits)
    discrimination = (alone - as_they_are - 1) / n
    gain = as_they_are - recalibrated
    unreliability = (gain - 2) / n
    if by_patients:
        apart = np.array([fit.intercept, fit.slope - 1])
        statistic = float(apart @ np.linalg.pinv(fit.covariance, hermitian=True) @ apart)
    else:
        statistic = max(gain, 0.0)
    return Quality(
        float(discrimination),
        float(unreliability),
        float(discrimination - unreliability),
        float(chi2.sf(statistic, 2)),
    )


def _deviance(positive: NDArray[np.bool_], linear: Floats) -> float:
    return 2 * float(np.logaddexp(0.0, np.where(positive, -linear, linear)).sum())
