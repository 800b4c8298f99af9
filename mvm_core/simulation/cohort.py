"""A simulated cohort on disk: films, masks and their tables, the same for any number of workers."""

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from mvm_core.cohort import MANIFEST_COLUMNS
from mvm_core.cohort.levels import LEVEL_COLUMNS, LEVELS_TABLE, MIDDLE_COLUMNS
from mvm_core.errors import SimulationError
from mvm_core.files import write_atomically
from mvm_core.radiograph import View
from mvm_core.side_by_side import Workers, engine_of
from mvm_core.simulation.anatomy.library import open_anatomy
from mvm_core.simulation.dicom import film_to_dicom
from mvm_core.simulation.request import SETTINGS, SIMULATOR_VERSION, CohortRequest
from mvm_core.simulation.settings import PatientRequest
from mvm_core.simulation.simulator import SimulatedPatient, simulate_patient
from mvm_core.simulation.sites import SITES

MANIFEST = "manifest.csv"
TRUTH_COLUMNS = (
    "signs",
    "kind",
    "primary",
    "severity",
    "genant",
    "lesion_mm",
    "mineral_lost",
    "other_levels",
)
COLUMNS = (
    *MANIFEST_COLUMNS,
    "ap_lesion_mask",
    "lateral_lesion_mask",
    "ap_vertebra_mask",
    "lateral_vertebra_mask",
    *TRUTH_COLUMNS,
    "format",
    "pixels_sha256",
)
_FILE_COLUMNS = ("ap", "lateral", *(column for column in COLUMNS if column.endswith("_mask")))
SHARES = (("train", 0.6), ("tune", 0.2), ("test", 0.2))
_SPLIT_STREAM = 90


