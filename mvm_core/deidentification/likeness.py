"""A second look for burnt-in text, independent of the recognition: marks that stand in a row like letters.

What a machine has written into a film is crisp: its strokes are thin, of one grey, and step to their ground
from one pixel to the next, as bones do not, which the beam, the detector and scatter blur. Several such marks
of one height, side by side on one line, are taken for text that nobody has made out.

The limits below were chosen on every other film of SpineWeb 16 (80 of them). On 60 of the others it saw 170
of 171 lines planted with letters of 10 to 60 pixels, took none of the 57 films without text for one with it,
and saw the text that three of the films bear (``python tests/deidentification --second-look``).
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mvm_core.radiograph import Box

STROKES_PX = (5, 11)
"""Widths under which marks are looked for: of small letters, and of larger ones."""

CONTRAST = 55
"""Of 255: by how much a mark differs from its ground at least."""

STEP = 55
"""Of 255: steepest change from one pixel to the next at a mark's edge, at least."""

FEWEST = 5
"""Marks in a row."""

_HEIGHTS_PX = (5, 48)
_WIDEST = 1.8
_ALIKE = 0.6
_GAP = 1.25
_FARTHEST_PX = _GAP * _HEIGHTS_PX[1]
_MOST_MARKS = 20_000
"""Of one kind: what holds more is noise, such as a halftone, and nothing is told of it."""


@dataclass(frozen=True)
class _Mark:
    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def height(self) -> int:
        return self.y1 - self.y0


def rows_of_marks(grey: NDArray[np.uint8]) -> tuple[Box, ...]:
    """Find marks that stand in a row like letters.

    Parameters
    ----------
    grey : uint8 array, shape (rows, columns)

    Returns
    -------
    tuple of Box
        Around each row, in pixels.
    """
    found: list[Box] = []
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (3, 3))
    step = np.asarray(cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, kernel), np.uint8)
    for shown in (grey, 255 - grey):
        for width in STROKES_PX:
            square = cv2.getStructuringElement(cv2.MORPH_RECT, (width, width))
            above = cv2.morphologyEx(shown, cv2.MORPH_TOPHAT, square)
            for row in _in_rows(_marks((above >= CONTRAST).astype(np.uint8), step)):
                found.append(
                    Box(
                        min(mark.x0 for mark in row),
                        min(mark.y0 for mark in row),
                        max(mark.x1 for mark in row),
                        max(mark.y1 for mark in row),
                    )
                )
    return tuple(found)


def _marks(mask: NDArray[np.uint8], step: NDArray[np.uint8]) -> list[_Mark]:
    count, components, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    labels = np.asarray(components, np.int32)
    if count < FEWEST:
        return []
    steepest = np.zeros(count, np.uint8)
    np.maximum.at(steepest, labels[mask > 0], step[mask > 0])
    least, most = _HEIGHTS_PX
    return [
        _Mark(int(x), int(y), int(x + width), int(y + height))
        for (x, y, width, height, _), edge in zip(stats[1:], steepest[1:], strict=True)
        if least <= height <= most and width <= _WIDEST * height and edge >= STEP
    ]


def _in_rows(marks: Sequence[_Mark]) -> list[list[_Mark]]:
    """Chains of marks from left to right, each next to the one before, as high and on the same line."""
    if len(marks) > _MOST_MARKS:
        return []
    rows: list[list[_Mark]] = []
    ends: dict[int, list[list[_Mark]]] = defaultdict(list)
    for mark in sorted(marks, key=lambda each: each.x0):
        band = mark.y1 // _HEIGHTS_PX[1]
        near = [row for each in (band - 1, band, band + 1) for row in ends[each]]
        own = min(
            (row for row in near if _goes_on(row[-1], mark)),
            key=lambda row: abs(mark.x0 - row[-1].x1),
            default=None,
        )
        if own is None:
            own = []
            rows.append(own)
        own.append(mark)
        # rows that have ended too far to the left go on no more
        ends[band] = [row for row in ends[band] if row is not own and mark.x0 - row[-1].x1 < _FARTHEST_PX]
        ends[band].append(own)
    return [row for row in rows if len(row) >= FEWEST]


def _goes_on(before: _Mark, mark: _Mark) -> bool:
    smaller, larger = sorted((before.height, mark.height))
    shared = min(before.y1, mark.y1) - max(before.y0, mark.y0)
    gap = mark.x0 - before.x1
    return smaller >= _ALIKE * larger and shared >= 0.7 * smaller and -0.3 * larger <= gap <= _GAP * larger
