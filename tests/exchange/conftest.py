"""Films of simulated studies, and the archive that they come from."""

import gc
import io
import warnings
from collections.abc import Iterator

import numpy as np
import pydicom
import pytest
from archive import Changed, Orthanc
from pydicom.uid import generate_uid

from mvm_core.imaging import StudyFile


@pytest.fixture(autouse=True)
def sockets_are_collected() -> Iterator[None]:
    """pynetdicom leaves the socket of a call that nobody took to the garbage collector."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture(scope="session")
def changed() -> Changed:
    """A film's file with other attributes, and always another identity."""

    def change(content: bytes, **attributes: object) -> bytes:
        data = pydicom.dcmread(io.BytesIO(content))
        data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        for name, value in attributes.items():
            setattr(data, name, value)
        buffer = io.BytesIO()
        data.save_as(buffer)
        return buffer.getvalue()

    return change


@pytest.fixture(scope="session")
def ap(dicom_pair: tuple[StudyFile, StudyFile]) -> bytes:
    return dicom_pair[0].content


@pytest.fixture(scope="session")
def lateral(dicom_pair: tuple[StudyFile, StudyFile]) -> bytes:
    return dicom_pair[1].content


@pytest.fixture(scope="session")
def no_spine(ap: bytes, changed: Changed) -> bytes:
    """Noise that no vertebra is found on."""
    data = pydicom.dcmread(io.BytesIO(ap))
    noise = np.random.default_rng(1).integers(0, 1000, (data.Rows, data.Columns), dtype=np.uint16)
    return changed(ap, PixelData=noise.tobytes())


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orthanc]:
    """A real Orthanc without a DICOM port, on this machine alone."""
    archive = Orthanc(tmp_path_factory.mktemp("orthanc")).start()
    yield archive
    archive.stop()
