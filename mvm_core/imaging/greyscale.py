"""Stored values -> grey values as a viewer shows them: modality LUT, VOI LUT or window, inversion."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.pixels import apply_modality_lut, apply_voi

from mvm_core.imaging.attributes import UNREADABLE, first_item, number, text

_BLANK = 1 / 255
"""A film that a window leaves with less than this from its darkest to its brightest pixel shows nothing."""


def display(stored: NDArray, data: Dataset) -> tuple[NDArray[np.float32], tuple[str, ...]]:
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
    """
    if stored.dtype.kind in "iu" and stored.dtype.itemsize <= 2:
        # One look-up table for all values that the type can hold.
        codes = stored.view(f"u{stored.dtype.itemsize}")
        values = np.arange(2 ** (8 * codes.itemsize), dtype=codes.dtype).view(stored.dtype)
        occurs = np.bincount(codes.ravel(), minlength=values.size) > 0
        table, remarks = _display(values, occurs, data)
        return np.take(table, codes), remarks
    grey, remarks = _display(stored.ravel(), np.isfinite(stored.ravel()), data)
    return grey.reshape(stored.shape), remarks


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
    grey = cv2.cvtColor(np.ascontiguousarray(colour), cv2.COLOR_RGB2GRAY)
    return np.clip(grey.astype(np.float32) / np.float32(2**bits - 1), 0, 1)


def _display(
    values: NDArray, occurs: NDArray[np.bool_], data: Dataset
) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    """Show values, of which those that occur in the film set the range."""
    measured = _rescaled(values, data)
    occurs = occurs & np.isfinite(measured)
    padding = _padding(values, data)
    inside = occurs & ~padding
    if not inside.any():
        inside, padding = occurs, np.zeros_like(padding)
    if not inside.any() or not np.ptp(measured[inside]) > 0:
        return np.zeros(values.shape, np.float32), ()
    grey, remarks = None, []
    if transform := _voi(data):
        try:
            grey = transform(measured)
        except UNREADABLE:
            grey = None
        if grey is None or not np.ptp(grey[inside]) >= _BLANK:
            grey = None
            remarks.append("its window shows nothing of it, so the whole range of its values is shown.")
    if grey is None:
        low, high = float(measured[inside].min()), float(measured[inside].max())
        grey = np.clip((measured - low) / (high - low), 0.0, 1.0)
    shape, photometric = text(data, "PresentationLUTShape"), text(data, "PhotometricInterpretation")
    if photometric == "MONOCHROME1" or shape == "INVERSE":
        grey = 1.0 - grey
    grey[padding | ~np.isfinite(measured)] = 0.0
    return grey.astype(np.float32), tuple(remarks)


def _rescaled(values: NDArray, data: Dataset) -> NDArray[np.float64]:
    if first_item(data, "ModalityLUTSequence") is not None:
        return apply_modality_lut(values, data).astype(np.float64)
    slope, intercept = number(data, "RescaleSlope"), number(data, "RescaleIntercept")
    # A slope of 0 says nothing.
    return values.astype(np.float64) * (slope or 1.0) + (intercept or 0.0)


def _voi(data: Dataset) -> Callable[[NDArray[np.float64]], NDArray[np.float64] | None] | None:
    """The VOI LUT, else the first window, as a function onto [0, 1]; None where there is neither."""
    table = first_item(data, "VOILUTSequence")
    if table is not None:
        return lambda values: _looked_up(values, data, table)
    centre, width = number(data, "WindowCenter"), number(data, "WindowWidth")
    if centre is None or width is None:
        return None
    function = text(data, "VOILUTFunction") or "LINEAR"
    return lambda values: _windowed(values, centre, width, function)


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
