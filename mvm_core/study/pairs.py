"""How well a score tells two states of pairs apart, and when that counts as a shortcut."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import t

LIMIT = 0.60
"""Areas up to this, and down to 1 minus this, are let pass."""

LEAST_PAIRS = 8
"""With fewer pairs nothing is said."""

Verdict = Literal["shortcut", "none", "open"]
Interval = tuple[float, float]


@dataclass(frozen=True)
class PairedArea:
    """Area under the ROC curve between the two states of pairs, and the mean change within them.

    Attributes
    ----------
    area : float
        Probability that the score of one pair's second state is above that of another pair's first, halved
        for ties, in [0, 1].
    interval : tuple of float or None
        Of the area, at the level asked for; None with fewer than `LEAST_PAIRS`.
    change : float
        Mean of second minus first state, in the score's unit.
    change_ci95 : tuple of float or None
        Student's.
    n : int
        Pairs.
    """

    area: float
    interval: Interval | None
    change: float
    change_ci95: Interval | None
    n: int

    @property
    def verdict(self) -> Verdict:
        """``shortcut``: the whole interval lies beyond `LIMIT`; ``none``: within; else ``open``."""
        if self.interval is None:
            return "open"
        low, high = self.interval
        if low > LIMIT or high < 1 - LIMIT:
            return "shortcut"
        return "none" if low >= 1 - LIMIT and high <= LIMIT else "open"


def paired_area(
    first: ArrayLike, second: ArrayLike, strata: ArrayLike | None = None, confidence: float = 0.95
) -> PairedArea:
    """Compare two states of the same patients, or the two patients of matched pairs.

    Parameters
    ----------
    first, second : array, shape (n,)
        Scores of each pair's states.
    strata : array, shape (n,), optional
        Pairs are compared with pairs of their own stratum alone.
    confidence : float
        Level of the area's interval.

    Notes
    -----
    In a stratum the area is a U statistic over pairs of pairs, so that a patient is never compared with
    himself; its variance is four times that of its first projection over n (Hoeffding, Ann Math Stat
    1948;19:293). Strata are weighted by their size. The interval takes Student's quantile with as many
    degrees of freedom as there are pairs less strata.
    """
    one, two = np.asarray(first, float), np.asarray(second, float)
    names = np.zeros(one.size) if strata is None else np.asarray(strata)
    total, variance, compared, groups = 0.0, 0.0, 0, 0
    for name in np.unique(names):
        own = names == name
        size = int(own.sum())
        if size < 2:
            continue
        area, error = _in_stratum(one[own], two[own])
        total, variance = total + size * area, variance + size**2 * error
        compared, groups = compared + size, groups + 1
    change = two - one
    if not compared:
        return PairedArea(0.5, None, float(change.mean()) if change.size else 0.0, None, one.size)
    area = total / compared
    half = float(t.ppf((1 + confidence) / 2, max(1, compared - groups))) * variance**0.5 / compared
    return PairedArea(
        area,
        # The variance of so few is no guide.
        (max(0.0, area - half), min(1.0, area + half)) if one.size >= LEAST_PAIRS else None,
        float(change.mean()),
        mean_ci95(change),
        one.size,
    )


def mean_ci95(values: NDArray[np.float64]) -> Interval | None:
    """Student's 95 % interval of a mean; None with fewer than two values."""
    if values.size < 2:
        return None
    half = float(t.ppf(0.975, values.size - 1) * values.std(ddof=1) / values.size**0.5)
    return float(values.mean()) - half, float(values.mean()) + half


def _in_stratum(one: NDArray[np.float64], two: NDArray[np.float64]) -> tuple[float, float]:
    """Area and its variance."""
    above = (np.sign(two[:, np.newaxis] - one[np.newaxis, :]) + 1) / 2
    kernel = (above + above.T) / 2
    np.fill_diagonal(kernel, 0.0)
    projection = kernel.sum(axis=1) / (one.size - 1)
    return float(projection.mean()), float(4 * projection.var(ddof=1) / one.size)
