"""Archives to read: simulated films under new identifiers, with hostile files among them."""

import csv
import io
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pydicom
from pydicom.uid import generate_uid

from mvm_core.cohort import MANIFEST_COLUMNS
from mvm_core.radiograph import View
from mvm_core.simulation import PatientRequest, film_to_dicom, simulate_patient


def simulated_pairs(patients: int, film_format: str = "standard") -> list[dict[View, bytes]]:
    """The films of some simulated patients, as DICOM files."""
    labels = ("mvm", "bvf")
    found = []
    for seed in range(patients):
        patient = simulate_patient(PatientRequest(seed=70 + seed, label=labels[seed % 2], format=film_format))
        found.append({view: film_to_dicom(patient, view) for view in View})
    return found


def write_archive(folder: Path, films: int, hostile: int, patients: int = 6) -> None:
    """Write an archive of so many files, hostile ones among them; each pair is a study of its own."""
    pairs = simulated_pairs(patients)
    bad = list(hostile_files(pairs[0], hostile))
    for number, (name, content) in enumerate(bad):
        path = folder / f"{number % 7}" / f"{number:05d}-{name}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    for study in range((films - hostile) // 2):
        for view, content in pairs[study % len(pairs)].items():
            path = folder / f"{study % 7}" / f"study{study:05d}_{view.value}.dcm"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(renamed(content, study))


def renamed(content: bytes, study: int) -> bytes:
    """The same film in another study."""
    data = pydicom.dcmread(io.BytesIO(content))
    for name in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
        data[name].value = generate_uid(entropy_srcs=[str(data[name].value), str(study)])
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    buffer = io.BytesIO()
    data.save_as(buffer)
    return buffer.getvalue()


def hostile_files(pair: dict[View, bytes], many: int) -> Iterator[tuple[str, bytes]]:
    """Cut films, texts, and those of the fuzzing tests that keep a decoder busy, in turn."""
    sound = pair[View.AP]
    fuzz = Path(__file__).resolve().parents[1] / "fuzz"
    if str(fuzz) not in sys.path:
        sys.path.insert(0, str(fuzz))
    from hostile import _compressed

    kinds = [
        ("cut.dcm", sound[: len(sound) // 2]),
        ("text.dcm", b"not a film"),
        ("empty.dcm", b""),
        ("broken.zip", b"PK\x03\x04" + sound[:5000]),
        *((name, content) for name, content in _compressed() if name != "endless-jpeg.dcm"),
    ]
    for number in range(many):
        yield kinds[number % len(kinds)]


def without_spine(pair: dict[View, bytes], seed: int) -> dict[View, bytes]:
    """The same films with clouds in the place of the patient, others on each view."""
    found = {}
    for place, (view, content) in enumerate(pair.items()):
        data = pydicom.dcmread(io.BytesIO(content))
        noise = np.random.default_rng([seed, place]).uniform(0, 4000, (300, 300)).astype(np.float32)
        clouds = cv2.GaussianBlur(noise, (0, 0), 12)
        clouds = (clouds - clouds.min()) / np.ptp(clouds) * 4000
        data.Rows = data.Columns = 300
        data.PixelData = clouds.astype(np.uint16).tobytes()
        buffer = io.BytesIO()
        data.save_as(buffer)
        found[view] = buffer.getvalue()
    return found


def small_cohort(folder: Path, tested: int = 0) -> Path:
    """A cohort of small pictures, quick to learn from; a dark disc marks the metastasis.

    So many cases more are of the test split.
    """
    folder.mkdir(parents=True)
    draw = np.random.default_rng(3)
    rows = []
    for number, split in enumerate(("train",) * 12 + ("tune",) * 6 + ("test",) * tested):
        film = draw.uniform(90, 160, (64, 64)).astype(np.uint8)
        label = ("bvf", "mvm")[number % 2]
        if label == "mvm":
            cv2.circle(film, (32, 32), 14, 20, -1)
        (folder / f"p{number}.png").write_bytes(cv2.imencode(".png", film)[1].tobytes())
        row = {"case_id": f"p{number}", "site": "here", "split": split, "label": label}
        rows.append({**row, "reference_standard": "MRI", "level": "L1", "ap": f"p{number}.png",
                     "ap_box": "4 4 60 60"})  # fmt: skip
    with (folder / "manifest.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, MANIFEST_COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return folder
