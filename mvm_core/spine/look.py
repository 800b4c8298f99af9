"""One look of the network at a canvas: bodies that may be there, and a word on the whole film."""

from dataclasses import dataclass, field
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from mvm_core.inference import Graph
from mvm_core.logits import expit, log_softmax, softmax
from mvm_core.spine.canvas import OFFSET_UNIT, STRIDE, Canvas, standardise

_LEAST = 0.12
_APART = 0.45
_MOST = 40
_WINDOW_CELLS = 2.5
_TRUST = 0.8
_LEAST_MASS = 1e-6


@dataclass(frozen=True)
class Candidate:
    """A body that may be there, in film coordinates.

    Attributes
    ----------
    probability : float
    corners : float array, shape (4, 2)
        Upper left, upper right, lower right, lower left.
    levels : float array, shape (18,)
        Logarithms of the probabilities of `LEVELS`.
    dents : tuple of float, or None
        As of `Vertebra`, where a close look has told them.
    """

    probability: float
    corners: NDArray[np.float64] = field(repr=False)
    levels: NDArray[np.float64] = field(repr=False)
    dents: tuple[float, float] | None = None

    @cached_property
    def centre(self) -> NDArray[np.float64]:
        """Middle of the body."""
        return self.corners.mean(axis=0)

    @cached_property
    def down(self) -> NDArray[np.float64]:
        """From the middle of the upper endplate to that of the lower one."""
        return self.corners[2:].mean(axis=0) - self.corners[:2].mean(axis=0)


@dataclass(frozen=True)
class Look:
    """What the network says of one canvas.

    Attributes
    ----------
    candidates : tuple of Candidate
    spine, lateral, mirrored : float
        Probabilities that a spine is there, that the view is lateral, that the film is mirrored.
    turned : float array, shape (4,)
        Probabilities of quarter turns clockwise.
    """

    candidates: tuple[Candidate, ...]
    spine: float
    lateral: float
    mirrored: float
    turned: NDArray[np.float64]


def look(graph: Graph, pixels: NDArray[np.float32], canvas: Canvas) -> Look:
    """Look at a film, float32 pixels in [0, 1], as it is laid on a canvas."""
    seen = standardise(canvas.draw(pixels))[np.newaxis, np.newaxis]
    maps, film = graph.run(("maps", "film"), {"canvas": seen})
    centre, corner, offset, level = np.split(maps[0], np.cumsum((1, 4, 8)), axis=0)
    candidates = _candidates(expit(centre[0]), expit(corner), offset, level)
    return Look(
        tuple(
            Candidate(probability, canvas.film_points(corners), levels)
            for probability, corners, levels in candidates
        ),
        float(expit(film[0, 0])),
        float(expit(film[0, 1])),
        float(expit(film[0, 6])),
        np.asarray(softmax(film[0, 2:6].astype(float))),
    )


def _candidates(
    centre: NDArray[np.float32],
    corner: NDArray[np.float32],
    offset: NDArray[np.float32],
    level: NDArray[np.float32],
) -> list[tuple[float, NDArray[np.float64], NDArray[np.float64]]]:
    greatest = cv2.dilate(centre, np.ones((3, 3), np.uint8))
    rows, columns = np.nonzero((centre == greatest) & (centre > _LEAST))
    order = np.argsort(-centre[rows, columns])
    rows, columns = rows[order], columns[order]
    middles = (np.column_stack([columns, rows]) + 0.5) * STRIDE
    rough = middles[:, np.newaxis] + offset[:, rows, columns].T.reshape(-1, 4, 2).astype(float) * OFFSET_UNIT
    sides = rough[:, [3, 2]] - rough[:, [0, 1]]
    near = _APART * np.hypot(sides[..., 0], sides[..., 1]).mean(axis=1)
    sharp = np.stack([_sharpened(corner[i], rough[:, i]) for i in range(4)], axis=1)
    rough_centres, centres = rough.mean(axis=1), sharp.mean(axis=1)
    kept: list[int] = []
    for place, reach in enumerate(near):
        if len(kept) == _MOST:
            break
        apart = centres[kept] - rough_centres[place]
        if not (np.hypot(apart[:, 0], apart[:, 1]) < reach).any():
            kept.append(place)
    at = [(rows[place], columns[place]) for place in kept]
    return [
        (float(centre[cell]), sharp[place], _pooled(level, *cell))
        for place, cell in zip(kept, at, strict=True)
    ]


def _pooled(level: NDArray[np.float32], row: int, column: int) -> NDArray[np.float64]:
    """The levels' evidence over a centre and its neighbours, as logarithms of probabilities."""
    near = level[:, max(0, row - 1) : row + 2, max(0, column - 1) : column + 2]
    return log_softmax(near.mean(axis=(1, 2)).astype(float))


def _sharpened(heat: NDArray[np.float32], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Move corners, shape (n, 2), to the middle of the mass of their map nearby, the more the surer it is."""
    places = points / STRIDE - 0.5
    reach = int(np.ceil(_WINDOW_CELLS))
    # Cells beyond the map have no mass.
    padded = np.pad(heat, 1)
    cells = np.rint(places).astype(int)[:, np.newaxis] + np.arange(-reach, reach + 1)[:, np.newaxis]
    columns, rows = np.moveaxis(np.clip(cells, -1, heat.shape[::-1]) + 1, -1, 0)
    part = padded[rows[:, :, np.newaxis], columns[:, np.newaxis]]
    across, down = np.moveaxis(cells - places[:, np.newaxis], -1, 0)
    across, down = across[:, np.newaxis], down[:, :, np.newaxis]
    weight = part.astype(float) ** 2 * np.exp(-(across**2 + down**2) / _WINDOW_CELLS**2)
    total = weight.sum(axis=(1, 2))
    shifts = np.column_stack([(weight * across).sum(axis=(1, 2)), (weight * down).sum(axis=(1, 2))])
    shifts /= np.maximum(total, _LEAST_MASS)[:, np.newaxis]
    trust = np.where(total < _LEAST_MASS, 0.0, _TRUST * np.minimum(1.0, 2 * part.max(axis=(1, 2))))
    return np.asarray(points + trust[:, np.newaxis] * shifts * STRIDE)
