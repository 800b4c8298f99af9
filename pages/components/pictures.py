"""Films as pictures, with a map over what the networks see of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import cv2
import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mvm_core.imaging.preprocess import Region
from mvm_core.language import gettext, gettext_noop
from mvm_core.models import EvidenceMap
from mvm_core.models.overlay import COLOURS, EVIDENCE_SCALE, colour_evidence
from mvm_core.models.wording import QUESTION_WORDS
from mvm_core.radiograph import Box, Radiograph

FADED = 0.2
"""What is left of the overlay for MVM, or for disease, under the lowest point from which on it is called."""

CONTOUR_SHARES = (0.25, 0.5, 0.75)
"""Where contours run, as shares of the value that is drawn in full colour."""

_SHORT_SIDE = 560
"""What shows fewer pixels is enlarged."""

_MOST_PIXELS = 2_000_000
_WIDEST = 1460
"""Streamlit makes wider pictures smaller."""

_MARGIN = 0.2
_JPEG = [cv2.IMWRITE_JPEG_QUALITY, 95, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
_FRAME = (230, 230, 230)

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Look:
    """How maps are drawn.

    Attributes
    ----------
    opacity : float
        Of full colour, in [0, 1].
    contours : bool
    whole_film : bool
        Else the square that the networks see, with a margin.
    positive_faded : bool
        Whether the colour of evidence above 0 is drawn weakly.
    full_colour_at : float
        The value drawn in full colour.
    question : str
        What the map answers: it gives the colours and their names.
    """

    opacity: float = 0.6
    contours: bool = True
    whole_film: bool = False
    positive_faded: bool = False
    full_colour_at: float = EVIDENCE_SCALE
    question: str = "mvm"


def draw_film(film: Radiograph, region: Region, evidence: EvidenceMap | None, look: Look) -> Picture:
    """Draw a film or its part in the film's own pixels, as far as two million go, with a map over it.

    Parameters
    ----------
    film : Radiograph
    region : Region
        The square that the networks see, framed in white.
    evidence : EvidenceMap or None
        Nothing is laid over the film where it is None.
    look : Look

    Returns
    -------
    uint8 array, shape (rows, columns, 3)
    """
    top, left, bottom, right = _shown_part(film, region, whole=look.whole_film)
    grey = film.pixels[top:bottom, left:right]
    enlarged = max(1.0, _SHORT_SIDE / min(grey.shape))
    zoom = min(enlarged, np.sqrt(_MOST_PIXELS / grey.size), _WIDEST / grey.shape[1])
    size = (max(1, round(grey.shape[1] * zoom)), max(1, round(grey.shape[0] * zoom)))
    method = cv2.INTER_CUBIC if zoom > 1 else cv2.INTER_AREA
    shown = np.clip(cv2.resize(grey, size, interpolation=method), 0, 1).astype(np.float32)
    here = _Place(left, top, zoom)
    placed = np.zeros(shown.shape, np.float32)
    if evidence is not None:
        placed = EvidenceMap(evidence.values, here.of(evidence.region)).on_film(shown.shape)
        placed = placed / np.float32(look.full_colour_at)
    strength = placed
    if look.positive_faded:
        strength = placed * np.where(placed > 0, np.float32(FADED), np.float32(1))
    picture = colour_evidence(shown, strength * np.float32(EVIDENCE_SCALE), look.opacity, look.question)
    if look.contours and evidence is not None:
        _draw_contours(picture, placed, look)
    box = here.of(region).box
    corners = [(round(x), round(y)) for x, y in ((box.x0, box.y0), (box.x1, box.y1))]
    cv2.rectangle(picture, corners[0], corners[1], _FRAME, _line_width(picture), cv2.LINE_AA)
    return picture


def shown_box(film: Radiograph, region: Region, look: Look) -> Box:
    """The part of a film that `draw_film` shows, in film coordinates."""
    top, left, bottom, right = _shown_part(film, region, whole=look.whole_film)
    return Box(left, top, right, bottom)


class _Column(Protocol):
    def image(self, image: bytes, **how: object) -> object: ...


def show_picture(picture: Picture, caption: str, where: _Column | None = None, alt: str = "") -> None:
    """Put a picture on the page, here or in a column, without making it smaller; `alt` says what it shows."""
    place = where if where is not None else st
    place.image(encode(picture), caption=caption, width="stretch", output_format="JPEG", alt=alt or caption)


_PLACES = (
    (
        gettext_noop("at the upper left"),
        gettext_noop("at the upper middle"),
        gettext_noop("at the upper right"),
    ),
    (gettext_noop("at the middle left"), gettext_noop("in the middle"), gettext_noop("at the middle right")),
    (
        gettext_noop("at the lower left"),
        gettext_noop("at the lower middle"),
        gettext_noop("at the lower right"),
    ),
)


def peak_in_words(evidence: EvidenceMap, unit: str = "logits", question: str = "mvm") -> str:
    """Where a map is strongest, for which side, and how strong where it has a unit."""
    values = evidence.values
    row, column = np.unravel_index(int(np.abs(values).argmax()), values.shape)
    place = gettext(_PLACES[int(3 * row / values.shape[0])][int(3 * column / values.shape[1])])
    words = QUESTION_WORDS[question]
    side = words.positive if values[row, column] > 0 else words.negative
    if not unit:
        return gettext("strongest {side} {place} of the frame", side=side, place=place)
    return gettext(
        "strongest {side} {place} of the frame, {strength:.1f} {unit}",
        side=side,
        place=place,
        strength=abs(float(values[row, column])),
        unit=unit,
    )


def encode(picture: Picture) -> bytes:
    """A picture as JPEG, colours at full resolution so that contours stay crisp."""
    _, encoded = cv2.imencode(".jpg", picture[..., ::-1], _JPEG)
    return encoded.tobytes()


def draw_difference(change: NDArray[np.float32], full_colour_at: float, question: str = "mvm") -> Picture:
    """Draw a difference alone in the colours of a question's map, black where there is none."""
    enlarged = cv2.resize(change, (_SHORT_SIDE, _SHORT_SIDE), interpolation=cv2.INTER_LINEAR)
    scaled = (enlarged / np.float32(max(full_colour_at, 1e-9)) * np.float32(EVIDENCE_SCALE)).astype(
        np.float32
    )
    picture = colour_evidence(np.zeros(scaled.shape, np.float32), scaled, 1.0, question)
    cv2.rectangle(picture, (0, 0), (_SHORT_SIDE - 1, _SHORT_SIDE - 1), _FRAME, 1)
    return picture