def write_cohort(
    folder: Path,
    request: CohortRequest,
    workers: Workers = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Write a cohort, or go on with one that was interrupted.

    Each case is written whole before it counts; the manifest is written last. It names the hash of each
    case's pixels, so that its own hash, `Cohort.fingerprint`, stands for the whole cohort.

    Parameters
    ----------
    folder : Path
        New, empty, or an unfinished cohort of the same request.
    request : CohortRequest
    workers : int or Engine
        Processes side by side, or what does the work; the folder is one that all its machines see.
    progress : callable, optional
        Called with the number of patients written and the number to write.

    Returns
    -------
    Path
        The manifest.

    Raises
    ------
    SimulationError
        If the folder holds something else, or there are no workers.
    WorkersError
        If one of them was killed.
    OutputError
        If the folder cannot be written to or the disk is full.
    """
    if isinstance(workers, int) and workers < 1:
        raise SimulationError("workers", "there would be none", "ask for one or more")
    _claim(folder, request)
    jobs = [(folder, each) for each in request.requests]
    rows = {}
    for done, (index, row) in enumerate(_rows(jobs, workers), start=1):
        rows[index] = row
        if progress is not None:
            progress(done, len(jobs))
    ordered = [rows[index] for index in sorted(rows)]
    for row, split in zip(ordered, _splits(ordered, request), strict=True):
        row["split"] = split
    levels = [level for row in ordered for level in row.pop("levels")]  # type: ignore[attr-defined]
    write_atomically(folder / LEVELS_TABLE, _as_csv(levels, (*LEVEL_COLUMNS, *MIDDLE_COLUMNS)))
    return write_atomically(folder / MANIFEST, _as_csv(ordered, COLUMNS))


def _as_csv(rows: list[dict[str, object]], columns: Sequence[str]) -> bytes:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue().encode()


def _claim(folder: Path, request: CohortRequest) -> None:
    wanted = {"version": SIMULATOR_VERSION, **asdict(request), "mvm": request.metastases}
    moved = {}
    if request.anatomy is None:
        del wanted["anatomy"]
    else:
        # What counts is what the surfaces are, not where they lie.
        wanted["anatomy"] = str(Path(request.anatomy).resolve())
        wanted["anatomy_sha256"] = open_anatomy(Path(request.anatomy)).fingerprint
        moved = {"anatomy": wanted["anatomy"]}
    settings = folder / SETTINGS
    try:
        found = json.loads(settings.read_text()) if settings.is_file() else None
        occupied = folder.exists() and (not folder.is_dir() or any(folder.iterdir()))
    except (OSError, ValueError):
        found, occupied = None, True
    if found is None and occupied:
        raise SimulationError(
            str(folder), "it is neither empty nor a simulated cohort", "name a new or empty folder"
        )
    if found is not None and {**found, **moved} != wanted:
        raise SimulationError(
            str(folder), "it holds a cohort simulated with other settings", "name a new or empty folder"
        )
    write_atomically(settings, json.dumps(wanted, indent=2).encode())


def _rows(
    jobs: list[tuple[Path, PatientRequest]], workers: Workers
) -> Iterator[tuple[int, dict[str, object]]]:
    if workers == 1:
        threads = cv2.getNumThreads()
        _one_thread()
        try:
            for job in jobs:
                yield job[1].index, _write_case(job)
        finally:
            cv2.setNumThreads(threads)
        return
    for place, row in engine_of(workers).run(_write_case, jobs):
        yield jobs[place][1].index, row


def _one_thread() -> None:
    cv2.setNumThreads(1)


def _write_case(job: tuple[Path, PatientRequest]) -> dict[str, object]:
    folder, request = job
    record = folder / "cases" / f"{request.index:05d}.json"
    if record.is_file():
        written = json.loads(record.read_text())
        if all((folder / written[column]).is_file() for column in _FILE_COLUMNS):
            return written
    patient = simulate_patient(request)
    row: dict[str, object] = {
        "case_id": patient.case_id,
        "site": patient.site,
        "split": "",
        "label": patient.label,
        "sign": patient.sign,
        "level": patient.level,
        "age": patient.age,
        "sex": patient.sex,
        "reference_standard": "simulated",
        "format": request.format,
        "pixels_sha256": pixels_sha256(patient),
        **{column: getattr(patient, column) for column in TRUTH_COLUMNS},
    }
    for view in View:
        row |= _write_film(folder, patient, view)
    row["levels"] = [level.described for level in patient.levels]
    # The record comes last: a case without one is written anew.
    write_atomically(record, json.dumps(row).encode())
    return row


def pixels_sha256(patient: SimulatedPatient) -> str:
    """SHA-256 of the pixels and masks of both films, in hexadecimal digits."""
    digest = hashlib.sha256()
    for view in View:
        film = patient.films[view]
        digest.update(film.pixels.astype("<u2").tobytes())
        for mask in (film.lesion_mask, film.vertebra_mask):
            digest.update(np.packbits(mask).tobytes())
    return digest.hexdigest()


def _write_film(folder: Path, patient: SimulatedPatient, view: View) -> dict[str, object]:
    film, stem = patient.films[view], f"{patient.case_id}_{view.value}"
    write_atomically(folder / "films" / f"{stem}.dcm", film_to_dicom(patient, view))
    write_atomically(folder / "masks" / f"{stem}_lesion.png", _png(film.lesion_mask))
    write_atomically(folder / "masks" / f"{stem}_vertebra.png", _png(film.vertebra_mask))
    box = film.box
    return {
        view.value: f"films/{stem}.dcm",
        f"{view.value}_box": f"{box.x0} {box.y0} {box.x1} {box.y1}",
        f"{view.value}_lesion_mask": f"masks/{stem}_lesion.png",
        f"{view.value}_vertebra_mask": f"masks/{stem}_vertebra.png",
    }


def _png(mask: NDArray[np.bool_]) -> bytes:
    _, encoded = cv2.imencode(".png", mask.astype(np.uint8) * 255)
    return encoded.tobytes()


def _splits(rows: list[dict[str, object]], request: CohortRequest) -> list[str]:
    """Train, tune and test by patient, stratified by label and sign; an external site stays whole."""
    if SITES[request.site].external:
        return ["external"] * len(rows)
    splits = [""] * len(rows)
    draw = np.random.default_rng([request.seed, _SPLIT_STREAM])
    strata = sorted({(str(row["label"]), str(row["sign"])) for row in rows})
    for stratum in strata:
        members = [i for i, row in enumerate(rows) if (row["label"], row["sign"]) == stratum]
        order = draw.permutation(members)
        edges = np.round(np.cumsum([share for _, share in SHARES]) * len(order)).astype(int)
        for (name, _), part in zip(SHARES, np.split(order, edges[:-1]), strict=True):
            for i in part:
                splits[i] = name
    return splits
