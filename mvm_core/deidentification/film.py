"""One film -> the same film, fit to leave."""

import io
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from mvm_core.deidentification.burnt_in import BurntInText, TextFinder, painted_over
from mvm_core.deidentification.header import cleaned_header
from mvm_core.deidentification.key import Key
from mvm_core.imaging.dicom import stored_values
from mvm_core.imaging.film import read_film
from mvm_core.imaging.kinds import looks_like_dicom


@dataclass(frozen=True)
class Deidentified:
    """A film that may leave, or is held back.

    Attributes
    ----------
    content : bytes
        Of the new file: DICOM, uncompressed, or PNG of 16 bits.
    suffix : str
        ``.dcm`` or ``.png``.
    patient : str
        The pseudonym; empty for a picture, which names nobody.
    removed : tuple of str
        Attributes that did not leave, by keyword.
    texts : tuple of BurntInText
        Text that was found: painted over, but for the doubtful lines of a film that is held back.
    shape : tuple of int
        Rows and columns of the image in which the texts lie.
    """

    content: bytes = field(repr=False)
    suffix: str
    patient: str
    removed: tuple[str, ...]
    texts: tuple[BurntInText, ...]
    shape: tuple[int, int]

    @property
    def held_back(self) -> bool:
        """Whether a person should look at the image before it leaves."""
        return any(text.doubtful for text in self.texts)


def deidentify_film(
    content: bytes, name: str, key: Key, finder: TextFinder | None, *, paint_doubtful: bool = True
) -> Deidentified:
    """Take everything out of a film that tells whose it is.

    Parameters
    ----------
    content : bytes
        Of a DICOM, PNG, JPEG or TIFF file.
    name : str
        For messages alone.
    key : Key
    finder : TextFinder or None
        None leaves the image as it is, and the header says so.
    paint_doubtful : bool
        Whether doubtful lines are painted over too. Where they are not, the image still holds them for a
        person to look at, and the header does not say that it is clean.

    Raises
    ------
    FilmError
        If the file cannot be read as one radiograph.
    """
    if looks_like_dicom(content):
        data, stored = stored_values(content, name)
        texts = finder.find(stored) if finder is not None else ()
        painted = _painted(texts, paint_doubtful)
        cleaned, removed = cleaned_header(
            data, key, painted=finder is not None and len(painted) == len(texts)
        )
        put_pixels(cleaned, painted_over(stored, painted))
        shape = stored.shape[0], stored.shape[1]
        return Deidentified(as_file(cleaned), ".dcm", str(cleaned.PatientID), removed, texts, shape)
    film = read_film(content, name)
    stored = np.round(film.pixels * 65535).astype(np.uint16)
    texts = finder.find(stored) if finder is not None else ()
    _, encoded = cv2.imencode(".png", painted_over(stored, _painted(texts, paint_doubtful)))
    return Deidentified(encoded.tobytes(), ".png", "", (), texts, film.shape)


def _painted(texts: tuple[BurntInText, ...], paint_doubtful: bool) -> tuple[BurntInText, ...]:
    return tuple(text for text in texts if paint_doubtful or not text.doubtful)


def as_file(cleaned: Dataset) -> bytes:
    """A data set as a DICOM file."""
    written = io.BytesIO()
    cleaned.save_as(written, enforce_file_format=True)
    return written.getvalue()


def put_pixels(cleaned: Dataset, stored: NDArray[Any]) -> None:
    """Write the image into a data set, uncompressed."""
    bits = 8 * stored.dtype.itemsize
    cleaned.Rows, cleaned.Columns = stored.shape[:2]
    cleaned.BitsAllocated = bits
    cleaned.BitsStored = min(int(cleaned.get("BitsStored", bits)), bits)
    cleaned.HighBit = cleaned.BitsStored - 1
    cleaned.PixelRepresentation = int(stored.dtype.kind == "i")
    cleaned.SamplesPerPixel = 1 if stored.ndim == 2 else 3
    if stored.ndim == 3:
        cleaned.PhotometricInterpretation, cleaned.PlanarConfiguration = "RGB", 0
    elif str(cleaned.get("PhotometricInterpretation", "")) not in ("MONOCHROME1", "MONOCHROME2"):
        cleaned.PhotometricInterpretation = "MONOCHROME2"
    pixels = np.ascontiguousarray(stored).astype(stored.dtype.newbyteorder("<")).tobytes()
    cleaned.PixelData = pixels + b"\0" * (len(pixels) % 2)
    cleaned["PixelData"].VR = "OW" if bits > 8 else "OB"
