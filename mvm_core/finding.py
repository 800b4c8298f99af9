"""How well the spine is found on films whose vertebrae are marked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mvm_core.cohort.levels import read_levels
from mvm_core.cohort.manifest import read_manifest
from mvm_core.cohort.marked_films import MarkedFilm
from mvm_core.imaging import read_film
from mvm_core.radiograph import Radiograph, View
from mvm_core.spine import Finder, Spine
from mvm_core.spine.cobb import cobb_angles, smape

_FOUND_WITHIN = 0.5
"""Of the body's height: so near must a centre lie to the marked one (both taken from the corners)."""

_LEAST_VISIBLE = 0.6
_COBB_LEVELS = 17


@dataclass(frozen=True)
class FoundFilm:
    """One film as it was found, against its marks.

    Attributes
    ----------
    name : str
    view : View
    marked, found, false : int
        Vertebrae marked; those of them found; vertebrae said where none is marked.
    right_levels : int
        Of those found.
    corner_errors : float array, shape (found, 4)
        Distance of each corner from the marked one, as a share of the body's diagonal.
    squared_errors : float array, shape (found, 4)
        Squared distance with x and y as shares of the film's width and height, halved (NMSE's terms).
    cobb, cobb_said : tuple of float or None
        The three angles as published and as found, in degrees.
    spine : Spine
    seconds : float
    """

    name: str
    view: View
    marked: int
    found: int
    false: int
    right_levels: int
    corner_errors: NDArray[np.float64]
    squared_errors: NDArray[np.float64]
    cobb: tuple[float, float, float] | None
    cobb_said: tuple[float, float, float] | None
    spine: Spine
    seconds: float


def score_finding(
    films: Sequence[MarkedFilm], finder: Finder, progress: Callable[[int, int], None] | None = None
) -> tuple[FoundFilm, ...]:
    """Find the spine on each film, told nothing of its view or marks.

    Raises
    ------
    FilmError
        If a film cannot be read.
    """
    scored = []
    for done, marked in enumerate(films, start=1):
        film = read_film(marked.path)
        started = perf_counter()
        spine = finder.find(film)
        scored.append(_against_marks(marked, film, spine, perf_counter() - started))
        if progress is not None:
            progress(done, len(films))
    return tuple(scored)


def cohort_as_marked(folder: Path, splits: Sequence[str]) -> tuple[MarkedFilm, ...]:
    """The films of some splits of a simulated cohort with the bodies that each shows.

    Raises
    ------
    TableError
        If a table of the cohort cannot be read.
    """
    cases = {case.case_id: case for case in read_manifest(folder).cases if case.split in splits}
    rows: dict[tuple[str, View], list[Any]] = {}
    for row in read_levels(folder):
        hidden = row.visible < _LEAST_VISIBLE or (row.view is View.AP and row.level == "S1")
        if row.case_id in cases and not hidden:
            rows.setdefault((row.case_id, row.view), []).append(row)
    marked = []
    for (case_id, view), own in rows.items():
        path = cases[case_id].film(view)
        if path is not None:
            corners = np.array([row.corners for row in own])
            marked.append(MarkedFilm(path, view, tuple(row.level for row in own), corners))
    return tuple(marked)


