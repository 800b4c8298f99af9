"""The 2×2 table behind published figures: all that their rounding leaves possible."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from mvm_core.errors import ValidationError
from mvm_core.validation.metrics import of_results
from mvm_core.validation.rates import ConfusionTable

# each rate as numerator over denominator, in the cells TP, FP, FN, TN
_RATES: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    **{each.key: (each.share.above, each.share.below) for each in of_results() if each.share},
    "prevalence": ((1, 0, 1, 0), (1, 1, 1, 1)),
}
RATES = tuple(_RATES)
_MOST_TRIED = 100_000_000
_SLACK = 1e-9


@dataclass(frozen=True)
class Range:
    """Lowest and highest value that a rate can have."""

    low: float
    high: float


def possible_ranges(figures: Mapping[str, str]) -> dict[str, Range] | None:
    """Between which values each rate lies, whatever the number of cases.

    Parameters
    ----------
    figures : mapping of str to str
        Published rates by name (one of `RATES`), written as published: ``"0.76"`` stands for 0.755 to
        0.765.

    Returns
    -------
    dict of str to Range, or None
        For every name in `RATES`; None where no table fits, so that the figures contradict each other.

    Raises
    ------
    ValidationError
        If a figure is not a rate or its name is not known.

    Notes
    -----
    Every figure bounds a ratio of cells, which is linear in them; with the denominator of the rate in
    question held at 1, its least and greatest value are linear programmes (Charnes and Cooper 1962).
    """
    rows = []
    for name, (low, high) in _intervals(figures).items():
        above, below = (np.array(part, dtype=float) for part in _RATES[name])
        rows += [low * below - above, above - high * below]
    found = {}
    for name, (numerator, denominator) in _RATES.items():
        ends = []
        for sign in (1, -1):
            solution = linprog(
                sign * np.array(numerator, dtype=float),
                A_ub=np.array(rows) if rows else None,
                b_ub=np.full(len(rows), _SLACK) if rows else None,
                A_eq=np.array([denominator], dtype=float),
                b_eq=[1.0],
            )
            if solution.status != 0:
                return None
            ends.append(sign * float(solution.fun))
        found[name] = Range(max(0.0, ends[0]), min(1.0, ends[1]))
    return found


def possible_tables(
    figures: Mapping[str, str], n: int, positives: int | None = None
) -> tuple[ConfusionTable, ...]:
    """All 2×2 tables of so many cases that round to the published figures.

    Parameters
    ----------
    figures : mapping of str to str
        As in `possible_ranges`.
    n : int
        Number of cases.
    positives : int, optional
        Number of MVM among them, where it is published.

    Returns
    -------
    tuple of ConfusionTable
        By rising number of positives; empty where none fits.

    Raises
    ------
    ValidationError
        If a figure is not a rate, its name is not known, the numbers are impossible, or there would be
        too many tables to try.
    """
    intervals = _intervals(figures)
    if n < 1 or (positives is not None and not 0 <= positives <= n):
        raise ValidationError(f"{positives} of {n} cases", "that cannot be", "give 0 <= positives <= n")
    counts = range(n + 1) if positives is None else (positives,)
    if sum(_true_positives(m, intervals).size * (n - m + 1) for m in counts) > _MOST_TRIED:
        raise ValidationError(
            f"{n} cases", "too many tables to try", "give the number of positives or the sensitivity"
        )
    found = []
    for m in counts:
        true_positives = _true_positives(m, intervals)[:, None]
        true_negatives = np.arange(n - m + 1)
        cells = (true_positives, n - m - true_negatives, m - true_positives, true_negatives)
        fits = np.ones((true_positives.size, true_negatives.size), dtype=bool)
        for name, (low, high) in intervals.items():
            fits &= _within(cells, name, low, high)
        for row, column in np.argwhere(fits):
            tp, tn = int(true_positives[row, 0]), int(true_negatives[column])
            found.append(ConfusionTable(tp, n - m - tn, m - tp, tn))
    return tuple(found)


def _true_positives(m: int, intervals: Mapping[str, tuple[float, float]]) -> NDArray[np.int64]:
    """Numbers of true positives, of m, that the sensitivity allows."""
    low, high = intervals.get("sensitivity", (0.0, 1.0))
    return np.arange(math.ceil(low * m - 1e-6), math.floor(high * m + 1e-6) + 1)


def _within(cells: tuple[NDArray[np.int64], ...], name: str, low: float, high: float) -> NDArray[np.bool_]:
    """Whether the rate of each table lies in the interval; a rate without denominator does not."""
    numerator, denominator = (
        sum(weight * cell for weight, cell in zip(part, cells, strict=True)) for part in _RATES[name]
    )
    slack = _SLACK * np.maximum(denominator, 1)
    above = numerator >= low * denominator - slack
    return above & (numerator <= high * denominator + slack) & (denominator > 0)


def _intervals(figures: Mapping[str, str]) -> dict[str, tuple[float, float]]:
    """The values that round to each figure, both ends included: authors round halves either way."""
    intervals = {}
    for name, text in figures.items():
        if name not in _RATES:
            raise ValidationError(f"figure {name!r}", "it is not known", f"name one of {', '.join(RATES)}")
        try:
            value = float(text)
        except ValueError as error:
            raise ValidationError(f"{name} {text!r}", "it is no number", "write it as published") from error
        if not 0 <= value <= 1 or "e" in text.lower():
            raise ValidationError(f"{name} {text!r}", "it is no rate", "write it as 0.76, not as 76 %")
        half = 0.5 * 10.0 ** -len(text.strip().partition(".")[2])
        intervals[name] = (max(0.0, value - half), min(1.0, value + half))
    return intervals
