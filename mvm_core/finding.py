"""How well the spine is found on films whose vertebrae are marked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
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
from mvm_core.spine import Finder, Spine, Vertebra
from mvm_core.spine.cobb import LEAST_VERTEBRAE, cobb_angles
from mvm_core.spine.measures import WITHOUT_LOWER_ENDPLATE, heights_of, measure
from mvm_core.spine.ruler import measure as by_ruler
from mvm_core.spine.spine import dents_of

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
    beyond : int
        Of the false ones, those above the uppermost or below the lowest mark: what lies there may be
        vertebrae that nobody marked.
    right_levels : int
        Of those found.
    on_discs : bool
        Whether the marks lie on discs, see `MarkedFilm`: what is found then cannot agree with them.
    landmark : bool
        Whether the marks hold the sacrum or the twelfth thoracic vertebra, from which levels are counted.
    centre_errors_mm : float array, shape (found,)
        Distance of the body's centre from the marked one at the detector; empty without a pixel spacing.
    height_errors_mm : float array, shape (n, 3)
        Of the heights of bodies found on lateral films, S1 apart; empty on AP films and without a pixel
        spacing.
    genant : tuple of (int, int)
        Grades from the marks and as found, of bodies of lateral films whose neighbours are seen.
    ruler_error : float or None
        Of the vertebral ruler against the pixel spacing that the file states, as a share of it.
    corner_errors : float array, shape (found, 4)
        Distance of each corner from the marked one, as a share of the body's diagonal.
    squared_errors : float array, shape (found, 4)
        Squared distance with x and y as shares of the film's width and height, halved (NMSE's terms).
    cobb, cobb_said : tuple of float or None
        The three angles as published and as found, in degrees.
    spine : Spine
    seconds : float or None
        That finding took; None where nobody took the time.
    """

    name: str
    view: View
    marked: int
    found: int
    false: int
    beyond: int
    right_levels: int
    on_discs: bool
    landmark: bool
    centre_errors_mm: NDArray[np.float64]
    height_errors_mm: NDArray[np.float64]
    genant: tuple[tuple[int, int], ...]
    ruler_error: float | None
    corner_errors: NDArray[np.float64]
    squared_errors: NDArray[np.float64]
    cobb: tuple[float, float, float] | None
    cobb_said: tuple[float, float, float] | None
    spine: Spine
    seconds: float | None


def score_finding(
    films: Sequence[MarkedFilm],
    finder: Finder,
    progress: Callable[[int, int], None] | None = None,
    *,
    view_told: bool = False,
) -> tuple[FoundFilm, ...]:
    """Find the spine on each film, told nothing of its marks, and of its view only if asked to.

    Raises
    ------
    FilmError
        If a film cannot be read.
    """
    scored = []
    for done, marked in enumerate(films, start=1):
        film = read_film(marked.path)
        started = perf_counter()
        spine = finder.find(film, marked.view if view_told else None)
        scored.append(against_marks(marked, film, spine, perf_counter() - started))
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
            middles = [row.middles for row in own if row.middles is not None]
            marked.append(
                MarkedFilm(
                    path,
                    view,
                    tuple(row.level for row in own),
                    corners,
                    middles=np.array(middles) if len(middles) == len(own) else None,
                )
            )
    return tuple(marked)


