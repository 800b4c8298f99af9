"""Outlines of a mask on a film."""

import cv2
import numpy as np
from numpy.typing import NDArray

Outline = list[tuple[float, float]]


def outlines(mask: NDArray[np.bool_]) -> list[Outline]:
    """Outline each connected part of a mask.

    Parameters
    ----------
    mask : bool array, shape (rows, columns)

    Returns
    -------
    list of list of (x, y)
        In film coordinates, in pixels.
    """
    found, _ = cv2.findContours(
        np.ascontiguousarray(mask, np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE
    )
    # Contours run through pixel centres, which lie at half-integer film coordinates.
    return [[(float(x) + 0.5, float(y) + 0.5) for x, y in line[:, 0]] for line in found if len(line) > 2]
