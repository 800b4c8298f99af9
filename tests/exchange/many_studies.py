"""Studies of many kinds through an archive and the node, and what may happen in between."""

import io
import time
from pathlib import Path

import numpy as np
import pydicom
import requests
from archive import NodeProcess, Orthanc, wait_for
from isolated import set_loopback
from pydicom.uid import generate_uid

from mvm_core.radiograph import View
from mvm_core.simulation import PatientRequest, film_to_dicom, simulate_patient

WRONG = ("no spine", "two patients", "turned")


def studies_of(count: int, patients: int, folder: Path) -> dict[str, str]:
    """Write films of studies into a folder; what each study is, by its UID."""
    pairs = []
    for seed in range(patients):
        patient = simulate_patient(PatientRequest(seed=9000 + seed, label=("mvm", "bvf")[seed % 2]))
        pairs.append([pydicom.dcmread(io.BytesIO(film_to_dicom(patient, view))) for view in View])
    kinds = {}
    for number in range(count):
        study = generate_uid()
        kind = "spine" if number % 5 else WRONG[number // 5 % len(WRONG)]
        kinds[study] = kind
        for view, film in zip(View, pairs[number % patients], strict=True):
            data = pydicom.dcmread(io.BytesIO(_bytes(film)))
            data.StudyInstanceUID, data.PatientID = study, f"P{number}"
            data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = generate_uid()
            if kind == "two patients" and view is View.LATERAL:
                data.PatientID = "another"
            elif kind == "turned":
                pixels = np.rot90(data.pixel_array, 1)
                data.PixelData, (data.Rows, data.Columns) = pixels.tobytes(), pixels.shape
            elif kind == "no spine":
                noise = np.random.default_rng(number).integers(0, 1000, (data.Rows, data.Columns))
                data.PixelData = noise.astype(np.uint16).tobytes()
            (folder / f"{number}-{view.value}.dcm").write_bytes(_bytes(data))
    return kinds


def _bytes(data: pydicom.Dataset) -> bytes:
    buffer = io.BytesIO()
    data.save_as(buffer)
    return buffer.getvalue()


def send_all(archive: Orthanc, studies: list[str]) -> None:
    """Let the archive send each study until it was taken."""
    for study in studies:
        while True:
            try:
                archive.send_study(study)
                break
            except (AssertionError, requests.RequestException):
                time.sleep(1)


def disturb(node: NodeProcess, archive: Orthanc, count: int) -> list[str]:
    """Kill, restart, cut; what was done."""
    told = []
    for share, what in ((0.1, "kill"), (0.3, "restart"), (0.5, "cut"), (0.7, "kill"), (0.9, "kill")):
        wait_for(lambda share=share: len(node.record("read")) >= share * count, 3600)
        if what == "kill":
            node.kill()
            node.start()
        elif what == "restart":
            archive.stop()
            time.sleep(5)
            archive.start()
        else:
            set_loopback(up=False)
            time.sleep(5)
            set_loopback(up=True)
        told.append(f"{what} after {len(node.record('read'))} readings")
    return told


def configure(archive: Orthanc, port: int, base: Path) -> NodeProcess:
    """A node that sends its results back to the archive."""
    (base / "node.toml").write_text(
        f'[node]\nae_title = "MVM"\nport = {port}\nqueue = "queue"\n'
        'quiet_seconds = 2\nretry_seconds = 1\n[[caller]]\nae_title = "ORTHANC"\n'
        f'[[destination]]\nname = "archive"\nae_title = "ORTHANC"\nhost = "127.0.0.1"\n'
        f"port = {archive.dicom_port}\n"
    )
    return NodeProcess(base / "node.toml", base / "queue")


def all_done(node: NodeProcess, count: int) -> bool:
    """Whether every study was read or told, and every result sent."""
    sent = {line["reading"] for line in node.record("sent")}
    read = {line["study"] for line in node.record("read")}
    told = {line["study"] for each in ("let-pass", "not-read") for line in node.record(each)}
    results = {path.name for path in node.queue.glob("studies/*/results/*")}
    return len(read | told) == count and results <= sent


def judged(archive: Orthanc, node: NodeProcess, kinds: dict[str, str]) -> dict[str, str]:
    """What is not as it should be, by study."""
    told = {
        line["study"]: line["why"] for each in ("let-pass", "film-let-pass", "not-read")
        for line in node.record(each)
    }  # fmt: skip
    wrong = {}
    for study, kind in kinds.items():
        results = archive.results(study)
        modalities = sorted(tags["Modality"] for tags in results.values())
        if kind == "spine" and modalities != ["DOC", "OT", "OT", "PR", "PR", "SR"]:
            wrong[study] = f"{kind}: {modalities} {told.get(study, '')}"
        elif kind != "spine" and (results or study not in told):
            wrong[study] = f"{kind}: {modalities}, said {told.get(study)}"
    for kind in ("spine", *WRONG):
        print(f"{kind}: {sum(each == kind for each in kinds.values())}")
    return wrong
