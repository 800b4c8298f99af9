"""What the finder's network sees: a part of a film, laid on a canvas, and its grey values made alike."""

from dataclasses import dataclass
from functools import cached_property
from math import sqrt

import cv2
import numpy as np
from numpy.typing import NDArray

STEP = 32
"""Sides of a canvas are multiples of this many pixels."""

STRIDE = 4
"""Pixels of the canvas to a cell of the network's maps."""

OFFSET_UNIT = 16.0
"""Canvas pixels to one unit of an offset from a body's centre to a corner."""

AREA = 512 * 256
"""About so many pixels has the canvas of a first look, whatever the film's shape."""

_CLIP, _TILES = 2.0, 8
_COARSE = 0.75
"""Canvas pixels to a film pixel: below this the film is reduced first."""


@dataclass(frozen=True)
class Canvas:
    """How a film is laid on a canvas.

    Attributes
    ----------
    rows, columns : int
        Of the canvas, multiples of `STEP`.
    to_canvas : float array, shape (2, 3)
        Affine map from film coordinates to canvas coordinates, both in pixels.
    """

    rows: int
    columns: int
    to_canvas: NDArray[np.float64]

    @cached_property
    def scale(self) -> float:
        """Canvas pixels to a film pixel."""
        return float(sqrt(abs(np.linalg.det(self.to_canvas[:, :2]))))

    def points(self, film: NDArray[np.float64]) -> NDArray[np.float64]:
        """Canvas coordinates of points (..., 2) given in film coordinates."""
        return film @ self.to_canvas[:, :2].T + self.to_canvas[:, 2]

    def film_points(self, canvas: NDArray[np.float64]) -> NDArray[np.float64]:
        """Film coordinates of points (..., 2) given in canvas coordinates."""
        return (canvas - self.to_canvas[:, 2]) @ self._to_film

    @cached_property
    def _to_film(self) -> NDArray[np.float64]:
        return np.asarray(np.linalg.inv(self.to_canvas[:, :2]).T)

    def widened(self, margin: int) -> "Canvas":
        """The same with so many more pixels on every side."""
        wide = self.to_canvas + np.array([[0, 0, margin], [0, 0, margin]])
        return Canvas(self.rows + 2 * margin, self.columns + 2 * margin, wide)

    def draw(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """Lay film pixels in [0, 1] on the canvas; black beyond the film."""
        linear, shift = self.to_canvas[:, :2], self.to_canvas[:, 2]
        if self.scale < _COARSE:
            # A coarse canvas would alias: reduce by area first, no more of the film than is seen.
            pixels, corner = self._part_seen(pixels)
            shift = shift + linear @ corner
            pixels, shares = reduced(pixels, self.scale / 0.99)
            linear = linear / shares
        # Pixel centres lie at half-integer coordinates.
        matrix = np.column_stack([linear, shift + linear @ (0.5, 0.5) - 0.5])
        drawn = cv2.warpAffine(pixels, matrix, (self.columns, self.rows), flags=cv2.INTER_LINEAR)
        return drawn.astype(np.float32, copy=False)

    def _part_seen(self, pixels: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
        """The part of a film that lies on the canvas, with a margin; film coordinates of its first corner."""
        right, bottom = float(self.columns), float(self.rows)
        corners = self.film_points(np.array([(0.0, 0.0), (right, 0.0), (0.0, bottom), (right, bottom)]))
        margin = 3 / self.scale
        limits = np.array(pixels.shape[::-1])
        low = np.clip(np.floor(corners.min(axis=0) - margin), 0, limits - 1).astype(int)
        high = np.clip(np.ceil(corners.max(axis=0) + margin), low + 1, limits).astype(int)
        return pixels[low[1] : high[1], low[0] : high[0]], low.astype(float)


def whole_film(shape: tuple[int, int], area: int = AREA) -> Canvas:
    """The canvas of a first look: the whole film, of about the given number of pixels."""
    rows, columns = shape
    scale = sqrt(area / (rows * columns))
    return _upright((0.0, 0.0, float(columns), float(rows)), scale)


def part_of_film(window: tuple[float, float, float, float], scale: float) -> Canvas:
    """The canvas of a closer look at a window (x0, y0, x1, y1) in film coordinates."""
    return _upright(window, scale)


def _upright(window: tuple[float, float, float, float], scale: float) -> Canvas:
    x0, y0, x1, y1 = window
    rows, columns = (
        max(STEP, STEP * round(scale * side / STEP)) if side > 0 else STEP for side in (y1 - y0, x1 - x0)
    )
    # The window's middle lies in the canvas's, whatever the rounding of its sides.
    shift_x, shift_y = columns / 2 - scale * (x0 + x1) / 2, rows / 2 - scale * (y0 + y1) / 2
    return Canvas(rows, columns, np.array([[scale, 0.0, shift_x], [0.0, scale, shift_y]]))


def reduced(pixels: NDArray[np.float32], factor: float) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """A film reduced by area, where the factor is below 1, and its share of x and y."""
    if factor >= 1:
        return pixels, np.ones(2)
    rows, columns = pixels.shape
    size = max(1, round(columns * factor)), max(1, round(rows * factor))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.float32, copy=False)
    return small, np.array([size[0] / columns, size[1] / rows])


def standardise(drawn: NDArray[np.float32]) -> NDArray[np.float32]:
    """Make grey values alike: local contrast equalised, zero mean, unit standard deviation.

    Parameters
    ----------
    drawn : float32 array, shape (rows, columns)
        In [0, 1].
    """
    low, high = np.percentile(drawn[::2, ::2], (0.5, 99.5))
    grey = np.clip((drawn - low) / max(float(high - low), 1e-6), 0, 1)
    equaliser = cv2.createCLAHE(_CLIP, (_TILES, _TILES))
    even = equaliser.apply(np.round(grey * 255).astype(np.uint8)).astype(np.float32)
    return (even - even.mean()) / np.float32(max(float(even.std()), 1e-3))
