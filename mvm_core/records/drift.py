"""Whether what is read drifts: by month, and by exponentially weighted moving averages with their limits."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from mvm_core.errors import ValidationError
from mvm_core.records.case import KeptCase
from mvm_core.records.predictions import settled
from mvm_core.validation.sample_size import cases_for_auc, cases_for_rates

WEIGHT, WIDTH, BASELINE = 0.2, 3.0, 30
"""Weight of the newest value; limits in standard deviations; how many first values say what is usual."""


@dataclass(frozen=True)
class Ewma:
    """A moving average and its limits.

    Attributes
    ----------
    average, lower, upper : float64 array, shape (n,)
        One for each value after the baseline.
    centre, deviation : float
        Mean and standard deviation of the baseline.
    """

    average: NDArray[np.float64] = field(repr=False)
    lower: NDArray[np.float64] = field(repr=False)
    upper: NDArray[np.float64] = field(repr=False)
    centre: float
    deviation: float

    @property
    def outside(self) -> NDArray[np.bool_]:
        """Where the average lies beyond its limits, shape (n,)."""
        return (self.average < self.lower) | (self.average > self.upper)


def ewma(values: ArrayLike, baseline: int = BASELINE, weight: float = WEIGHT, width: float = WIDTH) -> Ewma:
    """Exponentially weighted moving average of values in the order of time.

    Parameters
    ----------
    values : array-like of float, shape (m,)
        Finite; the first `baseline` of them say what is usual.
    baseline : int
        2 or more.
    weight : float
        Of the newest value, in (0, 1].
    width : float
        Of the limits, in standard deviations of the average.

    Raises
    ------
    ValidationError
        If there are no values beyond the baseline, or that does not vary.

    Notes
    -----
    z_t = w x_t + (1 - w) z_(t-1), z_0 the baseline's mean; limits at z_0 +- L s sqrt(w / (2 - w)
    (1 - (1 - w)^(2t))): Roberts, Technometrics 1959;1:239; Lucas and Saccucci, Technometrics 1990;32:1.
    """
    given = np.asarray(values, np.float64)
    if baseline < 2 or len(given) <= baseline:
        raise ValidationError(
            "drift", f"{len(given)} values are no more than the baseline of {baseline}", "wait for more cases"
        )
    centre, deviation = float(given[:baseline].mean()), float(given[:baseline].std(ddof=1))
    if not deviation > 0:
        raise ValidationError("drift", "all values of the baseline are the same", "wait for more cases")
    average = np.empty(len(given) - baseline)
    last = centre
    for at, value in enumerate(given[baseline:]):
        last = weight * float(value) + (1 - weight) * last
        average[at] = last
    times = np.arange(1, len(average) + 1)
    reach = width * deviation * np.sqrt(weight / (2 - weight) * (1 - (1 - weight) ** (2 * times)))
    return Ewma(average, centre - reach, centre + reach, centre, deviation)


SERIES = ("probability", "distance", "mvm", "indeterminate", "bvf", "intact")
"""What `series` gives: scores, distances from the training films, and shares of the zones."""

_ZONES = {
    "mvm": "MVM likely",
    "indeterminate": "indeterminate",
    "bvf": "BVF likely",
    "intact": "nothing seen",
}


def series(cases: Sequence[KeptCase], name: str) -> list[float]:
    """One of `SERIES`, oldest first: 1 or 0 for a zone; cases without such a value are left out."""
    ordered = sorted(cases, key=lambda case: (case.kept_at, case.id))
    if name in _ZONES:
        return [float(case.zone == _ZONES[name]) for case in ordered]
    found = [case.probability if name == "probability" else case.distance for case in ordered]
    return _known(found)


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def by_month(cases: Sequence[KeptCase]) -> pd.DataFrame:
    """What was read, month by month.

    Returns
    -------
    DataFrame
        A row for each month (UTC), oldest first: ``month`` (YYYY-MM), ``readings``, ``settled`` (with a
        reference standard that counts), shares ``mvm``, ``indeterminate``, ``bvf``, ``intact`` in [0, 1],
        medians ``probability`` in [0, 1] and ``percentile``, NaN where there is none; and of settled cases
        ``sensitivity`` and ``specificity`` where *MVM likely* counts as positive, NaN without such cases.
    """
    counted = {case.id for case in settled(cases)}
    rows = []
    for month in sorted({case.kept_at[:7] for case in cases}):
        own = [case for case in cases if case.kept_at.startswith(month)]
        known = [case for case in own if case.id in counted]
        row: dict[str, object] = {"month": month, "readings": len(own), "settled": len(known)}
        row |= {name: float(np.mean(series(own, name))) for name in _ZONES}
        medians = {"probability": series(own, "probability"), "percentile": _known(c.percentile for c in own)}
        row |= {name: float(np.median(found)) if found else math.nan for name, found in medians.items()}
        for name, label in (("sensitivity", "mvm"), ("specificity", "bvf")):
            right = [
                (case.zone == "MVM likely") == (label == "mvm") for case in known if case.said.truth == label
            ]
            row[name] = float(np.mean(right)) if right else math.nan
        rows.append(row)
    return pd.DataFrame(rows)


@dataclass(frozen=True)
class Missing:
    """How many more settled cases an interval of 95 % needs, were all to go on as before."""

    auc: int | None
    rates: int | None


def missing_cases(
    auc: float, sensitivity: float, specificity: float, mvm: int, bvf: int, width: float
) -> Missing:
    """Settled cases still missing for intervals no wider than `width`.

    Parameters
    ----------
    auc, sensitivity, specificity : float
        As found so far, in [0, 1].
    mvm, bvf : int
        Settled so far, one each at least; their share is taken to stay.
    width : float
        Full width of the interval, in (0, 1).

    Returns
    -------
    Missing
        For the area (Hanley and McNeil, Radiology 1982;143:29), None where it is not above 0.5; and for
        sensitivity and specificity (Wilson, JASA 1927;22:209). A rate of 0 or 1 so far is taken as half a
        case away from it.
    """
    share, so_far = mvm / (mvm + bvf), mvm + bvf
    inner = min(max(auc, 0.0), 1 - 0.5 / so_far)
    area = max(0, cases_for_auc(inner, width, share).n - so_far) if inner > 0.5 else None
    sensitivity = min(max(sensitivity, 0.5 / mvm), 1 - 0.5 / mvm)
    specificity = min(max(specificity, 0.5 / bvf), 1 - 0.5 / bvf)
    rates = max(0, cases_for_rates(sensitivity, specificity, width, share).n - so_far)
    return Missing(area, rates)
