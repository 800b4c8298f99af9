"""A film set upright by quarter turns, and where what is seen on it lies."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mvm_core.spine.spine import Vertebra

_CELLS = 16
"""On a side of a body, of which those on the film are counted."""


def set_upright(pixels: NDArray[np.float32], turned: int) -> NDArray[np.float32]:
    """A film that is turned clockwise by so many quarter turns, turned back."""
    return np.ascontiguousarray(np.rot90(pixels, turned)) if turned else pixels


def on_film(corners: NDArray[np.float64], shape: tuple[int, int]) -> float:
    """Share of a body's area, given by its corners, shape (4, 2), that lies on a film."""
    share = (np.arange(_CELLS) + 0.5) / _CELLS
    upper, lower = (a + share[:, np.newaxis] * (b - a) for a, b in (corners[:2], corners[[3, 2]]))
    cells = upper + share[:, np.newaxis, np.newaxis] * (lower - upper)
    return float(((cells > 0) & (cells < shape[::-1])).all(axis=-1).mean())


def turned_back(vertebra: Vertebra, turned: int, shape: tuple[int, int]) -> Vertebra:
    """Corners of the film as stored, from those of the film set upright by `turned` quarter turns."""
    corners = vertebra.corners
    rows, columns = shape
    if turned == 1:
        corners = np.column_stack([columns - corners[:, 1], corners[:, 0]])
    elif turned == 2:
        corners = np.array([columns, rows]) - corners
    elif turned == 3:
        corners = np.column_stack([corners[:, 1], rows - corners[:, 0]])
    return replace(vertebra, corners=corners)
