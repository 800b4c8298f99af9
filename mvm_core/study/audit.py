"""Is there a shortcut: what the networks still tell apart once the disease is out of simulated films."""

import dataclasses
import multiprocessing
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mvm_core.cohort import Case, Cohort
from mvm_core.errors import TrainingError
from mvm_core.evaluation import read_case
from mvm_core.imaging import StudyFile, pair_films, read_study
from mvm_core.models.reader import Reader
from mvm_core.models.registry import TITLES
from mvm_core.radiograph import FilmPair, View
from mvm_core.simulation import (
    PatientRequest,
    SimulatedPatient,
    film_to_dicom,
    request_of_case,
    simulate_twins,
)
from mvm_core.simulation.patient import draw_patient
from mvm_core.validation import AucEstimate, auc_with_interval

LIMIT = 0.60
"""An area above this on films without the disease speaks for a shortcut."""

VERSIONS = ("as simulated", "disease replaced", "intact spine")
VERSIONS_EXPLAINED = (
    "as simulated; with the diseased vertebra, and all around it where its disease changes the film (a "
    "paravertebral mass, the neighbours of a collapse), replaced by the intact twin's; and with an intact "
    "spine"
)

_GROWN_MM = 6.0
_CHANGED = 8
"""Grey values of 4095 from which on the disease counts as changing a film; twins are equal elsewhere."""


@dataclass(frozen=True)
class Audit:
    """Area under the ROC curve of each reading on each version of the same patients' films.

    Attributes
    ----------
    n, positives : int
        Patients.
    areas : mapping of str to mapping of str to AucEstimate
        By version of the films, as `VERSIONS`, then by reading.
    """

    n: int
    positives: int
    areas: Mapping[str, Mapping[str, AucEstimate]]


def audit_shortcuts(
    cohort: Cohort,
    weights: Path,
    patients: int,
    *,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Audit:
    """Read test patients as simulated, with the disease replaced, and with an intact spine.

    The replacement comes from the patient's twin: the same body and exposure without the disease. Patients
    with disease at further levels are left out: the question is put to one vertebra.

    Parameters
    ----------
    cohort : Cohort
        Simulated; its test split is read, or all of it where there is none.
    weights : Path
    patients : int
        How many to read, half of them with a metastasis as far as there are.
    workers : int
        Processes side by side.
    progress : callable, optional
        Called with the number of patients read and the number to read.

    Raises
    ------
    TrainingError
        If the cohort is not simulated, or these patients are not its simulator's.
    """
    if not cohort.simulated:
        raise TrainingError(
            str(cohort.folder),
            "its films are not all simulated, so they have no twins",
            "audit a simulated one",
        )
    jobs = [(case, weights) for case in _chosen(cohort, patients)]
    found: list[_Read] = []
    if workers == 1:
        for done, job in enumerate(jobs, start=1):
            found.append(_read_versions(job))
            _tell(progress, done, len(jobs))
    else:
        with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
            for done, read in enumerate(pool.map(_read_versions, jobs), start=1):
                found.append(read)
                _tell(progress, done, len(jobs))
    return _audit(found)


def audit_as_dict(audit: Audit) -> dict[str, Any]:
    """Plain types, ready for JSON."""
    return {
        "n": audit.n,
        "positives": audit.positives,
        "limit": LIMIT,
        "versions": VERSIONS_EXPLAINED,
        "areas": {
            version: {name: asdict(area) for name, area in areas.items()}
            for version, areas in audit.areas.items()
        },
    }


def audit_as_text(audit: Audit) -> str:
    """Write an audit as a table."""
    lines = [f"{'films':<20}{'reading':<24}{'n':>5}{'MVM':>5}{'AUC':>8}  95 % interval"]
    for version, areas in audit.areas.items():
        for name, area in areas.items():
            interval = "not computable" if area.ci95 is None else "{:.3f} to {:.3f}".format(*area.ci95)
            lines.append(
                f"{version:<20}{TITLES[name]:<24}{audit.n:>5}{audit.positives:>5}{area.auc:>8.3f}  {interval}"
            )
    return "\n".join(lines)


def without_disease(diseased: SimulatedPatient, intact: SimulatedPatient, view: View) -> NDArray[np.uint16]:
    """One film with the diseased region taken from the intact twin, blended at its edge.

    The region holds the vertebra, its lesion and all else that the disease changes in the film: a mass beside
    the spine lies outside the vertebra's own outline.
    """
    film, twin = diseased.films[view], intact.films[view]
    changed = np.abs(film.pixels.astype(np.int32) - twin.pixels) >= _CHANGED
    region = (film.vertebra_mask | film.lesion_mask | twin.vertebra_mask | changed).astype(np.uint8)
    size = 2 * round(_GROWN_MM / film.mm_per_pixel) + 1
    grown = cv2.dilate(region, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))).astype(np.float32)
    share = cv2.GaussianBlur(grown, (0, 0), size / 6)
    blended = share * twin.pixels + (1 - share) * film.pixels
    return np.round(blended).astype(np.uint16)


