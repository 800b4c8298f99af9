"""Text burnt into the image of a film: found by character recognition, and painted over."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mvm_core.deidentification.likeness import rows_of_marks
from mvm_core.errors import DeidentificationError
from mvm_core.language import gettext
from mvm_core.radiograph import Box

SURE = 0.6
"""Score of the recognition from which on found text is taken for text."""

_SIDE = 1600
_OVERLAP = 200
_MARGIN = 0.25
_SAME, _READ = 0.8, 0.5
"""Share of a box's area within another one from which on it is the same line, or counts as read."""

_MARKERS = frozenset(("l", "r"))
_TALLEST = 1 / 6
"""Of the image's longer side: what is taller, such as a spine taken for letters, is no line of text."""


@dataclass(frozen=True)
class BurntInText:
    """A line of text in an image; what it says is not kept.

    Attributes
    ----------
    box : Box
        In pixels.
    score : float
        Of the recognition, in [0, 1].
    """

    box: Box
    score: float

    @property
    def doubtful(self) -> bool:
        """Whether a person should look: there may be text that was not made out."""
        return self.score < SURE


class TextFinder:
    """Finds text in images; make it with `TextFinder.open`, which shares it within the process."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine

    @classmethod
    def open(cls) -> "TextFinder":
        """Open the recognition.

        Raises
        ------
        DeidentificationError
            If its package is not installed.
        """
        return _open()

    def find(self, stored: NDArray[Any]) -> tuple[BurntInText, ...]:
        """Find the text in an image, of whatever size, bright or dark.

        Parameters
        ----------
        stored : array, shape (rows, columns) or (rows, columns, 3)

        Returns
        -------
        tuple of BurntInText
            A side marker, an L or an R alone, is left out. What looks like a line of text and was not read
            has a score of 0.
        """
        found: list[BurntInText] = []
        for picture in in_8_bits(stored):
            for top, left in _tiles(picture.shape[:2]):
                tile = picture[top : top + _SIDE, left : left + _SIDE]
                tallest = _TALLEST * max(picture.shape)
                for box, said, score in self._read(tile):
                    is_marker = said.strip(" .").casefold() in _MARKERS
                    if not is_marker and np.ptp(box[:, 1]) <= tallest:
                        found.append(BurntInText(_moved(box, left, top, picture.shape[:2]), score))
        return (*_without_copies(found), *_missed(stored, found))

    def _read(self, tile: NDArray[np.uint8]) -> list[tuple[NDArray[np.float32], str, float]]:
        told = self._engine(cv2.cvtColor(tile, cv2.COLOR_GRAY2BGR), use_cls=False, text_score=0.0)
        if told.boxes is None:
            return []
        return [
            (np.asarray(box), str(said), float(score))
            for box, said, score in zip(told.boxes, told.txts, told.scores, strict=True)
        ]


def _missed(stored: NDArray[Any], found: Sequence[BurntInText]) -> tuple[BurntInText, ...]:
    """What looks like lines of text and was not read: doubtful, whatever the recognition says of it."""
    rows: list[BurntInText] = []
    for picture in in_8_bits(stored):
        for row in rows_of_marks(picture):
            corners = np.array([[row.x0, row.y0], [row.x1, row.y1]], np.float32)
            text = BurntInText(_moved(corners, 0, 0, picture.shape[:2]), 0.0)
            if not any(_share_within(row, other.box) > _READ for other in (*found, *rows)):
                rows.append(text)
    return tuple(rows)


def painted_over(stored: NDArray[Any], texts: Sequence[BurntInText]) -> NDArray[Any]:
    """A copy of the image in which each box has the grey of its own edge."""
    painted = stored.copy()
    for text in texts:
        x0, y0 = int(text.box.x0), int(text.box.y0)
        x1, y1 = int(np.ceil(text.box.x1)), int(np.ceil(text.box.y1))
        part = painted[y0:y1, x0:x1]
        if part.size:
            edge = np.concatenate([part[0], part[-1], part[:, 0], part[:, -1]])
            part[:] = np.median(edge, axis=0).astype(stored.dtype)
    return painted


def in_8_bits(stored: NDArray[Any]) -> list[NDArray[np.uint8]]:
    """The image in 8 bits over its whole range, and over what all but a few pixels take up."""
    grey = stored.astype(np.float32)
    if grey.ndim == 3:
        grey = grey.mean(axis=2)
    whole = float(grey.min()), float(grey.max())
    most = tuple(float(value) for value in np.percentile(grey, (1, 99)))
    ranges = [whole] if most[1] - most[0] > 0.8 * (whole[1] - whole[0]) else [whole, most]
    return [
        np.round(np.clip((grey - low) / max(high - low, 1e-6), 0, 1) * 255).astype(np.uint8)
        for low, high in ranges
    ]


def _tiles(shape: tuple[int, int]) -> list[tuple[int, int]]:
    tops, lefts = (range(0, max(1, side - _OVERLAP), _SIDE - _OVERLAP) for side in shape)
    return [(top, left) for top in tops for left in lefts]


def _moved(box: NDArray[np.float32], left: int, top: int, shape: tuple[int, int]) -> Box:
    """The upright rectangle around a line in the whole image, with a margin of a quarter of its height."""
    (x0, y0), (x1, y1) = box.min(axis=0), box.max(axis=0)
    margin = _MARGIN * float(y1 - y0)
    return Box(
        max(0.0, float(x0) + left - margin),
        max(0.0, float(y0) + top - margin),
        min(float(shape[1]), float(x1) + left + margin),
        min(float(shape[0]), float(y1) + top + margin),
    )


def _without_copies(found: Sequence[BurntInText]) -> tuple[BurntInText, ...]:
    """Each line once: what lies within one that was made out better is left out."""
    kept: list[BurntInText] = []
    for text in sorted(found, key=lambda each: -each.score):
        if not any(_within(text.box, other.box) for other in kept):
            kept.append(text)
    return tuple(kept)


def _within(one: Box, other: Box) -> bool:
    return _share_within(one, other) > _SAME


def _share_within(one: Box, other: Box) -> float:
    """The part of a box's area that lies in another one, in [0, 1]."""
    width = min(one.x1, other.x1) - max(one.x0, other.x0)
    height = min(one.y1, other.y1) - max(one.y0, other.y0)
    return max(width, 0.0) * max(height, 0.0) / (one.width * one.height)


@cache
def _open() -> TextFinder:
    try:
        from rapidocr import RapidOCR
    except ImportError:
        raise DeidentificationError(
            "rapidocr",
            gettext("text in the image cannot be looked for without it"),
            gettext("run pip install -r requirements-clinic.txt"),
        ) from None
    return TextFinder(RapidOCR(params={"Global.log_level": "critical"}))
