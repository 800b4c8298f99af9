"""Is there a shortcut: what else than the disease moves the score, or tells the groups apart."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from mvm_core.cohort import Case, Cohort
from mvm_core.errors import TrainingError
from mvm_core.evaluation import read_case
from mvm_core.models.reader import Reader, logits_of
from mvm_core.models.reading import Reading
from mvm_core.models.registry import NETWORKS
from mvm_core.models.weights import load_weights
from mvm_core.radiograph import FilmPair, View
from mvm_core.side_by_side import Workers, over_jobs
from mvm_core.simulation import request_of_case
from mvm_core.simulation.patient import Patient, draw_patient
from mvm_core.study.audit_films import (
    AS_IT_IS,
    STATES,
    WITH_BVF,
    WITH_MVM,
    WITHOUT,
    audited_films,
    switched,
)
from mvm_core.study.matching import Person, matched_pairs, person_of
from mvm_core.study.pairs import PairedArea, paired_area
from mvm_core.study.switches import SWITCHES
from mvm_core.validation import AucEstimate, auc_with_interval

GROUPS = "groups"
"""The comparison of the two groups' intact bodies."""

LEVEL = 0.95
"""At which all intervals of an audit together hold (Bonferroni)."""

_GREY = 0.75 / 4095
_REQUEST = "audit a simulated cohort"


class Reads(Protocol):
    """What an audit asks of a `Reader`."""

    def read(self, pair: FilmPair) -> Reading:
        """Make every reading of a pair."""
        ...


@dataclass(frozen=True)
class Audited:
    """What the readings say of one body in every version.

    Attributes
    ----------
    positive : bool
        Whether the patient has a metastasis.
    person : Person
    scores : mapping of str to mapping of str to float
        By version, as `audited_films` names them, then by reading, in logits.
    """

    positive: bool
    person: Person
    scores: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Comparison:
    """One feature or the groups, and one reading; `found` is of the second state against the first."""

    name: str
    reading: str
    found: PairedArea


@dataclass(frozen=True)
class Audit:
    """What an audit found.

    Attributes
    ----------
    n, positives : int
        Patients.
    areas : mapping of str to mapping of str to AucEstimate
        MVM against BVF on the films as simulated, by reading: nothing is concluded from it.
    same_bodies : mapping of str to PairedArea
        Each body with a metastasis against each with a fracture, by reading.
    comparisons : tuple of Comparison
        Each of `SWITCHES`, then `GROUPS`, for each reading.
    """

    n: int
    positives: int
    areas: Mapping[str, AucEstimate]
    same_bodies: Mapping[str, PairedArea]
    comparisons: tuple[Comparison, ...]

    @property
    def shortcuts(self) -> tuple[str, ...]:
        """Names of what some reading goes by although it is no disease."""
        return self._said("shortcut")

    @property
    def open(self) -> tuple[str, ...]:
        """Names of what is no shortcut as far as is known, but may be one of some reading."""
        return tuple(name for name in self._said("open") if name not in self.shortcuts)

    def _said(self, verdict: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(each.name for each in self.comparisons if each.found.verdict == verdict))


def audit_shortcuts(
    cohort: Cohort,
    weights: Path,
    patients: int,
    *,
    workers: Workers = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Audit:
    """Film test patients anew with one feature after the other switched, and read all of it.

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
        If the cohort is not simulated, these patients are not its simulator's, or are of one class only.
    """
    if not cohort.simulated:
        raise TrainingError(
            str(cohort.folder),
            "its films are not all simulated, so they cannot be taken anew",
            "audit a simulated one",
        )
    jobs = [(case, weights) for case in _chosen(cohort, patients)]
    return judge(list(over_jobs(_audit_case, jobs, workers, progress)))


def read_versions(patient: Patient, films: Mapping[str, FilmPair], reader: Reads) -> Audited:
    """Read one body in every version."""
    return Audited(
        positive=patient.disease.label == "mvm",
        person=person_of(patient),
        scores={name: logits_of(reader.read(pair)) for name, pair in films.items()},
    )


def judge(found: Sequence[Audited]) -> Audit:
    """Compare what was read.

    A switched feature is compared within each group, its films with the feature against those without. The
    groups are compared by their intact bodies, in pairs matched for age, sex, level and exposure.

    Raises
    ------
    TrainingError
        If the patients are of one class only.
    """
    labels = np.array([each.positive for each in found])
    if not len(labels) or labels.all() or not labels.any():
        raise TrainingError("audit", "the patients read are of one class only", "audit more patients")
    readings = list(found[0].scores[AS_IT_IS])
    names = [name for name in SWITCHES if switched(name, STATES[0]) in found[0].scores]
    confidence = 1 - (1 - LEVEL) / (len(readings) * (len(names) + 1))
    pairs = _pairs(found)

    def scores(version: str, reading: str) -> list[float]:
        return [each.scores[version][reading] for each in found]

    def compare(name: str, reading: str) -> PairedArea:
        if name == GROUPS:
            intact = np.array(scores(WITHOUT, reading))
            return paired_area(intact[pairs[:, 0]], intact[pairs[:, 1]], confidence=confidence)
        first, second = (scores(switched(name, state), reading) for state in STATES)
        return paired_area(first, second, labels, confidence)

    return Audit(
        n=len(found),
        positives=int(labels.sum()),
        areas={name: auc_with_interval(labels, scores(AS_IT_IS, name)) for name in readings},
        same_bodies={name: paired_area(scores(WITH_BVF, name), scores(WITH_MVM, name)) for name in readings},
        comparisons=tuple(
            Comparison(name, reading, compare(name, reading))
            for name in (*names, GROUPS)
            for reading in readings
        ),
    )


def _pairs(found: Sequence[Audited]) -> np.ndarray:
    """Places of matched patients, shape (pairs, 2): BVF, MVM."""
    places = {label: [i for i, each in enumerate(found) if each.positive is label] for label in (False, True)}
    bvf, mvm = ([found[i].person for i in places[label]] for label in (False, True))
    matched = [(places[False][row], places[True][column]) for row, column in matched_pairs(bvf, mvm)]
    return np.array(matched, int).reshape(-1, 2)


def _chosen(cohort: Cohort, patients: int) -> list[Case]:
    cases = cohort.split("test") or cohort.diseased
    mvm = [case for case in cases if case.label == "mvm"][: max(1, patients // 2)]
    bvf = [case for case in cases if case.label == "bvf"][: max(1, patients - len(mvm))]
    return [*mvm, *bvf]


def _audit_case(job: tuple[Case, Path]) -> Audited:
    case, folder = job
    request = request_of_case(case.case_id, case.label)
    if request is None:
        raise TrainingError(f"case {case.case_id}", "the simulator does not name patients so", _REQUEST)
    patient, reader = draw_patient(request), Reader.open(folder)
    networks = load_weights(folder).networks
    views = [view for view in View if any(view in NETWORKS[name].views for name in networks)]
    films = dict(audited_films(patient, views=views))
    _check_same(case, films[AS_IT_IS])
    return read_versions(patient, films, reader)


def _check_same(case: Case, again: FilmPair) -> None:
    kept = read_case(case)
    for view in again.views:
        film, anew = kept.film(view), again.film(view)
        same = film is not None and anew is not None and film.shape == anew.shape
        if not same or not np.allclose(film.pixels, anew.pixels, rtol=0, atol=_GREY):  # type: ignore[union-attr]
            raise TrainingError(
                f"case {case.case_id}",
                f"this version's simulator does not make its {view.label} film again",
                "simulate the cohort anew",
            )
