"""Every vertebra that takes part, cut once with a margin out of its films, and mapped into memory."""

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mvm_core.cohort import Case, Cohort
from mvm_core.cohort.manifest import INTACT
from mvm_core.cohort.vertebrae import VertebraCase
from mvm_core.errors import FilmError, OutputError, TableError, TrainingError
from mvm_core.evaluation import read_film_of
from mvm_core.files import write_atomically
from mvm_core.imaging.preprocess import Preprocessing, Region, cut, region_of_interest
from mvm_core.radiograph import Radiograph, View

MARGIN = 1.6
"""Side of a kept patch over that of the region, so that augmentation can turn and shift it."""

_WORST = 50
_KEY = "key.txt"
_FILMS, _LESIONS = ".npy", "_lesion.npy"

_Cut = tuple[Mapping[View, NDArray[np.uint16]], Mapping[View, NDArray[np.uint8]]]


@dataclass(frozen=True)
class Patches:
    """The cut films of the vertebrae that take part in training.

    Attributes
    ----------
    cases : tuple of Case
        One a vertebra: a patient's own level, or a `VertebraCase` on the same films or on real ones.
    films : mapping of View to uint16 array, shape (cases, side, side)
        Zero where a case has no such film.
    lesions : mapping of View to uint8 array, shape (cases, side, side)
        Share of each pixel that the annotated region covers, 0 to 255: the lesion mask, else the box; zero
        where a case has neither, and on intact vertebrae.
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
    rows: Sequence[Case] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Patches:
    """Cut the films of some splits, or take them from the cache of an earlier call.

    The cache depends on cases, region and size alone, so that networks with other settings share it; it is
    mapped into memory, so that processes share it too, and written through the map, so that memory does not
    grow with the cases.

    Parameters
    ----------
    splits : sequence of str
        Whose cases of MVM or BVF are cut where no `rows` are given.
    rows : sequence of Case, optional
        The vertebrae to cut; each film is read once for those that follow each other on it.

    Raises
    ------
    TableError
        With every film that cannot be read.
    OutputError
        If the cache cannot be written.
    """
    cases = tuple(case for split in splits for case in cohort.split(split)) if rows is None else tuple(rows)
    key = _key(cohort, settings, cases)
    side = patch_side(settings)
    shape = (len(cases), side, side)
    kept = _from_cache(folder, key, shape)
    if kept is not None:
        return Patches(cases, *kept, folder)
    # A key left from before must not vouch for the films to come.
    (folder / _KEY).unlink(missing_ok=True)
    films = {view: _new_map(folder / f"{view.value}{_FILMS}", shape, np.uint16) for view in View}
    lesions = {view: _new_map(folder / f"{view.value}{_LESIONS}", shape, np.uint8) for view in View}
    _cut_films(cohort, cases, settings, (films, lesions), progress)
    for view in View:
        for ending, part in ((_FILMS, films[view]), (_LESIONS, lesions[view])):
            part.flush()
            path = folder / f"{view.value}{ending}"
            _unfinished(path).replace(path)
    write_atomically(folder / _KEY, key.encode())
    return _reopened(cases, folder)


def _new_map(path: Path, shape: tuple[int, int, int], kind: type[np.generic]) -> "np.memmap[Any, Any]":
    """An array of zeros on disk, its place taken, so that a full disk is told now."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = _unfinished(path)
    try:
        found = np.lib.format.open_memmap(unfinished, mode="w+", dtype=kind, shape=shape)
        if hasattr(os, "posix_fallocate"):
            with unfinished.open("r+b") as file:
                os.posix_fallocate(file.fileno(), 0, unfinished.stat().st_size)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise OutputError(str(path), error.strerror or type(error).__name__, "free some space") from None
    return found


def _unfinished(path: Path) -> Path:
    return path.with_name(f".{path.name}.unfinished")


def _reopened(cases: tuple[Case, ...], folder: Path) -> Patches:
    return Patches(cases, *_mapped(folder), folder)


def _mapped(folder: Path) -> _Cut:
    def mapped(ending: str) -> dict[View, NDArray[Any]]:
        return {view: np.lib.format.open_memmap(folder / f"{view.value}{ending}", mode="r") for view in View}

    return mapped(_FILMS), mapped(_LESIONS)


def _key(cohort: Cohort, settings: Preprocessing, cases: Sequence[Case]) -> str:
    return f"{cohort.fingerprint} {settings.region_mm} {settings.size_px} {rows_sha256(cases)}"


def rows_sha256(cases: Sequence[Case]) -> str:
    """What stands for the vertebrae chosen: SHA-256 of who, which level, and where on the films."""
    digest = hashlib.sha256()
    for case in cases:
        scale = case.mm_per_pixel if isinstance(case, VertebraCase) else None
        told = (case.site, case.case_id, case.split, case.label, case.level, case.ap_box, case.lateral_box)
        digest.update(repr((*told, scale)).encode())
    return digest.hexdigest()


def _cut_films(
    cohort: Cohort,
    cases: Sequence[Case],
    settings: Preprocessing,
    into: _Cut,
    progress: Callable[[int, int], None] | None,
) -> None:
    side = patch_side(settings)
    films, lesions = into
    # Rows of the same films follow each other, a patient's own first.
    groups: dict[tuple[Path | None, Path | None], list[int]] = {}
    for index, case in enumerate(cases):
        groups.setdefault((case.ap, case.lateral), []).append(index)

    def cut_group(rows: list[int]) -> list[str]:
        problems: list[str] = []
        for view in View:
            owner = cases[rows[0]]
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
            for index in rows:
                case = cases[index]
                region = _widened(
                    region_of_interest(film, case.box(view), settings.region_mm), side, settings
                )
                films[view][index] = np.round(cut(film.pixels, region, side) * 65535.0).astype(np.uint16)
                try:
                    annotated = annotated_region(case, view, film)
                except TrainingError as error:
                    problems.append(f"{case.place(f'{view.value}_lesion_mask')}: {error}")
                    continue
                lesions[view][index] = np.round(cut(annotated, region, side) * 255.0)
        return problems

    found: list[str] = []
    with ThreadPoolExecutor(2) as pool:
        for done, problems in enumerate(pool.map(cut_group, groups.values()), start=1):
            found += problems
            if progress is not None:
                progress(done, len(groups))
    if found:
        more = [f"and {len(found) - _WORST} more"] if len(found) > _WORST else []
        manifest = str(cohort.folder / "manifest.csv")
        raise TableError(manifest, found[:_WORST] + more, "mend or remove these cases")


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
