"""One film with everything drawn over it, told apart in grey too: whole lines for MVM, broken for BVF."""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from mvm_core.examination import Examination
from mvm_core.exchange.contours import contours_on
from mvm_core.exchange.words import level_words
from mvm_core.models.overlay import BVF_COLOUR, MARK_COLOUR, MVM_COLOUR
from mvm_core.radiograph import Radiograph, View

_LONGEST = 1800
_BODY = (92, 200, 180)
_FRAME = (255, 255, 255)
_EDGE = (0, 0, 0)
_BAR_MM = 50

Point = tuple[float, float]


def draw_film(
    found: Examination, view: View, film: Radiograph, columns: tuple[int, int] | None = None
) -> Image.Image:
    """Draw vertebrae with names, the level in question, lines of evidence, concerns and a bar of 50 mm.

    Parameters
    ----------
    found : Examination
    view : View
    film : Radiograph
        The film of this view.
    columns : tuple of int, optional
        First and last but one of the film's columns to show; all where not given.

    Returns
    -------
    Image
        RGB, its longer side at most 1,800 pixels.
    """
    left, right = columns or (0, film.shape[1])
    grey = Image.fromarray(np.rint(np.clip(film.pixels[:, left:right], 0, 1) * 255).astype(np.uint8))
    scale = min(1.0, _LONGEST / max(grey.size))
    size = max(1, round(grey.width * scale)), max(1, round(grey.height * scale))
    sheet = _Sheet(grey.resize(size, Image.Resampling.LANCZOS).convert("RGB"), scale, left)
    spine = found.spines[view]
    for vertebra in spine.vertebrae:
        sheet.outline(vertebra.outline, _BODY, sheet.thin)
        beside = vertebra.corners[:, 0].max(), vertebra.centre[1]
        sheet.write(vertebra.level, beside, _BODY)
    for line in contours_on(found, view):
        for_mvm = line.logit > 0
        sheet.line(line.points, MVM_COLOUR if for_mvm else BVF_COLOUR, sheet.thin, broken=not for_mvm)
        sheet.write(f"{line.logit:+g}", line.points[0], MVM_COLOUR if for_mvm else BVF_COLOUR, small=True)
    for concern in found.concerns:
        if concern.view is view and concern.marks:
            for outline in concern.marks:
                sheet.outline(np.array(outline), MARK_COLOUR, sheet.thin)
            uppermost = min((point for line in concern.marks for point in line), key=lambda point: point[1])
            sheet.write(concern.name, uppermost, MARK_COLOUR, small=True)
    box, words = found.pair.box(view), level_words(found)
    if box is not None and words is not None:
        frame = np.array([(box.x0, box.y0), (box.x1, box.y0), (box.x1, box.y1), (box.x0, box.y1)])
        sheet.outline(frame, _FRAME, sheet.thick)
        sheet.write(words, (box.x0, box.y1), _FRAME, below=True, plate=True)
    if spine.refused is not None:
        sheet.write(f"Not read: {spine.refused}", (left, film.shape[0] / 2), _FRAME, plate=True)
    if film.mm_per_pixel is not None:
        sheet.bar(_BAR_MM / film.mm_per_pixel)
    return sheet.picture


class _Sheet:
    """A picture to draw on in film coordinates, every line and letter with a dark edge."""

    def __init__(self, picture: Image.Image, scale: float, left: float) -> None:
        self.picture, self._scale, self._left = picture, scale, left
        self._draw = ImageDraw.Draw(picture)
        unit = max(picture.size) / 900
        self.thin, self.thick = max(1, round(unit)), max(2, round(2 * unit))
        self._font = ImageFont.load_default(size=max(13, round(19 * unit)))
        self._small = ImageFont.load_default(size=max(11, round(15 * unit)))

    def outline(self, corners: NDArray, colour: tuple[int, int, int], width: int) -> None:
        """A closed line."""
        self.line(np.vstack([corners, corners[:1]]), colour, width)

    def line(
        self, points: NDArray, colour: tuple[int, int, int], width: int, *, broken: bool = False
    ) -> None:
        """A line, whole or broken."""
        on_sheet = [self._at(point) for point in points]
        pieces = _broken(on_sheet, 6.0 * self.thin, 4.0 * self.thin) if broken else [on_sheet]
        for piece in pieces:
            self._draw.line(piece, fill=_EDGE, width=width + 2 * self.thin, joint="curve")
        for piece in pieces:
            self._draw.line(piece, fill=colour, width=width, joint="curve")

    def write(
        self,
        words: str,
        at: Sequence[float] | NDArray,
        colour: tuple[int, int, int],
        *,
        small: bool = False,
        below: bool = False,
        plate: bool = False,
    ) -> None:
        """Words right of a point, or below it, moved so that they lie on the sheet; on black where asked."""
        font = self._small if small else self._font
        x, y = self._at(at)
        x += 4 * self.thin
        _, top, right, bottom = self._draw.textbbox((0, 0), words, font=font, stroke_width=self.thin)
        y += 3 * self.thin if below else -(bottom - top) / 2
        x = min(max(0.0, x), self.picture.width - right)
        y = min(max(0.0, y), self.picture.height - bottom)
        if plate:
            self._draw.rectangle((x - 2, y + top - 2, x + right + 2, y + bottom + 2), fill=_EDGE)
        self._draw.text((x, y), words, fill=colour, font=font, stroke_width=self.thin, stroke_fill=_EDGE)

    def bar(self, length: float) -> None:
        """A bar of so many film pixels at the lower left."""
        bottom = self.picture.height / self._scale - 20 * self.thin / self._scale
        left = self._left + 12 * self.thin / self._scale
        self.line(np.array([(left, bottom), (left + length, bottom)]), _FRAME, self.thick)
        self.write(f"{_BAR_MM} mm at the detector", (left + length, bottom), _FRAME, small=True, plate=True)

    def _at(self, point: Sequence[float] | NDArray) -> Point:
        """A point of the film on the sheet."""
        return (float(point[0]) - self._left) * self._scale, float(point[1]) * self._scale


def _broken(points: Sequence[Point], dash: float, gap: float) -> list[list[Point]]:
    """A line cut into dashes of a length, with gaps between them."""
    pieces: list[list[Point]] = []
    drawing, left, piece = True, dash, [points[0]]
    for start, end in pairwise(points):
        length = math.hypot(end[0] - start[0], end[1] - start[1])
        gone = 0.0
        while length - gone > left:
            gone += left
            share = gone / length
            here = (start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1]))
            if drawing:
                pieces.append([*piece, here])
            drawing, left, piece = not drawing, gap if drawing else dash, [here]
        left -= length - gone
        if drawing:
            piece.append(end)
    if drawing and len(piece) > 1:
        pieces.append(piece)
    return pieces
