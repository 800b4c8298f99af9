"""Idiopathic curves of the spine.

Right thoracic, left thoracolumbar or lumbar, and double curves; rotation is greatest at the apex and towards
the convexity. Of children screened one in thirty to fifty has a curve, but of those filmed whole most do.
"""

from dataclasses import dataclass

import numpy as np

from mvm_core.simulation.morphometry import NAMES

GREATEST_DEGREES = 80.0
_KINDS = ("thoracic", "thoracolumbar", "lumbar", "double")
_KIND_SHARES = (0.4, 0.2, 0.15, 0.25)
_ROTATION = 0.85
_STEEPEST = np.exp(0.5)


@dataclass(frozen=True)
class Curve:
    """One curve in the frontal plane.

    Attributes
    ----------
    apex : float
        Place of the apex, counted from T4 downwards.
    spread : float
        Distance from the apex to the most tilted vertebrae, in vertebrae.
    cobb : float
        Angle between these, in degrees.
    left : bool
        Whether it is convex to the patient's left.
    """

    apex: float
    spread: float
    cobb: float
    left: bool

    def rolls(self, rows: np.ndarray) -> np.ndarray:
        """Sideways tilt of the vertebrae at places counted from T4, in degrees."""
        off = (rows - self.apex) / self.spread
        slope = off * np.exp(0.5 - 0.5 * off**2)
        return np.asarray((-0.5 if self.left else 0.5) * self.cobb * slope)

    def yaws(self, rows: np.ndarray) -> np.ndarray:
        """Rotation of the vertebrae towards the convexity, in degrees."""
        off = (rows - self.apex) / self.spread
        turn = 0.5 * self.cobb * _ROTATION * np.exp(-0.5 * off**2) * _STEEPEST / self.spread
        return np.asarray(-turn if self.left else turn)


def draw_curves(share: float, draw: np.random.Generator) -> tuple[Curve, ...]:
    """Draw the idiopathic curves of a patient; most have none.

    Parameters
    ----------
    share : float
        Of patients who have any.
    """
    if draw.random() >= share:
        return ()
    kind = str(draw.choice(_KINDS, p=_KIND_SHARES))
    cobb = 10 + (GREATEST_DEGREES - 10) * float(draw.beta(1.3, 2.2))
    usual = draw.random() < 0.88
    thoracic, lumbar = NAMES.index("T8") + draw.normal(0, 0.8), NAMES.index("L2") + draw.normal(0, 0.5)
    if kind == "thoracic":
        return (Curve(thoracic, draw.uniform(2.4, 3.2), cobb, not usual),)
    if kind == "thoracolumbar":
        return (Curve(NAMES.index("L1") - draw.uniform(0, 1.2), draw.uniform(2.2, 3.0), cobb, usual),)
    if kind == "lumbar":
        return (Curve(lumbar, draw.uniform(1.7, 2.3), min(cobb, 60.0), usual),)
    return (
        Curve(thoracic, draw.uniform(2.0, 2.6), cobb, not usual),
        Curve(lumbar, draw.uniform(1.6, 2.2), min(60.0, cobb * draw.uniform(0.6, 1.0)), usual),
    )
