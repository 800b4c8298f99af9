"""The film viewer: both films large, side by side, worked on in the browser."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mvm_core.examination import Examination
from mvm_core.imaging.preprocess import Region
from mvm_core.language import capital, gettext
from mvm_core.models import Reading
from mvm_core.models.overlay import COLOURS, EVIDENCE_SCALE, HUES
from mvm_core.models.reading import Zone
from mvm_core.models.registry import QUESTIONS, title_of
from mvm_core.models.wording import QUESTION_WORDS
from mvm_core.radiograph import Box, FilmPair, Radiograph, View
from mvm_core.spine import LEVELS
from pages.components.asked import answer_in_words
from pages.components.maps import unit_of
from pages.components.pictures import peak_in_words
from pages.components.viewer.answers import (
    MovedBoxes,
    MovedVertebrae,
    NamedCorners,
    PickedLevel,
    moved_boxes,
    moved_vertebrae,
    picked_level,
)
from pages.components.viewer.words import words_in_use

__all__ = [
    "LONGEST_SIDE",
    "Hanging",
    "Listeners",
    "MovedBoxes",
    "MovedVertebrae",
    "NamedCorners",
    "PickedLevel",
    "grey_16_bit",
    "mount",
    "moved_boxes",
    "moved_vertebrae",
    "pack",
    "picked_level",
    "question_data",
    "send",
    "show_films",
]

LONGEST_SIDE = 1600
"""Larger films are shown reduced to this many pixels on their long side; they are read in full."""

Outline = Sequence[tuple[float, float]]

_HERE = Path(__file__).parent


def _text(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


_viewer = st.components.v2.component(
    "mvm_viewer",
    html=_text("viewer.html"),
    css=_text("viewer.css"),
    js="".join(
        _text(f"{name}.js") for name in ("words", "evidence", "vertebrae", "gestures", "pane", "viewer")
    ),
)
_films = st.components.v2.component("mvm_films", js=_text("films.js"))


@dataclass(frozen=True)
class Hanging:
    """Films as they hang in the viewer.

    Attributes
    ----------
    study : str
        Names these films; another name starts the viewer afresh.
    films : FilmPair
        With the boxes that a person drew, or that the simulator knows.
    examination : Examination
        Of these films: their vertebrae, the level in question, its evidence.
    revision : int
        How often the user has changed something in the viewer; 0 where never.
    outlines : mapping of View to sequences of (x, y)
        Drawn in white, in film coordinates.
    said : str
        The result in one line with its notice, for where nothing but the films is in sight.
    """

    study: str
    films: FilmPair
    examination: Examination
    revision: int = 0
    outlines: Mapping[View, Sequence[Outline]] = field(default_factory=dict)
    said: str = ""


@dataclass(frozen=True)
class Listeners:
    """What is called when the user has changed something in the viewer, before the page runs again."""

    boxes: Callable[[], None]
    vertebrae: Callable[[], None]
    level: Callable[[], None]


def show_films(hanging: Hanging, selected: str, listeners: Listeners) -> None:
    """Show the films with their vertebrae, the boxes and the evidence over them.

    Parameters
    ----------
    hanging : Hanging
    selected : str
        The result whose evidence is shown first; empty where there is none.
    listeners : Listeners
    """
    study, films, examination = hanging.study, hanging.films, hanging.examination
    reading = examination.reading
    results = reading.results if reading is not None else {}
    regions = reading.regions if reading is not None else {}
    data = {
        "study": study,
        "revision": hanging.revision,
        "films": [_film_data(study, view, film) for view, film in _present(films)],
        "boxes": {view.value: _corners(films.box(view)) for view, _ in _present(films)},
        "vertebrae": {view.value: _vertebrae(examination, view) for view in films.views},
        "levels": LEVELS,
        "read": [level.level for level in examination.levels],
        "question": examination.level_in_question,
        "regions": {view.value: _square(region) for view, region in regions.items()},
        "asked": [question_data(question) for question in _asked(reading)],
        "evidence": {
            question: {name: _evidence_data(reading, name, question) for name in results}
            for question in _asked(reading)
        },
        # of films unlike all that was learnt from no figure is told
        "answers": {
            question: {name: answer_in_words(each, question) for name, each in results.items()}
            for question in _asked(reading)
            if not examination.unlike
        },
        "readings": [{"name": name, "title": title_of(name)} for name in results],
        "selected": selected,
        "scale": EVIDENCE_SCALE,
        "outlines": {view.value: list(lines) for view, lines in hanging.outlines.items()},
        "marks": {view.value: _marks(examination, view) for view in films.views},
        "said": hanging.said,
        "words": words_in_use(),
    }
    mount(data, _packed(study, films), listeners)


def mount(data: Mapping[str, object], packed: bytes, listeners: Listeners) -> None:
    """Put the viewer on the page.

    Parameters
    ----------
    data : mapping
        As `show_films` makes it; with ``plain``, boxes, corners and the help are left out.
    packed : bytes
        The films: length of a JSON header, the header, and for each of its entries 16-bit pixels, or as many
        bytes of JPEG as its ``jpeg`` says.
    listeners : Listeners
    """
    _viewer(
        key="viewer",
        data=data,
        on_boxes_change=listeners.boxes,
        on_vertebrae_change=listeners.vertebrae,
        on_level_change=listeners.level,
    )
    send(packed)


def send(packed: bytes) -> None:
    """Let the browser have films, as of `pack`; those that it has already are kept."""
    _films(key="films", data=packed)


def pack(header: Sequence[Mapping[str, object]], films: Sequence[bytes]) -> bytes:
    """Films for the browser, behind their header."""
    told = json.dumps(header).encode()
    return b"".join([len(told).to_bytes(4, "little"), told, *films])


def grey_16_bit(film: Radiograph) -> NDArray[np.uint16]:
    """The film's grey values as 0 to 65535, reduced by area averaging to `LONGEST_SIDE` where larger."""
    rows, columns = film.shape
    reduction = LONGEST_SIDE / max(rows, columns)
    pixels = film.pixels
    if reduction < 1:
        size = (max(1, round(columns * reduction)), max(1, round(rows * reduction)))
        pixels = cv2.resize(film.pixels, size, interpolation=cv2.INTER_AREA)
    return np.round(np.clip(pixels, 0.0, 1.0) * 65535.0).astype(np.uint16)


