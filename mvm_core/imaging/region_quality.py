"""What makes the region of a film that is read hard to read: concerns with their measures and marks."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mvm_core.imaging.concern import Concern, outline_of
from mvm_core.imaging.dense import dense_patches
from mvm_core.imaging.preprocess import Preprocessing, region_of_interest
from mvm_core.imaging.seen_region import pixels_to_edge, see_region, within
from mvm_core.imaging.texture import blur_effect, grey_values, noise_deviation
from mvm_core.language import gettext, gettext_noop
from mvm_core.radiograph import Box, Radiograph

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
_BEYOND_EDGE = 0.2
"""Of its height, a box around a whole body may reach beyond the film."""
_FEWEST_GREYS = 24


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
        ``clipped``, ``overexposed`` or ``underexposed``, ``few grey values``, ``blurred``, ``noisy``,
        ``too small``, ``metal or cement``, ``cut off``; with marks where they lie in a place.
    """
    return tuple(_of_region(film, box, level or gettext("the region"), corners, settings or Preprocessing()))


def _of_region(
    film: Radiograph, box: Box, level: str, corners: NDArray[np.float64] | None, settings: Preprocessing
) -> Iterator[Concern]:
    gap = pixels_to_edge(film, np.array(outline_of(box)))
    if corners is not None:
        # A body of which half is missing may be found smaller than it is; the box tells it.
        gap = min(pixels_to_edge(film, corners), gap + _BEYOND_EDGE * box.height)
    if gap < 1:
        told = gettext("{level} reaches the edge of the film", level=level)
        whole = (outline_of(box),)
        yield Concern(gettext_noop("cut off"), film.name, told, gap, "pixels to the edge", marks=whole)
    if box.height < _FEWEST_PIXELS:
        told = gettext("{level} is only {height:.0f} pixels high", level=level, height=box.height)
        yield Concern(gettext_noop("too small"), film.name, told, box.height, "pixels")
    look = see_region(film, box, settings)
    if not look.body.any():
        return
    own = within(film, box)
    for concern in _exposure(film.name, level, own):
        yield replace(concern, marks=(outline_of(box),))
    ends = (look.around <= _END) | (look.around >= 1 - _END)
    clipped = float(np.mean((own <= _END) | (own >= 1 - _END)))
    if clipped > _CLIPPED_SHARE:
        told = gettext("{clipped:.0%} of {level} is pure black or white", clipped=clipped, level=level)
        marks = look.on_film(ends & look.body)
        yield Concern(gettext_noop("clipped"), film.name, told, clipped, "share of pixels", marks=marks)
    greys = grey_values(within(film, region_of_interest(film, box, settings.region_mm).box))
    if greys < _FEWEST_GREYS:
        told = gettext("around {level} there are only {greys} grey values", level=level, greys=greys)
        yield Concern(gettext_noop("few grey values"), film.name, told, float(greys), "grey values")
    if min(look.around.shape) >= _FEWEST_FOR_TEXTURE:
        yield from _texture(film.name, level, look.around)
    if look.mm_per_pixel is not None:
        dense = dense_patches(look.around, look.body, look.mm_per_pixel)
        area = float(np.count_nonzero(dense)) * look.mm_per_pixel**2
        if area >= _DENSE_MM2:
            told = gettext(
                "something as dense as metal, cement or very dense bone lies over {area:.0f} mm² of {level}",
                area=area,
                level=level,
            )
            marks = look.on_film(dense)
            yield Concern(gettext_noop("metal or cement"), film.name, told, area, "mm²", marks=marks)


def _exposure(name: str, level: str, seen: NDArray[np.float32]) -> Iterator[Concern]:
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
