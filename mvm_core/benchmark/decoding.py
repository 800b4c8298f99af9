"""How long a film takes from its file to what the networks see, by the way it is stored."""

import io
from collections.abc import Iterator
from functools import partial

import cv2
import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from mvm_core.benchmark.timing import Timing, in_turn
from mvm_core.imaging import StudyFile, read_study
from mvm_core.models.inputs import network_inputs
from mvm_core.models.reader import Reader
from mvm_core.radiograph import Box, FilmPair

_SIDE = 3000
_SYNTAXES = (RLELossless, JPEG2000Lossless, JPEGLSLossless, DeflatedExplicitVRLittleEndian)


def time_decoding(reader: Reader, film: bytes, runs: int) -> list[Timing]:
    """Read a film of 3,000 x 3,000 pixels of 16 bits by each compressed syntax and raster format.

    Parameters
    ----------
    reader : Reader
        Whose networks the film is prepared for, at last.
    film : bytes
        A DICOM film, uncompressed; its pixels are enlarged.
    runs : int
        Of each.
    """
    large = _enlarged(film)
    files = dict(_stored(large))
    names = {f"decoded: {name}": file for name, file in files.items()}
    times = in_turn({name: partial(read_study, [file]) for name, file in names.items()}, runs)

    def prepared() -> None:
        (read,) = read_study([files["uncompressed"]])
        middle = _SIDE / 2
        box = Box(middle - 200, middle - 150, middle + 200, middle + 150)
        network_inputs(FilmPair(ap=read, ap_box=box), reader.weights)

    times |= in_turn({"uncompressed, decoded and prepared": prepared}, runs)
    return [Timing(f"{name}, 3000 x 3000 x 16 bits", ms) for name, ms in times.items()]


def _enlarged(film: bytes) -> pydicom.Dataset:
    dataset = pydicom.dcmread(io.BytesIO(film))
    pixels: NDArray[np.uint16] = cv2.resize(
        dataset.pixel_array, (_SIDE, _SIDE), interpolation=cv2.INTER_CUBIC
    ).astype(np.uint16)
    dataset.Rows = dataset.Columns = _SIDE
    dataset.PixelData = pixels.tobytes()
    return dataset


def _stored(film: pydicom.Dataset) -> Iterator[tuple[str, StudyFile]]:
    yield "uncompressed", _file("uncompressed.dcm", film)
    for syntax in _SYNTAXES:
        other = pydicom.dcmread(io.BytesIO(_bytes(film)))
        if syntax is DeflatedExplicitVRLittleEndian:
            other.file_meta.TransferSyntaxUID = syntax
        else:
            other.compress(syntax, generate_instance_uid=False)
        yield UID(syntax).name, _file(f"{syntax}.dcm", other)
    grey = (film.pixel_array >> max(0, int(film.BitsStored) - 8)).astype(np.uint8)
    for format_, picture in (("png", film.pixel_array), ("tiff", film.pixel_array), ("jpg", grey)):
        _, encoded = cv2.imencode(f".{format_}", picture)
        yield format_.upper(), StudyFile(f"film.{format_}", encoded.tobytes())


def _file(name: str, film: pydicom.Dataset) -> StudyFile:
    return StudyFile(name, _bytes(film))


def _bytes(film: pydicom.Dataset) -> bytes:
    kept = io.BytesIO()
    film.save_as(kept)
    return kept.getvalue()
