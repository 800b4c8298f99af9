"""A film photographed a little from the side: straight lines stay straight, parallel ones do not."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

_CHANCE = 0.08
_MOST = 0.05
"""How far a corner moves, as a share of the picture's sides."""


@dataclass(frozen=True)
class Angle:
    """One point of view.

    Attributes
    ----------
    matrix : float array, shape (3, 3)
        Homography of the picture's coordinates, in pixels; pixel centres lie at half-integer places.
    """

    matrix: NDArray[np.float64]

    def of(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """The picture as it is seen from there, of the same shape."""
        half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
        centres = np.linalg.inv(half) @ self.matrix @ half
        whole = np.ascontiguousarray(pixels)
        seen = cv2.warpPerspective(whole, centres, whole.shape[::-1], flags=cv2.INTER_LINEAR)
        return seen.astype(np.float32, copy=False)

    def points(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where points (..., 2) come to lie, in pixels."""
        moved = np.concatenate([places, np.ones_like(places[..., :1])], axis=-1) @ self.matrix.T
        return moved[..., :2] / moved[..., 2:]


def draw_angle(shape: tuple[int, int], draw: np.random.Generator, strength: float) -> Angle | None:
    """Draw a point of view; None for most pictures, which are no photographs.

    The middle of the picture stays where it is.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns.
    strength : float
        Scales how often and how much; 0 gives None.
    """
    if strength <= 0 or draw.random() >= _CHANCE * strength:
        return None
    rows, columns = shape
    corners = np.array([(0, 0), (columns, 0), (columns, rows), (0, rows)], np.float32)
    reach = _MOST * min(strength, 1.0) * np.array([columns, rows])
    moved = (corners + draw.uniform(-1, 1, (4, 2)) * reach).astype(np.float32)
    there = Angle(np.asarray(cv2.getPerspectiveTransform(corners, moved), np.float64))
    middle = np.array([columns / 2, rows / 2])
    back = np.eye(3)
    back[:2, 2] = middle - there.points(middle)
    return Angle(back @ there.matrix)
