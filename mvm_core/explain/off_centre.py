"""Squares moved off the level in question, so that their middle is no answer.

The networks see a square around the level that was marked. There a map that always points at the middle would
seem right; moved by a draw for each case, it has to find the disease.
"""

import dataclasses
import zlib

import numpy as np
from numpy.typing import NDArray

from mvm_core.radiograph import Box, FilmPair, Radiograph, View

GREATEST_MM = 20.0
"""Greatest move along each axis, a fifth of the square's side."""


def off_centre(pair: FilmPair, case_id: str) -> FilmPair:
    """The same films with the marks moved, the same way whenever the case is asked for.

    Parameters
    ----------
    pair : FilmPair
        A film without a mark, or without a known pixel spacing, stays as it is: there the square does not
        follow the mark, or is no larger than it.
    case_id : str
        What the draw starts from.
    """
    draw = np.random.default_rng(zlib.crc32(case_id.encode()))
    moves = draw.uniform(-GREATEST_MM, GREATEST_MM, (2, 2))
    return dataclasses.replace(
        pair,
        ap_box=moved_box(pair.film(View.AP), pair.box(View.AP), moves[0]),
        lateral_box=moved_box(pair.film(View.LATERAL), pair.box(View.LATERAL), moves[1]),
    )


def moved_box(film: Radiograph | None, box: Box | None, move_mm: NDArray[np.float64]) -> Box | None:
    """The box moved by so many mm at the detector to the right and downwards; as it is without a scale."""
    if film is None or box is None or film.mm_per_pixel is None:
        return box
    x, y = move_mm / film.mm_per_pixel
    return Box(box.x0 + x, box.y0 + y, box.x1 + x, box.y1 + y)
