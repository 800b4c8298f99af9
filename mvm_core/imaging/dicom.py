"""DICOM -> Radiograph: decoding, modality LUT, VOI LUT, inversion, in this order."""

import io
import struct
import warnings
import zlib
from typing import Any

import cv2
import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.pixels import apply_color_lut, apply_modality_lut, apply_voi_lut, get_decoder, pixel_array
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian

from mvm_core.errors import FilmError
from mvm_core.imaging.views import first_known, view_from_name, view_from_position, view_from_words
from mvm_core.radiograph import Radiograph

MAX_PIXELS = 120_000_000
_PLAUSIBLE_MM = (0.01, 5.0)
_RADIOGRAPHS = {"", "CR", "DX", "RG", "RF", "XA", "OT", "SC", "PX", "DR"}
_SPACINGS = ("ImagerPixelSpacing", "PixelSpacing", "NominalScannedPixelSpacing")
_DESCRIPTIONS = (
    "SeriesDescription",
    "ProtocolName",
    "AcquisitionDeviceProcessingDescription",
    "StudyDescription",
)
_BROKEN = (
    AttributeError,
    BytesLengthException,
    EOFError,
    IndexError,
    InvalidDicomError,
    KeyError,
    LookupError,
    MemoryError,
    NotImplementedError,
    OSError,
    OverflowError,
    RecursionError,
    RuntimeError,
    TypeError,
    UnicodeError,
    ValueError,
    ZeroDivisionError,
    struct.error,
    zlib.error,
    cv2.error,
)
"""What pydicom and its decoders raise on damaged files."""


def looks_like_dicom(content: bytes) -> bool:
    """Tell DICOM by its mark, or without a preamble by a plausible first element."""
    if content[128:132] == b"DICM":
        return True
    if len(content) < 132 or content[:2] not in (b"\x02\x00", b"\x08\x00", b"\x00\x08"):
        return False
    return content[3:4] in (b"\x00", b"\x01") or content[2:3] in (b"\x00", b"\x01")


def read_dicom(content: bytes, name: str) -> Radiograph:
    """Read a DICOM file.

    Raises
    ------
    FilmError
        If the file is no single radiograph, is damaged, or is compressed in a way that cannot be read.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            data = pydicom.dcmread(io.BytesIO(content), force=True)
            _refuse_other_objects(data, name)
            pixels, notes = _pixels(data, name)
            spacing, source, more = _spacing(data, name)
            notes += more
            view, view_source = _view(data, name)
    except _BROKEN as error:
        raise FilmError(
            name,
            f"the DICOM file is damaged or cut short ({type(error).__name__})",
            "export or send the film again",
        ) from None
    pixels, mm_per_pixel = _square(pixels, spacing)
    return Radiograph(
        pixels=pixels,
        name=name,
        view=view,
        view_source=view_source,
        mm_per_pixel=mm_per_pixel,
        spacing_source=source,
        warnings=tuple(notes),
    )


def _refuse_other_objects(data: pydicom.Dataset, name: str) -> None:
    if len(data) == 0:
        raise FilmError(name, "it is not a film that can be read", "give a DICOM, PNG, JPEG or TIFF file")
    modality = str(data.get("Modality", "") or "").upper()
    if modality not in _RADIOGRAPHS:
        raise FilmError(
            name, f"it is an object of modality {modality}, not a radiograph", "give a plain film (CR or DX)"
        )
    if not any(key in data for key in ("PixelData", "FloatPixelData", "DoubleFloatPixelData")):
        raise FilmError(name, "it holds no image", "give the DICOM file of the film itself")
    frames = int(data.get("NumberOfFrames", 1) or 1)
    if frames > 1:
        raise FilmError(
            name, f"it holds {frames} frames, not one film", "export the frame as a film of its own"
        )
    if int(data.Rows) * int(data.Columns) > MAX_PIXELS:
        raise FilmError(
            name, f"it has {data.Columns} x {data.Rows} pixels, more than can be read", "reduce the film"
        )


def _pixels(data: pydicom.Dataset, name: str) -> tuple[NDArray[np.float32], list[str]]:
    _check_transfer_syntax(data, name)
    stored = pixel_array(data)
    photometric = str(data.get("PhotometricInterpretation", "MONOCHROME2"))
    if photometric == "PALETTE COLOR":
        stored = apply_color_lut(stored, data)
        return _colour_to_grey(stored), []
    if stored.ndim == 3:
        # pixel_array has already turned YBR into RGB.
        return _colour_to_grey(stored), []
    padding = _padding(data, stored)
    values = apply_modality_lut(stored, data)
    notes = []
    low_high = _voi_range(data)
    if low_high is not None:
        try:
            values = apply_voi_lut(values, data, index=0)
        except (ValueError, IndexError, KeyError, AttributeError, TypeError, NotImplementedError):
            notes.append(f"{name}: its window cannot be used, so the whole range of values is shown.")
            low_high = None
    values = np.asarray(values, np.float64)
    inside = values if padding is None else values[~padding]
    if inside.size == 0:
        inside = values
    if low_high is None or not np.isfinite(inside).all():
        finite = inside[np.isfinite(inside)]
        low_high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    elif low_high == (0.0, 0.0):
        low_high = _output_range(data, inside)
    low, high = low_high
    if high > low:
        grey = np.clip((np.nan_to_num(values, nan=low) - low) / (high - low), 0.0, 1.0)
    else:
        grey = np.zeros(values.shape)
    if photometric == "MONOCHROME1":
        grey = 1.0 - grey
    if padding is not None:
        grey[padding] = 0.0
    return grey.astype(np.float32), notes


def _check_transfer_syntax(data: pydicom.Dataset, name: str) -> None:
    syntax = getattr(data, "file_meta", pydicom.Dataset()).get("TransferSyntaxUID")
    if syntax is None:
        little, implicit = data.is_little_endian, data.is_implicit_VR
        uid = "1.2.840.10008.1.2" if implicit else "1.2.840.10008.1.2.1" if little else "1.2.840.10008.1.2.2"
        if not hasattr(data, "file_meta"):
            data.file_meta = pydicom.dataset.FileMetaDataset()
        data.file_meta.TransferSyntaxUID = UID(uid)
        return
    if syntax == DeflatedExplicitVRLittleEndian or not syntax.is_compressed:
        return
    shown = syntax.name if syntax.name != syntax else f"transfer syntax {syntax}"
    try:
        decoder = get_decoder(syntax)
    except NotImplementedError:
        decoder = None
    if decoder is None or not decoder.is_available:
        raise FilmError(
            name, f"its compression ({shown}) cannot be read", "export the film uncompressed or as JPEG 2000"
        )
    if syntax == "1.2.840.10008.1.2.4.51" and int(data.get("BitsStored", 8)) > 8:
        raise FilmError(
            name,
            f"its compression ({shown}, 12 bits) cannot be read",
            "export the film uncompressed or as JPEG 2000",
        )


def _padding(data: pydicom.Dataset, stored: NDArray) -> NDArray[np.bool_] | None:
    value = data.get("PixelPaddingValue")
    if value is None:
        return None
    limit = data.get("PixelPaddingRangeLimit", value)
    low, high = sorted((int(value), int(limit)))
    mask = (stored >= low) & (stored <= high)
    return mask if mask.any() and not mask.all() else None


def _voi_range(data: pydicom.Dataset) -> tuple[float, float] | None:
    """None without a VOI transformation; (0, 0) where its output range is still to be worked out."""
    has_lut = bool(data.get("VOILUTSequence"))
    width = data.get("WindowWidth")
    if isinstance(width, pydicom.multival.MultiValue):
        width = width[0] if len(width) else None
    usable = width is not None and str(width) != "" and float(width) > 0
    return (0.0, 0.0) if has_lut or usable else None


def _output_range(data: pydicom.Dataset, values: NDArray[np.float64]) -> tuple[float, float]:
    """The range that pydicom maps a window's output to."""
    if data.get("VOILUTSequence"):
        bits = int(data.VOILUTSequence[0].LUTDescriptor[2])
        return 0.0, float(2**bits - 1)
    stored_bits = int(data.BitsStored)
    if data.get("ModalityLUTSequence"):
        return 0.0, float(2 ** int(data.ModalityLUTSequence[0].LUTDescriptor[2]) - 1)
    if int(data.get("PixelRepresentation", 0)):
        low, high = -(2 ** (stored_bits - 1)), 2 ** (stored_bits - 1) - 1
    else:
        low, high = 0, 2**stored_bits - 1
    slope, intercept = float(data.get("RescaleSlope", 1) or 1), float(data.get("RescaleIntercept", 0) or 0)
    ends = sorted((low * slope + intercept, high * slope + intercept))
    return ends[0], ends[1]


