"""Sizes and curves of a simulated cohort's spines against the published ones."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from mvm_core.simulation.morphometry import LORDOSIS_DEGREES, NAMES, SPREAD, TYPICAL
from mvm_core.simulation.patient import Patient
from mvm_core.simulation.vertebra import Vertebra

PARTS = ("width", "depth", "height", "canal_width", "canal_depth", "pedicle_width")
ADULT = 18
LITTLE_WORN = 0.4
"""Up to this wear (see `Patient`) a spine counts as healthy; worn ones may be bent beyond the range."""

_HEALTHY_RANGES = {
    "kyphosis T4-T12": (20.0, 50.0),
    "lordosis T12-S1": (
        LORDOSIS_DEGREES[0] - 2 * LORDOSIS_DEGREES[1],
        LORDOSIS_DEGREES[0] + 2 * LORDOSIS_DEGREES[1],
    ),
    "coronal Cobb angle": (0.0, 10.0),
}


@dataclass(frozen=True)
class Proportion:
    """One size at one level.

    Attributes
    ----------
    level, part : str
    mean, published : float
        In mm.
    deviation : float
        How far the cohort's mean lies from the published one, in published standard deviations.
    """

    level: str
    part: str
    mean: float
    published: float
    deviation: float


@dataclass(frozen=True)
class Curve:
    """One curve of the healthy spines.

    Attributes
    ----------
    name : str
    median, p10, p90 : float
        In degrees.
    normal : tuple of float
        Published range of the healthy, in degrees.
    within, n : int
        How many of the healthy spines lie in it.
    """

    name: str
    median: float
    p10: float
    p90: float
    normal: tuple[float, float]
    within: int
    n: int


def proportions(patients: Iterable[Patient]) -> list[Proportion]:
    """Mean sizes by level against the tables in `morphometry`."""
    adults = [patient for patient in patients if patient.age >= ADULT]
    # What is enlarged, wedged or grown together is not compared.
    spines = [
        {
            vertebra.name: vertebra
            for row, vertebra in enumerate(patient.vertebrae)
            if row not in patient.changes
        }
        for patient in adults
    ]
    found = []
    for level in NAMES:
        known = [spine[level].size for spine in spines if level in spine]
        if not known:
            continue
        for part in PARTS:
            mean = float(np.mean([getattr(size, part) for size in known]))
            published = float(getattr(TYPICAL[level], part))
            found.append(Proportion(level, part, mean, published, (mean - published) / (SPREAD * published)))
    return found


def healthy_curves(patients: Iterable[Patient]) -> list[Curve]:
    """Curves of the spines that are little worn; none of it is taken from the disease."""
    spines = [
        patient.vertebrae
        for patient in patients
        if patient.wear <= LITTLE_WORN
        and patient.stance.posture == "standing"
        and not (patient.curves or patient.changes)
    ]
    if not spines:
        return []
    return [_curve(name, np.array([_degrees(name, spine) for spine in spines])) for name in _HEALTHY_RANGES]


def _curve(name: str, degrees: np.ndarray) -> Curve:
    low, high = _HEALTHY_RANGES[name]
    p10, median, p90 = (float(value) for value in np.percentile(degrees, (10, 50, 90)))
    within = int(((degrees >= low) & (degrees <= high)).sum())
    return Curve(name, median, p10, p90, (low, high), within, len(degrees))


def _degrees(name: str, spine: tuple[Vertebra, ...]) -> float:
    tilt = {vertebra.name: vertebra.tilt for vertebra in spine}
    if name.startswith("kyphosis"):
        return tilt["T4"] - tilt["T12"]
    if name.startswith("lordosis"):
        return tilt["S1"] - tilt["T12"]
    rolls = [vertebra.roll for vertebra in spine]
    return max(rolls) - min(rolls)
