"""What a reader should know of a film before believing a reading of it: concerns with their measures."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mvm_core.imaging.concern import Concern
from mvm_core.imaging.dense import dense_area
from mvm_core.imaging.preprocess import Preprocessing, cut, region_of_interest
from mvm_core.language import gettext, gettext_noop
from mvm_core.radiograph import Box, Radiograph

_LOW_CONTRAST = 0.08
_CLIPPED_SHARE_OF_FILM = 0.4
_END = 1 / 255

# Chosen beyond what unharmed films reach, simulated (sites A and C) and real.
_CLIPPED_SHARE = 0.15
_DARKEST = 0.25
_LIGHTEST = 0.90
_BLURRED = 0.72
_NOISY = 0.045
_FEWEST_PIXELS = 24
_DENSE_MM2 = 150.0
_FEWEST_FOR_TEXTURE = 40


def check_film(film: Radiograph, settings: Preprocessing | None = None) -> tuple[Concern, ...]:
    """Check a film's contrast, size and resolution.

    Parameters
    ----------
    film : Radiograph
    settings : Preprocessing, optional
        What the networks want; the defaults where not given.
    """
    return tuple(_of_film(film, settings or Preprocessing()))


def _of_film(film: Radiograph, settings: Preprocessing) -> Iterator[Concern]:
    sample = film.pixels[::4, ::4]
    low, high = np.percentile(sample, (2, 98))
    if high - low < _LOW_CONTRAST:
        told = gettext("the film has hardly any contrast ({contrast:.2f} of full white)", contrast=high - low)
        yield Concern(gettext_noop("low contrast"), film.name, told, float(high - low), "of full white")
    clipped = float(np.mean((sample <= 0.0) | (sample >= 1.0)))
    if clipped > _CLIPPED_SHARE_OF_FILM:
        told = gettext("{clipped:.0%} of the film is pure black or white", clipped=clipped)
        yield Concern(gettext_noop("clipped"), film.name, told, clipped, "share of pixels")
    if min(film.shape) < settings.size_px:
        told = gettext(
            "{columns} x {rows} pixels are fewer than the networks want",
            columns=film.shape[1],
            rows=film.shape[0],
        )
        yield Concern(gettext_noop("too small"), film.name, told, float(min(film.shape)), "pixels")
    # Of an unknown pixel spacing the reading itself warns.
    if film.mm_per_pixel is None:
        return
    side = min(film.shape) * film.mm_per_pixel
    if side < settings.region_mm:
        told = gettext(
            "the film is {side:.0f} mm wide, less than the {region_mm:.0f} mm that the networks look at",
            side=side,
            region_mm=settings.region_mm,
        )
        yield Concern(gettext_noop("too small"), film.name, told, side, "mm")
    if film.mm_per_pixel > 1.5 * settings.region_mm / settings.size_px:
        told = gettext(
            "{mm_per_pixel:.2f} mm a pixel is coarser than the networks want", mm_per_pixel=film.mm_per_pixel
        )
        yield Concern(gettext_noop("coarse"), film.name, told, film.mm_per_pixel, "mm a pixel")


@dataclass(frozen=True)
class _Look:
    """A region as its quality is judged: at the networks' pixel size, or the film's where that is coarser.

    Attributes
    ----------
    around : float32 array
        The region, as far as the film reaches.
    body : bool array of the same shape
        The box in it.
    mm_per_pixel : float or None
    """

    around: NDArray[np.float32]
    body: NDArray[np.bool_]
    mm_per_pixel: float | None


def check_region(
    film: Radiograph,
    box: Box,
    level: str = "",
    corners: NDArray[np.float64] | None = None,
    settings: Preprocessing | None = None,
) -> tuple[Concern, ...]:
    """Check the region of a film that is read.

    Parameters
    ----------
    film : Radiograph
    box : Box
        Around the vertebra in question.
    level : str
        Its name, for people.
    corners : float array, shape (4, 2), optional
        Of its body, as (x, y) in pixels; else the box tells whether it is cut off.
    settings : Preprocessing, optional
        What the networks want; the defaults where not given.

    Returns
    -------
    tuple of Concern
        ``clipped``, ``overexposed`` or ``underexposed``, ``blurred``, ``noisy``, ``too small``,
        ``metal or cement``, ``cut off``.
    """
    return tuple(_of_region(film, box, level or gettext("the region"), corners, settings or Preprocessing()))


def _of_region(
    film: Radiograph, box: Box, level: str, corners: NDArray[np.float64] | None, settings: Preprocessing
) -> Iterator[Concern]:
    gap = _gap(film, box, corners)
    if gap < 1:
        yield Concern(
            gettext_noop("cut off"),
            film.name,
            gettext("{level} reaches the edge of the film", level=level),
            gap,
            "pixels to the edge",
        )
    if box.height < _FEWEST_PIXELS:
        told = gettext("{level} is only {height:.0f} pixels high", level=level, height=box.height)
        yield Concern(gettext_noop("too small"), film.name, told, box.height, "pixels")
    look = _look(film, box, settings)
    seen = look.around[look.body]
    if not seen.size:
        return
    yield from _exposure(film.name, level, _within(film, box))
    if min(look.around.shape) >= _FEWEST_FOR_TEXTURE:
        yield from _texture(film.name, level, look.around)
    if look.mm_per_pixel is not None:
        area = dense_area(look.around, look.body, look.mm_per_pixel)
        if area >= _DENSE_MM2:
            told = gettext(
                "something as dense as metal, cement or very dense bone lies over {area:.0f} mm² of {level}",
                area=area,
                level=level,
            )
            yield Concern(gettext_noop("metal or cement"), film.name, told, area, "mm²")


def _exposure(name: str, level: str, seen: NDArray[np.float32]) -> Iterator[Concern]:
    clipped = float(np.mean((seen <= _END) | (seen >= 1 - _END)))
    darkest, lightest = (float(value) for value in np.percentile(seen, (5, 95)))
    if lightest < _DARKEST:
        told = gettext(
            "{level} is nearly black (95 % of it below {lightest:.2f} of full white)",
            level=level,
            lightest=lightest,
        )
        yield Concern(gettext_noop("overexposed"), name, told, lightest, "of full white")
    elif darkest > _LIGHTEST:
        told = gettext(
            "{level} is nearly white (95 % of it above {darkest:.2f} of full white)",
            level=level,
            darkest=darkest,
        )
        yield Concern(gettext_noop("underexposed"), name, told, darkest, "of full white")
    if clipped > _CLIPPED_SHARE:
        told = gettext("{clipped:.0%} of {level} is pure black or white", clipped=clipped, level=level)
        yield Concern(gettext_noop("clipped"), name, told, clipped, "share of pixels")


def _texture(name: str, level: str, around: NDArray[np.float32]) -> Iterator[Concern]:
    contrast = float(np.subtract(*np.percentile(around, (95, 5))))
    if contrast <= 0:
        return
    noise = noise_deviation(around) / contrast
    if noise > _NOISY:
        told = gettext("around {level} the noise is {noise:.0%} of the contrast", level=level, noise=noise)
        yield Concern(gettext_noop("noisy"), name, told, noise, "of the contrast")
    blur = blur_effect(around)
    if blur > _BLURRED:
        told = gettext(
            "around {level} edges are washed out (blur {blur:.2f}; sharp films stay below {blurred:.2f})",
            level=level,
            blur=blur,
            blurred=_BLURRED,
        )
        yield Concern(gettext_noop("blurred"), name, told, blur, "blur effect")


def blur_effect(patch: NDArray[np.float32]) -> float:
    """How little of the steps between neighbours is lost to another blur, in [0, 1]; 1 is all blur.

    Crete et al., The blur effect: perception and estimation with a new no-reference perceptual blur metric
    (SPIE 6492, 2007), with its mean over nine pixels.
    """
    found = []
    for axis, size in ((0, (1, 9)), (1, (9, 1))):
        steps = np.abs(np.diff(patch, axis=axis))
        left = np.abs(np.diff(cv2.blur(patch, size), axis=axis))
        whole = float(steps.sum())
        found.append(1.0 - float(np.maximum(0, steps - left).sum()) / whole if whole > 0 else 1.0)
    return max(found)


def noise_deviation(patch: NDArray[np.float32]) -> float:
    """Standard deviation of white noise in a picture.

    Immerkaer, Fast noise variance estimation (Computer Vision and Image Understanding 64, 1996), by the
    median rather than the mean, which edges would raise.
    """
    mask = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    residue = cv2.filter2D(patch, cv2.CV_32F, mask, borderType=cv2.BORDER_REFLECT)
    return float(np.median(np.abs(residue))) / (0.6745 * 6)


def _look(film: Radiograph, box: Box, settings: Preprocessing) -> _Look:
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
    mm_per_pixel = step * film.mm_per_pixel if film.mm_per_pixel is not None else None
    return _Look(np.ascontiguousarray(patch[on]), body[on], mm_per_pixel)


def _within(film: Radiograph, box: Box) -> NDArray[np.float32]:
    rows, columns = film.shape
    x0, x1 = (int(np.clip(round(x), 0, columns)) for x in (box.x0, box.x1))
    y0, y1 = (int(np.clip(round(y), 0, rows)) for y in (box.y0, box.y1))
    return film.pixels[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1)]


def _gap(film: Radiograph, box: Box, corners: NDArray[np.float64] | None) -> float:
    """Pixels between a body and the nearest edge of the film; negative where it lies beyond."""
    rows, columns = film.shape
    if corners is None:
        corners = np.array([[box.x0, box.y0], [box.x1, box.y1]])
    x, y = corners.T
    return float(min(x.min(), y.min(), columns - x.max(), rows - y.max()))
