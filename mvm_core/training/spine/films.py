"""Films with marked vertebrae for training the finder, kept reduced in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from mvm_core.cohort.marked_films import steps_between
from mvm_core.radiograph import View
from mvm_core.spine.measures import WITHOUT_LOWER_ENDPLATE, heights, shares_lost
from mvm_core.spine.spine import LEVELS, diagonal_of

LONGEST_SIDE = 1024
"""Films are kept reduced to about this many pixels on their long side, where nothing finer is needed."""

UNKNOWN = -1
"""Index of a level that nobody named."""

_ODD_SIZE = 2.0
"""Times or parts of the median diagonal of its film: no body is so much larger or smaller."""

_ODD_STEP = (0.2, 2.2)
"""Of the median step: two bodies nearer than this are one, two farther apart have one between them."""


@dataclass(frozen=True)
class TrainingFilm:
    """One film with its marks.

    Attributes
    ----------
    name : str
    pixels : uint8 array, shape (rows, columns)
        Bone bright.
    view : View
    corners : float array, shape (n, 4, 2)
        Of the bodies from above, in pixels of `pixels`: upper left, upper right, lower right, lower left as
        seen on the film.
    middles : float array, shape (n, 2, 2)
        Of the upper and the lower endplate, in pixels of `pixels`; NaN where they are not marked.
    levels : int array, shape (n,)
        Index in `LEVELS`, or `UNKNOWN`.
    shown : bool array, shape (n,)
        Whether the film shows enough of a body to ask for it; others are left out of the count.
    complete : bool
        Whether what lies beyond the marks is no vertebra that they could name; else nothing is learnt of it.
    mirrored : bool or None
        None where it is not known.
    """

    name: str
    pixels: NDArray[np.uint8] = field(repr=False)
    view: View
    corners: NDArray[np.float64] = field(repr=False)
    middles: NDArray[np.float64] = field(repr=False)
    levels: NDArray[np.intp] = field(repr=False)
    shown: NDArray[np.bool_] = field(repr=False)
    complete: bool
    mirrored: bool | None

    @cached_property
    def shares_lost(self) -> NDArray[np.float64]:
        """Of each body's height, see `share_lost`; 0 where it lacks a neighbour, and of the sacrum."""
        lost = shares_lost(
            [
                heights(body, None if np.isnan(middles).any() else middles)
                for body, middles in zip(self.corners, self.middles, strict=True)
            ]
        )
        lost[self.levels == LEVELS.index(WITHOUT_LOWER_ENDPLATE)] = 0
        return lost


def training_film(
    name: str,
    pixels: NDArray[np.float32],
    view: View,
    corners: NDArray[np.float64],
    levels: Sequence[str],
    *,
    complete: bool,
    mirrored: bool | None,
    shown: Sequence[bool] | None = None,
    middles: NDArray[np.float64] | None = None,
    longest_side: int = LONGEST_SIDE,
) -> TrainingFilm:
    """Reduce a film, given in [0, 1], and its marks; levels that are not in `LEVELS` are unknown."""
    rows, columns = pixels.shape
    scale = min(1.0, longest_side / max(rows, columns))
    size = max(1, round(columns * scale)), max(1, round(rows * scale))
    reduced = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    shares = np.array([size[0] / columns, size[1] / rows])
    return TrainingFilm(
        name,
        np.round(np.clip(reduced, 0, 1) * 255).astype(np.uint8),
        view,
        np.asarray(corners, np.float64) * shares,
        np.full((len(levels), 2, 2), np.nan) if middles is None else np.asarray(middles, float) * shares,
        np.array([LEVELS.index(level) if level in LEVELS else UNKNOWN for level in levels], np.intp),
        np.ones(len(levels), bool) if shown is None else np.array(shown, bool),
        complete,
        mirrored,
    )


def usual_bodies(corners: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which of a spine's marked bodies are of a usual size and at a usual distance below the one above.

    Parameters
    ----------
    corners : float array, shape (n, 4, 2)
        From above, of two bodies or more.

    Returns
    -------
    bool array, shape (n,)
        Where one is False, marks are missing, doubled or misplaced: names counted along them are not sure.
    """
    sizes = np.array([diagonal_of(body) for body in corners])
    sizes /= np.median(sizes)
    steps = steps_between(corners)
    steps = np.concatenate([[1.0], steps / np.median(steps)])
    usual_size = (sizes > 1 / _ODD_SIZE) & (sizes < _ODD_SIZE)
    return np.asarray(usual_size & (steps > _ODD_STEP[0]) & (steps < _ODD_STEP[1]))
