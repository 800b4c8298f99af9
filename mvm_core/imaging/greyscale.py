"""Stored values -> grey values as a viewer shows them: modality LUT, VOI LUT or window, inversion."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.pixels import apply_modality_lut, apply_voi

from mvm_core.imaging.attributes import UNREADABLE, first_item, number, text
from mvm_core.imaging.bands import bands
from mvm_core.language import gettext

_Transform = Callable[[NDArray[np.float64]], NDArray[np.float64] | None]
_Ends = tuple[float, float]

_BLANK = 1 / 255
"""A film that a window leaves with less than this from its darkest to its brightest pixel shows nothing."""


def display(stored: NDArray, data: Dataset) -> tuple[NDArray[np.float32], tuple[str, ...], _Ends | None]:
    """Show stored values as their header asks for.

    Parameters
    ----------
    stored : array, shape (rows, columns)
        Integers or floats.
    data : Dataset
        The header.

    Returns
    -------
    grey : float32 array, shape (rows, columns)
        Values in [0, 1]; pixels of padding are 0. A film without a usable VOI transformation is shown over
        the range of its own values. All zero where every pixel has the same value.
    remarks : tuple of str
        What a reader of the film should know, one clause each.
    ends : (float, float) or None
        Rescaled values that grey 0 and 1 stand for; None where grey does not follow them in a straight line.
    """
    if stored.dtype.kind in "iu" and stored.dtype.itemsize <= 2:
        # One look-up table for all values that the type can hold.
        codes = stored.view(f"u{stored.dtype.itemsize}")
        values = np.arange(2 ** (8 * codes.itemsize), dtype=codes.dtype).view(stored.dtype)
        row, occurs = codes.reshape(-1), np.zeros(values.size, bool)
        for band in bands(row.size):
            occurs |= np.bincount(row[band], minlength=values.size) > 0
        table, remarks, ends = _display(values, occurs, data)
        grey = np.empty(stored.shape, np.float32)
        for band in bands(row.size):
            # Nothing is clipped; but other modes make a copy.
            np.take(table, row[band], out=grey.reshape(-1)[band], mode="clip")
        return grey, remarks, ends
    grey, remarks, ends = _display(stored.reshape(-1), np.ones(stored.size, bool), data)
    return grey.reshape(stored.shape), remarks, ends


def luminance(colour: NDArray, data: Dataset) -> NDArray[np.float32]:
    """Turn RGB into grey by ITU-R BT.601 luma.

    Parameters
    ----------
    colour : unsigned integer array, shape (rows, columns, 3)
    data : Dataset
        The header.

    Returns
    -------
    float32 array, shape (rows, columns)
        Values in [0, 1].
    """
    palette = text(data, "PhotometricInterpretation") == "PALETTE COLOR"
    bits = colour.dtype.itemsize * 8 if palette else int(data.BitsStored)
    if colour.dtype not in (np.uint8, np.uint16):
        colour = colour.astype(np.float32)
    grey = cv2.cvtColor(np.ascontiguousarray(colour), cv2.COLOR_RGB2GRAY).astype(np.float32)
    grey /= np.float32(2**bits - 1)
    return np.clip(grey, 0, 1, out=grey)


def _display(
    values: NDArray, occurs: NDArray[np.bool_], data: Dataset
) -> tuple[NDArray[np.float32], tuple[str, ...], _Ends | None]:
    """Show values, of which those that occur in the film set the range."""
    shown = _Shown(values, occurs, data)
    grey = np.zeros(values.shape, np.float32)
    low, high = shown.range(None)
    if not high > low:
        return grey, (), None
    transform, remarks = _voi(data), []
    ends = (low, high) if transform is None else _window_ends(data)
    if transform is not None:
        try:
            darkest, brightest = shown.range(transform)
        except UNREADABLE:
            darkest = brightest = 0.0
        if not brightest - darkest >= _BLANK:
            transform, ends = None, (low, high)
            remarks.append(
                gettext("its window shows nothing of it, so the whole range of its values is shown.")
            )
    shape, photometric = text(data, "PresentationLUTShape"), text(data, "PhotometricInterpretation")
    inverse = photometric == "MONOCHROME1" or shape == "INVERSE"
    for band in bands(values.size):
        measured, padding = shown.measured(band)
        part = transform(measured) if transform is not None else None
        if part is None:
            part = np.clip((measured - low) / (high - low), 0.0, 1.0)
        if inverse:
            part = 1.0 - part
        part[padding | ~np.isfinite(measured)] = 0.0
        grey[band] = part
    return grey, tuple(remarks), ends[::-1] if inverse and ends is not None else ends


class _Shown:
    """Values and which of them count, band by band."""

    def __init__(self, values: NDArray, occurs: NDArray[np.bool_], data: Dataset) -> None:
        self._values, self._occurs, self._data = values, occurs, data
        self._padded = True
        # Where all is padding, none is.
        self._padded = any(self._counts(band)[1].any() for band in bands(values.size))

    def measured(self, band: slice) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Rescaled values of a band, and which are padding."""
        values = self._values[band]
        padding = _padding(values, self._data) if self._padded else np.zeros(values.shape, bool)
        return _rescaled(values, self._data), padding

    def range(self, transform: _Transform | None) -> tuple[float, float]:
        """Least and greatest of the values that count, transformed where wanted; equal where none do."""
        low, high = np.inf, -np.inf
        for band in bands(self._values.size):
            measured, inside = self._counts(band)
            seen = measured if transform is None else transform(measured)
            if seen is None:
                return 0.0, 0.0
            low = float(np.min(seen, initial=low, where=inside))
            high = float(np.max(seen, initial=high, where=inside))
        return (low, high) if high > low else (0.0, 0.0)

    def _counts(self, band: slice) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        measured, padding = self.measured(band)
        return measured, self._occurs[band] & np.isfinite(measured) & ~padding