@dataclass(frozen=True)
class _Read:
    positive: bool
    probabilities: Mapping[str, Mapping[str, float]]


def _chosen(cohort: Cohort, patients: int) -> list[Case]:
    cases = [case for case in cohort.split("test") or cohort.diseased if not _has_further_levels(case)]
    mvm = [case for case in cases if case.label == "mvm"][: max(1, patients // 2)]
    bvf = [case for case in cases if case.label == "bvf"][: max(1, patients - len(mvm))]
    return [*mvm, *bvf]


def _request(case: Case) -> PatientRequest:
    request = request_of_case(case.case_id, case.label)
    if request is None:
        raise TrainingError(
            f"case {case.case_id}", "the simulator does not name patients so", "audit a simulated cohort"
        )
    return request


def _has_further_levels(case: Case) -> bool:
    return len(draw_patient(_request(case)).disease.levels) > 1


def _read_versions(job: tuple[Case, Path]) -> _Read:
    case, weights = job
    cv2.setNumThreads(1)
    twins = simulate_twins(_request(case))
    diseased, intact = twins["mvm" if case.label == "mvm" else "bvf"], twins["intact"]
    _check_same(case, _as_pair(diseased, {view: diseased.films[view].pixels for view in View}))
    reader = Reader.open(weights)
    versions = {
        VERSIONS[0]: {view: diseased.films[view].pixels for view in View},
        VERSIONS[1]: {view: without_disease(diseased, intact, view) for view in View},
        VERSIONS[2]: {view: intact.films[view].pixels for view in View},
    }
    return _Read(
        positive=case.label == "mvm",
        probabilities={
            name: {
                model: result.probability
                for model, result in reader.read(_as_pair(diseased, pixels)).results.items()
            }
            for name, pixels in versions.items()
        },
    )


def _check_same(case: Case, again: FilmPair) -> None:
    kept = read_case(case)
    for view in View:
        film, anew = kept.film(view), again.film(view)
        if film is None or anew is None or not np.array_equal(film.pixels, anew.pixels):
            raise TrainingError(
                f"case {case.case_id}",
                f"this version's simulator does not make its {view.label} film again",
                "simulate the cohort anew",
            )


def _as_pair(patient: SimulatedPatient, pixels: Mapping[View, NDArray[np.uint16]]) -> FilmPair:
    """The films as a clinic would send them, through DICOM."""
    films = {view: dataclasses.replace(patient.films[view], pixels=pixels[view]) for view in View}
    changed = dataclasses.replace(patient, films=films)
    files = [StudyFile(f"{view.value}.dcm", film_to_dicom(changed, view)) for view in View]
    return dataclasses.replace(
        pair_films(read_study(files)), ap_box=films[View.AP].box, lateral_box=films[View.LATERAL].box
    )


def _audit(found: list[_Read]) -> Audit:
    labels = np.array([read.positive for read in found])
    if labels.all() or not labels.any():
        raise TrainingError("audit", "the patients read are of one class only", "audit more patients")
    return Audit(
        n=len(found),
        positives=int(labels.sum()),
        areas={
            version: {
                model: auc_with_interval(labels, [read.probabilities[version][model] for read in found])
                for model in found[0].probabilities[version]
            }
            for version in VERSIONS
        },
    )


def _tell(progress: Callable[[int, int], None] | None, done: int, total: int) -> None:
    if progress is not None:
        progress(done, total)
