"""A region of a film as its quality is judged, and the body in it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mvm_core.imaging.concern import Outline
from mvm_core.imaging.outline import outlines
from mvm_core.imaging.preprocess import Preprocessing, cut, region_of_interest
from mvm_core.radiograph import Box, Radiograph


@dataclass(frozen=True)
class SeenRegion:
    """A region at the networks' pixel size, or the film's where that is coarser.

    Attributes
    ----------
    around : float32 array, shape (rows, columns)
        The region, as far as the film reaches.
    body : bool array of the same shape
        The box in it.
    mm_per_pixel : float or None
        Of `around`.
    origin : (x, y)
        Its upper left corner, in film coordinates.
    step : float
        Film pixels to one of its own.
    """

    around: NDArray[np.float32]
    body: NDArray[np.bool_]
    mm_per_pixel: float | None
    origin: tuple[float, float]
    step: float

    def on_film(self, mask: NDArray[np.bool_]) -> tuple[Outline, ...]:
        """Outlines of a part of `around`, in film coordinates."""
        (left, top), step = self.origin, self.step
        return tuple(tuple((left + step * x, top + step * y) for x, y in line) for line in outlines(mask))


def see_region(film: Radiograph, box: Box, settings: Preprocessing) -> SeenRegion:
    """The region of a film around a box, as networks with these settings see it."""
    region = region_of_interest(film, box, settings.region_mm)
    step = max(region.side / settings.size_px, 1.0)
    patch = cut(film.pixels, region, max(1, round(region.side / step)))
    step = region.side / len(patch)
    rows, columns = (start + step * (np.arange(len(patch)) + 0.5) for start in (region.y0, region.x0))
    # Where the region reaches past the film it is black, and its edge no edge of the patient's.
    on_rows, on_columns = (
        (place >= step) & (place <= length - step)
        for place, length in zip((rows, columns), film.shape, strict=True)
    )
    body = np.outer((rows >= box.y0) & (rows <= box.y1), (columns >= box.x0) & (columns <= box.x1))
    on = np.ix_(on_rows, on_columns)
    return SeenRegion(
        around=np.ascontiguousarray(patch[on]),
        body=body[on],
        mm_per_pixel=step * film.mm_per_pixel if film.mm_per_pixel is not None else None,
        origin=(
            region.x0 + step * float(np.argmax(on_columns)),
            region.y0 + step * float(np.argmax(on_rows)),
        ),
        step=step,
    )


def within(film: Radiograph, box: Box) -> NDArray[np.float32]:
    """The film's own pixels in a box, as far as it lies on the film."""
    rows, columns = film.shape
    x0, x1 = (int(np.clip(round(x), 0, columns)) for x in (box.x0, box.x1))
    y0, y1 = (int(np.clip(round(y), 0, rows)) for y in (box.y0, box.y1))
    return film.pixels[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1)]


def pixels_to_edge(film: Radiograph, corners: NDArray[np.float64]) -> float:
    """Pixels between a body's corners (n, 2) and the nearest edge of the film; negative where beyond."""
    rows, columns = film.shape
    x, y = corners.T
    return float(min(x.min(), y.min(), columns - x.max(), rows - y.max()))
