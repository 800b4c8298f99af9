"""Vertebrae as cases: each patient's own level, and intact levels of the same films beside it."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from math import hypot, inf
from typing import Any

import numpy as np

from mvm_core.cohort.levels import LEVELS_TABLE, Corners, LevelRow, read_levels
from mvm_core.cohort.manifest import INTACT, Case, Cohort
from mvm_core.radiograph import BOX_MARGIN, Box, View

LEARNT_LEVELS = ("T8", "T9", "T10", "T11", "T12", "L1", "L2", "L3", "L4", "L5")
"""Levels of which intact ones are learnt from: those that are asked for disease when films are read."""

LEAST_VISIBLE = 0.8
"""Share of a body that each film must show."""

INTACT_PER_PATIENT = 2
"""Intact levels drawn for each patient, where nothing else is asked for."""

_MAGNIFICATION = 1.15
_STREAM = 83


@dataclass(frozen=True)
class VertebraCase(Case):
    """A vertebra that the manifest does not name, as a case of its own on the same films.

    Attributes
    ----------
    corners : tuple of (float, float), or None
        Of the body on a real AP film, in pixels: upper left, upper right, lower right, lower left.
    mm_per_pixel : float or None
        Of that film, by the vertebral ruler; None where the films tell it themselves.
    nearest_disease_mm : float
        From the vertebra's centre to that of the nearest diseased one, in mm at the detector, roughly.
    """

    corners: Corners | None = None
    mm_per_pixel: float | None = None
    nearest_disease_mm: float = inf

    @property
    def real(self) -> bool:
        """Whether it lies on a marked real film, into which disease can be implanted."""
        return self.corners is not None


def is_real(case: Case) -> bool:
    """Whether a vertebra lies on a marked real film, into which disease can be implanted."""
    return isinstance(case, VertebraCase) and case.real


def vertebra_rows(
    cohort: Cohort, splits: Sequence[str], *, per_patient: int, seed: int = 0
) -> tuple[Case, ...]:
    """Every case of some splits, each followed by intact levels of its films.

    Parameters
    ----------
    cohort : Cohort
    splits : sequence of str
    per_patient : int
        Intact levels drawn for each patient, fewer where fewer are seen; none without a table of levels.
    seed : int
        The same seed and patient give the same levels.

    Returns
    -------
    tuple of Case
        Cases of the manifest, of any label, and `VertebraCase`, in the order of splits and manifest.

    Raises
    ------
    TableError
        If the table of levels is unfit.
    """
    by_case: dict[str, list[LevelRow]] = {}
    if per_patient and (cohort.folder / LEVELS_TABLE).is_file():
        for row in read_levels(cohort.folder):
            by_case.setdefault(row.case_id, []).append(row)
    found: list[Case] = []
    for split in splits:
        for case in cohort.cases:
            if case.split == split:
                found += [case, *_intact_levels(case, by_case.get(case.case_id, []), per_patient, seed)]
    return tuple(found)


def _intact_levels(case: Case, rows: Sequence[LevelRow], count: int, seed: int) -> list[VertebraCase]:
    views = [view for view in View if case.film(view) is not None]
    levels: dict[str, dict[View, LevelRow]] = {}
    for row in rows:
        levels.setdefault(row.level, {})[row.view] = row
    fit = [
        name
        for name in LEARNT_LEVELS
        if name in levels and name != case.level and _is_seen_intact(levels[name], views)
    ]
    draw = np.random.default_rng([seed, _STREAM, zlib.crc32(case.case_id.encode())])
    chosen = sorted(draw.permutation(len(fit))[:count])
    diseased = [row for row in rows if row.label != INTACT]
    return [_as_case(case, levels[fit[place]], diseased) for place in chosen]


def _is_seen_intact(shown: Mapping[View, LevelRow], views: Sequence[View]) -> bool:
    return all(
        view in shown and shown[view].visible >= LEAST_VISIBLE and shown[view].label == INTACT
        for view in views
    )


def _as_case(case: Case, shown: Mapping[View, LevelRow], diseased: Sequence[LevelRow]) -> VertebraCase:
    own: dict[str, Any] = {each.name: getattr(case, each.name) for each in fields(Case)}
    own |= {"label": INTACT, "sign": "", "level": next(iter(shown.values())).level}
    for view in View:
        box = box_around(shown[view].corners) if case.film(view) is not None else None
        own |= {
            f"{view.value}_box": box,
            f"{view.value}_lesion_mask": None,
            f"{view.value}_vertebra_mask": None,
        }
    distances = [
        _distance_mm(shown[row.view], row)
        for row in diseased
        if row.view in shown and case.film(row.view) is not None
    ]
    return VertebraCase(**own, nearest_disease_mm=min(distances, default=inf))


def box_around(corners: Corners) -> Box:
    """The box that a reader would draw around a body."""
    xs, ys = zip(*corners, strict=True)
    margin = BOX_MARGIN * _height(corners)
    return Box(min(xs) - margin, min(ys) - margin, max(xs) + margin, max(ys) + margin)


def _distance_mm(row: LevelRow, other: LevelRow) -> float:
    (x, y), (u, v) = (box_around(each.corners).centre for each in (row, other))
    return hypot(x - u, y - v) * row.middle_seen_mm / _height(row.corners) * _MAGNIFICATION


def _height(corners: Corners) -> float:
    (a, b), (c, d), (e, f), (g, h) = corners
    return (hypot(g - a, h - b) + hypot(e - c, f - d)) / 2
