"""Every film of a cohort, cut once around its level with a margin, and kept in memory while training."""

import io
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mvm_core.cohort import Case, Cohort
from mvm_core.errors import FilmError, TableError, TrainingError
from mvm_core.evaluation import read_film_of
from mvm_core.files import write_atomically
from mvm_core.imaging.preprocess import Preprocessing, Region, cut, region_of_interest
from mvm_core.radiograph import Radiograph, View

MARGIN = 1.6
"""Side of a kept patch over that of the region, so that augmentation can turn and shift it."""

_WORST = 50
_KEY = "key.txt"
_FILMS, _LESIONS = ".npy", "_lesion.npy"

_Cut = tuple[dict[View, NDArray[np.uint16]], dict[View, NDArray[np.uint8]]]


@dataclass(frozen=True)
class Patches:
    """The cut films of the cases that take part in training.

    Attributes
    ----------
    cases : tuple of Case
    films : mapping of View to uint16 array, shape (cases, side, side)
        Zero where a case has no such film.
    lesions : mapping of View to uint8 array, shape (cases, side, side)
        Share of each pixel that the annotated region covers, 0 to 255: the lesion mask, else the box; zero
        where a case has neither.
    folder : Path or None
        The cache that they are mapped from: a process that is handed them maps it again.
    """

    cases: tuple[Case, ...]
    films: Mapping[View, NDArray[np.uint16]] = field(repr=False)
    lesions: Mapping[View, NDArray[np.uint8]] = field(repr=False)
    folder: Path | None = None

    def __reduce__(self) -> tuple[object, ...]:
        if self.folder is not None:
            return _reopened, (self.cases, self.folder)
        return type(self), (self.cases, dict(self.films), dict(self.lesions))

    def having(self, views: tuple[View, ...]) -> NDArray[np.intp]:
        """Indices of the cases that have all of the given films."""
        return np.array(
            [i for i, case in enumerate(self.cases) if all(case.film(view) is not None for view in views)],
            np.intp,
        )


def patch_side(settings: Preprocessing) -> int:
    """Side of a kept patch in pixels, even where the network's input is."""
    extra = round(settings.size_px * (MARGIN - 1) / 2)
    return settings.size_px + 2 * extra


def load_patches(
    cohort: Cohort,
    settings: Preprocessing,
    folder: Path,
    *,
    splits: Sequence[str] = ("train", "tune"),
    progress: Callable[[int, int], None] | None = None,
) -> Patches:
    """Cut the films of some splits, or take them from the cache of an earlier call.

    The cache depends on cohort, region and size alone, so that networks with other settings share it; it is
    mapped into memory, so that processes share it too.

    Raises
    ------
    TableError
        With every film that cannot be read.
    """
    cases = tuple(case for split in splits for case in cohort.split(split))
    key = _key(cohort, settings, splits)
    kept = _from_cache(folder, key, (len(cases), patch_side(settings), patch_side(settings)))
    if kept is not None:
        return Patches(cases, *kept, folder)
    films, lesions = _cut_films(cohort, cases, settings, progress)
    # A key left from before must not vouch for the films to come.
    (folder / _KEY).unlink(missing_ok=True)
    for view in View:
        _save(folder / f"{view.value}{_FILMS}", films[view])
        _save(folder / f"{view.value}{_LESIONS}", lesions[view])
    write_atomically(folder / _KEY, key.encode())
    return _reopened(cases, folder)


def _save(path: Path, array: NDArray[Any]) -> None:
    buffer = io.BytesIO()
    np.save(buffer, array)
    write_atomically(path, buffer.getvalue())


def _reopened(cases: tuple[Case, ...], folder: Path) -> Patches:
    return Patches(cases, *_mapped(folder), folder)


def _mapped(folder: Path) -> _Cut:
    def mapped(ending: str) -> dict[View, NDArray[Any]]:
        return {view: np.lib.format.open_memmap(folder / f"{view.value}{ending}", mode="r") for view in View}

    return mapped(_FILMS), mapped(_LESIONS)


def _key(cohort: Cohort, settings: Preprocessing, splits: Sequence[str]) -> str:
    return f"{cohort.fingerprint} {settings.region_mm} {settings.size_px} {' '.join(splits)}"


def _cut_films(
    cohort: Cohort,
    cases: Sequence[Case],
    settings: Preprocessing,
    progress: Callable[[int, int], None] | None,
) -> _Cut:
    side = patch_side(settings)
    films = {view: np.zeros((len(cases), side, side), np.uint16) for view in View}
    lesions = {view: np.zeros((len(cases), side, side), np.uint8) for view in View}
    problems: list[list[str]] = [[] for _ in cases]

    def cut_case(index: int) -> None:
        case = cases[index]
        for view in View:
            try:
                film = read_film_of(case, view)
                if film is None:
                    continue
                annotated = annotated_region(case, view, film)
            except TableError as error:
                problems[index] += error.problems
                continue
            except FilmError as error:
                problems[index].append(f"{case.place(view.value)}: {error}")
                continue
            except TrainingError as error:
                problems[index].append(f"{case.place(f'{view.value}_lesion_mask')}: {error}")
                continue
            region = _widened(region_of_interest(film, case.box(view), settings.region_mm), side, settings)
            films[view][index] = np.round(cut(film.pixels, region, side) * 65535.0).astype(np.uint16)
            lesions[view][index] = np.round(cut(annotated, region, side) * 255.0)

    with ThreadPoolExecutor(2) as pool:
        for done, _ in enumerate(pool.map(cut_case, range(len(cases))), start=1):
            if progress is not None:
                progress(done, len(cases))
    found = [problem for each in problems for problem in each]
    if found:
        more = [f"and {len(found) - _WORST} more"] if len(found) > _WORST else []
        manifest = str(cohort.folder / "manifest.csv")
        raise TableError(manifest, found[:_WORST] + more, "mend or remove these cases")
    return films, lesions


def annotated_region(case: Case, view: View, film: Radiograph) -> NDArray[np.float32]:
    """What is marked on a film: the lesion mask, else the inside of the box, else nothing.

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


def _widened(region: Region, side: int, settings: Preprocessing) -> Region:
    pixel = region.side / settings.size_px
    wider = pixel * side
    shift = (wider - region.side) / 2
    return Region(region.x0 - shift, region.y0 - shift, wider, region.to_scale, region.pointed_at)


def _from_cache(folder: Path, key: str, shape: tuple[int, int, int]) -> _Cut | None:
    try:
        if (folder / _KEY).read_text() != key:
            return None
        kept = _mapped(folder)
    except (OSError, EOFError, ValueError):
        # A damaged cache costs only the time to cut the films again.
        return None
    films, lesions = kept
    whole = all(array.shape == shape and array.dtype == np.uint16 for array in films.values())
    whole = whole and all(array.shape == shape and array.dtype == np.uint8 for array in lesions.values())
    return kept if whole else None
