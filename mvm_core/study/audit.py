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
from mvm_core.imaging import StudyFile, pair_films, read_study
from mvm_core.models.reader import Reader
from mvm_core.radiograph import FilmPair, View
from mvm_core.simulation import PatientRequest, SimulatedPatient, film_to_dicom, simulate_twins
from mvm_core.validation import AucEstimate, auc_with_interval

LIMIT = 0.60
"""An area above this on films without the disease speaks for a shortcut."""

_GROWN_MM = 6.0
VERSIONS = ("as simulated", "diseased vertebra replaced", "intact spine")


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
    """Read test patients as simulated, with the diseased vertebra replaced, and with an intact spine.

    The replacement comes from the patient's twin: the same body and exposure without the disease. Patients
    with disease at further levels are left out, since theirs would stay in the film.

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
    return _audit([read for read in found if not read.further_levels])


def audit_as_dict(audit: Audit) -> dict[str, Any]:
    """Plain types, ready for JSON."""
    return {
        "n": audit.n,
        "positives": audit.positives,
        "limit": LIMIT,
        "areas": {
            version: {name: asdict(area) for name, area in areas.items()}
            for version, areas in audit.areas.items()
        },
    }


def audit_as_text(audit: Audit) -> str:
    """Write an audit as a table."""
    lines = [f"{'films':<30}{'reading':<16}{'n':>5}{'MVM':>5}{'AUC':>8}  95 % interval"]
    for version, areas in audit.areas.items():
        for name, area in areas.items():
            interval = "not computable" if area.ci95 is None else "{:.3f} to {:.3f}".format(*area.ci95)
            lines.append(
                f"{version:<30}{name:<16}{audit.n:>5}{audit.positives:>5}{area.auc:>8.3f}  {interval}"
            )
    return "\n".join(lines)


def without_disease(diseased: SimulatedPatient, intact: SimulatedPatient, view: View) -> NDArray[np.uint16]:
    """One film with the diseased vertebra's region taken from the intact twin, blended at its edge."""
    film, twin = diseased.films[view], intact.films[view]
    region = (film.vertebra_mask | film.lesion_mask | twin.vertebra_mask).astype(np.uint8)
    size = 2 * round(_GROWN_MM / film.mm_per_pixel) + 1
    grown = cv2.dilate(region, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))).astype(np.float32)
    share = cv2.GaussianBlur(grown, (0, 0), size / 6)
    blended = share * twin.pixels + (1 - share) * film.pixels
    return np.round(blended).astype(np.uint16)


@dataclass(frozen=True)
class _Read:
    positive: bool
    further_levels: bool
    probabilities: Mapping[str, Mapping[str, float]]


def _chosen(cohort: Cohort, patients: int) -> list[Case]:
    cases = cohort.split("test") or cohort.cases
    mvm = [case for case in cases if case.label == "mvm"][: max(1, patients // 2)]
    bvf = [case for case in cases if case.label == "bvf"][: max(1, patients - len(mvm))]
    return [*mvm, *bvf]


def _read_versions(job: tuple[Case, Path]) -> _Read:
    case, weights = job
    cv2.setNumThreads(1)
    twins = simulate_twins(_request(case))
    diseased, intact = twins["mvm" if case.label == "mvm" else "bvf"], twins["intact"]
    if diseased.case_id != case.case_id:
        raise TrainingError(
            f"case {case.case_id}",
            "the simulator does not make this patient again",
            "audit a cohort of this version's simulator",
        )
    reader = Reader.open(weights)
    versions = {
        "as simulated": {view: diseased.films[view].pixels for view in View},
        "diseased vertebra replaced": {view: without_disease(diseased, intact, view) for view in View},
        "intact spine": {view: intact.films[view].pixels for view in View},
    }
    return _Read(
        positive=case.label == "mvm",
        further_levels=bool(diseased.other_levels),
        probabilities={
            name: {
                model: result.probability
                for model, result in reader.read(_as_pair(diseased, pixels)).results.items()
            }
            for name, pixels in versions.items()
        },
    )


def _request(case: Case) -> PatientRequest:
    site, _, rest = case.case_id.partition("0")
    seed, _, index = f"0{rest}".partition("-")
    try:
        return PatientRequest(int(seed), int(index), case.label, site=site)  # type: ignore[arg-type]
    except ValueError:
        raise TrainingError(
            f"case {case.case_id}", "the simulator does not name patients so", "audit a simulated cohort"
        ) from None


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
