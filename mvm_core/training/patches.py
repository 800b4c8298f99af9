"""Every vertebra that takes part, cut once with a margin out of its films, and mapped into memory."""

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mvm_core.cohort import Case, Cohort
from mvm_core.cohort.vertebrae import VertebraCase
from mvm_core.errors import OutputError
from mvm_core.files import write_atomically
from mvm_core.imaging.preprocess import Preprocessing
from mvm_core.radiograph import View
from mvm_core.training.cutting import PatchFiles, cut_films, patch_side

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
            return _reopened, (self.cases, self.folder.resolve())
        return type(self), (self.cases, dict(self.films), dict(self.lesions))

    def having(self, views: tuple[View, ...]) -> NDArray[np.intp]:
        """Indices of the cases that have all of the given films."""
        return np.array(
            [i for i, case in enumerate(self.cases) if all(case.film(view) is not None for view in views)],
            np.intp,
        )


def load_patches(
    cohort: Cohort,
    settings: Preprocessing,
    folder: Path,
    *,
    splits: Sequence[str] = ("train", "tune"),
    rows: Sequence[Case] | None = None,
    others: Sequence[Cohort] = (),
    workers: int = 1,
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
        The vertebrae to cut; each film is read once.
    others : sequence of Cohort
        Further cohorts that rows come from.
    workers : int
        Processes side by side.

    Raises
    ------
    TableError
        With every film that cannot be read.
    OutputError
        If the cache cannot be written.
    """
    cases = cohort.splits(splits) if rows is None else tuple(rows)
    key = _key([cohort, *others], settings, cases)
    side = patch_side(settings)
    shape = (len(cases), side, side)
    kept = _from_cache(folder, key, shape)
    if kept is not None:
        return Patches(cases, *kept, folder)
    # A key left from before must not vouch for the films to come.
    (folder / _KEY).unlink(missing_ok=True)
    into = PatchFiles(
        {view: _new_map(folder / f"{view.value}{_FILMS}", shape, np.uint16) for view in View},
        {view: _new_map(folder / f"{view.value}{_LESIONS}", shape, np.uint8) for view in View},
        settings,
    )
    cut_films(cases, into, str(cohort.folder / "manifest.csv"), workers, progress)
    for view in View:
        for ending, unfinished in ((_FILMS, into.films[view]), (_LESIONS, into.lesions[view])):
            unfinished.replace(folder / f"{view.value}{ending}")
    write_atomically(folder / _KEY, key.encode())
    return _reopened(cases, folder)


def _new_map(path: Path, shape: tuple[int, int, int], kind: type[np.generic]) -> Path:
    """A file of an array of zeros, its place taken, so that a full disk is told now."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        np.lib.format.open_memmap(unfinished, mode="w+", dtype=kind, shape=shape)
        if hasattr(os, "posix_fallocate"):
            with unfinished.open("r+b") as file:
                os.posix_fallocate(file.fileno(), 0, unfinished.stat().st_size)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise OutputError(str(path), error.strerror or type(error).__name__, "free some space") from None
    return unfinished


def _reopened(cases: tuple[Case, ...], folder: Path) -> Patches:
    return Patches(cases, *_mapped(folder), folder)


def _mapped(folder: Path) -> _Cut:
    def mapped(ending: str) -> dict[View, NDArray[Any]]:
        return {view: np.lib.format.open_memmap(folder / f"{view.value}{ending}", mode="r") for view in View}

    return mapped(_FILMS), mapped(_LESIONS)


def _key(cohorts: Sequence[Cohort], settings: Preprocessing, cases: Sequence[Case]) -> str:
    fingerprints = " ".join(cohort.fingerprint for cohort in cohorts)
    return f"{fingerprints} {settings.region_mm} {settings.size_px} {rows_sha256(cases)}"


def rows_sha256(cases: Sequence[Case]) -> str:
    """What stands for the vertebrae chosen: SHA-256 of who, which level, and where on the films."""
    digest = hashlib.sha256()
    for case in cases:
        scale = case.mm_per_pixel if isinstance(case, VertebraCase) else None
        told = (case.site, case.case_id, case.split, case.label, case.level, case.ap_box, case.lateral_box)
        digest.update(repr((*told, scale)).encode())
    return digest.hexdigest()


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
