"""From which size and which loss of mineral on a focus is flagged, by its place in the vertebra."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType

import cv2
import numpy as np
import pandas as pd

from mvm_core.explain.readings import ALL_NAMES, answers, views_of
from mvm_core.explain.simulated_table import Source
from mvm_core.side_by_side import Workers, over_jobs
from mvm_core.simulation import PatientRequest
from mvm_core.simulation.geometry import Geometry
from mvm_core.simulation.pathology import INTACT, Disease, Focus, LevelDisease
from mvm_core.simulation.patient import Patient, draw_patient
from mvm_core.simulation.projection import project_vertebra
from mvm_core.simulation.variants import film_variants
from mvm_core.simulation.vertebra import Vertebra
from mvm_core.validation.bootstrap import percentile_interval
from mvm_core.validation.rates import rate_with_interval

FILE = "explain_dose.csv"
"""Its name in a weights folder."""

COLUMNS = (
    "reading", "kind", "place", "by", "from", "to", "mean", "flagged", "low", "high", "foci", "patients",
)  # fmt: skip
KINDS = ("lytic", "blastic")
PLACES = ("body front", "body middle", "body back", "pedicle", "posterior elements")
BY_SIZE, BY_MINERAL = "size_mm", "mineral"
EDGES = {BY_SIZE: (6.0, 12.0, 18.0, 24.0, 30.0), BY_MINERAL: (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0)}
ACROSS_MM = 10.0
"""Diameter, in the patient, of the disc over which the mineral in the beam is averaged."""

_RADII_MM = ((3.0, 7.0), (7.0, 11.0), (11.0, 15.0))
_AMOUNTS = (0.3, 1.0)
_DOSE_STREAM = 31
_REPLICATES = 1000


@dataclass(frozen=True)
class Dosed:
    """One focus in one body, and who flagged it.

    Attributes
    ----------
    case_id : str
    kind, place : str
        Of `KINDS` and `PLACES`; ``none`` without a focus.
    size_mm : float
        Diameter.
    mineral : float
        Share of the vertebra's mineral in the beam that is lost, or of dense bone added to it, averaged over
        the disc of `ACROSS_MM` where it is greatest, in the film that shows more of it; 0 to 1, or above
        where more is added than was there.
    flagged : mapping of str to bool
        By reading.
    """

    case_id: str
    kind: str
    place: str
    size_mm: float
    mineral: float
    flagged: dict[str, bool]


@dataclass(frozen=True)
class _Job:
    request: PatientRequest
    weights: Path


def dose_response(
    weights: Path,
    patients: int,
    source: Source,
    *,
    workers: Workers = 1,
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Put one focus after the other into intact vertebrae, and count which are flagged.

    Each body gets a small, a middling and a large focus of each kind at each place, and none at all.

    Parameters
    ----------
    weights : Path
    patients : int
        Bodies.
    source : Source
    workers : int
        Processes side by side.
    progress : callable, optional
        Called with the number of bodies done and of all.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`; `place` is also ``all``, and `kind` ``none`` for intact vertebrae. `flagged` is a share,
        with its 95 % interval by patient.
    """
    jobs = [_Job(source.request(number, "intact"), weights) for number in range(patients)]
    return summarise_doses([each for found in over_jobs(_dosed, jobs, workers, progress) for each in found])


def foci_of(vertebra: Vertebra, draw: np.random.Generator) -> list[tuple[str, LevelDisease]]:
    """The foci that one body gets, each with its place and as all that is wrong with the vertebra."""
    found = []
    for kind in KINDS:
        for place in PLACES:
            for radii in _RADII_MM:
                focus = _at(place, vertebra, draw.uniform(*radii), draw)
                level = LevelDisease(
                    label="mvm",
                    foci=(focus,),
                    kind=kind,
                    amount=draw.uniform(*_AMOUNTS),
                    ragged=int(draw.integers(2**31)),
                )
                found.append((place, level))
    return found


