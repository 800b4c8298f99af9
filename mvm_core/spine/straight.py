"""A spine laid out straight: each body of a chain, and what lies beside it, as high as the next."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from mvm_core.inference import Graph
from mvm_core.spine.canvas import standardise
from mvm_core.spine.chain import Link

PLACE_ROWS = 16
"""Rows of the picture from one body's middle to the next one's."""

COLUMNS = 112
"""Of the picture: the spine in the middle, ribs and pelvis beside it."""

BEYOND = 2
"""Places beyond both ends of the chain that are laid out with it."""

_FINER = 1.3
"""Times the pixels of the picture has the film that it is taken from, at most."""


def straightened(
    pixels: NDArray[np.float32],
    bodies: Sequence[NDArray[np.float64]],
    places: Sequence[int] | NDArray[np.intp],
) -> NDArray[np.float32]:
    """Lay out a chain of bodies straight.

    Parameters
    ----------
    pixels : float32 array, shape (rows, columns)
        The film, in [0, 1].
    bodies : sequence of float array, shape (4, 2)
        Corners from above, two bodies or more: upper left, upper right, lower right, lower left.
    places : sequence of int
        Of each body, ascending; a place that none has is laid out between its neighbours.

    Returns
    -------
    float32 array, shape (`PLACE_ROWS` * (places[-1] - places[0] + 1 + 2 * `BEYOND`), `COLUMNS`)
        Local contrast equalised, zero mean, unit standard deviation.
    """
    corners = np.asarray(bodies, float)
    middles, across = _every_place(corners, np.asarray(places) - places[0])
    pitch = float(np.median(np.hypot(*np.diff(middles, axis=0).T)))
    factor = min(1.0, _FINER * PLACE_ROWS / max(pitch, 1e-3))
    reduced = pixels
    if factor < 1:
        size = max(1, round(pixels.shape[1] * factor)), max(1, round(pixels.shape[0] * factor))
        reduced = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.float32, copy=False)
    shares = np.array(reduced.shape[::-1]) / pixels.shape[::-1]
    rows = PLACE_ROWS * len(middles)
    at = (np.arange(rows) + 0.5) / PLACE_ROWS - 0.5
    known = np.arange(len(middles))
    x, y = (np.interp(at, known, middles[:, axis]) for axis in (0, 1))
    # Beyond the outermost middles the way goes on as it came.
    for half, end, inner in ((at < 0, 0, 1), (at > known[-1], -1, -2)):
        step = middles[end] - middles[inner]
        past = np.abs(at[half] - known[end])
        x[half], y[half] = middles[end, 0] + past * step[0], middles[end, 1] + past * step[1]
    side = np.column_stack([np.interp(at, known, across[:, axis]) for axis in (0, 1)])
    side /= np.maximum(np.hypot(*side.T), 1e-6)[:, np.newaxis]
    aside = (np.arange(COLUMNS) + 0.5 - COLUMNS / 2) * pitch / PLACE_ROWS
    # Pixel centres lie at half-integer coordinates.
    from_x = (x[:, np.newaxis] + side[:, :1] * aside) * shares[0] - 0.5
    from_y = (y[:, np.newaxis] + side[:, 1:] * aside) * shares[1] - 0.5
    laid = cv2.remap(reduced, from_x.astype(np.float32), from_y.astype(np.float32), cv2.INTER_LINEAR)
    return standardise(np.clip(laid, 0, 1))


def told_levels(graph: Graph, pixels: NDArray[np.float32], chain: Sequence[Link]) -> NDArray[np.float64]:
    """What a look at the straight spine says of the level of each place.

    Parameters
    ----------
    graph : Graph
        Takes ``picture``, shape (n, 1, rows, `COLUMNS`); gives ``levels``, shape (n, places, classes).
    pixels : float32 array, shape (rows, columns)
        The film, in [0, 1].
    chain : sequence of Link
        From above, two bodies or more.

    Returns
    -------
    float array, shape (places, classes)
        Logarithms of probabilities: of being above T1, each of `LEVELS`, and below S1. The first place lies
        `BEYOND` above the chain's first body.
    """
    places = np.cumsum([0, *(link.steps for link in chain[1:])])
    picture = straightened(pixels, [link.body.corners for link in chain], places)
    (levels,) = graph.run(("levels",), {"picture": picture[np.newaxis, np.newaxis]})
    return np.asarray(levels[0], float)


def _every_place(
    corners: NDArray[np.float64], places: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Middles and mid-lines of each place, with those beyond both ends."""
    middles = corners.mean(axis=1)
    lines = corners[:, 1] + corners[:, 2] - corners[:, 0] - corners[:, 3]
    lines = lines / np.maximum(np.hypot(*lines.T), 1e-6)[:, np.newaxis]
    known = np.arange(places[-1] + 1)
    middles, lines = (
        np.column_stack([np.interp(known, places, table[:, axis]) for axis in (0, 1)])
        for table in (middles, lines)
    )
    first, last = middles[0] - middles[1], middles[-1] - middles[-2]
    above = [middles[0] + (BEYOND - step) * first for step in range(BEYOND)]
    below = [middles[-1] + (1 + step) * last for step in range(BEYOND)]
    return (
        np.concatenate([above, middles, below]),
        np.concatenate([np.repeat(lines[:1], BEYOND, 0), lines, np.repeat(lines[-1:], BEYOND, 0)]),
    )
