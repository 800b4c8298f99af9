"""The study of a session: its films, their reading, and what the user has done with them.

It lives in the session's memory alone; nothing of it is written to disk.
"""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING

import streamlit as st

from mvm_core.errors import MvmError, StudyError
from mvm_core.imaging import StudyFile, pair_films, read_study, swap, with_view
from mvm_core.models import Reading
from mvm_core.radiograph import Box, FilmPair, Radiograph, View
from pages.components.frame import shared_reader
from pages.components.viewer import moved_boxes

if TYPE_CHECKING:
    from mvm_core.simulation import SimulatedPatient


@dataclass(frozen=True)
class Study:
    """Films and their reading.

    Attributes
    ----------
    name : str
        Changes whenever another film hangs at some place, so that the viewer starts afresh.
    pair : FilmPair
    reading : Reading
        The reading of this pair.
    seconds : float
        How long the reading took.
    revision : int
        How often the user has moved a box.
    patient : SimulatedPatient or None
        The truth, where the films were simulated.
    revealed : bool
        Whether the truth is shown.
    """

    name: str
    pair: FilmPair
    reading: Reading
    seconds: float
    revision: int = 0
    patient: "SimulatedPatient | None" = None
    revealed: bool = False


def current_study() -> Study | None:
    """The study on the page."""
    return st.session_state.get("study")


def current_error() -> MvmError | None:
    """Why the last films could not be read."""
    return st.session_state.get("study_error")


def films_to_place() -> tuple[Radiograph, ...]:
    """Films that were read, but whose views are for the user to tell."""
    return st.session_state.get("films_to_place", ())


def clear_study() -> None:
    """Forget the films, their reading and the last error."""
    for key in ("study", "study_error", "films_to_place", "packed_films", "chosen_reading"):
        st.session_state.pop(key, None)


def open_study(files: Sequence[StudyFile], also: Sequence[Radiograph] = ()) -> None:
    """Read files into the study on the page; where that fails, keep the one sentence why.

    Parameters
    ----------
    files : sequence of StudyFile
        Films or an archive of them.
    also : sequence of Radiograph
        A film read before, which these complete.
    """
    clear_study()
    with _error_kept():
        films = (*also, *read_study(files))
        try:
            pair = pair_films(films)
        except StudyError:
            # Two films of one view are for the user to place.
            if len(films) <= 2:
                st.session_state["films_to_place"] = films
            raise
        _hang(pair)


def open_simulated(patient: "SimulatedPatient", files: Sequence[StudyFile]) -> None:
    """Read a simulated patient's films by the same way as any files, its boxes as its level's boxes."""
    clear_study()
    with _error_kept():
        pair = pair_films(read_study(files))
        boxes = {view: film.box for view, film in patient.films.items()}
        _hang(replace(pair, ap_box=boxes.get(View.AP), lateral_box=boxes.get(View.LATERAL)), patient)


def open_pair(pair: FilmPair) -> None:
    """Read a pair that is already at hand, such as a cohort's case, into the study on the page."""
    clear_study()
    with _error_kept():
        _hang(pair)


def place_films(views: Sequence[View | None]) -> None:
    """Pair the films that wait, each with the view that the user chose; None leaves a film out."""
    waiting = films_to_place()
    chosen = [with_view(film, view) for film, view in zip(waiting, views, strict=True) if view is not None]
    with _error_kept():
        pair = pair_films(chosen)
        clear_study()
        _hang(pair)


def swap_views() -> None:
    """Let the AP and the lateral film change places."""
    study = current_study()
    if study is not None:
        with _error_kept():
            _hang(swap(study.pair))


def take_moved_boxes() -> None:
    """Read the films again around the boxes that the user has drawn in the viewer."""
    study, moved = current_study(), moved_boxes()
    if study is None or moved is None or moved.study != study.name or moved.revision <= study.revision:
        return
    boxes = {view: _within(moved.boxes.get(view), study.pair.film(view)) for view in View}
    pair = replace(study.pair, ap_box=boxes[View.AP], lateral_box=boxes[View.LATERAL])
    with _error_kept():
        reading, seconds = _read(pair)
        st.session_state["study"] = replace(
            study, pair=pair, reading=reading, seconds=seconds, revision=moved.revision
        )


def reveal_truth() -> None:
    """Show what the simulated patient has."""
    study = current_study()
    if study is not None:
        st.session_state["study"] = replace(study, revealed=True)


@contextmanager
def _error_kept() -> Iterator[None]:
    """Keep an error that the user can meet, to be shown where the page wants it."""
    st.session_state.pop("study_error", None)
    try:
        yield
    except MvmError as error:
        st.session_state["study_error"] = error


def _hang(pair: FilmPair, patient: "SimulatedPatient | None" = None) -> None:
    """Read a pair and make it the study on the page."""
    reading, seconds = _read(pair)
    st.session_state["study"] = Study(uuid.uuid4().hex[:12], pair, reading, seconds, patient=patient)


def _read(pair: FilmPair) -> tuple[Reading, float]:
    started = perf_counter()
    reading = shared_reader().read(pair)
    return reading, perf_counter() - started


def _within(box: Box | None, film: Radiograph | None) -> Box | None:
    """The part of a box that lies on its film; None where there is none."""
    if box is None or film is None:
        return None
    rows, columns = film.shape
    x0, y0 = max(0.0, box.x0), max(0.0, box.y0)
    x1, y1 = min(float(columns), box.x1), min(float(rows), box.y1)
    return Box(x0, y0, x1, y1) if x1 - x0 >= 1 and y1 - y0 >= 1 else None
