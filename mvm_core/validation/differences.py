"""The difference between two shares of other cases, such as a specificity inside and outside."""

from dataclasses import dataclass
from math import hypot

from scipy.stats import fisher_exact

from mvm_core.validation.rates import Rate


@dataclass(frozen=True)
class RateDifference:
    """A second share less a first one.

    Attributes
    ----------
    value, low, high : float or None
        In [-1, 1]; None where one of the shares has no cases.
    p : float or None
        Of Fisher's exact test, two-sided; None there, and where cases are not independent.
    """

    value: float | None
    low: float | None
    high: float | None
    p: float | None


def difference_of_rates(first: Rate, second: Rate, *, independent: bool = True) -> RateDifference:
    """The second share less the first, with the interval that their own intervals give.

    Parameters
    ----------
    first, second : Rate
        Of different cases.
    independent : bool
        Whether each share's cases are independent, so that they may be counted in a test.

    Notes
    -----
    Method 10 of Newcombe, Statistics in Medicine 1998;17:873, with Wilson's intervals; with others it is
    the method of variance estimates recovery (Zou and Donner, Statistics in Medicine 2008;27:1693).
    """
    ends = (first.value, first.low, first.high, second.value, second.low, second.high)
    if any(end is None for end in ends):
        return RateDifference(None, None, None, None)
    p1, low1, high1, p2, low2, high2 = (float(end) for end in ends if end is not None)
    value = p2 - p1
    low, high = value - hypot(p2 - low2, high1 - p1), value + hypot(high2 - p2, p1 - low1)
    counts = [[rate.successes, rate.total - rate.successes] for rate in (first, second)]
    return RateDifference(value, low, high, float(fisher_exact(counts).pvalue) if independent else None)
