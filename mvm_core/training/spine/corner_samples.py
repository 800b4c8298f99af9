"""From a marked film to a close look at one body, framed as roughly as the finder would, and its corners."""

from dataclasses import dataclass
from math import exp

import numpy as np
from numpy.typing import NDArray

from mvm_core.spine.corners import even, framed
from mvm_core.training.randomise import randomise
from mvm_core.training.spine.films import TrainingFilm

_OFF, _TURNED_DEGREES, _SCALED, _STRETCHED = 0.06, 4.0, 0.09, 0.05


@dataclass(frozen=True)
class CloseSample:
    """A close look, float32 array of shape (rows, columns), and the corners (4, 2) in its pixels."""

    look: NDArray[np.float32]
    corners: NDArray[np.float32]


def draw_close(film: TrainingFilm, draw: np.random.Generator, strength: float) -> CloseSample:
    """Look closely at a drawn body of a film.

    Parameters
    ----------
    strength : float
        Of the changes of grey values, see `randomise`; 0 leaves them as they are.
    """
    corners = film.corners[int(draw.choice(np.flatnonzero(film.shown)))]
    across = corners[1] + corners[2] - corners[0] - corners[3]
    diagonal = float(np.hypot(*(corners[[2, 3]] - corners[[0, 1]]).T).mean())
    angle = float(np.arctan2(across[1], across[0])) + np.deg2rad(draw.normal(0, _TURNED_DEGREES))
    middle = corners.mean(axis=0) + draw.normal(0, _OFF * diagonal, 2)
    stretch = exp(draw.normal(0, _STRETCHED))
    flipped = bool(draw.random() < 0.5)
    canvas = framed(
        middle,
        angle,
        diagonal * exp(draw.normal(0, _SCALED)),
        (-stretch if flipped else stretch, 1 / stretch),
    )
    drawn = canvas.draw(film.pixels.astype(np.float32) * np.float32(1 / 255))
    placed = canvas.points(corners)
    if flipped:
        placed = placed[[1, 0, 3, 2]]
    return CloseSample(even(randomise(np.clip(drawn, 0, 1), draw, strength)), placed.astype(np.float32))
