"""The DICOM header of a film: what results need to stand in its study."""

import io
import re
import warnings
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import ArrayLike, NDArray
from pydicom import Dataset
from pydicom.uid import UID
from pydicom.valuerep import PersonName

from mvm_core.errors import ExchangeError, FilmError
from mvm_core.imaging import read_film
from mvm_core.imaging.attributes import number, text
from mvm_core.imaging.kinds import looks_like_dicom
from mvm_core.imaging.marks import marks_of
from mvm_core.language import gettext, gettext_noop
from mvm_core.radiograph import Radiograph

_UIDS = {
    "StudyInstanceUID": gettext_noop("study"),
    "SeriesInstanceUID": gettext_noop("series"),
    "SOPInstanceUID": gettext_noop("instance"),
    "SOPClassUID": gettext_noop("class"),
}
_SHORT, _LONG = 16, 64
"""Letters of the value representations SH and LO."""

_WORDS = {"PatientID": _LONG, "StudyID": _SHORT, "AccessionNumber": _SHORT, "StudyDescription": _LONG}
_NAMES = ("PatientName", "ReferringPhysicianName")
_FORMED = {
    "PatientBirthDate": re.compile(r"\d{8}"),
    "StudyDate": re.compile(r"\d{8}"),
    "StudyTime": re.compile(r"\d{2}(\d{2}(\d{2}(\.\d{1,6})?)?)?"),
    "PatientSex": re.compile("[MFO]"),
}
_IMAGE = (
    "Rows",
    "Columns",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "RescaleSlope",
    "RescaleIntercept",
    "RescaleType",
    "ModalityLUTSequence",
    "VOILUTSequence",
    "WindowCenter",
    "WindowWidth",
    "VOILUTFunction",
    "PresentationLUTShape",
)
_CURE = gettext_noop("send the film from the PACS again, or read it without DICOM results")


@dataclass(frozen=True)
class SourceFilm:
    """The header of one film, reduced to what results refer to or inherit.

    Attributes
    ----------
    name : str
        The film's name, for messages.
    header : Dataset
        Patient, study, identity and greyscale of the film; values that the standard does not allow are empty.
    """

    name: str
    header: Dataset = field(repr=False)

    @property
    def study(self) -> str:
        """Study Instance UID."""
        return str(self.header.StudyInstanceUID)

    @property
    def taken(self) -> tuple[str, str]:
        """Date and time of the study as DICOM writes them, empty where unknown."""
        return str(self.header.StudyDate or ""), str(self.header.StudyTime or "")

    def stored(self, points: ArrayLike, film: Radiograph) -> NDArray[np.float64]:
        """Points of a film in its pixels as stored: films of oblong pixels are read with square ones.

        Parameters
        ----------
        points : float array, shape (n, 2)
            As (x, y) in pixels of the film as it was read; the origin is the top left corner.
        film : Radiograph

        Returns
        -------
        float array, shape (n, 2)
            As (x, y) in stored pixels, within the film.
        """
        size = np.array([float(self.header.Columns), float(self.header.Rows)])
        scaled = np.asarray(points, np.float64) * size / np.array(film.shape[::-1], np.float64)
        return np.clip(scaled, 0, size)


def open_source(source: Path | bytes, film: Radiograph) -> SourceFilm:
    """Read the header of the file that a film was read from.

    Parameters
    ----------
    source : Path or bytes
        The file or its content.
    film : Radiograph
        What was read from it, neither turned nor mirrored since.

    Raises
    ------
    ExchangeError
        If the file is a picture, or its header does not say which study it belongs to.
    FilmError
        If the file cannot be opened.
    """
    name = film.name
    if isinstance(source, Path):
        try:
            source = source.read_bytes()
        except OSError as error:
            raise FilmError(name, f"the file cannot be opened ({error.strerror})", "check its path") from None
    if not looks_like_dicom(source):
        raise ExchangeError(
            name,
            gettext("it is a picture, so there is no study to put DICOM results into"),
            gettext("give the film's DICOM file, or ask for no DICOM results"),
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # The file has been read as a film, so its header can be read.
        data = pydicom.dcmread(io.BytesIO(source), stop_before_pixels=True, force=True)
        if marks_of(data) != film.marks:
            raise ExchangeError(
                name, gettext("the film was not read from this file"), gettext("read the film again")
            )
        return SourceFilm(name, _header(data, name))


def check_unchanged(source: Path | bytes, film: Radiograph) -> None:
    """Refuse a film that was turned or mirrored after it was read.

    Raises
    ------
    ExchangeError
    """
    if not np.array_equal(read_film(source, film.name).pixels, film.pixels):
        raise ExchangeError(
            film.name,
            gettext(
                "it was turned or mirrored here, so results would lie elsewhere on the film in its study"
            ),
            gettext("set it right in the PACS and read it again"),
        )


def _header(data: Dataset, name: str) -> Dataset:
    header = Dataset()
    header.SpecificCharacterSet = "ISO_IR 192"
    for keyword, of in _UIDS.items():
        uid = UID(text(data, keyword))
        if not uid.is_valid:
            raise ExchangeError(
                name,
                gettext(
                    "its header has no valid UID of its {of} ({keyword})", of=gettext(of), keyword=keyword
                ),
                gettext(_CURE),
            )
        setattr(header, keyword, uid)
    for keyword, most in _WORDS.items():
        said = "".join(letter for letter in text(data, keyword) if letter.isprintable() and letter != "\\")
        setattr(header, keyword, said[:most])
    for keyword in _NAMES:
        setattr(header, keyword, PersonName(text(data, keyword).replace("\\", " ")))
    for keyword, form in _FORMED.items():
        said = text(data, keyword)
        setattr(header, keyword, said if form.fullmatch(said) else "")
    header.Modality = text(data, "Modality") or "OT"
    sides = text(data, "PatientOrientation").split()
    header.PatientOrientation = sides if len(sides) == 2 else ""
    for keyword in _IMAGE:
        if keyword in data and data[keyword].value not in (None, ""):
            header[keyword] = data[keyword]
    if not number(header, "WindowWidth"):
        # A window without width shows nothing; its file was read without it.
        for keyword in ("WindowCenter", "WindowWidth", "VOILUTFunction"):
            header.pop(keyword, None)
    return header
