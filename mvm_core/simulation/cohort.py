"""A simulated cohort on disk: films, masks and their tables, the same for any number of workers."""

import csv
import hashlib
import io
import json
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from mvm_core.cohort import MANIFEST_COLUMNS
from mvm_core.cohort.levels import LEVEL_COLUMNS, LEVELS_TABLE
from mvm_core.errors import SimulationError
from mvm_core.files import write_atomically
from mvm_core.radiograph import View
from mvm_core.simulation.dicom import film_to_dicom
from mvm_core.simulation.formats import FORMATS, MIXED, MIXED_SHARES
from mvm_core.simulation.settings import PatientRequest
from mvm_core.simulation.simulator import SimulatedPatient, simulate_patient
from mvm_core.simulation.sites import SITES

MANIFEST = "manifest.csv"
SETTINGS = "settings.json"
COLUMNS = (
    *MANIFEST_COLUMNS,
    "ap_lesion_mask",
    "lateral_lesion_mask",
    "ap_vertebra_mask",
    "lateral_vertebra_mask",
    "kind",
    "severity",
    "genant",
    "lesion_mm",
    "mineral_lost",
    "other_levels",
    "format",
    "pixels_sha256",
)
_TRUTH_COLUMNS = ("kind", "severity", "genant", "lesion_mm", "mineral_lost", "other_levels")
_FILE_COLUMNS = ("ap", "lateral", *(column for column in COLUMNS if column.endswith("_mask")))
SHARES = (("train", 0.6), ("tune", 0.2), ("test", 0.2))
_SPLIT_STREAM = 90
_LABEL_STREAM = 91
_FORMAT_STREAM = 92
_VERSION = 3


@dataclass(frozen=True)
class CohortRequest:
    """Which cohort to simulate.

    Attributes
    ----------
    site : str
    patients : int
    mvm : int or None
        How many of them have a metastasis; None for the site's prevalence among the diseased.
    seed : int
    healthy : int
        How many of the patients have no disease at all.
    format : str
        One of `FORMATS`, or ``mixed``: one drawn for each patient.

    Raises
    ------
    SimulationError
        If the site is unknown or the numbers do not make a cohort.
    """

    site: str
    patients: int
    mvm: int | None
    seed: int
    healthy: int = 0
    format: str = "standard"

    def __post_init__(self) -> None:
        PatientRequest(seed=self.seed, site=self.site)
        if self.format != MIXED and self.format not in FORMATS:
            raise SimulationError(
                f"format '{self.format}'", "it is unknown", f"choose one of {', '.join((*FORMATS, MIXED))}"
            )
        if self.patients < 1:
            raise SimulationError("patients", "there would be none", "ask for one or more")
        if not 0 <= self.healthy <= self.patients:
            raise SimulationError(
                "healthy",
                f"{self.healthy} of {self.patients} patients is not possible",
                "ask for 0 up to all of them",
            )
        if not 0 <= self.metastases <= self.diseased:
            raise SimulationError(
                "mvm",
                f"{self.mvm} of {self.diseased} diseased patients is not possible",
                "ask for 0 up to all of them",
            )

    @property
    def diseased(self) -> int:
        """How many patients have a fracture or a metastasis."""
        return self.patients - self.healthy

    @property
    def metastases(self) -> int:
        """How many patients have a metastasis."""
        return round(SITES[self.site].prevalence * self.diseased) if self.mvm is None else self.mvm

    @property
    def labels(self) -> tuple[str, ...]:
        """The label of each patient, in an order drawn from the seed."""
        counts = (self.metastases, self.diseased - self.metastases, self.healthy)
        labels = np.repeat(("mvm", "bvf", "intact"), counts)
        return tuple(np.random.default_rng([self.seed, _LABEL_STREAM]).permutation(labels).tolist())

    @property
    def formats(self) -> tuple[str, ...]:
        """The format of each patient."""
        if self.format != MIXED:
            return (self.format,) * self.patients
        draw = np.random.default_rng([self.seed, _FORMAT_STREAM])
        names, shares = zip(*MIXED_SHARES.items(), strict=True)
        return tuple(draw.choice(names, self.patients, p=shares).tolist())

    @property
    def requests(self) -> tuple[PatientRequest, ...]:
        """The patients."""
        return tuple(
            PatientRequest(self.seed, index, label, site=self.site, format=name)  # type: ignore[arg-type]
            for index, (label, name) in enumerate(zip(self.labels, self.formats, strict=True))
        )


def write_cohort(
    folder: Path,
    request: CohortRequest,
    workers: int = 1,
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
    workers : int
        Processes side by side.
    progress : callable, optional
        Called with the number of patients written and the number to write.

    Returns
    -------
    Path
        The manifest.

    Raises
    ------
    SimulationError
        If the folder holds something else, there are no workers, or one of them was killed.
    OutputError
        If the folder cannot be written to or the disk is full.
    """
    if workers < 1:
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
    write_atomically(folder / LEVELS_TABLE, _as_csv(levels, LEVEL_COLUMNS))
    return write_atomically(folder / MANIFEST, _as_csv(ordered, COLUMNS))


def _as_csv(rows: list[dict[str, object]], columns: Sequence[str]) -> bytes:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue().encode()


def request_of(folder: Path) -> CohortRequest | None:
    """The request that a simulated cohort was written for, None for a cohort of other origin."""
    settings = folder / SETTINGS
    if not settings.is_file():
        return None
    try:
        found = json.loads(settings.read_text())
        asked = {name: found[name] for name in ("site", "patients", "mvm", "seed")}
        return CohortRequest(**asked, healthy=found.get("healthy", 0), format=found.get("format", "standard"))
    except (OSError, ValueError, LookupError, TypeError):
        raise SimulationError(
            str(settings), "it is damaged", "restore it, or delete it to treat the films as any others"
        ) from None


def _claim(folder: Path, request: CohortRequest) -> None:
    wanted = {"version": _VERSION, **asdict(request), "mvm": request.metastases}
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
    if found is not None and found != wanted:
        raise SimulationError(
            str(folder), "it holds a cohort simulated with other settings", "name a new or empty folder"
        )
    write_atomically(settings, json.dumps(wanted, indent=2).encode())


def _rows(jobs: list[tuple[Path, PatientRequest]], workers: int) -> Iterator[tuple[int, dict[str, object]]]:
    if workers == 1:
        threads = cv2.getNumThreads()
        _one_thread()
        try:
            for job in jobs:
                yield job[1].index, _write_case(job)
        finally:
            cv2.setNumThreads(threads)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_one_thread) as pool:
        futures = {pool.submit(_write_case, job): job[1].index for job in jobs}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        except BrokenProcessPool:
            raise SimulationError(
                "workers",
                "one was killed, most likely for want of memory",
                "run again with fewer workers: what is written is kept",
            ) from None
        finally:
            # Otherwise whatever stops the run would first wait for every patient still queued.
            pool.shutdown(wait=True, cancel_futures=True)


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
        **{column: getattr(patient, column) for column in _TRUTH_COLUMNS},
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
    """Train, tune and test by patient, stratified by label and sign; site b is external."""
    if request.site != "a":
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
