"""Logits of disease of many vertebrae, each film read once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from mvm_core.cohort import Case
from mvm_core.evaluation import read_case
from mvm_core.imaging.preprocess import Preprocessing
from mvm_core.models.disease import DiseaseReader, vertebra_input
from mvm_core.models.disease_weights import DiseaseWeights
from mvm_core.radiograph import View


@dataclass(frozen=True)
class LevelLogits:
    """The logits of disease of n vertebrae by one scan, NaN where it does not look at them.

    Attributes
    ----------
    films : mapping of View to float array, shape (n,)
        Of each film alone.
    pair : float array, shape (n,)
        Of what looks at both films at once.
    """

    films: Mapping[View, NDArray[np.float64]]
    pair: NDArray[np.float64]

    @property
    def mean(self) -> NDArray[np.float64]:
        """The mean over both films, shape (n,); NaN where one does not show the vertebra."""
        return np.asarray((self.films[View.AP] + self.films[View.LATERAL]) / 2)


def read_levels(
    rows: Sequence[Case],
    scans: Sequence[DiseaseWeights],
    progress: Callable[[int, int], None] | None = None,
) -> tuple[LevelLogits, ...]:
    """The logits of disease of each scan.

    Raises
    ------
    FilmError
        If a film cannot be read.
    """
    readers = [DiseaseReader(each) for each in scans]
    found = tuple(
        LevelLogits({view: np.full(len(rows), np.nan) for view in View}, np.full(len(rows), np.nan))
        for _ in readers
    )
    for _, group in groupby(enumerate(rows), key=lambda item: (item[1].ap, item[1].lateral)):
        members = list(group)
        films = read_case(members[0][1]).films
        places = [{view: box for view in films if (box := case.box(view)) is not None} for _, case in members]
        for reader, logits in zip(readers, found, strict=True):
            for (index, _), result in zip(members, reader.read(films, places), strict=True):
                for view, logit in result.logits.items():
                    logits.films[view][index] = logit
                if result.of_pair is not None:
                    logits.pair[index] = result.of_pair
        if progress is not None:
            progress(members[-1][0] + 1, len(rows))
    return found


def level_inputs(
    rows: Sequence[Case], view: View, settings: Preprocessing
) -> tuple[NDArray[np.float32], ...]:
    """What a network sees of vertebrae on their films of one view, each of shape (size, size).

    Raises
    ------
    FilmError
        If a film cannot be read.
    ValueError
        If a vertebra is not on a film of that view.
    """
    found = []
    for _, group in groupby(rows, key=lambda case: (case.ap, case.lateral)):
        members = list(group)
        film = read_case(members[0]).film(view)
        for case in members:
            box = case.box(view)
            if film is None or box is None:
                raise ValueError(f"{case.case_id} has no {view.label} film or no box on it")
            found.append(vertebra_input(film, box, settings))
    return tuple(found)
