"""Whether a film is shown the other way round, bone dark: its bodies against what lies beside them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mvm_core.spine.spine import LEVELS, Vertebra

_LEVELS = LEVELS[LEVELS.index("T11") : LEVELS.index("S1")]
"""Higher up, ribs and shoulders lie beside the bodies."""

_LEAST_BODIES = 2

_BESIDE = (0.6, 1.2)
"""Where the soft tissue beside a body is looked at, in the body's widths from its side."""

_TRIMMED = 0.15
"""Of a body's height and width on each side, which its edges take."""

_LEAST_PIXELS = 3
_FRAME = 50


def brighter_than_beside(pixels: NDArray[np.float32], vertebrae: Sequence[Vertebra]) -> float | None:
    """How much brighter bodies are than what lies beside them: the median from T11 to L5, in full white.

    Negative where bone is dark. The finder evens the contrast of films out and finds bodies on inverted ones
    as well.

    Parameters
    ----------
    pixels : float32 array, shape (rows, columns)
        In [0, 1].
    vertebrae : sequence of Vertebra
        Of an upright film.

    Returns
    -------
    float or None
        None where fewer than two of these bodies have anything beside them on the film.
    """
    steps = []
    for vertebra in vertebrae:
        if vertebra.level not in _LEVELS:
            continue
        box = vertebra.box()
        top, bottom = box.y0 + _TRIMMED * box.height, box.y1 - _TRIMMED * box.height
        near, far = (share * box.width for share in _BESIDE)
        body = _median(pixels, top, bottom, box.x0 + _TRIMMED * box.width, box.x1 - _TRIMMED * box.width)
        sides = [
            _median(pixels, top, bottom, box.x0 - far, box.x0 - near),
            _median(pixels, top, bottom, box.x1 + near, box.x1 + far),
        ]
        beside = [side for side in sides if side is not None]
        if body is not None and beside:
            steps.append(body - sum(beside) / len(beside))
    return float(np.median(steps)) if len(steps) >= _LEAST_BODIES else None


def white_frame(pixels: NDArray[np.float32]) -> float:
    """Share of a film's outermost fiftieth that is nearly white: air and collimated edges are black."""
    margin = max(2, min(pixels.shape) // _FRAME)
    frame = (pixels[:margin], pixels[-margin:], pixels[:, :margin], pixels[:, -margin:])
    return float(np.mean(np.concatenate([part.ravel() for part in frame]) > np.float32(0.9)))


def _median(
    pixels: NDArray[np.float32], top: float, bottom: float, left: float, right: float
) -> float | None:
    rows, columns = pixels.shape
    part = pixels[
        max(0, round(top)) : min(rows, round(bottom)), max(0, round(left)) : min(columns, round(right))
    ]
    return float(np.median(part)) if min(part.shape) >= _LEAST_PIXELS else None
