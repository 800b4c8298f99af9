"""Cases made ready for readers, ahead of them and in the background: films, vertebrae, the model's answer."""

import threading
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mvm_core.evaluation import read_case
from mvm_core.language import language, speaking
from mvm_core.models.reading import ReadingResult
from mvm_core.radiograph import Box, FilmPair, View
from mvm_core.reader_study.plan import StudyPlan
from pages.components.frame import shared_examiner
from pages.components.viewer import grey_16_bit

_MOST_KEPT = 48
"""For twenty readers what each sees and what comes next; a pair of films takes some 6 MB."""

_WORKERS = 2
_cases: "OrderedDict[tuple[str, str, str], Future[PreparedCase]]" = OrderedDict()
_lock = threading.Lock()


@dataclass(frozen=True)
class Advice:
    """What the model says of a case: its leading result, and the level that it read."""

    result: ReadingResult
    level: str


@dataclass(frozen=True)
class PreparedCase:
    """A case as it is shown.

    Attributes
    ----------
    pictures : dict of View to uint16 array, shape (rows, columns)
        Grey values from 0 to 65535, reduced where large.
    shapes : dict of View to (rows, columns)
        Of the films as they were read, in pixels.
    boxes : dict of View to Box
        Marking the vertebra in question, where the study marks it.
    vertebrae : dict of View to tuple of (level, corners)
        As the program finds and numbers them, from above; corners of shape (4, 2) in film coordinates.
    advice : Advice
        The model's answer: at the marked vertebra, else at the level most likely diseased.
    """

    pictures: dict[View, NDArray[np.uint16]]
    shapes: dict[View, tuple[int, int]]
    boxes: dict[View, Box]
    vertebrae: dict[View, tuple[tuple[str, NDArray[np.float64]], ...]]
    advice: Advice


def prepared(plan: StudyPlan, case_id: str) -> PreparedCase:
    """A case, once it is ready.

    Raises
    ------
    MvmError
        If its films cannot be read; the next call tries again.
    """
    return _coming(plan, case_id).result()


def prepare_ahead(plan: StudyPlan, case_id: str) -> None:
    """Have a case made ready without waiting for it."""
    _coming(plan, case_id)


def _coming(plan: StudyPlan, case_id: str) -> "Future[PreparedCase]":
    examiner = shared_examiner()
    key = (plan.fingerprint, examiner.reader.weights.identity, case_id)
    with _lock:
        found = _cases.get(key)
        if found is None or (found.done() and found.exception() is not None):
            found = _cases[key] = _worker().submit(_prepare, examiner, plan, case_id, language())
        _cases.move_to_end(key)
        while len(_cases) > _MOST_KEPT:
            _cases.popitem(last=False)
    return found


@cache
def _worker() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_WORKERS, "study")


def _prepare(examiner: Any, plan: StudyPlan, case_id: str, spoken: str) -> PreparedCase:
    with speaking(spoken):
        pair = read_case(plan.case(case_id).case)
        if not plan.marked:
            pair = FilmPair(pair.ap, pair.lateral)
        found = examiner.examine(pair)
        spines = found.spines
        if found.reading is None and found.levels:
            likeliest = max(found.levels, key=lambda level: level.probability_disease)
            found = examiner.examine(pair, found.spines, likeliest.level)
        reading = found.reading or examiner.reader.read(pair)
    return PreparedCase(
        pictures={view: grey_16_bit(film) for view, film in pair.films.items()},
        shapes={view: film.shape for view, film in pair.films.items()},
        boxes=dict(pair.boxes),
        vertebrae={
            view: tuple((each.level, np.asarray(each.corners, float)) for each in spine.vertebrae)
            for view, spine in spines.items()
        },
        advice=Advice(reading.leading, found.level_in_question or ""),
    )
