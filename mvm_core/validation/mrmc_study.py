"""A multi-reader multi-case study as arrays, and which readers read which cases in which modality."""

from dataclasses import dataclass, field
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from mvm_core.errors import ValidationError
from mvm_core.language import gettext_noop

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


class Design(Enum):
    """Who reads what."""

    CROSSED = gettext_noop("fully crossed: every reader reads every case in every modality")
    SPLIT_PLOT = gettext_noop(
        "split plot: cases nested in groups of readers, each group reading its own in every modality"
    )
    READERS_NESTED = gettext_noop("readers nested in modalities: every reader reads in one modality only")
    CASES_NESTED = gettext_noop("cases nested in modalities: every reader reads other cases in each modality")


@dataclass(frozen=True)
class ReaderStudy:
    """Ratings of t modalities, r readers and c cases.

    Attributes
    ----------
    modalities, readers, cases : tuple of str
    truth : bool array, shape (c,)
        True for the positive class.
    ratings : float array, shape (t, r, c)
        Higher speaks for the positive class; NaN where a reader did not read a case in a modality.
    called : bool array, shape (t, r, c), or None
        Whether the reader's call was positive; unused where nothing was read. None without calls.
    located : bool array, shape (t, r, c), or None
        Whether the place pointed at is one of the case's own; None without places.
    pointed : bool array, shape (t, r, c), or None
        Whether a place was pointed at at all.
    places : int array, shape (c,), or None
        How many diseased places a case has.
    """

    modalities: tuple[str, ...]
    readers: tuple[str, ...]
    cases: tuple[str, ...]
    truth: Bools = field(repr=False)
    ratings: Floats = field(repr=False)
    called: Bools | None = field(default=None, repr=False)
    located: Bools | None = field(default=None, repr=False)
    pointed: Bools | None = field(default=None, repr=False)
    places: NDArray[np.int64] | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Layout:
    """Which cells of modality and reader there are, and which of them share cases.

    Attributes
    ----------
    design : Design
    case_set : int array, shape (t, r)
        Number of the set of cases that was read; -1 where nothing was. Two sets have no case in common.
    group : int array, shape (r,)
        Number of the group of readers that share their cases.
    sets : tuple of int arrays
        The cases of each set, by their place.
    """

    design: Design
    case_set: NDArray[np.int64]
    group: NDArray[np.int64]
    sets: tuple[NDArray[np.int64], ...]

    @property
    def read(self) -> Bools:
        """Which cells there are, shape (t, r)."""
        return self.case_set >= 0


def layout_of(study: ReaderStudy) -> Layout:
    """Find the design from who read what.

    Raises
    ------
    ValidationError
        If a rating is infinite, two cells share some of their cases only, a reader read in some of the
        modalities only, or a set of cases has fewer than two of a class.
    """
    t, r, c = len(study.modalities), len(study.readers), len(study.cases)
    if study.ratings.shape != (t, r, c) or study.truth.shape != (c,):
        raise ValidationError(
            "ratings", "not one for each modality, reader and case", "give an array of that shape"
        )
    if np.isinf(study.ratings).any():
        raise ValidationError("ratings", "some of them are infinite", "give finite ones, NaN where not read")
    seen = ~np.isnan(study.ratings)
    case_set, sets = _case_sets(study, seen)
    for members in sets:
        positives = int(study.truth[members].sum())
        if min(positives, members.size - positives) < 2:
            raise ValidationError(
                "cases",
                f"a set of {members.size} cases that readers share has {positives} positive ones, and each "
                "class needs two",
                "add cases of the class that lacks them",
            )
    group = _groups(study, case_set)
    return Layout(_design(study, case_set, group), case_set, group, sets)


def _case_sets(study: ReaderStudy, seen: Bools) -> tuple[NDArray[np.int64], tuple[NDArray[np.int64], ...]]:
    numbers: dict[bytes, int] = {}
    sets: list[NDArray[np.int64]] = []
    names: list[str] = []
    case_set = np.full(seen.shape[:2], -1, dtype=np.int64)
    taken = np.full(seen.shape[2], -1, dtype=np.int64)
    for i, j in np.argwhere(seen.any(axis=2)).tolist():
        key = seen[i, j].tobytes()
        named = f"reader {study.readers[j]} in {study.modalities[i]}"
        if key not in numbers:
            members = np.flatnonzero(seen[i, j])
            met = taken[members]
            if (met >= 0).any():
                other = names[int(met[met >= 0][0])]
                raise ValidationError(
                    named,
                    f"shares some of the {members.size} cases with {other}, and others not",
                    "let all readers of a group read all its cases, or leave out those that not all read",
                )
            taken[members] = numbers[key] = len(sets)
            sets.append(members)
            names.append(named)
        case_set[i, j] = numbers[key]
    return case_set, tuple(sets)


def _groups(study: ReaderStudy, case_set: NDArray[np.int64]) -> NDArray[np.int64]:
    """Readers who share their cases are one group; nested ones share them across modalities."""
    read = case_set >= 0
    count = read.sum(axis=0)
    nested = len(study.modalities) > 1 and bool((count == 1).all())
    if not nested and not read.all():
        j = int(np.argmin(count))
        raise ValidationError(
            f"reader {study.readers[j]}",
            f"read in {count[j]} of {len(study.modalities)} modalities",
            "let every reader read in all modalities, or every reader in one",
        )
    if nested:
        return case_set.max(axis=0)
    numbers: dict[tuple[int, ...], int] = {}
    owner: dict[int, int] = {}
    group = np.empty(len(study.readers), dtype=np.int64)
    for j in range(group.size):
        own = tuple(case_set[:, j].tolist())
        group[j] = numbers.setdefault(own, len(numbers))
        if any(owner.setdefault(number, int(group[j])) != group[j] for number in own):
            raise ValidationError(
                f"reader {study.readers[j]}",
                "read the cases that another reader read in another modality",
                "let readers who share cases read them in the same modalities",
            )
    return group


def _design(study: ReaderStudy, case_set: NDArray[np.int64], group: NDArray[np.int64]) -> Design:
    read = case_set >= 0
    if not read.all():
        for i, modality in enumerate(study.modalities):
            sizes = np.unique(group[read[i]], return_counts=True)[1]
            if sizes.size > 1 and sizes.max() > 1:
                raise ValidationError(
                    f"modality {modality}",
                    "its readers, who read in no other, are of several groups with cases of their own",
                    "let all readers of a modality read the same cases, or each of them other ones",
                )
        return Design.READERS_NESTED
    if len(study.modalities) > 1 and np.unique(case_set[:, 0]).size > 1:
        if np.unique(group).size > 1 or np.unique(case_set[:, 0]).size < len(study.modalities):
            raise ValidationError(
                "cases",
                "they are nested in modalities and in groups of readers too, or in some modalities only",
                "let all readers read the same cases of a modality",
            )
        return Design.CASES_NESTED
    return Design.CROSSED if np.unique(group).size == 1 else Design.SPLIT_PLOT
