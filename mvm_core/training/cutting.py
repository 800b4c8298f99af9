"""Cutting vertebrae out of their films, with what is marked on them, into arrays on disk."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mvm_core.cohort import Case
from mvm_core.cohort.manifest import INTACT
from mvm_core.errors import FilmError, TableError, TrainingError
from mvm_core.evaluation import read_film_of
from mvm_core.imaging.preprocess import Preprocessing, Region, cut, region_of_interest
from mvm_core.radiograph import Radiograph, View
from mvm_core.side_by_side import over_jobs

MARGIN = 1.6
"""Side of a kept patch over that of the region, so that augmentation can turn and shift it."""

_WORST = 50


@dataclass(frozen=True)
class PatchFiles:
    """The arrays that vertebrae are cut into, each of shape (cases, side, side), in npy files.

    Attributes
    ----------
    films : mapping of View to Path
        uint16.
    lesions : mapping of View to Path
        uint8.
    settings : Preprocessing
        Of the networks; patches are of `patch_side`.
    """

    films: Mapping[View, Path]
    lesions: Mapping[View, Path]
    settings: Preprocessing


def patch_side(settings: Preprocessing) -> int:
    """Side of a kept patch in pixels, even where the network's input is."""
    extra = round(settings.size_px * (MARGIN - 1) / 2)
    return settings.size_px + 2 * extra


def widened(region: Region, settings: Preprocessing) -> Region:
    """The region of a kept patch, in whose middle lies the square that networks with these settings see."""
    wider = region.side / settings.size_px * patch_side(settings)
    shift = (wider - region.side) / 2
    return Region(region.x0 - shift, region.y0 - shift, wider, region.to_scale, region.pointed_at)


def cut_films(
    cases: Sequence[Case],
    into: PatchFiles,
    manifest: str,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Cut every case out of its films, each film read once, into its place in the arrays.

    Raises
    ------
    TableError
        With every film that cannot be read, by its row of `manifest`.
    WorkersError
        If a process was killed.
    """
    groups: dict[tuple[Path | None, Path | None], list[tuple[int, Case]]] = {}
    for index, case in enumerate(cases):
        groups.setdefault((case.ap, case.lateral), []).append((index, case))
    told = over_jobs(partial(_cut_group, into), list(groups.values()), workers, progress)
    found = [problem for problems in told for problem in problems]
    if found:
        more = [f"and {len(found) - _WORST} more"] if len(found) > _WORST else []
        raise TableError(manifest, found[:_WORST] + more, "mend or remove these cases")


def _cut_group(into: PatchFiles, rows: Sequence[tuple[int, Case]]) -> list[str]:
    """Cut the vertebrae of the same films; gives what is wrong with these."""
    problems: list[str] = []
    side = patch_side(into.settings)
    _, owner = rows[0]
    for view in View:
        try:
            film = read_film_of(owner, view)
        except TableError as error:
            problems += error.problems
            continue
        except FilmError as error:
            problems.append(f"{owner.place(view.value)}: {error}")
            continue
        if film is None:
            continue
        films: NDArray[Any] = np.lib.format.open_memmap(into.films[view], mode="r+")
        lesions: NDArray[Any] = np.lib.format.open_memmap(into.lesions[view], mode="r+")
        for index, case in rows:
            region = widened(region_of_interest(film, case.box(view), into.settings.region_mm), into.settings)
            films[index] = np.round(cut(film.pixels, region, side) * 65535.0).astype(np.uint16)
            try:
                annotated = annotated_region(case, view, film)
            except TrainingError as error:
                problems.append(f"{case.place(f'{view.value}_lesion_mask')}: {error}")
                continue
            lesions[index] = np.round(cut(annotated, region, side) * 255.0)
    return problems


def annotated_region(case: Case, view: View, film: Radiograph) -> NDArray[np.float32]:
    """What is marked on a film: the lesion mask, else the inside of the box, else nothing.

    On an intact vertebra nothing is, whatever its box.

    Returns
    -------
    float32 array, shape of the film
        1 inside, 0 outside.

    Raises
    ------
    TrainingError
        If the mask cannot be read, or is not as large as the film.
    """
    box, path, shape = case.box(view), case.lesion_mask(view), film.shape
    region = np.zeros(shape, np.float32)
    if case.label == INTACT:
        return region
    if path is not None:
        mask = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        if mask is None or mask.shape != shape:
            problem = (
                "it cannot be read" if mask is None else f"it is not {shape[1]} by {shape[0]} pixels large"
            )
            raise TrainingError(
                str(path),
                f"{problem}, as the mask of the {view.label} film must be",
                "mend it or leave it out",
            )
        region[mask > 0] = 1.0
    elif box is not None:
        top, bottom, left, right = (max(0, round(edge)) for edge in (box.y0, box.y1, box.x0, box.x1))
        region[top:bottom, left:right] = 1.0
    return region