def summarise_doses(found: Sequence[Dosed]) -> pd.DataFrame:
    """Shares flagged by reading, kind, place, and size or mineral."""
    rows = []
    for reading in (name for name in ALL_NAMES if name in found[0].flagged):
        intact = [each for each in found if each.kind == "none"]
        if intact:
            rows.append((reading, "none", "all", BY_SIZE, 0.0, 0.0, 0.0, *_share(intact, reading)))
        for kind in KINDS:
            for place in ("all", *PLACES):
                own = [each for each in found if each.kind == kind and place in ("all", each.place)]
                for by, edges in EDGES.items():
                    for low, high in pairwise(edges):
                        # What adds more than was there belongs to the last.
                        top = np.inf if high == edges[-1] else high
                        inside = [each for each in own if low <= getattr(each, by) < top]
                        if inside:
                            mean = float(np.mean([getattr(each, by) for each in inside]))
                            rows.append((reading, kind, place, by, low, high, mean, *_share(inside, reading)))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _share(found: Iterable[Dosed], reading: str) -> tuple[float, float | None, float | None, int, int]:
    """Share flagged, its interval, foci and patients.

    The interval is of a bootstrap by patient; where all agree, Wilson's with each patient counted once.
    """
    by_patient: dict[str, list[bool]] = {}
    for each in found:
        by_patient.setdefault(each.case_id, []).append(each.flagged[reading])
    counts = np.array([(sum(flags), len(flags)) for flags in by_patient.values()])
    flagged, foci = (int(value) for value in counts.sum(axis=0))
    share, patients = flagged / foci, len(counts)
    if flagged in (0, foci):
        rate = rate_with_interval(round(share * patients), patients)
        return share, rate.low, rate.high, foci, patients
    draws = np.random.default_rng(0).integers(0, patients, (_REPLICATES, patients))
    drawn = counts[draws].sum(axis=1)
    low, high = percentile_interval(drawn[:, 0] / drawn[:, 1]) or (None, None)
    return share, low, high, foci, patients


def _at(place: str, vertebra: Vertebra, radius: float, draw: np.random.Generator) -> Focus:
    size, side = vertebra.size, 1 if draw.random() < 0.5 else -1
    if place == "pedicle":
        return Focus(side * vertebra.pedicle_x, vertebra.posterior_wall_y - 4.0, vertebra.pedicle_z, radius)
    if place == "posterior elements":
        return Focus(
            side * draw.uniform(0, 1) * vertebra.pedicle_x,
            vertebra.lamina_y - draw.uniform(0, 14),
            -size.height * draw.uniform(0, 0.5),
            radius,
        )
    depth = {"body front": 0.3, "body middle": 0.0, "body back": -0.35}[place]
    return Focus(
        draw.uniform(-0.3, 0.3) * size.width,
        depth * size.depth,
        draw.uniform(-0.2, 0.2) * size.height,
        radius,
    )


def _dosed(job: _Job) -> list[Dosed]:
    patient = draw_patient(job.request)
    vertebra, views = patient.vertebrae[patient.row], views_of(job.weights)
    given = foci_of(vertebra, patient.stream(_DOSE_STREAM))
    variants = [replace(patient, disease=INTACT), *(_ill(patient, level) for _, level in given)]
    films = film_variants(patient, variants, views)
    told = [
        {name: answer.flagged for name, answer in answers(each.pair, job.weights).items()} for each in films
    ]
    found = [Dosed(job.request.case_id, "none", "none", 0.0, 0.0, told[0])]
    for (place, level), flagged in zip(given, told[1:], strict=True):
        mineral = max(mineral_in_beam(patient, level, patient.geometry(view)) for view in views)
        size = 2 * level.foci[0].radius
        found.append(Dosed(job.request.case_id, level.kind, place, size, mineral, flagged))
    return found


def _ill(patient: Patient, level: LevelDisease) -> Patient:
    disease = Disease("mvm", level.kind, 1, "", MappingProxyType({patient.row: level}))
    return replace(patient, disease=disease)


def mineral_in_beam(patient: Patient, level: LevelDisease, geometry: Geometry) -> float:
    """Greatest share of the vertebra's mineral in the beam that foci take away or add, over `ACROSS_MM`."""
    seen = project_vertebra(patient, patient.row, level, geometry)
    if seen is None:
        return 0.0
    across = max(1, round(ACROSS_MM * geometry.magnification / geometry.mm_per_pixel))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (across, across)).astype(np.float32)
    disc /= disc.sum()
    changed, there = (cv2.filter2D(part, -1, disc) for part in (seen.lost + seen.added, seen.intact))
    # Where the disc holds little bone at all a share means little.
    return float((changed / np.maximum(there, 1.0)).max())
