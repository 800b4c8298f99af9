"""One look of the network at a canvas: bodies that may be there, and a word on the whole film."""

from dataclasses import dataclass, field

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

    @property
    def centre(self) -> NDArray[np.float64]:
        """Middle of the body."""
        return self.corners.mean(axis=0)

    @property
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
    kept: list[tuple[float, NDArray[np.float64], NDArray[np.float64]]] = []
    taken = np.empty((_MOST, 2))
    for row, column, corners, reach in zip(rows, columns, rough, near, strict=True):
        if len(kept) == _MOST:
            break
        apart = taken[: len(kept)] - corners.mean(axis=0)
        if (np.hypot(apart[:, 0], apart[:, 1]) < reach).any():
            continue
        sharp = np.array([_sharpened(corner[i], point) for i, point in enumerate(corners)])
        # The levels' evidence is pooled over the centre's neighbours.
        pooled = level[:, max(0, row - 1) : row + 2, max(0, column - 1) : column + 2].mean(axis=(1, 2))
        taken[len(kept)] = sharp.mean(axis=0)
        kept.append((float(centre[row, column]), sharp, log_softmax(pooled.astype(float))))
    return kept


def _sharpened(heat: NDArray[np.float32], point: NDArray[np.float64]) -> NDArray[np.float64]:
    """Move a corner towards the middle of the mass of its map nearby, the more the surer the map is."""
    x, y = point / STRIDE - 0.5
    reach = int(np.ceil(_WINDOW_CELLS))
    left, top = max(0, round(x) - reach), max(0, round(y) - reach)
    part = heat[top : round(y) + reach + 1, left : round(x) + reach + 1]
    if part.size == 0:
        return point
    across = (np.arange(part.shape[1]) + left - x)[np.newaxis, :]
    down = (np.arange(part.shape[0]) + top - y)[:, np.newaxis]
    weight = part.astype(float) ** 2 * np.exp(-(across**2 + down**2) / _WINDOW_CELLS**2)
    total = float(weight.sum())
    if total < 1e-6:
        return point
    shift = np.array([(weight * across).sum(), (weight * down).sum()]) / total
    return np.asarray(point + _TRUST * min(1.0, 2 * float(part.max())) * shift * STRIDE)
