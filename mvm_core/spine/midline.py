"""The line through the middles of the bodies that were found, and how far a point lies beside it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mvm_core.spine.spine import Vertebra

_LEAST_BODIES = 3
_BEYOND = 3.0
"""So many bodies above the uppermost and below the lowest the line goes on: some may not have been found."""


def widths_aside(point: tuple[float, float], vertebrae: Sequence[Vertebra]) -> float | None:
    """How far a point lies from the middle of the spine, in widths of a body; None from too few bodies.

    Parameters
    ----------
    point : (x, y)
        In film coordinates.
    vertebrae : sequence of Vertebra
        Of the film, from above.
    """
    if len(vertebrae) < _LEAST_BODIES:
        return None
    corners = np.stack([vertebra.corners for vertebra in vertebrae])
    width = float(np.median(np.hypot(*(corners[:, [1, 2]] - corners[:, [0, 3]]).transpose(2, 0, 1))))
    line = _lengthened(corners.mean(axis=1))
    starts, ways = line[:-1], np.diff(line, axis=0)
    along = ((np.array(point) - starts) * ways).sum(axis=1) / np.maximum((ways**2).sum(axis=1), 1e-9)
    nearest = starts + np.clip(along, 0, 1)[:, np.newaxis] * ways
    return float(np.hypot(*(np.array(point) - nearest).T).min()) / max(width, 1e-6)


def _lengthened(middles: NDArray[np.float64]) -> NDArray[np.float64]:
    above = middles[0] + _BEYOND * (middles[0] - middles[1])
    below = middles[-1] + _BEYOND * (middles[-1] - middles[-2])
    return np.vstack([above, middles, below])
