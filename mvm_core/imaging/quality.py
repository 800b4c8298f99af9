"""What a reader should know of a film before believing a reading of it: concerns with their measures."""

from collections.abc import Iterator

import numpy as np

from mvm_core.imaging.concern import Concern
from mvm_core.imaging.preprocess import Preprocessing
from mvm_core.language import gettext, gettext_noop
from mvm_core.radiograph import Radiograph

_LOW_CONTRAST = 0.08
_CLIPPED_SHARE_OF_FILM = 0.4


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
