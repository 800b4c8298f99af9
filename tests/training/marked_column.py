"""A film with a spine as plain as can be."""

import numpy as np

from mvm_core.radiograph import View
from mvm_core.spine import LEVELS
from mvm_core.training.spine.films import TrainingFilm, training_film


def marked_film(number: int = 6, *, complete: bool = True) -> TrainingFilm:
    """A column of bright bodies on a grey film, L5 lowest, their lower endplates dented."""
    pixels = np.full((400, 200), 0.3, np.float32)
    corners, middles = [], []
    for place in range(number):
        top = 30 + 55 * place
        pixels[top : top + 38, 70:130] = 0.8
        pixels[top + 30 : top + 38, 92:108] = 0.3
        corners.append([[70, top], [130, top], [130, top + 38], [70, top + 38]])
        middles.append([[100, top], [100, top + 30.4]])
    levels = LEVELS[LEVELS.index("L5") - number + 1 : LEVELS.index("S1")]
    return training_film(
        "column",
        pixels,
        View.AP,
        np.array(corners, float),
        levels,
        complete=complete,
        mirrored=False,
        middles=np.array(middles, float),
    )
