"""Twins of simulated patients: whether the change of a map lies where the film changed."""

import dataclasses
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mvm_core.cohort import Case
from mvm_core.explain.cases import on_network
from mvm_core.explain.off_centre import off_centre
from mvm_core.explain.scores import middle_hits, pointing_game, share_inside
from mvm_core.imaging.preprocess import cut
from mvm_core.models import Reader, Reading
from mvm_core.radiograph import FilmPair, Radiograph, View
from mvm_core.simulation import PatientRequest, SimulatedPatient, request_of_case, simulate_twins

CHANGED_SHARE = 0.1
"""An edge has changed where the difference is at least this share of its greatest difference."""


@dataclass(frozen=True)
class Change:
    """How film and map of one view differ between twins, on the pixels that the networks see.

    Attributes
    ----------
    film, evidence : float32 array, shape (size_px, size_px)
        With the disease minus without it; grey values in [0, 1], evidence in the map's unit.
    """

    film: NDArray[np.float32]
    evidence: NDArray[np.float32]

    @property
    def changed(self) -> NDArray[np.bool_]:
        """Where the film changed: the convex hull, since a crushed body changes along its edges alone."""
        size, hull = np.abs(self.film), np.zeros(self.film.shape, np.uint8)
        if size.max() > 0:
            places = np.argwhere(size >= CHANGED_SHARE * size.max())[:, ::-1].astype(np.int32)
            cv2.fillConvexPoly(hull, cv2.convexHull(places), 1)
        return hull > 0


def request_again(patient: SimulatedPatient) -> PatientRequest | None:
    """The request that gives a simulated patient again, whatever was asked for at first."""
    request = request_of_case(patient.case_id, patient.label)
    if request is None:
        return None
    return dataclasses.replace(request, kind=patient.kind, level=patient.level, severity=patient.severity)


def films_of(patient: SimulatedPatient) -> FilmPair:
    """A simulated patient's films, without the way through files."""
    films = {
        view.value: Radiograph(
            film.pixels.astype(np.float32) / np.float32(4095),
            f"{patient.case_id} {view.label}",
            view,
            "simulated",
            film.mm_per_pixel,
            "simulated",
        )
        for view, film in patient.films.items()
    }
    boxes = {f"{view.value}_box": film.box for view, film in patient.films.items()}
    return FilmPair(**films, **boxes)  # type: ignore[arg-type]


def change_between(
    without: Reading,
    with_disease: Reading,
    pairs: tuple[FilmPair, FilmPair],
    name: str,
    size_px: int,
    question: str = "mvm",
) -> dict[View, Change]:
    """Differences of films and maps of one reading.

    Parameters
    ----------
    without, with_disease : Reading
    pairs : tuple of FilmPair
        In the same order.
    name : str
        Which result.
    size_px : int
        Side of what the networks see, in their pixels, as the weights' preprocessing has it.
    question : str
        Whose maps.
    """
    found = {}
    for view, evidence in with_disease.results[name].maps(question).items():
        region = with_disease.regions[view]
        intact, diseased = pairs[0].film(view), pairs[1].film(view)
        if intact is None or diseased is None:
            continue
        found[view] = Change(
            cut(diseased.pixels, region, size_px) - cut(intact.pixels, region, size_px),
            on_network(evidence, region, size_px)
            - on_network(without.results[name].maps(question)[view], without.regions[view], size_px),
        )
    return found


def twin_test(case: Case, reader: Reader, tolerance_px: float) -> dict[str, dict[str, float]]:
    """Whether each reading's map changed where the film did; empty for a case that is not simulated.

    Returns
    -------
    dict of str to dict of str to float
        By reading, averaged over its films: ``twin_pointing``, whether the greatest change of the map lies
        within `tolerance_px` of the film's change; ``twin_middle``, whether the middle of the square does,
        as a control; ``twin_share``, the share of the map's change inside. And ``twin_direction``, whether
        the probability moved towards the case's side.
    """
    request = request_of_case(case.case_id, case.label)
    if request is None:
        return {}
    twins = simulate_twins(request)
    diseased = twins["mvm" if case.label == "mvm" else "bvf"]
    pairs = (
        off_centre(films_of(twins["intact"]), case.case_id),
        off_centre(films_of(diseased), case.case_id),
    )
    without, with_disease = reader.read(pairs[0]), reader.read(pairs[1])
    size_px = reader.weights.preprocessing.size_px
    sign = 1 if case.label == "mvm" else -1
    found = {}
    for name in with_disease.results:
        pointing, middle, shares = [], [], []
        for change in change_between(without, with_disease, pairs, name, size_px).values():
            moved, changed = np.abs(change.evidence), change.changed
            if not changed.any():
                continue
            pointing.append(pointing_game(moved, changed, tolerance_px) or 0.0)
            middle.append(middle_hits(changed, tolerance_px) or 0.0)
            shares.append(share_inside(moved, changed) or 0.0)
        if pointing:
            found[name] = {
                "twin_pointing": float(np.mean(pointing)),
                "twin_middle": float(np.mean(middle)),
                "twin_share": float(np.mean(shares)),
                "twin_direction": float(sign * _moved(without, with_disease, name) > 0),
            }
    return found


def _moved(before: Reading, after: Reading, name: str) -> float:
    return after.results[name].probability - before.results[name].probability