def legend(unit: str, look: Look) -> str:
    """The colour scale of a question's maps, the same for every film and reading, as HTML."""
    shares: Sequence[float] = (-1, -0.5, 0, 0.5, 1)
    ticks = "".join(
        f'<span style="left:{50 + 50 * share:g}%">{share * look.full_colour_at:+.3g}</span>'.replace(
            "+0<", "0<"
        ).replace(">-", ">−")
        for share in shares
    )
    words, (positive, negative) = QUESTION_WORDS[look.question], COLOURS[look.question]
    most = _css(positive, look.opacity * (FADED if look.positive_faded else 1))
    least = _css(negative, look.opacity)
    return (
        '<div class="mvm-legend"><div class="ends">'
        f"<span>{gettext('speaks {side}', side=words.negative)}</span>"
        f"<span>{unit}</span><span>{gettext('speaks {side}', side=words.positive)}</span></div>"
        f'<div class="ramp" style="background:linear-gradient(90deg,{least},{_css(negative, 0)} 50%,'
        f'{_css(positive, 0)} 50%,{most}),#55595e"></div><div class="ticks">{ticks}</div></div>'
    )


@dataclass(frozen=True)
class _Place:
    """Where a picture lies on its film."""

    left: int
    top: int
    zoom: float

    def of(self, region: Region) -> Region:
        """A square of the film in the picture's own pixels."""
        return replace(
            region,
            x0=(region.x0 - self.left) * self.zoom,
            y0=(region.y0 - self.top) * self.zoom,
            side=region.side * self.zoom,
        )


def _shown_part(film: Radiograph, region: Region, *, whole: bool) -> tuple[int, int, int, int]:
    rows, columns = film.shape
    margin = _MARGIN * region.side
    top, bottom = max(0, int(region.y0 - margin)), min(rows, int(region.box.y1 + margin))
    left, right = max(0, int(region.x0 - margin)), min(columns, int(region.box.x1 + margin))
    if whole or bottom - top < 2 or right - left < 2:
        return 0, 0, rows, columns
    return top, left, bottom, right


def _draw_contours(picture: Picture, placed: NDArray[np.float32], look: Look) -> None:
    for sign, colour in zip((1, -1), COLOURS[look.question], strict=True):
        if sign > 0 and look.positive_faded:
            continue
        for share in CONTOUR_SHARES:
            above = (sign * placed >= share).astype(np.uint8)
            lines, _ = cv2.findContours(above, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
            cv2.drawContours(picture, lines, -1, colour, _line_width(picture), cv2.LINE_AA)


def _line_width(picture: Picture) -> int:
    """Thicker on large pictures, which a page shows smaller than they are."""
    return max(1, round(picture.shape[1] / 500))


def _css(colour: tuple[int, int, int], opacity: float) -> str:
    return f"rgba({','.join(map(str, colour))},{opacity:.2f})"
