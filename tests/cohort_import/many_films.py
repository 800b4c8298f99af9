"""Studies by the hundred: a few simulated patients' films, made small, under identifiers of their own."""

import io
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pydicom
from pydicom.uid import generate_uid

from mvm_core.radiograph import View
from mvm_core.simulation import PatientRequest, film_to_dicom, simulate_patient

LABELS = ("mvm", "bvf")
SMALL_PX = 480
"""Height of the films: what a film's size costs is the same for every study."""


def small_pairs(patients: int) -> list[dict[View, pydicom.Dataset]]:
    """Films of some simulated patients in 8 bits."""
    found = []
    for seed in range(patients):
        patient = simulate_patient(PatientRequest(seed=500 + seed, label=LABELS[seed % 2], level="L2"))
        found.append({view: _small(film_to_dicom(patient, view)) for view in View})
    return found


def write_studies(folder: Path, pairs: Sequence[dict[View, pydicom.Dataset]], studies: int) -> Path:
    """Write so many studies of as many patients, and the spreadsheet of their labels; its path."""
    lines = ["Patient,Level,Label,Reference standard"]
    for study in range(studies):
        own = pairs[study % len(pairs)]
        folder_of_study = folder / "films" / f"{study % 37:02d}" / f"{study:05d}"
        folder_of_study.mkdir(parents=True, exist_ok=True)
        uid = generate_uid(entropy_srcs=["many films", str(study)])
        for view, film in own.items():
            film.PatientID, film.PatientName = f"ZQX{study:05d}", f"ZQX{study:05d}^ANNA"
            film.StudyInstanceUID, film.AccessionNumber = uid, f"ACC{study:05d}"
            film.SOPInstanceUID = film.file_meta.MediaStorageSOPInstanceUID = (
                f"{uid[:56]}.{view.value == 'ap':d}"
            )
            film.save_as(folder_of_study / f"{view.value}.dcm")
        lines.append(f"ZQX{study:05d},L2,{LABELS[study % len(pairs) % 2]},MRI")
    labels = folder / "labels.csv"
    labels.write_text("\n".join(lines) + "\n")
    return labels


def _small(content: bytes) -> pydicom.Dataset:
    data = pydicom.dcmread(io.BytesIO(content))
    shrink = SMALL_PX / data.Rows
    grey = cv2.resize(data.pixel_array, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    eight = np.round(grey.astype(float) * 255 / (2**data.BitsStored - 1)).astype(np.uint8)
    eight = eight[:, : eight.shape[1] // 2 * 2]
    data.Rows, data.Columns = eight.shape
    data.BitsAllocated, data.BitsStored, data.HighBit = 8, 8, 7
    data.WindowCenter, data.WindowWidth = "128", "256"
    data.ImagerPixelSpacing = [float(side) / shrink for side in data.ImagerPixelSpacing]
    data.PixelData = eight.tobytes()
    data["PixelData"].VR = "OB"
    return data
