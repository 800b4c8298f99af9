"""Radiograph, View, Box and FilmPair: the plain data that every other module speaks of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from mvm_core.language import gettext

BOX_MARGIN = 0.12
"""Of a body's height: so much lies around it on each side in the box that it is read in."""

CERVICAL, OBLIQUE = "cervical", "oblique"
"""What a film may say of itself that was never learnt from."""

_CORNERS = 4


class View(StrEnum):
    """Direction of the beam."""

    AP = "ap"
    LATERAL = "lateral"

    @property
    def label(self) -> str:
        """The view's name as it is written for people."""
        return gettext("AP") if self is View.AP else gettext("lateral")


@dataclass(frozen=True)
class Box:
    """An upright rectangle in film coordinates, in pixels; the origin is the top left corner.

    Raises
    ------
    ValueError
        If the rectangle has no area.
    """

    x0: float
    y0: float
    x1: float
    y1: float

    def __post_init__(self) -> None:
        if not (self.x1 > self.x0 and self.y1 > self.y0):
            raise ValueError("a box needs x0 < x1 and y0 < y1")

    @classmethod
    def from_text(cls, text: str) -> "Box":
        """The box of ``x0 y0 x1 y1``, with blanks or commas between; with blanks, a comma is a decimal one.

        Raises
        ------
        ValueError
            If the text is not four finite numbers, or the rectangle has no area.
        """
        parts = text.split()
        if len(parts) == _CORNERS:
            parts = [part.removesuffix(",").replace(",", ".") for part in parts]
        else:
            parts = text.replace(",", " ").split()
        try:
            corners = [float(part) for part in parts]
        except ValueError:
            corners = []
        if len(corners) != _CORNERS or not all(map(isfinite, corners)):
            raise ValueError(f"{text!r} is not four numbers x0 y0 x1 y1")
        return cls(*corners)

    def as_text(self, digits: int = 1) -> str:
        """As ``x0 y0 x1 y1``, with so many digits after the point."""
        return " ".join(f"{corner:.{digits}f}" for corner in (self.x0, self.y0, self.x1, self.y1))

    @property
    def centre(self) -> tuple[float, float]:
        """Centre (x, y) in pixels."""
        return (self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2

    @property
    def width(self) -> float:
        """Width in pixels."""
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        """Height in pixels."""
        return self.y1 - self.y0


@dataclass(frozen=True)
class Radiograph:
    """One film, ready to be looked at.

    Attributes
    ----------
    pixels : float32 array, shape (rows, columns)
        Grey values in [0, 1], bone bright, square pixels; read-only.
    name : str
        The file's name, for messages.
    view : View or None
        None where nothing tells.
    view_source : str
        Where the view came from, e.g. ``ViewPosition``, ``file name``, ``given``, ``unknown``.
    mm_per_pixel : float or None
        Size of a pixel at the detector in mm; None where nothing tells.
    spacing_source : str
        Where the pixel size came from, e.g. ``ImagerPixelSpacing``, ``given``, ``unknown``.
    warnings : tuple of str
        What a reader of the film should know, one sentence each.
    stated_view : View or None
        What its own header says of its view, whatever it is taken for; None where that says nothing.
    marks : mapping of str to bytes
        Of patient and study, to compare films by; no text of the header, see `mvm_core.imaging.identity`.
    simulated : bool
        Whether its own header says that the project's simulator made it.
    unsuited : str
        `CERVICAL` or `OBLIQUE`, where its own header or name says so; else empty.
    values : (float, float) or None
        The film's own values, rescaled as its header says, that grey 0 and grey 1 stand for; None where it
        has none, or where grey does not follow them in a straight line.
    """

    pixels: NDArray[np.float32] = field(repr=False)
    name: str
    view: View | None = None
    view_source: str = "unknown"
    mm_per_pixel: float | None = None
    spacing_source: str = "unknown"
    warnings: tuple[str, ...] = ()
    stated_view: View | None = None
    marks: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    simulated: bool = False
    unsuited: str = ""
    values: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        self.pixels.setflags(write=False)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.pixels.shape[0], self.pixels.shape[1]


@dataclass(frozen=True)
class FilmPair:
    """An AP and a lateral film of one patient, either of which may be missing.

    The boxes are drawn around the vertebra in question, in film coordinates; None where nobody
    has pointed at a level.
    """

    ap: Radiograph | None = None
    lateral: Radiograph | None = None
    ap_box: Box | None = None
    lateral_box: Box | None = None

    def film(self, view: View) -> Radiograph | None:
        """The film of one view."""
        return self.ap if view is View.AP else self.lateral

    def box(self, view: View) -> Box | None:
        """The box on the film of one view."""
        return self.ap_box if view is View.AP else self.lateral_box

    @property
    def films(self) -> dict[View, Radiograph]:
        """The films that are present, by view."""
        return {view: film for view in View if (film := self.film(view)) is not None}

    @property
    def boxes(self) -> dict[View, Box]:
        """The boxes on the films that are present, by view."""
        return {view: box for view in self.films if (box := self.box(view)) is not None}

    @property
    def views(self) -> tuple[View, ...]:
        """The views that are present."""
        return tuple(view for view in View if self.film(view) is not None)