def _packed(study: str, pair: FilmPair) -> bytes:
    """The films for the browser, made once for a study and kept in the session."""
    kept = st.session_state.get("packed_films")
    if kept is not None and kept[0] == study:
        return kept[1]
    pictures = {_film_id(study, view): grey_16_bit(film) for view, film in _present(pair)}
    packed = pack(
        [{"id": name, "rows": grey.shape[0], "columns": grey.shape[1]} for name, grey in pictures.items()],
        [grey.astype("<u2").tobytes() for grey in pictures.values()],
    )
    st.session_state["packed_films"] = (study, packed)
    return packed


def _present(pair: FilmPair) -> list[tuple[View, Radiograph]]:
    return list(pair.films.items())


def _film_id(study: str, view: View) -> str:
    return f"{study}-{view.value}"


def _film_data(study: str, view: View, film: Radiograph) -> dict[str, object]:
    rows, columns = film.shape
    return {
        "id": _film_id(study, view),
        "view": view.value,
        "label": capital(view.label),
        "rows": rows,
        "columns": columns,
        "values": film.values,
    }


def _corners(box: Box | None) -> list[float] | None:
    return None if box is None else [box.x0, box.y0, box.x1, box.y1]


def _vertebrae(examination: Examination, view: View) -> list[dict[str, object]]:
    """A film's vertebrae from above: level, corners, dents, and whether the level looks diseased."""
    spine = examination.spines.get(view)
    diseased = {each.level for each in examination.levels if each.zone is not Zone.NOTHING_SEEN}
    return [
        {
            "level": each.level,
            "corners": each.corners.tolist(),
            "dents": each.dents,
            "diseased": each.level in diseased,
        }
        for each in (spine.vertebrae if spine is not None else ())
    ]


def _marks(examination: Examination, view: View) -> list[dict[str, object]]:
    """What makes a film hard to read, where that lies in a place: its name and its outlines."""
    return [
        {"name": gettext(concern.name), "outlines": concern.marks}
        for concern in examination.concerns
        if concern.view is view and concern.marks
    ]


def _asked(reading: Reading | None) -> tuple[str, ...]:
    """The questions that some result has a map for."""
    results = reading.results.values() if reading is not None else ()
    return tuple(each for each in QUESTIONS if any(each in result.questions for result in results))


def question_data(question: str) -> dict[str, object]:
    """What the viewer says of a question and its colours."""
    words = QUESTION_WORDS[question]
    above, below = (
        {"speaks": speaks, "colour": colour, "hue": gettext(hue)}
        for speaks, colour, hue in zip(
            (words.positive, words.negative), COLOURS[question], HUES[question], strict=True
        )
    )
    return {
        "name": question,
        "title": words.title,
        "short": words.name,
        "says": words.asked,
        "ends": words.ends,
        "above": above,
        "below": below,
    }


def _evidence_data(reading: Reading, name: str, question: str) -> dict[str, object]:
    return {
        view.value: {
            "values": np.round(evidence.values.astype(float), 4).tolist(),
            "region": _square(evidence.region),
            "peak": peak_in_words(evidence, unit_of(name), question),
        }
        for view, evidence in reading.results[name].maps(question).items()
        if view not in reading.blank
    }


def _square(region: Region) -> list[float]:
    return [region.x0, region.y0, region.side]
