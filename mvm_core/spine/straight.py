"""A spine laid out straight: each body of a chain, and what lies beside it, as high as the next."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from mvm_core.inference import Graph
from mvm_core.logits import log_softmax
from mvm_core.spine.canvas import reduced, standardise
from mvm_core.spine.chain import Link
from mvm_core.spine.spine import LEVELS

PLACE_ROWS = 16
"""Rows of the picture from one body's middle to the next one's."""

COLUMNS = 112
"""Of the picture: the spine in the middle, ribs and pelvis beside it."""

BEYOND = 2
"""Places beyond both ends of the chain that are laid out with it."""

CLASSES = len(LEVELS) + 2
"""That a place of a straight spine may be: above T1, a level, below S1."""

STARTS = range(-5, len(LEVELS))
"""Indices in `LEVELS` that the uppermost place of a picture may have."""

FIRSTS = range(-3, len(LEVELS))
"""Indices in `LEVELS` that the uppermost body of a chain may have; negative above T1."""

_LACKING = 3
"""A chain that lacks no more than so many bodies is laid out as a whole spine."""

_NEVER = -30.0
_FINER = 1.3
"""Times the pixels of the picture has the film that it is taken from, at most."""


def straightened(pixels: NDArray[np.float32], bodies: NDArray[np.float64]) -> NDArray[np.float32]:
    """Lay out a chain of bodies straight.

    Parameters
    ----------
    pixels : float32 array, shape (rows, columns)
        The film, in [0, 1].
    bodies : float array, shape (n, 4, 2)
        Corners at each place from above, of two or more: upper left, upper right, lower right, lower left.

    Returns
    -------
    float32 array, shape (`PLACE_ROWS` * (n + 2 * `BEYOND`), `COLUMNS`)
        Local contrast equalised, zero mean, unit standard deviation.
    """
    film, shares = _reduced_to(bodies, pixels)
    return _laid_out(film, bodies * shares)


def _reduced_to(
    bodies: NDArray[np.float64], pixels: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """The film with about as many pixels as a picture of these bodies needs, and its share of x and y."""
    return reduced(pixels, _FINER * PLACE_ROWS / max(_pitch(bodies.mean(axis=1)), 1e-3))


def _laid_out(film: NDArray[np.float32], bodies: NDArray[np.float64]) -> NDArray[np.float32]:
    middles, across = _way(bodies)
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
    aside = (np.arange(COLUMNS) + 0.5 - COLUMNS / 2) * _pitch(middles) / PLACE_ROWS
    # Pixel centres lie at half-integer coordinates.
    from_x = x[:, np.newaxis] + side[:, :1] * aside - 0.5
    from_y = y[:, np.newaxis] + side[:, 1:] * aside - 0.5
    laid = cv2.remap(film, from_x.astype(np.float32), from_y.astype(np.float32), cv2.INTER_LINEAR)
    return standardise(np.clip(laid, 0, 1))


def first_level(
    graph: Graph, pixels: NDArray[np.float32], chain: Sequence[Link], last: str
) -> NDArray[np.float64]:
    """How likely the uppermost body of a chain is each of `FIRSTS`, by a look at the straight spine.

    A chain about as long as the spine is laid out with what lies beyond its ends. Each way to name it is the
    part of that picture from T1 to the last level as they would then lie: asked is whether that is what the
    part shows. So what the chain happens to begin and end with says nothing.

    Parameters
    ----------
    graph : Graph
        Takes ``picture``, shape (n, 1, rows, `COLUMNS`); gives ``levels``, shape (n, places, `CLASSES`).
    pixels : float32 array, shape (rows, columns)
        The film, in [0, 1].
    chain : sequence of Link
        From above, two bodies or more.
    last : str
        The lowest level that is looked for.

    Returns
    -------
    float array, shape (len(`FIRSTS`),)
        Logarithms of probabilities, up to a constant.
    """
    places = np.cumsum([0, *(link.steps for link in chain[1:])])
    bodies = at_every_place(np.array([link.body.corners for link in chain]), places)
    film, shares = _reduced_to(bodies, pixels)
    bodies = bodies * shares
    known = LEVELS.index(last) + 1
    if len(bodies) < known - _LACKING:
        evidence = _evidence(_said(graph, _laid_out(film, bodies)))
        return evidence[FIRSTS.start - BEYOND - STARTS.start :][: len(FIRSTS)]
    above, below = beyond(bodies, known)
    longest = np.concatenate([above, bodies, below])
    said = _said(graph, _laid_out(film, longest[known - _LACKING : 2 * known + _LACKING]))
    firsts = np.full(len(FIRSTS), _NEVER)
    for way in range(-_LACKING, _LACKING + 1):
        at = _LACKING - way
        evidence = _evidence(said[:, at : at + known + 2 * BEYOND])
        firsts[way - FIRSTS.start] = evidence[-BEYOND - STARTS.start]
    return firsts


def begun_lower(firsts: NDArray[np.float64], by: int) -> NDArray[np.float64]:
    """What is known of a chain's uppermost body, said of the one so many places below it."""
    padded = np.pad(firsts, abs(by), constant_values=_NEVER)
    return padded[abs(by) - by :][: len(firsts)]


def _said(graph: Graph, picture: NDArray[np.float32]) -> NDArray[np.float64]:
    """What is said of each place, of the picture and with its sides changed: (2, places, `CLASSES`)."""
    (said,) = graph.run(("levels",), {"picture": np.stack([picture, picture[:, ::-1]])[:, np.newaxis]})
    return said.astype(float)


def _evidence(said: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logarithm of the probability of each of `STARTS`: the mean of both sides about."""
    places = np.arange(said.shape[1])
    totals = said[:, places, level_classes(len(places))].sum(axis=2)
    return np.mean([log_softmax(total) for total in totals], axis=0)


def level_classes(places: int) -> NDArray[np.intp]:
    """Class of each place of a picture for each of `STARTS`: shape (starts, places)."""
    levels = np.array(STARTS)[:, np.newaxis] + np.arange(places)
    return np.clip(levels, -1, len(LEVELS)) + 1


def at_every_place(bodies: NDArray[np.float64], places: NDArray[np.intp]) -> NDArray[np.float64]:
    """Corners at each place from the first to the last, those that none has between its neighbours."""
    known = np.arange(places[0], places[-1] + 1)
    corners = [np.interp(known, places, values) for values in bodies.reshape(len(bodies), -1).T]
    return np.stack(corners, axis=1).reshape(-1, 4, 2)


def beyond(bodies: NDArray[np.float64], count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Corners of bodies above and below a chain, if it goes on as it ends: each of shape (count, 4, 2)."""
    first, last = (bodies[0] - bodies[1]).mean(axis=0), (bodies[-1] - bodies[-2]).mean(axis=0)
    steps = np.arange(1, count + 1)[:, np.newaxis, np.newaxis]
    return bodies[0] + steps[::-1] * first, bodies[-1] + steps * last


def _pitch(middles: NDArray[np.float64]) -> float:
    """The usual distance of two bodies' middles."""
    return float(np.median(np.hypot(*np.diff(middles, axis=0).T)))


def _way(bodies: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Middles and directions of the mid-lines of all places of a picture."""
    above, below = beyond(bodies, BEYOND)
    all_of_them = np.concatenate([above, bodies, below])
    lines = all_of_them[:, 1] + all_of_them[:, 2] - all_of_them[:, 0] - all_of_them[:, 3]
    return all_of_them.mean(axis=1), lines / np.maximum(np.hypot(*lines.T), 1e-6)[:, np.newaxis]
