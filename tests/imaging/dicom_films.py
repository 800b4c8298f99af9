"""Small DICOM films for the tests, in any encoding that a clinic may send."""

import io
from typing import Any

import cv2
import numpy as np
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import DigitalXRayImageStorageForPresentation, ExplicitVRLittleEndian, generate_uid


def picture(bits: int = 12, *, signed: bool = False, side: int = 96) -> np.ndarray:
    """A smooth picture with edges over the whole range of its type."""
    rows, columns = np.mgrid[0:side, 0 : side - 16]
    grey = (rows / side + columns / (side - 16)) / 2
    grey = np.where((rows - 40) ** 2 + (columns - 30) ** 2 < 300, 1.0, grey)
    grey[0, 0] = 0.0
    values = np.round(grey * (2**bits - 1))
    if signed:
        values -= 2 ** (bits - 1)
    return values.astype(("<i" if signed else "<u") + str(1 if bits <= 8 else 2))


def expected(pixels: np.ndarray) -> np.ndarray:
    """Grey values in [0, 1] of a picture without any window."""
    values = pixels.astype(float)
    return (values - values.min()) / (values.max() - values.min())


def dataset(pixels: np.ndarray, bits: int = 12, **tags: Any) -> FileDataset:
    """An uncompressed DX film, explicit VR little endian."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = DigitalXRayImageStorageForPresentation
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=["test film"])
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    data.SOPClassUID = meta.MediaStorageSOPClassUID
    data.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    data.Modality = "DX"
    data.PatientName = "TEST"
    data.SamplesPerPixel = 1
    data.PhotometricInterpretation = "MONOCHROME2"
    data.Rows, data.Columns = pixels.shape[:2]
    data.BitsAllocated = pixels.dtype.itemsize * 8
    data.BitsStored, data.HighBit = bits, bits - 1
    data.PixelRepresentation = int(pixels.dtype.kind == "i")
    data.ImagerPixelSpacing = [0.2, 0.2]
    data.ViewPosition = "AP"
    data.PixelData = pixels.tobytes()
    for key, value in tags.items():
        if value is None:
            del data[key]
        else:
            setattr(data, key, value)
    return data


def to_bytes(data: FileDataset, **options: Any) -> bytes:
    buffer = io.BytesIO()
    data.save_as(buffer, **options)
    return buffer.getvalue()


def encode_png(pixels: np.ndarray) -> bytes:
    return cv2.imencode(".png", pixels)[1].tobytes()
