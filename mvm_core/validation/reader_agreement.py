"""How far several readers agree: kappa of their calls, intraclass correlation of their ratings."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from mvm_core.errors import ValidationError


@dataclass(frozen=True)
class Agreement:
    """A coefficient of agreement of all readers; None where the answers do not vary.

    Attributes
    ----------
    value, low, high : float or None
        At most 1; 0 is the agreement of chance. The interval is at 95 %.
    """

    value: float | None
    low: float | None
    high: float | None


def fleiss_kappa(calls: ArrayLike) -> Agreement:
    """Kappa of several readers' calls, with the interval of the jackknife over cases.

    Parameters
    ----------
    calls : bool array, shape (r, c)
        At least two readers and three cases.

    Raises
    ------
    ValidationError
        If there are fewer.

    Notes
    -----
    Fleiss, Psychol Bull 1971;76:378.
    """
    array = _readers_by_cases(calls)
    r, c = array.shape
    yes = array.sum(axis=0)
    agreed = (yes * (yes - 1) + (r - yes) * (r - yes - 1)) / (r * (r - 1))

    def kappa(agreement: np.ndarray, share: np.ndarray) -> np.ndarray:
        chance = share**2 + (1 - share) ** 2
        with np.errstate(divide="ignore", invalid="ignore"):
            return (agreement - chance) / (1 - chance)

    value = float(kappa(agreed.mean(), yes.mean() / r))
    if not np.isfinite(value):
        return Agreement(None, None, None)
    left_out = kappa((agreed.sum() - agreed) / (c - 1), (yes.sum() - yes) / (c - 1) / r)
    if not np.isfinite(left_out).all():
        return Agreement(value, None, None)
    error = float(np.sqrt((c - 1) / c * ((left_out - left_out.mean()) ** 2).sum()))
    half = float(special.stdtrit(c - 1, 0.975)) * error
    return (
        Agreement(value, max(-1.0, value - half), min(1.0, value + half))
        if error
        else Agreement(value, None, None)
    )


def intraclass_correlation(ratings: ArrayLike) -> Agreement:
    """Absolute agreement of single ratings, readers and cases random: ICC(2,1), or ICC(A,1).

    Parameters
    ----------
    ratings : float array, shape (r, c)
        At least two readers and three cases.

    Raises
    ------
    ValidationError
        If there are fewer.

    Notes
    -----
    Shrout and Fleiss, Psychol Bull 1979;86:420; interval of McGraw and Wong, Psychol Methods 1996;1:30.
    """
    array = _readers_by_cases(ratings)
    k, n = array.shape
    means = array.mean(axis=0), array.mean(axis=1)
    rows = float(k * means[0].var(ddof=1))
    columns = float(n * means[1].var(ddof=1))
    rest = array - means[0][None] - means[1][:, None] + array.mean()
    error = float((rest**2).sum() / ((n - 1) * (k - 1)))
    below = rows + (k - 1) * error + k * (columns - error) / n
    if not rows + columns + error > 0 or below <= 0:
        return Agreement(None, None, None)
    value = (rows - error) / below
    if error <= 1e-12 * (rows + columns) or value >= 1:
        return Agreement(value, None, None)
    a, b = k * value / (n * (1 - value)), 1 + k * value * (n - 1) / (n * (1 - value))
    df = (a * columns + b * error) ** 2 / (
        (a * columns) ** 2 / (k - 1) + (b * error) ** 2 / ((n - 1) * (k - 1))
    )
    upper, lower = special.fdtri(n - 1, df, 0.975), special.fdtri(df, n - 1, 0.975)
    spread = k * columns + (k * n - k - n) * error
    low = n * (rows - upper * error) / (upper * spread + n * rows)
    high = n * (lower * rows - error) / (spread + n * lower * rows)
    return Agreement(value, float(low), float(high))


def _readers_by_cases(values: ArrayLike) -> np.ndarray:
    array = np.asarray(values, np.float64)
    if array.ndim != 2 or array.shape[0] < 2 or array.shape[1] < 3 or not np.isfinite(array).all():
        raise ValidationError(
            "agreement", "fewer than two readers of the same three cases", "add readers or cases"
        )
    return array
