"""A film set upright by quarter turns, and where what is seen on it lies."""

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from mvm_core.spine.spine import Vertebra

_LEAST_AREA = 1e-6


def set_upright(pixels: NDArray[np.float32], turned: int) -> NDArray[np.float32]:
    """A film that is turned clockwise by so many quarter turns, turned back."""
    return np.ascontiguousarray(np.rot90(pixels, turned)) if turned else pixels


def on_film(corners: NDArray[np.float64], shape: tuple[int, int]) -> float:
    """Share of a body's area, given by its corners, shape (4, 2), that lies on a film."""
    rows, columns = shape
    body = cv2.convexHull(corners.astype(np.float32))
    film = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float32)
    seen, _ = cv2.intersectConvexConvex(body, film)
    return seen / max(cv2.contourArea(body), _LEAST_AREA)


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
