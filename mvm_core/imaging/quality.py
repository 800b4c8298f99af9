"""What a reader should know of a film before believing a reading of it."""

import numpy as np

from mvm_core.imaging.preprocess import Preprocessing
from mvm_core.radiograph import Radiograph

_LOW_CONTRAST = 0.08
_CLIPPED_SHARE = 0.4


def check_film(film: Radiograph, settings: Preprocessing | None = None) -> tuple[str, ...]:
    """Check a film's contrast, size and resolution.

    Parameters
    ----------
    film : Radiograph
    settings : Preprocessing, optional
        What the networks want; the defaults where not given.

    Returns
    -------
    tuple of str
        One sentence a concern.
    """
    settings = settings or Preprocessing()
    concerns = []
    sample = film.pixels[::4, ::4]
    low, high = np.percentile(sample, (2, 98))
    if high - low < _LOW_CONTRAST:
        concerns.append(f"{film.name}: the film has hardly any contrast.")
    clipped = float(np.mean((sample <= 0.0) | (sample >= 1.0)))
    if clipped > _CLIPPED_SHARE:
        concerns.append(f"{film.name}: {clipped:.0%} of the film is pure black or white.")
    if min(film.shape) < settings.size_px:
        concerns.append(
            f"{film.name}: {film.shape[1]} x {film.shape[0]} pixels are fewer than the networks want."
        )
    # Of an unknown pixel spacing the reading itself warns.
    if film.mm_per_pixel is not None:
        side = min(film.shape) * film.mm_per_pixel
        if side < settings.region_mm:
            concerns.append(
                f"{film.name}: the film is {side:.0f} mm wide, less than the {settings.region_mm:.0f} mm "
                "that the networks look at."
            )
        if film.mm_per_pixel > 1.5 * settings.region_mm / settings.size_px:
            concerns.append(
                f"{film.name}: {film.mm_per_pixel:.2f} mm a pixel is coarser than the networks want."
            )
    return tuple(concerns)
