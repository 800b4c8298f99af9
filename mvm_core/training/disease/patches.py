"""Every vertebra in view, cut once with a margin and kept in memory."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mvm_core.cohort import read_manifest
from mvm_core.cohort.levels import LevelRow, read_levels
from mvm_core.cohort.manifest import INTACT
from mvm_core.cohort.marked_films import MarkedFilm
from mvm_core.cohort.vertebrae import LEARNT_LEVELS, LEAST_VISIBLE
from mvm_core.evaluation import read_film_of
from mvm_core.imaging import read_film
from mvm_core.imaging.preprocess import Preprocessing, cut, region_of_interest
from mvm_core.radiograph import Box, Radiograph, View
from mvm_core.spine import Vertebra
from mvm_core.spine.ruler import measure
from mvm_core.training.cutting import patch_side, widened


@dataclass(frozen=True)
class VertebraPatch:
    """One vertebra on one film.

    Attributes
    ----------
    case : str
        Of the cohort, or the film's file name.
    level : str
    split : str
    view : View
    label : str
        ``intact``, ``bvf``, ``mvm`` or ``other``.
    real : bool
        Whether the film is a real one.
    pixels : uint8 array, shape (side, side)
        The vertebra in the middle.
    corners : float array, shape (4, 2)
        Of its body, in pixels of the patch.
    findings : tuple of str
        As levels.csv names them.
    """

    case: str
    level: str
    split: str
    view: View
    label: str
    real: bool
    pixels: NDArray[np.uint8] = field(repr=False)
    corners: NDArray[np.float64] = field(repr=False)
    findings: tuple[str, ...] = ()

    @property
    def diseased(self) -> bool:
        """Whether anything is wrong with it."""
        return self.label != INTACT


def simulated_patches(
    folder: Path,
    settings: Preprocessing,
    splits: Sequence[str],
    progress: Callable[[int, int], None] | None = None,
) -> list[VertebraPatch]:
    """Cut every vertebra of a simulated cohort out of its films; the sacrum is left out.

    Raises
    ------
    TableError, FilmError
        If the cohort or a film cannot be read.
    """
    cohort = read_manifest(folder)
    by_film: dict[tuple[str, View], list[LevelRow]] = {}
    for row in read_levels(folder):
        if row.visible >= LEAST_VISIBLE and row.level != "S1":
            by_film.setdefault((row.case_id, row.view), []).append(row)
    cases = [case for case in cohort.cases if case.split in splits]
    patches = []
    for done, case in enumerate(cases, start=1):
        for view in View:
            rows = by_film.get((case.case_id, view), [])
            film = read_film_of(case, view) if rows else None
            if film is None or film.mm_per_pixel is None:
                continue
            for row in rows:
                pixels, corners = _cut(film, film.mm_per_pixel, np.array(row.corners), settings)
                patches.append(
                    VertebraPatch(
                        case.case_id,
                        row.level,
                        case.split,
                        view,
                        row.label,
                        False,
                        pixels,
                        corners,
                        row.findings,
                    )
                )
        if progress is not None:
            progress(done, len(cases))
    return patches


def real_patches(films: Sequence[MarkedFilm], settings: Preprocessing, split: str) -> list[VertebraPatch]:
    """Cut T8 to L5 out of real films without known disease, to scale by the vertebral ruler."""
    patches = []
    for marked in films:
        film = read_film(marked.path)
        vertebrae = tuple(
            Vertebra(level, 1.0, 1.0, corners)
            for level, corners in zip(marked.levels, marked.corners, strict=True)
        )
        scale = measure(vertebrae, marked.view)
        if scale is None or scale.mm_per_pixel is None:
            continue
        for vertebra in vertebrae:
            if vertebra.level not in LEARNT_LEVELS:
                continue
            pixels, corners = _cut(film, scale.mm_per_pixel, vertebra.corners, settings)
            patches.append(
                VertebraPatch(
                    marked.path.name, vertebra.level, split, marked.view, INTACT, True, pixels, corners
                )
            )
    return patches


def _cut(
    film: Radiograph, mm_per_pixel: float, corners: NDArray[np.float64], settings: Preprocessing
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    side_px = patch_side(settings)
    # The middle of the upright rectangle around the body, as a reader's box has it.
    body = Box(*map(float, (*corners.min(axis=0), *corners.max(axis=0))))
    seen = region_of_interest(replace(film, mm_per_pixel=mm_per_pixel), body, settings.region_mm)
    region = widened(seen, settings)
    pixels = np.round(cut(film.pixels, region, side_px) * 255).astype(np.uint8)
    return pixels, (corners - (region.x0, region.y0)) * (side_px / region.side)
