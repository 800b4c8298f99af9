"""From a marked film to what the network learns from: a canvas, changed at random, and its targets."""

from dataclasses import dataclass, field
from math import exp, log

import cv2
import numpy as np
from numpy.typing import NDArray

from mvm_core.radiograph import View
from mvm_core.spine.canvas import OFFSET_UNIT, STRIDE, Canvas, standardise
from mvm_core.training.angle import draw_angle
from mvm_core.training.curve import draw_curve
from mvm_core.training.randomise import randomise
from mvm_core.training.spine.films import TrainingFilm
from mvm_core.training.spine.no_spine import draw_no_spine

SHAPES = ((512, 256), (576, 224), (448, 288), (384, 352), (352, 384))
"""Canvases, rows and columns, one drawn for each batch."""

_TURN_DEGREES, _STEEP_DEGREES = 14.0, 34.0
_STEEP = 0.3
"""Share of upright films that are turned as far as a vertebra of a severe curve is tilted."""

_CURVED = 0.35
_QUARTER_TURNED = 0.22
_WHOLE = 0.4
_LEAST_BODY_PX, _MOST_BODY_PX = 9.0, 64.0


@dataclass(frozen=True)
class Target:
    """What the network should say of one canvas.

    Attributes
    ----------
    centre : float32 array, shape (h, w)
        1 at the centres of bodies, falling off around them.
    corner : float32 array, shape (4, h, w)
        The same for each corner.
    counted : float32 array, shape (h, w)
        0 where nobody knows whether a vertebra lies there.
    cells : int array, shape (n, 2)
        Row and column of the cells that an offset and a level are asked of.
    offsets : float32 array, shape (n, 8)
        From the cell's middle to the corners, in units of `OFFSET_UNIT`.
    sizes : float32 array, shape (n,)
        Diagonal of the body, in the same units.
    levels : int array, shape (n,)
        Index of the level, or `UNKNOWN`.
    spine, lateral, mirrored : float
        1, 0, or NaN where it is not known or not asked.
    turned : int
        Quarter turns clockwise, 0 to 3; -1 where not asked.
    """

    centre: NDArray[np.float32] = field(repr=False)
    corner: NDArray[np.float32] = field(repr=False)
    counted: NDArray[np.float32] = field(repr=False)
    cells: NDArray[np.intp] = field(repr=False)
    offsets: NDArray[np.float32] = field(repr=False)
    sizes: NDArray[np.float32] = field(repr=False)
    levels: NDArray[np.intp] = field(repr=False)
    spine: float
    lateral: float
    mirrored: float
    turned: int


@dataclass(frozen=True)
class CanvasSample:
    """A canvas, float32 array of shape (rows, columns) as the network sees it, and its target."""

    canvas: NDArray[np.float32]
    target: Target


def draw_sample(
    film: TrainingFilm, shape: tuple[int, int], draw: np.random.Generator, strength: float
) -> CanvasSample:
    """Lay a film on a canvas at a drawn place, size and turn, and change its grey values at random.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns of the canvas.
    strength : float
        Of the changes of grey values, see `randomise`; 0 leaves them as they are.
    """
    turned = int(draw.integers(1, 4)) if draw.random() < _QUARTER_TURNED else 0
    flipped = bool(draw.random() < 0.5)
    canvas = _draw_canvas(film, shape, turned, flipped, draw)
    pixels, corners = film.pixels.astype(np.float32) * np.float32(1 / 255), canvas.points(film.corners)
    if not turned and draw.random() < _CURVED:
        curve, margin = draw_curve(shape, float(corners[..., 0].mean()), draw), max(shape) // 4
        drawn, corners = curve.of(canvas.widened(margin).draw(pixels), margin), curve.points(corners)
    else:
        drawn = canvas.draw(pixels)
    angle = draw_angle(shape, draw, strength)
    if angle is not None:
        drawn, corners = angle.of(drawn), angle.points(corners)
    drawn = randomise(np.clip(drawn, 0, 1), draw, strength)
    mirrored = np.nan if film.mirrored is None else float(film.mirrored != flipped)
    # Turned by a quarter, corners keep their names in the upright film: the film is turned back before they
    # are asked for, so of a turned canvas only the turn is learnt.
    if turned:
        return CanvasSample(standardise(drawn), _turned_target(film, shape, turned))
    if flipped:
        corners = corners[:, [1, 0, 3, 2]]
    return CanvasSample(standardise(drawn), _target(film, corners, shape, mirrored))


def draw_nothing(shape: tuple[int, int], draw: np.random.Generator) -> CanvasSample:
    """A canvas without a spine."""
    grey = draw_no_spine(shape, draw).astype(np.float32) / np.float32(255)
    return CanvasSample(standardise(randomise(grey, draw, 1.0)), _empty(shape, spine=0.0))


def _draw_canvas(
    film: TrainingFilm, shape: tuple[int, int], turned: int, flipped: bool, draw: np.random.Generator
) -> Canvas:
    rows, columns = film.pixels.shape
    high, wide = shape[:: -1 if turned % 2 else 1]
    fit = min(high / rows, wide / columns)
    body = float(np.median(np.hypot(*(film.corners[:, 3] - film.corners[:, 0]).T)))
    if draw.random() < _WHOLE:
        scale, centre = fit * draw.uniform(0.8, 1.05), np.array([columns / 2, rows / 2])
    else:
        low, high_scale = (max(fit, _LEAST_BODY_PX / body), max(fit * 1.3, _MOST_BODY_PX / body))
        scale = exp(draw.uniform(log(low), log(max(high_scale, low * 1.01))))
        centre = film.corners[int(draw.integers(len(film.corners)))].mean(axis=0)
        centre = centre + draw.normal(0, 0.6 * body, 2)
    stretch = exp(draw.normal(0, 0.07))
    most = _STEEP_DEGREES if not turned and draw.random() < _STEEP else _TURN_DEGREES
    angle = np.deg2rad(draw.uniform(-most, most) + 90 * turned)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = scale * turn @ np.diag([(-1.0 if flipped else 1.0) * stretch, 1 / stretch])
    shift = np.array([shape[1], shape[0]]) / 2 + draw.normal(0, 6, 2) - linear @ centre
    return Canvas(*shape, np.column_stack([linear, shift]))


