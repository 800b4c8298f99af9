"""How a patient holds still for the films: standing, lying or sitting, turned, leaning."""

from dataclasses import dataclass

import numpy as np

POSTURES = ("standing", "lying", "sitting")
LORDOSIS_SHIFT = {"standing": 0.0, "lying": -13.0, "sitting": -22.0}
"""Against standing, in degrees: 36.8 lying and 49.8 standing in 627 volunteers (Asian Spine J 2019;13:476);
sitting upright least of all (J Orthop Surg Res 2014;9:11), by how much is an assumption."""

_SHARES = {
    "whole-spine": (0.85, 0.0, 0.15),
    "thoracic": (0.6, 0.37, 0.03),
    "lumbar": (0.55, 0.42, 0.03),
    "coned": (0.5, 0.45, 0.05),
}
"""Assumption."""

_ILL_PLACED = 0.15
_TURNED, _LEANING = 9.0, 4.5


@dataclass(frozen=True)
class Stance:
    """How a patient holds still.

    Attributes
    ----------
    posture : {'standing', 'lying', 'sitting'}
    turned : float
        Of the whole trunk about the vertical, besides the few degrees that everybody is turned; in degrees,
        positive as `Vertebra.yaw`.
    leaning : float
        Of the whole spine sideways, in degrees, positive as `Vertebra.roll`.
    """

    posture: str = "standing"
    turned: float = 0.0
    leaning: float = 0.0

    @property
    def caption(self) -> str:
        """As it is burnt into a film."""
        return {"standing": "ERECT", "lying": "SUPINE", "sitting": "SITTING"}[self.posture]


USUAL_STANCE = Stance()


def draw_stance(film_format: str, draw: np.random.Generator) -> Stance:
    """Draw a stance; one in seven patients is ill placed."""
    posture = str(draw.choice(POSTURES, p=_SHARES[film_format]))
    turned, leaning = draw.normal(0, 1.0, 2)
    if draw.random() >= _ILL_PLACED:
        return Stance(posture, 0.0, float(leaning))
    return Stance(
        posture,
        float(np.clip(_TURNED * turned, -22, 22)),
        float(np.clip(_LEANING * leaning, -10, 10)),
    )
