"""What a box drawn off the vertebra costs: the same patients read with boxes moved, and one level off."""

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from mvm_core.cohort import Case, Cohort
from mvm_core.cohort.levels import LevelRow, read_levels
from mvm_core.cohort.manifest import INTACT, LABELS
from mvm_core.cohort.vertebrae import LEARNT_LEVELS, LEAST_VISIBLE, box_around
from mvm_core.errors import TableError
from mvm_core.evaluation import read_case
from mvm_core.examination import Examiner
from mvm_core.explain.off_centre import moved_box
from mvm_core.explain.simulated_table import read_table
from mvm_core.files import write_atomically
from mvm_core.models.weights import load_weights
from mvm_core.radiograph import Box, FilmPair, View
from mvm_core.side_by_side import Workers, over_jobs
from mvm_core.validation import auc_with_interval, rate_with_interval

FILE = "displaced_boxes.csv"
"""Its name in a weights folder."""

DISTANCES_MM = (0, 5, 10, 15, 20)
ONE_LEVEL = "one level"
PLACEMENTS = (*(f"{distance} mm" for distance in DISTANCES_MM), ONE_LEVEL)

_FIGURES = ("placement", "metric", "value", "low", "high", "n")
_PROVENANCE = ("cohort", "weights", "simulated")
COLUMNS = (*_FIGURES, *_PROVENANCE)
AREA = "area"
FLAGGED = {label: f"flagged_{label}" for label in (*LABELS, INTACT)}
"""Metric by label: the share of the patients' boxes at which the vertebra counts as diseased."""

_STREAM = 89


@dataclass(frozen=True)
class BoxReading:
    """One patient read at one placement of the boxes.

    Attributes
    ----------
    case_id, label : str
    placement : str
        Of `PLACEMENTS`.
    probability_mvm : float
        Of the leading reading, in [0, 1].
    flagged : bool
        Whether what lies in the boxes counts as diseased.
    """

    case_id: str
    label: str
    placement: str
    probability_mvm: float
    flagged: bool


