"""Archives to read: simulated films under new identifiers, with hostile files among them."""

import io
import sys
from collections.abc import Iterator
from pathlib import Path

import pydicom
from pydicom.uid import generate_uid

from mvm_core.radiograph import View
from mvm_core.simulation import PatientRequest, film_to_dicom, simulate_patient


def simulated_pairs(patients: int) -> list[dict[View, bytes]]:
    """The films of some simulated patients, as DICOM files."""
    labels = ("mvm", "bvf")
    found = []
    for seed in range(patients):
        patient = simulate_patient(PatientRequest(seed=70 + seed, label=labels[seed % 2]))
        found.append({view: film_to_dicom(patient, view) for view in View})
    return found


def write_archive(folder: Path, films: int, hostile: int, patients: int = 6) -> None:
    """Write an archive of so many files, hostile ones among them; each pair is a study of its own."""
    pairs = simulated_pairs(patients)
    bad = list(_hostile(pairs[0][View.AP], hostile))
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


def _hostile(sound: bytes, many: int) -> Iterator[tuple[str, bytes]]:
    """Cut films, texts, and those of the fuzzing tests that keep a decoder busy, in turn."""
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
