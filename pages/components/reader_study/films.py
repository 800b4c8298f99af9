"""The films of a case as a reader sees them: without a name or a truth, and aided with the model's map."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from mvm_core.evaluation import read_case
from mvm_core.language import gettext
from mvm_core.models.overlay import EVIDENCE_SCALE
from mvm_core.models.reading import ReadingResult
from mvm_core.models.registry import title_of
from mvm_core.radiograph import Box, FilmPair
from mvm_core.reader_study.plan import StudyPlan
from mvm_core.review.words import capital
from mvm_core.spine import LEVELS
from pages.components.frame import shared_examiner
from pages.components.viewer import Listeners, grey_16_bit, mount, pack, question_data
from pages.components.viewer.words import words_in_use


@dataclass(frozen=True)
class Advice:
    """What the model says of a case: its leading result, and the level that it read."""

    result: ReadingResult
    level: str


def films_of(plan: StudyPlan, case_id: str) -> FilmPair:
    """The films of a case, with the box that marks its vertebra where the study marks it."""
    return _films(plan.fingerprint, case_id, plan)


@st.cache_resource(show_spinner=False, max_entries=8)
def _films(_study: str, case_id: str, _plan: StudyPlan) -> FilmPair:
    pair = read_case(_plan.case(case_id).case)
    return pair if _plan.marked else FilmPair(pair.ap, pair.lateral)


def advice_on(plan: StudyPlan, case_id: str) -> Advice:
    """The model's answer to a case: at the marked vertebra, else at the level most likely diseased."""
    return _advice(plan.fingerprint, shared_examiner().reader.weights.identity, case_id, plan)


@st.cache_resource(show_spinner=False, max_entries=200)
def _advice(_study: str, _weights: str, case_id: str, _plan: StudyPlan) -> Advice:
    examiner, pair = shared_examiner(), films_of(_plan, case_id)
    found = examiner.examine(pair)
    if found.reading is None and found.levels:
        likeliest = max(found.levels, key=lambda level: level.probability_disease)
        found = examiner.examine(pair, found.spines, likeliest.level)
    reading = found.reading or examiner.reader.read(pair)
    return Advice(reading.leading, found.level_in_question or "")


def show_case_films(plan: StudyPlan, case_id: str, shown: str, advice: Advice | None) -> None:
    """Put the films on the page.

    Parameters
    ----------
    plan : StudyPlan
    case_id : str
    shown : str
        Names this reading to the browser; tells nothing of the case.
    advice : Advice or None
        Whose map lies over the films, where the study shows it.
    """
    pair = films_of(plan, case_id)
    films = [
        {
            "id": f"{shown}-{view.value}",
            "view": view.value,
            "label": capital(view.label),
            "rows": film.shape[0],
            "columns": film.shape[1],
        }
        for view, film in pair.films.items()
    ]
    mapped = advice if plan.show_map else None
    evidence = {} if mapped is None else _evidence(mapped)
    data = {
        "study": shown,
        "revision": 0,
        "plain": True,
        "unnamed": True,
        "films": films,
        "boxes": {},
        "vertebrae": {view.value: [] for view in pair.views},
        "levels": LEVELS,
        "read": [],
        "question": None,
        "regions": {view: each["region"] for view, each in evidence.items()},
        "asked": [question_data("mvm")],
        "evidence": {"mvm": {mapped.result.name: evidence}} if mapped is not None else {},
        "readings": [{"name": mapped.result.name, "title": title_of(mapped.result.name)}] if mapped else [],
        "selected": mapped.result.name if mapped is not None else "",
        "scale": EVIDENCE_SCALE,
        "outlines": {view.value: [_edge(box)] for view, box in pair.boxes.items()},
        "said": gettext("Simulated films") if plan.simulated else "",
        "words": words_in_use(),
    }
    pictures = [grey_16_bit(film) for film in pair.films.values()]
    header = [
        {"id": film["id"], "rows": picture.shape[0], "columns": picture.shape[1]}
        for film, picture in zip(films, pictures, strict=True)
    ]
    packed = pack(header, [picture.astype("<u2").tobytes() for picture in pictures])
    mount(data, packed, Listeners(_nothing, _nothing, _nothing))


def _evidence(advice: Advice) -> dict[str, dict[str, object]]:
    return {
        view.value: {
            "values": np.round(each.values.astype(float), 4).tolist(),
            "region": [each.region.x0, each.region.y0, each.region.side],
        }
        for view, each in advice.result.maps("mvm").items()
    }


def _edge(box: Box) -> list[tuple[float, float]]:
    corners = [(box.x0, box.y0), (box.x1, box.y0), (box.x1, box.y1), (box.x0, box.y1)]
    return [*corners, corners[0]]


def _nothing() -> None:
    """Nothing on the films of a study can be moved."""