def read_displaced(
    cohort: Cohort,
    folder: Path,
    patients: int,
    *,
    workers: Workers = 1,
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Read patients with boxes at, and off, the marked vertebra, as where a person draws them.

    On each film the box moves by its own draw of direction, the same whenever the patient is asked for. One
    level off, both boxes lie on the same intact neighbour.

    Parameters
    ----------
    cohort : Cohort
        With boxes and a table of levels; cases without both films marked are left out.
    folder : Path
        Weights folder.
    patients : int
        At most so many, the labels mvm, bvf and intact in turn.
    workers : int
        Processes side by side.
    progress : callable, optional
        Called with the number of patients read and of all.

    Returns
    -------
    DataFrame
        The columns of `BoxReading`.

    Raises
    ------
    TableError
        If there is no table of levels, or no case of MVM and of BVF with boxes.
    FilmError
        If a film cannot be read.
    """
    by_case: dict[str, list[LevelRow]] = {}
    for row in read_levels(cohort.folder):
        by_case.setdefault(row.case_id, []).append(row)
    jobs = [(case, _neighbour(case, by_case.get(case.case_id, []))) for case in _chosen(cohort, patients)]
    found = over_jobs(partial(_read_patient, folder), jobs, workers, progress)
    return pd.DataFrame([vars(each) for readings in found for each in readings])


def displaced_figures(readings: pd.DataFrame, cohort: Cohort, folder: Path) -> pd.DataFrame:
    """Area and shares flagged at each placement, with 95 % intervals (DeLong's and Wilson's).

    Returns
    -------
    DataFrame
        The columns `COLUMNS`.
    """
    rows: list[dict[str, object]] = []
    for placement in PLACEMENTS:
        own = readings[readings["placement"] == placement]
        asked = own[own["label"].isin(LABELS)]
        if asked["label"].nunique() == len(LABELS):
            area = auc_with_interval(asked["label"].eq(LABELS[0]), asked["probability_mvm"])
            low, high = area.ci95 or (np.nan, np.nan)
            rows.append(_row(placement, AREA, area.auc, low, high, area.n))
        for label, metric in FLAGGED.items():
            flags = own.loc[own["label"] == label, "flagged"]
            if len(flags):
                rate = rate_with_interval(int(flags.sum()), len(flags))
                rows.append(_row(placement, metric, rate.value, rate.low, rate.high, rate.total))
    table = pd.DataFrame(rows).assign(
        cohort=cohort.fingerprint[:12],
        weights=load_weights(folder).identity[:12],
        simulated=cohort.simulated,
    )
    return table[list(COLUMNS)]


def write_displaced(path: Path, figures: pd.DataFrame) -> Path:
    """Write the table as CSV.

    Raises
    ------
    OutputError
        If it cannot be written there.
    """
    return write_atomically(path, figures.to_csv(index=False, float_format="%.6g").encode())


def read_displaced_figures(folder: Path, weights: str) -> pd.DataFrame | None:
    """The table in a weights folder; None where there is none, or it is of other weights.

    Parameters
    ----------
    folder : Path
    weights : str
        SHA-256 of the manifest.

    Raises
    ------
    TableError
        If it is no such table.
    """
    return read_table(
        folder / FILE,
        _FIGURES,
        weights[:12],
        provenance=_PROVENANCE,
        command="python -m mvm_core displace-boxes",
    )


def displaced_pair(pair: FilmPair, case_id: str, distance_mm: float) -> FilmPair:
    """The pair with each box moved by a distance at the detector, each in a direction of its own.

    Raises
    ------
    ValueError
        If a film has no box or no known pixel spacing.
    """
    draw = np.random.default_rng([_STREAM, zlib.crc32(case_id.encode())])
    angles = draw.uniform(0, 2 * np.pi, len(View))
    moved = {}
    for view, angle in zip(View, angles, strict=True):
        film, box = pair.film(view), pair.box(view)
        if film is None or box is None or film.mm_per_pixel is None:
            raise ValueError("a box moves on a film whose pixel spacing is known")
        moved[view] = moved_box(film, box, distance_mm * np.array([np.cos(angle), np.sin(angle)]))
    return replace(pair, ap_box=moved[View.AP], lateral_box=moved[View.LATERAL])


def _chosen(cohort: Cohort, patients: int) -> list[Case]:
    """Cases with both films marked, the labels in turn."""
    by_label = {
        label: iter(
            [each for each in cohort.cases if each.label == label and each.ap_box and each.lateral_box]
        )
        for label in FLAGGED
    }
    found: list[Case] = []
    while len(found) < patients:
        turn = [case for own in by_label.values() if (case := next(own, None)) is not None]
        found += turn[: patients - len(found)]
        if not turn:
            break
    if not set(LABELS) <= {case.label for case in found}:
        raise TableError(
            str(cohort.folder / "manifest.csv"),
            ["it holds no case of each of mvm and bvf with boxes on both films"],
            "mark the vertebra on the films, or ask for more patients",
        )
    return found


def _neighbour(case: Case, rows: Sequence[LevelRow]) -> Mapping[View, Box]:
    """Boxes on an intact level next to the case's own; empty where none is seen on both films."""
    if case.level not in LEARNT_LEVELS:
        return {}
    place = LEARNT_LEVELS.index(case.level)
    near = [LEARNT_LEVELS[other] for other in (place - 1, place + 1) if 0 <= other < len(LEARNT_LEVELS)]
    if zlib.crc32(case.case_id.encode()) % 2:
        near.reverse()
    for name in near:
        shown = {row.view: row for row in rows if row.level == name and row.visible >= LEAST_VISIBLE}
        if len(shown) == len(View) and all(row.label == INTACT for row in shown.values()):
            return {view: box_around(row.corners) for view, row in shown.items()}
    return {}


def _read_patient(folder: Path, job: tuple[Case, Mapping[View, Box]]) -> list[BoxReading]:
    case, neighbour = job
    examiner, pair = Examiner.open(folder), read_case(case)
    return [
        _read_at(examiner, case, placement, placed) for placement, placed in _placed(case, pair, neighbour)
    ]


def _placed(case: Case, pair: FilmPair, neighbour: Mapping[View, Box]) -> Iterator[tuple[str, FilmPair]]:
    scaled = all(film is not None and film.mm_per_pixel is not None for film in map(pair.film, View))
    for distance in DISTANCES_MM:
        # By how many pixels a box would move is unknown where the film does not state its scale.
        if scaled:
            yield f"{distance} mm", displaced_pair(pair, case.case_id, distance)
    if neighbour:
        yield ONE_LEVEL, replace(pair, ap_box=neighbour[View.AP], lateral_box=neighbour[View.LATERAL])


def _read_at(examiner: Examiner, case: Case, placement: str, pair: FilmPair) -> BoxReading:
    (disease,) = examiner.disease.read(pair.films, [pair.boxes])
    leading = examiner.reader.read(pair).leading
    return BoxReading(case.case_id, case.label, placement, leading.probability, disease.diseased)


def _row(
    placement: str, metric: str, value: float | None, low: float | None, high: float | None, n: int
) -> dict[str, object]:
    return {"placement": placement, "metric": metric, "value": value, "low": low, "high": high, "n": n}
