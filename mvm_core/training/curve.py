"""A straight spine bent to a curve, as scoliosis bends it: what lies beside it goes along."""

from dataclasses import dataclass
from math import pi

import cv2
import numpy as np
from numpy.typing import NDArray

_USUAL_DEGREES, _MOST_DEGREES = 18.0, 40.0
_WAVES = (0.5, 1.6)
"""Full waves of the tilt over the picture's height."""

_UNFOLDED = 0.7
"""Of the radius of the sharpest bend reaches the picture aside, at most: farther out it would fold."""

_COARSE = 4
_ROUNDS = 6


@dataclass(frozen=True)
class Curve:
    """A line that a picture's upright line through `middle` is bent to, its length and its middle kept.

    Attributes
    ----------
    middle : float
        Column of the upright line, in pixels.
    along : float array, shape (n,)
        Rows of the upright line, one pixel apart, from above the picture to below it.
    line : float array, shape (n, 2)
        Where its points come to lie, in pixels.
    tilt : float array, shape (n,)
        Of the line there against the upright, in radians, positive to the right going down.
    """

    middle: float
    along: NDArray[np.float64]
    line: NDArray[np.float64]
    tilt: NDArray[np.float64]

    def points(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where points (..., 2) come to lie, in pixels."""
        at, tilt = self._at(places[..., 1])
        aside = (places[..., 0] - self.middle)[..., np.newaxis]
        return at + aside * np.stack([np.cos(tilt), -np.sin(tilt)], axis=-1)

    def of(self, pixels: NDArray[np.float32], margin: int = 0) -> NDArray[np.float32]:
        """The picture bent; black where nothing comes to lie.

        Parameters
        ----------
        pixels : float32 array, shape (rows + 2 `margin`, columns + 2 `margin`)
            The picture and what lies around it, which a bend may bring into sight.

        Returns
        -------
        float32 array, shape (rows, columns)
        """
        rows, columns = (side - 2 * margin for side in pixels.shape)
        # The way back is smooth: worked out on a coarse grid, it is told between by straight lines.
        size = columns // _COARSE + 1, rows // _COARSE + 1
        x, y = (np.linspace(0, side, cells) for side, cells in zip((columns, rows), size, strict=True))
        back = self._back(np.stack(np.meshgrid(x, y), axis=-1)).astype(np.float32)
        # Pixel centres lie at half-integer coordinates.
        at = [
            ((np.arange(side) + 0.5) / side * (cells - 1))
            for side, cells in zip((columns, rows), size, strict=True)
        ]
        across, down = (part.astype(np.float32) for part in np.meshgrid(*at))
        shift = np.float32(margin - 0.5)
        from_x, from_y = (cv2.remap(part, across, down, cv2.INTER_LINEAR) for part in cv2.split(back))
        bent = cv2.remap(pixels, from_x + shift, from_y + shift, cv2.INTER_LINEAR)
        return bent.astype(np.float32, copy=False)

    def _at(self, rows: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        x, y, tilt = (np.interp(rows, self.along, values) for values in (*self.line.T, self.tilt))
        return np.stack([x, y], axis=-1), tilt

    def _back(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where bent points come from: the row whose line's point lies nearest is found by steps along it."""
        row = places[..., 1].copy()
        for _ in range(_ROUNDS):
            at, tilt = self._at(row)
            off = places - at
            row = row + off[..., 0] * np.sin(tilt) + off[..., 1] * np.cos(tilt)
        at, tilt = self._at(row)
        off = places - at
        aside = off[..., 0] * np.cos(tilt) - off[..., 1] * np.sin(tilt)
        return np.stack([self.middle + aside, row], axis=-1)


def draw_curve(shape: tuple[int, int], middle: float, draw: np.random.Generator) -> Curve:
    """Draw a curve for a picture whose spine lies about the column `middle`.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns.
    """
    rows, columns = shape
    waves, phase = draw.uniform(*_WAVES), draw.uniform(0, 2 * pi)
    reach = max(middle, columns - middle, 1.0)
    drawn = np.deg2rad(min(abs(draw.normal(0, _USUAL_DEGREES)), _MOST_DEGREES))
    steep = min(drawn, _UNFOLDED * rows / (2 * pi * waves * reach))
    along = np.arange(-rows, 2 * rows + 1, dtype=float)
    tilt = steep * np.sin(2 * pi * waves * along / rows + phase)
    line = np.cumsum(np.column_stack([np.sin(tilt), np.cos(tilt)]), axis=0)
    line += (middle, rows / 2) - line[int(1.5 * rows)]
    return Curve(middle, along, line, tilt)
