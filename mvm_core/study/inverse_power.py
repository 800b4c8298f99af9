"""An inverse power law through areas under the ROC curve at several numbers of training patients."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import least_squares

from mvm_core.validation.bootstrap import percentile_interval

LEAST_SIZES = 3
_REPLICATES = 200
_EVALUATIONS = 60
_STEEPEST = 3.0

Floats = NDArray[np.float64]
Interval = tuple[float, float] | None


@dataclass(frozen=True)
class PowerLaw:
    """Area = limit - gap * (n / n0) ** -exponent, where n0 is the greatest number of patients.

    Attributes
    ----------
    limit : float
        Area with patients without end, in [0, 1].
    gap : float
        From the area fitted at n0 to the limit, 0 or more.
    exponent : float
        In [0, 3].
    most : float
        n0.
    """

    limit: float
    gap: float
    exponent: float
    most: float

    def area(self, patients: float) -> float:
        """The area at so many patients, in [0, 1]."""
        return float(np.clip(self.limit - self.gap * (patients / self.most) ** -self.exponent, 0.0, 1.0))


@dataclass(frozen=True)
class FittedLaw:
    """A law with its intervals over training seeds.

    Attributes
    ----------
    law : PowerLaw
    limit, twice : tuple of float or None
        95 %: of the limit, and of the area at twice the greatest number of patients.
    seeds : int
    """

    law: PowerLaw
    limit: Interval
    twice: Interval
    seeds: int


def fit_power_law(patients: Floats, areas: Floats, start: PowerLaw | None = None) -> PowerLaw:
    """Fit by least squares.

    Parameters
    ----------
    patients, areas : float array, shape (k,)
        Of at least three different numbers of patients.
    start : PowerLaw, optional
        Where the search begins, if one is known that lies near.

    Notes
    -----
    Figueroa et al., BMC Medical Informatics and Decision Making 2012;12:8, equation 1, with the number of
    patients over the greatest one, so that all three parameters are of order one.
    """
    most = float(patients.max())
    share = patients / most

    def residuals(parameters: Floats) -> Floats:
        limit, gap, exponent = parameters
        return np.asarray(limit - gap * share**-exponent - areas)

    top = float(areas[patients == most].mean())
    starts = [(min(1.0, top + 0.02), 0.02, exponent) for exponent in (0.3, 1.0)]
    if start is not None:
        starts = [(start.limit, start.gap, start.exponent)]
    bounds = ([0.0, 0.0, 0.0], [1.0, 1.0, _STEEPEST])
    fits = [least_squares(residuals, each, bounds=bounds, max_nfev=_EVALUATIONS) for each in starts]
    best = min(fits, key=lambda fit: float(fit.cost))
    limit, gap, exponent = (float(value) for value in best.x)
    return PowerLaw(limit, gap, exponent, most)


def law_with_intervals(table: pd.DataFrame, replicates: int = _REPLICATES, seed: int = 0) -> FittedLaw | None:
    """The law of one reading and question, with intervals from redrawn seeds.

    Each replicate draws training seeds with replacement, at each number of patients its own: a seed fixes
    which patients are learnt from, the start and the order. The test patients stay the same, so that the
    intervals tell of training alone.

    Parameters
    ----------
    table : DataFrame
        ``patients, seed, area``.

    Returns
    -------
    FittedLaw or None
        None with fewer than three numbers of patients.
    """
    by_size = [
        (float(n), table.loc[table["patients"] == n, "area"].to_numpy(float))
        for n in sorted(table["patients"].unique())
    ]
    if len(by_size) < LEAST_SIZES:
        return None
    law = _fit(by_size)
    draw = np.random.default_rng(seed)
    seeds = min(areas.size for _, areas in by_size)
    if seeds < 2:
        return FittedLaw(law, None, None, seeds)
    drawn = [
        _fit([(n, draw.choice(areas, areas.size)) for n, areas in by_size], law) for _ in range(replicates)
    ]
    return FittedLaw(
        law,
        percentile_interval(np.array([each.limit for each in drawn])),
        percentile_interval(np.array([each.area(2 * each.most) for each in drawn])),
        seeds,
    )


def _fit(by_size: Sequence[tuple[float, Floats]], start: PowerLaw | None = None) -> PowerLaw:
    patients = np.concatenate([np.full(areas.size, n) for n, areas in by_size])
    return fit_power_law(patients, np.concatenate([areas for _, areas in by_size]), start)