def _against_marks(marked: MarkedFilm, film: Radiograph, spine: Spine, seconds: float) -> FoundFilm:
    said = spine.vertebrae
    centres = np.array([vertebra.centre for vertebra in said]).reshape(-1, 2)
    free = np.ones(len(said), bool)
    size = np.array(film.shape[::-1])
    right, corner_errors, squared = 0, [], []
    for corners, level in zip(marked.corners, marked.levels, strict=True):
        height = float(np.hypot(*(corners[[3, 2]] - corners[[0, 1]]).T).mean())
        diagonal = float(np.hypot(*(corners[[2, 3]] - corners[[0, 1]]).T).mean())
        distances = np.where(free, np.hypot(*(centres - corners.mean(axis=0)).T), np.inf)
        if not len(said) or distances.min() >= _FOUND_WITHIN * height:
            continue
        place = int(distances.argmin())
        free[place] = False
        apart = said[place].corners - corners
        corner_errors.append(np.hypot(*apart.T) / diagonal)
        squared.append(((apart / size) ** 2).mean(axis=1))
        right += said[place].level == level
    published = marked.cobb
    angles = None
    if published is not None and len(said) >= 3:
        chain = np.array([vertebra.corners for vertebra in said])[-_COBB_LEVELS:]
        angles = cobb_angles(chain, film.shape[0])
    return FoundFilm(
        name=marked.path.name,
        view=marked.view,
        marked=len(marked.levels),
        found=len(corner_errors),
        false=int(free.sum()),
        right_levels=int(right),
        corner_errors=np.array(corner_errors).reshape(-1, 4),
        squared_errors=np.array(squared).reshape(-1, 4),
        cobb=published,
        cobb_said=angles,
        spine=spine,
        seconds=seconds,
    )


def finding_totals(scored: Sequence[FoundFilm]) -> dict[str, dict[str, Any]]:
    """Totals by view, with plain types.

    Returns
    -------
    dict of str to dict
        ``films, marked, found, found_share, false_per_film, level_right, corner_error_median`` (share of the
        diagonal), ``nmse``, ``smape`` (%, where Cobb angles are published), ``refused, view_right,
        upright, seconds_median``.
    """
    totals: dict[str, dict[str, Any]] = {}
    for view in View:
        own = [film for film in scored if film.view is view]
        if not own:
            continue
        marked, found = sum(film.marked for film in own), sum(film.found for film in own)
        errors = np.concatenate([film.corner_errors.ravel() for film in own])
        squared = np.concatenate([film.squared_errors.ravel() for film in own])
        totals[view.value] = {
            "films": len(own),
            "marked": marked,
            "found": found,
            "found_share": found / marked,
            "false_per_film": sum(film.false for film in own) / len(own),
            "level_right": sum(film.right_levels for film in own) / max(found, 1),
            "corner_error_median": float(np.median(errors)) if errors.size else None,
            "nmse": float(squared.mean()) if squared.size else None,
            "smape": _smape(own),
            "refused": sum(film.spine.refused is not None for film in own),
            "view_right": sum(film.spine.view is view for film in own),
            "upright": sum(film.spine.turned_degrees == 0 for film in own),
            "seconds_median": float(np.median([film.seconds for film in own])),
        }
    return totals


def _smape(films: Sequence[FoundFilm]) -> float | None:
    """SMAPE of the films with published angles; a film without three vertebrae counts as all wrong."""
    known = [film for film in films if film.cobb is not None]
    if not known:
        return None
    true = np.array([film.cobb for film in known], float)
    said = np.array([film.cobb_said or (0.0, 0.0, 0.0) for film in known], float)
    return smape(true, said)


def finding_as_text(totals: dict[str, dict[str, Any]]) -> str:
    """Write the totals as a table."""
    lines = []
    for view, own in totals.items():
        line = (
            f"{View(view).label:<8}{own['films']:>4} films  found {own['found']}/{own['marked']} = "
            f"{own['found_share']:.3f}  false {own['false_per_film']:.2f} a film  level right "
            f"{own['level_right']:.3f}  refused {own['refused']}  "
            f"view right {own['view_right']}/{own['films']}  upright {own['upright']}/{own['films']}  "
            f"{1000 * own['seconds_median']:.0f} ms a film"
        )
        if own["corner_error_median"] is not None:
            line += f"\n        corners off by {own['corner_error_median']:.3f} of the diagonal (median)"
            line += f", NMSE {own['nmse']:.2e}"
        if own["smape"] is not None:
            line += f", SMAPE of the Cobb angles {own['smape']:.2f} %"
        lines.append(line)
    return "\n".join(lines)
