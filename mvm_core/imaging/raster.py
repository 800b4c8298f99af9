"""PNG, JPEG and TIFF -> Radiograph, decoded in a process of their own."""

import numpy as np
from numpy.typing import NDArray

from mvm_core.decoders.pool import DamagedImageError, shared_pool
from mvm_core.errors import FilmError
from mvm_core.imaging.bands import bands
from mvm_core.imaging.limits import MAX_PIXELS
from mvm_core.imaging.unsuited import unsuited_by_name
from mvm_core.imaging.views import view_from_name
from mvm_core.language import gettext
from mvm_core.radiograph import Radiograph

_DEPTHS = (8, 10, 12, 14, 16)


def read_raster(content: bytes, name: str) -> Radiograph:
    """Read a PNG, JPEG or TIFF file.

    Resolution tags are not trusted as pixel spacing: they mostly speak of screens and printers.

    Raises
    ------
    FilmError
        If the file is damaged, of a rare kind, has several pages, or is too large or too slow to decode.
    """
    try:
        decoded = shared_pool().decode("picture", content, {"most_pixels": MAX_PIXELS}, name)
    except DamagedImageError as error:
        raise FilmError(
            name, gettext("the picture is damaged or cut short"), gettext("export or copy the film again")
        ) from error
    grey = _grey(decoded.values)
    if decoded.facts.get("white_is_zero"):
        np.subtract(1, grey, out=grey)
    view, source = view_from_name(name)
    return Radiograph(pixels=grey, name=name, view=view, view_source=source, unsuited=unsuited_by_name(name))


def _grey(values: NDArray) -> NDArray[np.float32]:
    """Grey values in [0, 1].

    Whole-number pictures are shown over the range of their depth, others over their own range.
    """
    if values.dtype == np.uint8:
        grey = values.astype(np.float32)
        grey /= np.float32(255)
        return grey
    low, high = _range(values)
    grey = np.zeros(values.shape, np.float32)
    if not high > low:
        return grey
    stored, shown = values.reshape(-1), grey.reshape(-1)
    if values.dtype == np.uint16:
        # One look-up table for all values that the type can hold.
        codes = np.arange(2**16, dtype=np.float64)
        table = np.clip((codes - low) / (high - low), 0, 1).astype(np.float32)
        for band in bands(values.size):
            # Nothing is clipped; but other modes make a copy.
            np.take(table, stored[band], out=shown[band], mode="clip")
        return grey
    for band in bands(values.size):
        measured = stored[band].astype(np.float64)
        if values.dtype.kind == "f":
            measured[~np.isfinite(measured)] = low
        shown[band] = np.clip((measured - low) / (high - low), 0, 1)
    return grey


def _range(values: NDArray) -> tuple[float, float]:
    """What is shown as 0 and as 1."""
    if values.dtype.kind == "f":
        stored = values.reshape(-1)
        low, high = np.inf, -np.inf
        for band in bands(values.size):
            finite = stored[band][np.isfinite(stored[band])]
            low, high = float(finite.min(initial=low)), float(finite.max(initial=high))
        return low, high
    low, high = float(values.min()), float(values.max())
    if low >= 0 and high < 2 ** _DEPTHS[-1]:
        # Films of 10, 12 or 14 bits are stored in 16; their depth is told by their brightest pixel.
        depth = next(bits for bits in _DEPTHS if high < 2**bits)
        return 0.0, float(2**depth - 1)
    return low, high
