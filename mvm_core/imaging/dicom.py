"""DICOM -> Radiograph."""

import re
import struct
import warnings
import zlib

import cv2
import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.uid import UID, MediaStorageDirectoryStorage

from mvm_core.decoders.pool import DamagedImageError
from mvm_core.errors import FilmError, NotARadiographError
from mvm_core.imaging.attributes import first_item, number, numbers, text
from mvm_core.imaging.dataset import read_dataset
from mvm_core.imaging.decoding import decode
from mvm_core.imaging.greyscale import display, luminance
from mvm_core.imaging.limits import MAX_PIXELS
from mvm_core.imaging.marks import marks_of
from mvm_core.imaging.simulated import is_simulated
from mvm_core.imaging.unsuited import Stated, unsuited_by_header
from mvm_core.imaging.views import (
    first_known,
    view_from_code,
    view_from_name,
    view_from_orientation,
    view_from_position,
    view_from_words,
)
from mvm_core.language import gettext, gettext_noop
from mvm_core.radiograph import Radiograph, View

_PLAUSIBLE_MM = (0.01, 5.0)
_MOST_OBLONG = 4.0
_SPACINGS = ("ImagerPixelSpacing", "PixelSpacing", "NominalScannedPixelSpacing")
_RADIOGRAPHS = {"", "CR", "DX", "RG", "RF", "XA", "OT", "SC", "PX", "DR"}
_OTHERS = {
    "CT": gettext_noop("a CT slice"),
    "MR": gettext_noop("an MR slice"),
    "PT": gettext_noop("a PET slice"),
    "NM": gettext_noop("a nuclear medicine image"),
    "US": gettext_noop("an ultrasound image"),
    "MG": gettext_noop("a mammogram"),
    "SR": gettext_noop("a structured report"),
    "PR": gettext_noop("a presentation state"),
    "KO": gettext_noop("a list of key images"),
    "RTSTRUCT": gettext_noop("a set of contours"),
    "ECG": gettext_noop("an electrocardiogram"),
}
_MODALITY = re.compile("[A-Z0-9_]{1,16}")
_OTHER_CLASSES = {
    "CTImageStorage": "CT",
    "EnhancedCTImageStorage": "CT",
    "MRImageStorage": "MR",
    "EnhancedMRImageStorage": "MR",
    "PositronEmissionTomographyImageStorage": "PT",
    "NuclearMedicineImageStorage": "NM",
    "UltrasoundImageStorage": "US",
}
DAMAGED = (
    ArithmeticError,
    AttributeError,
    BytesLengthException,
    DamagedImageError,
    EOFError,
    InvalidDicomError,
    LookupError,
    MemoryError,
    NotImplementedError,
    OSError,
    RecursionError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
    cv2.error,
)
"""What pydicom raises on damaged files."""


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
            data, stored = _opened(content, name)
            colour = stored.ndim == 3
            grey, remarks, values = (luminance(stored, data), (), None) if colour else display(stored, data)
            spacing, spacing_source, spacing_remarks = _spacing(data)
            pixels, mm_per_pixel = _square(grey, spacing, _aspect(data))
            view, view_source = view_of(data, name)
            stated_view, marks, simulated = _stated_view(data)[0], marks_of(data), is_simulated(data)
            unsuited = unsuited_by_header(_stated(data), name)
    except DAMAGED as error:
        raise _damaged(name) from error
    return Radiograph(
        pixels=pixels,
        name=name,
        view=view,
        view_source=view_source,
        mm_per_pixel=mm_per_pixel,
        spacing_source=spacing_source,
        warnings=tuple(f"{name}: {remark}" for remark in (*remarks, *spacing_remarks)),
        stated_view=stated_view,
        marks=marks,
        simulated=simulated,
        unsuited=unsuited,
        values=values,
    )