def against_marks(
    marked: MarkedFilm, film: Radiograph, spine: Spine, seconds: float | None = None
) -> FoundFilm:
    """Compare the spine found on a film with the film's marks."""
    true, said = _as_spine(marked, spine), spine.vertebrae
    places = _matched(true.vertebrae, said)
    pairs = [(true.vertebrae[row], said[place]) for row, place in places.items()]
    apart = np.array([found.corners - known.corners for known, found in pairs]).reshape(-1, 4, 2)
    diagonals = np.array([known.diagonal for known, _ in pairs])
    scale = film.mm_per_pixel
    lateral = marked.view is View.LATERAL and spine.view is View.LATERAL
    angles = None
    if marked.cobb is not None and len(said) >= LEAST_VERTEBRAE:
        chain = np.array([vertebra.corners for vertebra in said])[-_COBB_LEVELS:]
        angles = cobb_angles(chain, film.shape[0])
    return FoundFilm(
        name=marked.path.name,
        view=marked.view,
        marked=len(marked.levels),
        found=len(pairs),
        false=len(said) - len(pairs),
        beyond=_beyond(true.vertebrae, [each for at, each in enumerate(said) if at not in places.values()]),
        right_levels=sum(known.level == found.level for known, found in pairs),
        on_discs=marked.on_discs,
        landmark=bool({"T12", "S1"} & set(marked.levels)),
        centre_errors_mm=scale * np.hypot(*apart.mean(axis=1).T) if scale else np.empty(0),
        height_errors_mm=(
            scale
            * np.array(
                [_height_errors(*pair, spine) for pair in pairs if pair[0].level != WITHOUT_LOWER_ENDPLATE]
            ).reshape(-1, 3)
            if scale and lateral
            else np.empty((0, 3))
        ),
        genant=_genant_grades(true, spine, pairs) if lateral else (),
        ruler_error=_ruler_error(spine, scale),
        corner_errors=np.hypot(apart[..., 0], apart[..., 1]) / diagonals[:, np.newaxis],
        squared_errors=((apart / film.shape[::-1]) ** 2).mean(axis=2),
        cobb=marked.cobb,
        cobb_said=angles,
        spine=spine,
        seconds=seconds,
    )


def _as_spine(marked: MarkedFilm, spine: Spine) -> Spine:
    """The marks as if they had been found, facing as the film was taken to face."""
    dents: Sequence[tuple[float, float] | None] = [None] * len(marked.levels)
    if marked.middles is not None:
        dents = [dents_of(*points) for points in zip(marked.corners, marked.middles, strict=True)]
    vertebrae = tuple(
        Vertebra(level, 1.0, 1.0, corners, dent)
        for level, corners, dent in zip(marked.levels, marked.corners, dents, strict=True)
    )
    return replace(spine, view=marked.view, vertebrae=vertebrae)


def _beyond(true: Sequence[Vertebra], false: Sequence[Vertebra]) -> int:
    """How many of the false vertebrae lie above or below all marks."""
    rows = [each.centre[1] for each in true]
    return sum(not min(rows) <= each.centre[1] <= max(rows) for each in false)


def _matched(true: Sequence[Vertebra], said: Sequence[Vertebra]) -> dict[int, int]:
    """Place of the vertebra found by that of the marked one, each found one taken once."""
    free = np.ones(len(said), bool)
    centres = np.array([vertebra.centre for vertebra in said]).reshape(-1, 2)
    matched = {}
    for row, known in enumerate(true):
        distances = np.where(free, np.hypot(*(centres - known.centre).T), np.inf)
        if len(said) and distances.min() < _FOUND_WITHIN * known.height:
            matched[row] = int(distances.argmin())
            free[matched[row]] = False
    return matched


def _height_errors(known: Vertebra, found: Vertebra, spine: Spine) -> list[float]:
    true, said = heights_of(known, spine), heights_of(found, spine)
    return [abs(said[place] - true[place]) for place in true]


def _genant_grades(
    true: Spine, spine: Spine, pairs: Sequence[tuple[Vertebra, Vertebra]]
) -> tuple[tuple[int, int], ...]:
    known, said = ({each.level: each.genant for each in measure(film)} for film in (true, spine))
    grades = ((known.get(one.level), said.get(other.level)) for one, other in pairs)
    return tuple((one, other) for one, other in grades if one is not None and other is not None)


def _ruler_error(spine: Spine, mm_per_pixel: float | None) -> float | None:
    """How far the ruler is off, as if the file had not stated the size of a pixel."""
    scale = by_ruler(spine.vertebrae, spine.view)
    if mm_per_pixel is None or scale is None or scale.mm_per_pixel is None:
        return None
    return abs(scale.mm_per_pixel / mm_per_pixel - 1)
