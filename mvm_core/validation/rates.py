"""Rates at one threshold: the 2×2 table, what follows from it, and how sure each is."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import binomtest
from scipy.stats.contingency import relative_risk

from mvm_core.errors import ValidationError
from mvm_core.validation._checks import finite, labels_of

Method = Literal["wilson", "exact"]


@dataclass(frozen=True)
class Rate:
    """A share k of n with its interval.

    Attributes
    ----------
    successes, total : int
        k and n.
    value, low, high : float or None
        In [0, 1]; None where n is 0.
    """

    successes: int
    total: int
    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Ratio:
    """A likelihood ratio with its interval; None where it cannot be computed."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class ConfusionTable:
    """The 2×2 table of reading against reference standard; counts of cases.

    Raises
    ------
    ValidationError
        If a count is negative.
    """

    true_positives: int
    false_positives: int
    false_negatives: int
    true_negatives: int

    def __post_init__(self) -> None:
        if min(self.true_positives, self.false_positives, self.false_negatives, self.true_negatives) < 0:
            raise ValidationError("2×2 table", "a count is negative", "give counts of cases")

    @property
    def positives(self) -> int:
        """Cases of MVM."""
        return self.true_positives + self.false_negatives

    @property
    def negatives(self) -> int:
        """Cases of BVF."""
        return self.true_negatives + self.false_positives

    @property
    def n(self) -> int:
        """All cases."""
        return self.positives + self.negatives

    def accuracy(self, method: Method = "wilson") -> Rate:
        """Share of cases read rightly."""
        return rate_with_interval(self.true_positives + self.true_negatives, self.n, method)

    def sensitivity(self, method: Method = "wilson") -> Rate:
        """Share of MVM read as MVM."""
        return rate_with_interval(self.true_positives, self.positives, method)

    def specificity(self, method: Method = "wilson") -> Rate:
        """Share of BVF read as BVF."""
        return rate_with_interval(self.true_negatives, self.negatives, method)

    def precision(self, method: Method = "wilson") -> Rate:
        """Positive predictive value: share of MVM among the cases read as MVM."""
        return rate_with_interval(self.true_positives, self.true_positives + self.false_positives, method)

    def npv(self, method: Method = "wilson") -> Rate:
        """Negative predictive value: share of BVF among the cases read as BVF."""
        return rate_with_interval(self.true_negatives, self.true_negatives + self.false_negatives, method)

    def positive_likelihood_ratio(self, confidence: float = 0.95) -> Ratio:
        """Sensitivity / (1 − specificity), with its interval on the logarithm (Simel et al. 1991)."""
        return _likelihood_ratio(
            self.true_positives, self.positives, self.false_positives, self.negatives, confidence
        )

    def negative_likelihood_ratio(self, confidence: float = 0.95) -> Ratio:
        """(1 − sensitivity) / specificity, with its interval on the logarithm (Simel et al. 1991)."""
        return _likelihood_ratio(
            self.false_negatives, self.positives, self.true_negatives, self.negatives, confidence
        )


def confusion_table(labels: ArrayLike, scores: ArrayLike, threshold: float) -> ConfusionTable:
    """Count the 2×2 table; a case is read as MVM when its score is at or above the threshold.

    Raises
    ------
    ValidationError
        If labels or scores are unfit. One class alone is allowed.
    """
    positive = labels_of(labels)
    read_as_positive = finite(scores, "scores", positive.size) >= threshold
    true_positives = int(np.count_nonzero(positive & read_as_positive))
    false_positives = int(np.count_nonzero(read_as_positive)) - true_positives
    false_negatives = int(np.count_nonzero(positive)) - true_positives
    return ConfusionTable(
        true_positives,
        false_positives,
        false_negatives,
        positive.size - true_positives - false_positives - false_negatives,
    )


@lru_cache(maxsize=4096)
def rate_with_interval(k: int, n: int, method: Method = "wilson", confidence: float = 0.95) -> Rate:
    """A share with its interval.

    Parameters
    ----------
    k, n : int
        Successes and total.
    method : str
        ``wilson`` (score interval without continuity correction, Wilson 1927) or ``exact``
        (Clopper and Pearson 1934).
    confidence : float
        Level of the interval.

    Raises
    ------
    ValidationError
        If not 0 <= k <= n.
    """
    if not 0 <= k <= n:
        raise ValidationError(f"rate {k} of {n}", "it is no share", "give 0 <= successes <= total")
    if not n:
        return Rate(0, 0, None, None, None)
    interval = binomtest(int(k), int(n)).proportion_ci(confidence, method=method)
    return Rate(int(k), int(n), k / n, float(interval.low), float(interval.high))


def rate_text(rate: Rate) -> str:
    """A rate with its interval and cases, in English, for cards and the command line."""
    if rate.value is None:
        return "none"
    return f"{rate.value:.3f} ({rate.low:.3f} to {rate.high:.3f}) {rate.successes}/{rate.total}"


def _likelihood_ratio(k1: int, n1: int, k2: int, n2: int, confidence: float) -> Ratio:
    """A likelihood ratio is the risk ratio of two shares: same interval, on the logarithm."""
    if not n1 or not n2 or not k2:
        return Ratio(None, None, None)
    result = relative_risk(k1, n1, k2, n2)
    if not k1:
        return Ratio(0.0, None, None)
    interval = result.confidence_interval(confidence)
    return Ratio(float(result.relative_risk), float(interval.low), float(interval.high))
