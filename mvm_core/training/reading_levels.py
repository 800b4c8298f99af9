"""Logits of disease of many vertebrae, each film read once."""

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from mvm_core.cohort import Case
from mvm_core.evaluation import read_case
from mvm_core.models.disease import DiseaseReader, DiseaseWeights
from mvm_core.radiograph import View

Logits: TypeAlias = Mapping[View, NDArray[np.float64]]


def read_levels(
    rows: Sequence[Case],
    scans: Sequence[DiseaseWeights],
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Logits, ...]:
    """The logits of disease of each scan, NaN where a vertebra is not on a film of that view.

    Raises
    ------
    FilmError
        If a film cannot be read.
    """
    readers = [DiseaseReader(each) for each in scans]
    found = tuple({view: np.full(len(rows), np.nan) for view in View} for _ in readers)
    for _, group in groupby(enumerate(rows), key=lambda item: (item[1].ap, item[1].lateral)):
        members = list(group)
        films = read_case(members[0][1]).films
        places = [{view: box for view in films if (box := case.box(view)) is not None} for _, case in members]
        for reader, logits in zip(readers, found, strict=True):
            for (index, _), result in zip(members, reader.read(films, places), strict=True):
                for view, logit in result.logits.items():
                    logits[view][index] = logit
        if progress is not None:
            progress(members[-1][0] + 1, len(rows))
    return found
