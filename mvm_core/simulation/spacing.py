"""How far the vertebrae lie apart: a cohort's means against those of CTs.

Published: means and standard deviations worked out from the points of up to 2,116 CTs of the VID data set
(github.com/ImFusionGmbH/VID-vertebra-identification-dataset at f19fd3c, CC BY-SA 4.0; the two tables below
are under the same licence). Spines with a sixth lumbar or a thirteenth thoracic vertebra are left out, as are
values beyond four robust standard deviations.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from mvm_core.simulation.patient import Patient
from mvm_core.simulation.proportions import ADULT

BETWEEN_BODIES: dict[str, tuple[float, float]] = {
    "T1-T2": (20.7, 1.54),
    "T2-T3": (20.96, 1.61),
    "T3-T4": (20.95, 1.55),
    "T4-T5": (21.58, 1.61),
    "T5-T6": (21.99, 1.7),
    "T6-T7": (22.47, 1.86),
    "T7-T8": (23.33, 1.74),
    "T8-T9": (23.98, 1.93),
    "T9-T10": (25.38, 2.08),
    "T10-T11": (27.26, 2.27),
    "T11-T12": (29.65, 2.33),
    "T12-L1": (32.31, 2.45),
    "L1-L2": (34.54, 2.46),
    "L2-L3": (35.79, 2.7),
    "L3-L4": (36.49, 2.69),
    "L4-L5": (36.25, 3.06),
}
"""Mean and standard deviation of the distance between body centres, in mm."""

BETWEEN_PEDICLES: dict[str, tuple[float, float]] = {
    "T1": (29.2, 3.35),
    "T2": (25.31, 2.44),
    "T3": (22.67, 1.7),
    "T4": (21.51, 1.55),
    "T5": (21.41, 1.56),
    "T6": (21.64, 1.67),
    "T7": (22.12, 1.8),
    "T8": (22.71, 1.85),
    "T9": (23.26, 1.83),
    "T10": (24.66, 1.99),
    "T11": (27.04, 2.32),
    "T12": (29.43, 2.42),
    "L1": (29.92, 2.5),
    "L2": (30.39, 2.43),
    "L3": (32.96, 2.82),
    "L4": (36.67, 3.62),
    "L5": (48.1, 5.92),
}
"""Mean and standard deviation of the distance between the centres of the pedicles, in mm."""

BODIES, PEDICLES = "body centres", "pedicles"
WANTED_DEVIATION = 0.5
_CHANCE = 1.96


@dataclass(frozen=True)
class Spacing:
    """One distance of a cohort's adults.

    Attributes
    ----------
    measure : {'body centres', 'pedicles'}
    level : str
        One level, or two with a hyphen.
    n : int
    mean, sd : float
        Of the cohort, in mm.
    published_mean, published_sd : float
        In mm.
    """

    measure: str
    level: str
    n: int
    mean: float
    sd: float
    published_mean: float
    published_sd: float

    @property
    def deviation(self) -> float:
        """How far the mean lies from the published one, in published standard deviations."""
        return (self.mean - self.published_mean) / self.published_sd

    @property
    def as_wanted(self) -> bool:
        """Whether the mean lies within half a standard deviation, as far as so few patients can tell."""
        chance = _CHANCE * self.sd / np.sqrt(self.n) / self.published_sd
        return bool(abs(self.deviation) <= WANTED_DEVIATION + chance)


def spacings(patients: Iterable[Patient]) -> list[Spacing]:
    """Distances between bodies and between pedicles, of every level that is drawn and published."""
    bodies: dict[str, list[float]] = {}
    pedicles: dict[str, list[float]] = {}
    for patient in patients:
        if patient.age < ADULT:
            continue
        spine = patient.vertebrae
        for above, below in pairwise(spine):
            apart = float(np.linalg.norm(np.subtract(above.centre, below.centre)))
            bodies.setdefault(f"{above.name}-{below.name}", []).append(apart)
        for vertebra in spine:
            pedicles.setdefault(vertebra.name, []).append(2 * vertebra.pedicle_x)
    tables = ((BODIES, bodies, BETWEEN_BODIES), (PEDICLES, pedicles, BETWEEN_PEDICLES))
    return [
        Spacing(
            measure,
            level,
            len(found[level]),
            float(np.mean(found[level])),
            float(np.std(found[level])),
            *known,
        )
        for measure, found, published in tables
        for level, known in published.items()
        if level in found
    ]