def _empty(shape: tuple[int, int], spine: float) -> Target:
    cells = (shape[0] // STRIDE, shape[1] // STRIDE)
    return Target(
        np.zeros(cells, np.float32),
        np.zeros((4, *cells), np.float32),
        np.ones(cells, np.float32),
        np.zeros((0, 2), np.intp),
        np.zeros((0, 8), np.float32),
        np.zeros(0, np.float32),
        np.zeros(0, np.intp),
        spine,
        np.nan,
        np.nan,
        -1,
    )


def _turned_target(film: TrainingFilm, shape: tuple[int, int], turned: int) -> Target:
    empty = _empty(shape, 1.0)
    return Target(
        **{**vars(empty), "counted": np.zeros_like(empty.counted)}
        | {"lateral": float(film.view is View.LATERAL), "turned": turned}
    )


def _target(
    film: TrainingFilm, corners: NDArray[np.float64], shape: tuple[int, int], mirrored: float
) -> Target:
    rows, columns = shape[0] // STRIDE, shape[1] // STRIDE
    centre, corner = np.zeros((rows, columns), np.float32), np.zeros((4, rows, columns), np.float32)
    counted = np.ones((rows, columns), np.float32)
    cells, offsets, sizes, levels = [], [], [], []
    limits = np.array([shape[1], shape[0]])
    for quad, level, shown in zip(corners, film.levels, film.shown, strict=True):
        middle = quad.mean(axis=0)
        diagonal = float(np.hypot(*(quad[[2, 3]] - quad[[0, 1]]).T).mean())
        inside = ((quad > 0) & (quad < limits)).all(axis=1).sum()
        if not shown or not ((middle > 0) & (middle < limits)).all() or inside < 2:
            if inside:
                _blot(counted, middle, diagonal)
            continue
        height = float(np.hypot(*(quad[[3, 2]] - quad[[0, 1]]).T).mean())
        _bump(centre, middle, max(height * 0.16, STRIDE * 0.7))
        for place, point in enumerate(quad):
            _bump(corner[place], point, max(height * 0.09, STRIDE * 0.6))
        column, row = (middle / STRIDE).astype(int)
        for down, across in ((0, 0), (0, 1), (1, 0), (0, -1), (-1, 0)):
            r, c = row + down, column + across
            if 0 <= r < rows and 0 <= c < columns:
                cells.append((r, c))
                offsets.append(((quad - (np.array([c, r]) + 0.5) * STRIDE) / OFFSET_UNIT).ravel())
                sizes.append(diagonal / OFFSET_UNIT)
                levels.append(level)
    if not film.complete:
        _blot_beyond(counted, corners)
    if not cells:
        return _empty(shape, np.nan)
    return Target(
        centre,
        corner,
        counted,
        np.array(cells, np.intp),
        np.array(offsets, np.float32),
        np.array(sizes, np.float32),
        np.array(levels, np.intp),
        1.0,
        float(film.view is View.LATERAL),
        mirrored,
        0,
    )


def _bump(field_: NDArray[np.float32], point: NDArray[np.float64], sigma_px: float) -> None:
    """Raise a field to 1 at the cell of a point, falling off as a bell."""
    rows, columns = field_.shape
    x, y = point / STRIDE - 0.5
    sigma = sigma_px / STRIDE
    reach = int(3 * sigma + 2)
    left, top = max(0, int(x) - reach), max(0, int(y) - reach)
    right, bottom = min(columns, int(x) + reach + 2), min(rows, int(y) + reach + 2)
    if right <= left or bottom <= top:
        return
    across = (np.arange(left, right) - x) ** 2
    down = (np.arange(top, bottom) - y) ** 2
    bell = np.exp(-(across[None, :] + down[:, None]) / (2 * sigma**2)).astype(np.float32)
    # The nearest cell counts as the place itself.
    r, c = round(y) - top, round(x) - left
    if 0 <= r < bell.shape[0] and 0 <= c < bell.shape[1]:
        bell[r, c] = 1.0
    part = field_[top:bottom, left:right]
    np.maximum(part, bell, out=part)


def _blot(counted: NDArray[np.float32], middle: NDArray[np.float64], reach_px: float) -> None:
    """Leave out a disc around a place."""
    x, y = (int(v) for v in np.clip(middle / STRIDE, -1e4, 1e4))
    cv2.circle(counted, (x, y), max(1, int(reach_px / STRIDE)), 0.0, -1)


def _blot_beyond(counted: NDArray[np.float32], corners: NDArray[np.float64]) -> None:
    """Leave out where the next vertebrae above the first and below the last marked one would lie."""
    middles = corners.mean(axis=1)
    for end, before in ((0, 1), (-1, -2)):
        step = middles[end] - middles[before] if len(middles) > 1 else np.zeros(2)
        reach = float(np.hypot(*step))
        for number in range(1, 4):
            _blot(counted, middles[end] + number * step, 0.9 * reach)