def _colour_to_grey(colour: NDArray) -> NDArray[np.float32]:
    values = colour[..., :3].astype(np.float32)
    highest = float(np.iinfo(colour.dtype).max) if colour.dtype.kind == "u" else float(values.max() or 1)
    # ITU-R BT.601 luma.
    return np.clip(values @ np.array([0.299, 0.587, 0.114], np.float32) / highest, 0, 1)


def _spacing(data: pydicom.Dataset, name: str) -> tuple[tuple[float, float] | None, str, list[str]]:
    notes: list[str] = []
    for key in _SPACINGS:
        value: Any = data.get(key)
        if value is None or isinstance(value, str | float | int) or len(value) != 2:
            continue
        rows, columns = float(value[0]), float(value[1])
        if all(_PLAUSIBLE_MM[0] <= side <= _PLAUSIBLE_MM[1] for side in (rows, columns)):
            return (rows, columns), key, notes
        notes.append(f"{name}: its {key} of {rows:g} x {columns:g} mm is not plausible and was left aside.")
    return None, "unknown", notes


def _view(data: pydicom.Dataset, name: str) -> tuple[Any, str]:
    candidates = [(view_from_position(str(data.get("ViewPosition", "") or "")), "ViewPosition")]
    codes = data.get("ViewCodeSequence")
    if codes:
        candidates.append((view_from_words(str(codes[0].get("CodeMeaning", ""))), "ViewCodeSequence"))
    candidates += [(view_from_words(str(data.get(key, "") or "")), _words(key)) for key in _DESCRIPTIONS]
    candidates.append(view_from_name(name))
    return first_known(candidates)


def _words(keyword: str) -> str:
    return {"SeriesDescription": "series description", "StudyDescription": "study description"}.get(
        keyword, keyword
    )


def _square(
    pixels: NDArray[np.float32], spacing: tuple[float, float] | None
) -> tuple[NDArray[np.float32], float | None]:
    if spacing is None:
        return pixels, None
    rows_mm, columns_mm = spacing
    if abs(rows_mm - columns_mm) < 1e-3 * columns_mm:
        return pixels, columns_mm
    finer = min(rows_mm, columns_mm)
    size = (
        max(1, round(pixels.shape[1] * columns_mm / finer)),
        max(1, round(pixels.shape[0] * rows_mm / finer)),
    )
    resampled = cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR)
    return resampled.astype(np.float32, copy=False), finer
