"""Prepare a challenge: draw its patients, simulate and read them, and write all that a page shows of them.

The seed of the patients is `mvm_core.sealed.seed_of` of the weights' SHA-256 and the organiser's choice: it
follows from the finished weights, so that none of the patients can have been learnt from.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from mvm_core.challenge.case import (
    KINDS,
    Case,
    Challenge,
    ChallengeFilm,
    ModelAnswer,
    Square,
    write_challenge,
)
from mvm_core.errors import ChallengeError
from mvm_core.evaluation import read_examined
from mvm_core.examination import Examination, Examiner
from mvm_core.files import write_atomically
from mvm_core.imaging import StudyFile, pair_films, read_study
from mvm_core.imaging.outline import outlines
from mvm_core.imaging.preprocess import Region
from mvm_core.models import Reading, Zone
from mvm_core.radiograph import Radiograph, View
from mvm_core.sealed import seed_of
from mvm_core.simulation import PatientRequest, SimulatedPatient, film_to_dicom, simulate_patient
from mvm_core.simulation.request import SIMULATOR_VERSION
from mvm_core.spine import LEVELS

MOST_CASES = 50
_LEAST_CASES = 4
_TRIES = 40
"""Patients drawn for one case before it is given up."""

_JPEG = [cv2.IMWRITE_JPEG_QUALITY, 92]
_LABELS_STREAM = 1
_DIGITS = 4

Progress = Callable[[int, int], None]


def prepare(
    folder: Path,
    *,
    cases: int = 10,
    kind: str = "mixed",
    seed: int = 1,
    timed: bool = False,
    weights: Path | None = None,
    progress: Progress | None = None,
) -> Challenge:
    """Prepare a challenge in a folder; answers that lie there belong to the challenge before and stay apart.

    Parameters
    ----------
    folder : Path
    cases : int
        4 to 50.
    kind : str
        One of `KINDS`.
    seed : int
        The organiser's; the same seed, kind and weights give the same patients.
    timed : bool
        Whether visitors are told their time.
    weights : Path, optional
        Weights folder; the shipped one where not given.
    progress : callable, optional
        Called with the number of cases done and of all.

    Raises
    ------
    ChallengeError
        If kind or number of cases are unfit, or patients of the kind are not found.
    WeightsError
        If the weights folder is not complete.
    OutputError
        If the folder cannot be written to.
    """
    _check(cases, kind, seed)
    examiner = Examiner.open(weights)
    used = examiner.reader.weights
    patient_seed = seed_of(used.identity, f"challenge {kind} {seed}")
    made: list[Case] = []
    passed_over = 0
    drawn = _drawn(patient_seed, kind)
    for number, label in enumerate(labels_of(patient_seed, cases), start=1):
        for _ in range(_TRIES):
            patient = simulate_patient(next(drawn[label]))
            films = _read_as_files(patient) if is_of_kind(patient, kind) else {}
            case = _case(folder, number, patient, films, examiner) if films else None
            if case is not None:
                made.append(case)
                break
            passed_over += 1
        else:
            raise ChallengeError(
                f"case {number}", f"no patient of kind '{kind}' was found in {_TRIES}", "try another --seed"
            )
        if progress is not None:
            progress(number, cases)
    about = {
        "kind": kind,
        "seed": seed,
        "patient_seed": patient_seed,
        "timed": timed,
        "weights": used.identity,
        "simulator_version": SIMULATOR_VERSION,
        "notice": used.notice,
        "passed_over": passed_over,
    }
    prepared = write_challenge(folder, about, tuple(made))
    _drop_other_pictures(folder, prepared.cases)
    return prepared


def labels_of(seed: int, cases: int) -> tuple[str, ...]:
    """The label of each case: about half of them MVM, how many and in which order drawn from the seed."""
    draw = np.random.default_rng([seed, _LABELS_STREAM])
    mvm = cases // 2 + int(draw.integers(-1, 2))
    return tuple(draw.permutation(np.repeat(["mvm", "bvf"], [mvm, cases - mvm])).tolist())


def is_of_kind(patient: SimulatedPatient, kind: str) -> bool:
    """Whether a patient belongs into a challenge of a kind, by the findings that its films show."""
    count = len(patient.signs.split())
    return {"mixed": True, "no-sign": count == 0, "one-finding": count == 1}[kind]


def _drop_other_pictures(folder: Path, cases: Sequence[Case]) -> None:
    kept = {film.picture for case in cases for film in case.films}
    for path in folder.glob("case_*.jpg"):
        if path.name not in kept:
            path.unlink()


def _check(cases: int, kind: str, seed: int) -> None:
    if kind not in KINDS:
        raise ChallengeError(f"kind '{kind}'", "it is unknown", f"choose one of {', '.join(KINDS)}")
    if not _LEAST_CASES <= cases <= MOST_CASES:
        raise ChallengeError(
            f"{cases} cases",
            "so many make no challenge",
            f"ask for {_LEAST_CASES} to {MOST_CASES}",
        )
    if seed < 0:
        raise ChallengeError(f"seed {seed}", "it is negative", "give a whole number from 0 up")


def _drawn(seed: int, kind: str) -> dict[str, Iterator[PatientRequest]]:
    """Patients of each label without end, no two alike."""
    # A fracture without any finding is one without loss of height.
    own = {"bvf": "occult"} if kind == "no-sign" else {}

    def requests(label: str, first: int) -> Iterator[PatientRequest]:
        index = first
        while True:
            yield PatientRequest(seed, index, label, kind=own.get(label))  # type: ignore[arg-type]
            index += 2

    return {label: requests(label, first) for first, label in enumerate(("mvm", "bvf"))}


def _read_as_files(patient: SimulatedPatient) -> dict[View, Radiograph]:
    """The films as they come out of DICOM files, as the upload page reads them."""
    files = [StudyFile(f"{view}.dcm", film_to_dicom(patient, view)) for view in patient.films]
    return pair_films(read_study(files)).films


def _case(
    folder: Path,
    number: int,
    patient: SimulatedPatient,
    films: dict[View, Radiograph],
    examiner: Examiner,
) -> Case | None:
    """Read a patient unmarked and write its pictures; None where nobody could point at the level."""
    pair = replace(pair_films(list(films.values())), ap_box=None, lateral_box=None)
    found = examiner.examine(pair)
    seen = {each.level for spine in found.spines.values() for each in spine.vertebrae}
    if patient.level not in seen:
        return None
    reading = read_examined(found, examiner)
    leading = reading.leading
    levels = {each.level: each for each in found.levels}
    flagged = tuple(name for name, each in levels.items() if each.zone is not Zone.NOTHING_SEEN)
    highest = max(levels.values(), key=lambda each: each.probability_disease, default=None)
    asked = found.level_in_question or (highest.level if highest is not None else "")
    zone = leading.zone if found.level_in_question is not None else Zone.NOTHING_SEEN
    return Case(
        number=number,
        label=patient.label,
        level=patient.level,
        diseased=(patient.level, *patient.other_levels.split()),
        kind=patient.kind,
        genant=patient.genant,
        signs=tuple(patient.signs.split()),
        age=patient.age,
        sex=patient.sex,
        levels=tuple(sorted(seen, key=LEVELS.index)),
        films=tuple(_film(folder, number, patient, found, reading, view) for view in films),
        model=ModelAnswer(leading.name, round(leading.probability, _DIGITS), asked, zone.value, flagged),
    )


def _film(
    folder: Path,
    number: int,
    patient: SimulatedPatient,
    found: Examination,
    reading: Reading,
    view: View,
) -> ChallengeFilm:
    film = found.pair.films[view]
    grey = np.round(np.clip(film.pixels, 0.0, 1.0) * 255.0).astype(np.uint8)
    _, picture = cv2.imencode(".jpg", grey, _JPEG)
    # Named by its content: a record never gets another one's pictures, however a preparation ends.
    name = f"case_{number:02d}_{view}_{hashlib.sha256(picture.tobytes()).hexdigest()[:8]}.jpg"
    write_atomically(folder / name, picture.tobytes())
    seen = view in reading.regions and view not in reading.blank
    shown = reading.leading.evidence.get(view) if seen else None
    return ChallengeFilm(
        view=view,
        picture=name,
        rows=film.shape[0],
        columns=film.shape[1],
        vertebrae=tuple(
            (each.level, tuple((round(float(x), 1), round(float(y), 1)) for x, y in each.corners))
            for each in found.spines[view].vertebrae
        ),
        lesion=tuple(tuple(line) for line in outlines(patient.films[view].lesion_mask)),
        region=_square(reading.regions[view]) if seen else None,
        evidence=(
            tuple(tuple(row) for row in np.round(shown.values.astype(float), _DIGITS).tolist())
            if shown is not None
            else None
        ),
        evidence_region=_square(shown.region) if shown is not None else None,
    )


def _square(region: Region) -> Square:
    return float(region.x0), float(region.y0), float(region.side)