def stored_values(content: bytes, name: str) -> tuple[Dataset, NDArray]:
    """The data set of a DICOM file, and its image as stored, uncompressed.

    Returns
    -------
    data : Dataset
    stored : array, shape (rows, columns) or (rows, columns, 3)
        Stored values of a grey image; RGB of a colour image or one with a palette.

    Raises
    ------
    FilmError
        As `read_dicom`.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _opened(content, name)
    except DAMAGED as error:
        raise _damaged(name) from error


def _opened(content: bytes, name: str) -> tuple[Dataset, NDArray]:
    data = read_dataset(content, name)
    _check_kind(data, name)
    return data, decode(data, name)


def _damaged(name: str) -> FilmError:
    return FilmError(
        name, gettext("the DICOM file is damaged or cut short"), gettext("export or send it again")
    )


def _check_kind(data: Dataset, name: str) -> None:
    meta = getattr(data, "file_meta", None) or Dataset()
    if text(meta, "MediaStorageSOPClassUID") == MediaStorageDirectoryStorage:
        raise NotARadiographError(
            name,
            gettext("it is the table of contents of a disc, not a film"),
            gettext("give the films themselves"),
        )
    if len(data) == 0:
        raise FilmError(
            name, gettext("the DICOM file is damaged or cut short"), gettext("export or send it again")
        )
    kind = text(data, "Modality").upper()
    if not kind:
        kind = _OTHER_CLASSES.get(UID(text(data, "SOPClassUID")).keyword, "")
    if kind not in _RADIOGRAPHS:
        named = (
            gettext("an object of modality {kind}", kind=kind)
            if _MODALITY.fullmatch(kind)
            else gettext("an object of another kind")
        )
        raise NotARadiographError(
            name,
            gettext("it is {kind}, not a radiograph", kind=gettext(_OTHERS.get(kind, named))),
            gettext("give a plain film (modality CR or DX)"),
        )
    if not any(key in data for key in ("PixelData", "FloatPixelData", "DoubleFloatPixelData")):
        raise NotARadiographError(
            name, gettext("it holds no image"), gettext("give the DICOM file of the film itself")
        )
    frames = int(number(data, "NumberOfFrames") or 1)
    if frames > 1:
        raise NotARadiographError(
            name,
            gettext("it holds {frames} frames, not one film", frames=frames),
            gettext("export the frame as a film of its own"),
        )
    rows, columns = int(number(data, "Rows") or 0), int(number(data, "Columns") or 0)
    if rows * columns > MAX_PIXELS:
        raise FilmError(
            name,
            gettext("it has {columns} x {rows} pixels, more than can be read", columns=columns, rows=rows),
            gettext("export it at a lower resolution"),
        )


def _spacing(data: Dataset) -> tuple[tuple[float, float] | None, str, list[str]]:
    """Height and width of a pixel in mm, where they came from, and what was wrong with others."""
    remarks: list[str] = []
    for keyword in _SPACINGS:
        sides = numbers(data, keyword)
        if len(sides) != 2:
            continue
        plausible = all(_PLAUSIBLE_MM[0] <= side <= _PLAUSIBLE_MM[1] for side in sides)
        if plausible and max(sides) <= _MOST_OBLONG * min(sides):
            return (sides[0], sides[1]), keyword, remarks
        remarks.append(
            gettext(
                "its {keyword} of {across:g} x {down:g} mm is not plausible and was left aside.",
                keyword=keyword,
                across=sides[0],
                down=sides[1],
            )
        )
    return None, "unknown", remarks


def _aspect(data: Dataset) -> float:
    """Height of a pixel over its width, where no spacing tells."""
    sides = numbers(data, "PixelAspectRatio")
    if len(sides) != 2 or min(sides) <= 0 or max(sides) > _MOST_OBLONG * min(sides):
        return 1.0
    return sides[0] / sides[1]


def _square(
    pixels: NDArray[np.float32], spacing: tuple[float, float] | None, aspect: float
) -> tuple[NDArray[np.float32], float | None]:
    """Resample to square pixels of the finer side, and the side in mm."""
    height, width = spacing if spacing is not None else (aspect, 1.0)
    finer = min(height, width)
    if abs(height - width) > 1e-3 * finer:
        size = round(pixels.shape[1] * width / finer), round(pixels.shape[0] * height / finer)
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR).astype(np.float32, copy=False)
    return pixels, finer if spacing is not None else None


def _stated_view(data: Dataset) -> tuple[View | None, str]:
    """What the attributes that are there for it say."""
    code = first_item(data, "ViewCodeSequence") or Dataset()
    return first_known(
        [
            (view_from_position(text(data, "ViewPosition")), "ViewPosition"),
            (view_from_code(text(code, "CodeValue"), text(code, "CodeMeaning")), "ViewCodeSequence"),
        ]
    )


def _stated(data: Dataset) -> Stated:
    region = first_item(data, "AnatomicRegionSequence") or Dataset()
    view = first_item(data, "ViewCodeSequence") or Dataset()
    return Stated(
        text(data, "ViewPosition"),
        text(view, "CodeMeaning"),
        text(data, "BodyPartExamined"),
        text(region, "CodeValue"),
        (text(data, "SeriesDescription"), text(data, "ProtocolName")),
    )


def view_of(data: Dataset, name: str) -> tuple[View | None, str]:
    """The view that a header tells, else a file's name, and where it came from."""
    return first_known(
        [
            _stated_view(data),
            (view_from_words(text(data, "SeriesDescription")), gettext_noop("series description")),
            (view_from_words(text(data, "ProtocolName")), gettext_noop("protocol name")),
            (
                view_from_words(text(data, "AcquisitionDeviceProcessingDescription")),
                "AcquisitionDeviceProcessingDescription",
            ),
            (view_from_orientation(text(data, "PatientOrientation")), "PatientOrientation"),
            (view_from_words(text(data, "StudyDescription")), gettext_noop("study description")),
            view_from_name(name),
        ]
    )