def _rescaled(values: NDArray, data: Dataset) -> NDArray[np.float64]:
    if first_item(data, "ModalityLUTSequence") is not None:
        return apply_modality_lut(values, data).astype(np.float64)
    slope, intercept = number(data, "RescaleSlope"), number(data, "RescaleIntercept")
    # A slope of 0 says nothing.
    return values.astype(np.float64) * (slope or 1.0) + (intercept or 0.0)


def _voi(data: Dataset) -> _Transform | None:
    """The VOI LUT, else the first window, as a function onto [0, 1]; None where there is neither."""
    table = first_item(data, "VOILUTSequence")
    if table is not None:
        return lambda values: _looked_up(values, data, table)
    centre, width = number(data, "WindowCenter"), number(data, "WindowWidth")
    if centre is None or width is None:
        return None
    function = text(data, "VOILUTFunction") or "LINEAR"
    return lambda values: _windowed(values, centre, width, function)


def _window_ends(data: Dataset) -> _Ends | None:
    """The values at the ends of the first window; None for a VOI LUT and for a window that is no ramp."""
    centre, width = number(data, "WindowCenter"), number(data, "WindowWidth")
    ramp = text(data, "VOILUTFunction") != "SIGMOID" and first_item(data, "VOILUTSequence") is None
    if centre is None or width is None or not ramp:
        return None
    return centre - width / 2, centre + width / 2


def _looked_up(values: NDArray[np.float64], data: Dataset, table: Dataset) -> NDArray[np.float64]:
    found = apply_voi(np.round(values).astype(np.int64), data, index=0).astype(np.float64)
    return np.clip(found / (2 ** int(table.LUTDescriptor[2]) - 1), 0.0, 1.0)


def _windowed(
    values: NDArray[np.float64], centre: float, width: float, function: str
) -> NDArray[np.float64] | None:
    """DICOM PS3.3 C.11.2.1.2 and C.11.2.1.3, onto [0, 1]; None for a window without width.

    pydicom's own function turns the film to its negative where the rescale slope is negative.
    """
    if function == "LINEAR":
        centre, width = centre - 0.5, width - 1.0
        if width == 0:
            return (values > centre).astype(np.float64)
    if width <= 0:
        return None
    if function == "SIGMOID":
        return 1.0 / (1.0 + np.exp(np.clip(-4.0 * (values - centre) / width, -500, 500)))
    return np.clip((values - centre) / width + 0.5, 0.0, 1.0)


def _padding(values: NDArray, data: Dataset) -> NDArray[np.bool_]:
    value = number(data, "PixelPaddingValue")
    if value is None:
        return np.zeros(values.shape, bool)
    limit = number(data, "PixelPaddingRangeLimit")
    ends = [value, value if limit is None else limit]
    if values.dtype.kind == "i":
        # Some writers encode a negative value as an unsigned one.
        highest = np.iinfo(values.dtype).max
        ends = [end - 2 * (highest + 1) if end > highest else end for end in ends]
    return (values >= min(ends)) & (values <= max(ends))
