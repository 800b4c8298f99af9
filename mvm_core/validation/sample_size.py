"""How many cases an external validation needs."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from scipy.stats import norm

from mvm_core.errors import ValidationError

_MOST_CASES = 10**9


@dataclass(frozen=True)
class SampleSize:
    """Cases needed, of both classes and of each."""

    n: int
    positives: int
    negatives: int


def cases_for_auc(auc: float, width: float, prevalence: float, confidence: float = 0.95) -> SampleSize:
    """Cases for an interval of the area under the ROC curve no wider than `width`.

    Parameters
    ----------
    auc : float
        Area expected, in (0.5, 1).
    width : float
        Full width of the interval, in (0, 1).
    prevalence : float
        Share of MVM among the cases, in (0, 1).
    confidence : float
        Level of the interval.

    Raises
    ------
    ValidationError
        If a value is out of range, or more than a thousand million cases were needed.

    Notes
    -----
    Variance of Hanley and McNeil, Radiology 1982;143:29.
    """
    _between(auc=(auc, 0.5, 1), width=(width, 0, 1), prevalence=(prevalence, 0, 1))
    z = float(norm.ppf((1 + confidence) / 2))
    return _least(lambda m, n: 2 * z * hanley_mcneil_variance(auc, m, n) ** 0.5 <= width, prevalence)


def cases_for_rates(
    sensitivity: float, specificity: float, width: float, prevalence: float, confidence: float = 0.95
) -> SampleSize:
    """Cases for Wilson's intervals of sensitivity and specificity no wider than `width`.

    Parameters
    ----------
    sensitivity, specificity : float
        Expected, in (0, 1).
    width : float
        Full width of either interval, in (0, 1).
    prevalence : float
        Share of MVM among the cases, in (0, 1).
    confidence : float
        Level of the intervals.

    Raises
    ------
    ValidationError
        If a value is out of range, or more than a thousand million cases were needed.
    """
    _between(
        sensitivity=(sensitivity, 0, 1),
        specificity=(specificity, 0, 1),
        width=(width, 0, 1),
        prevalence=(prevalence, 0, 1),
    )
    z = float(norm.ppf((1 + confidence) / 2))
    return _least(
        lambda m, n: max(_wilson_width(sensitivity, m, z), _wilson_width(specificity, n, z)) <= width,
        prevalence,
    )


def hanley_mcneil_variance(auc: float, positives: int, negatives: int) -> float:
    """Variance of the area under the ROC curve for so many cases (Hanley and McNeil 1982)."""
    q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    spread = auc * (1 - auc) + (positives - 1) * (q1 - auc**2) + (negatives - 1) * (q2 - auc**2)
    return spread / (positives * negatives)


def _wilson_width(rate: float, n: int, z: float) -> float:
    return 2 * z / (1 + z**2 / n) * math.sqrt(rate * (1 - rate) / n + z**2 / (4 * n**2))


def _least(enough: Callable[[int, int], bool], prevalence: float) -> SampleSize:
    """Fewest cases, with at least one of each class, that are enough; more are always enough too."""

    def split(n: int) -> tuple[int, int]:
        positives = min(max(1, round(n * prevalence)), n - 1)
        return positives, n - positives

    low, high = 1, 2
    while not enough(*split(high)):
        low, high = high, 2 * high
        if high > _MOST_CASES:
            raise ValidationError("sample size", "no number of cases is enough", "ask for a wider interval")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(*split(middle)) else (middle, high)
    return SampleSize(high, *split(high))


def _between(**values: tuple[float, float, float]) -> None:
    for name, (value, low, high) in values.items():
        if not low < value < high:
            raise ValidationError(
                f"{name} {value}", f"it is not between {low} and {high}", "give one that is"
            )
