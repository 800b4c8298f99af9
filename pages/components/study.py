"""The study of a session: its films, their reading, and what the user has done with them.

It lives in the session's memory alone; nothing of it is written to disk.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING

import streamlit as st

from mvm_core.errors import MvmError, StudyError
from mvm_core.imaging import StudyFile, pair_films, read_study, swap, with_view
from mvm_core.models import Reading
from mvm_core.radiograph import FilmPair, Radiograph, View
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
    try:
        films = (*also, *read_study(files))
        try:
            _set(pair_films(films))
        except StudyError as error:
            if len(films) > 2:
                raise
            st.session_state["study_error"] = error
            st.session_state["films_to_place"] = films
    except MvmError as error:
        st.session_state["study_error"] = error


def open_simulated(patient: "SimulatedPatient", files: Sequence[StudyFile]) -> None:
    """Read a simulated patient's films by the same way as any files, its boxes as its level's boxes."""
    clear_study()
    try:
        pair = pair_films(read_study(files))
        boxes = {view: film.box for view, film in patient.films.items()}
        _set(replace(pair, ap_box=boxes.get(View.AP), lateral_box=boxes.get(View.LATERAL)), patient=patient)
    except MvmError as error:
        st.session_state["study_error"] = error


def place_films(views: Sequence[View | None]) -> None:
    """Pair the films that wait, each with the view that the user chose; None leaves a film out."""
    waiting = films_to_place()
    chosen = [with_view(film, view) for film, view in zip(waiting, views, strict=True) if view is not None]
    try:
        pair = pair_films(chosen)
    except MvmError as error:
        st.session_state["study_error"] = error
        return
    clear_study()
    _set(pair)


def swap_views() -> None:
    """Let the AP and the lateral film change places."""
    study = current_study()
    if study is not None:
        _set(swap(study.pair), patient=study.patient, revealed=study.revealed)


def take_moved_boxes() -> None:
    """Read the films again around the boxes that the user has drawn in the viewer."""
    study, moved = current_study(), moved_boxes()
    if study is None or moved is None or moved.study != study.name or moved.revision <= study.revision:
        return
    pair = replace(study.pair, ap_box=moved.boxes.get(View.AP), lateral_box=moved.boxes.get(View.LATERAL))
    kept = {"patient": study.patient, "revealed": study.revealed}
    _set(pair, name=study.name, revision=moved.revision, **kept)


def reveal_truth() -> None:
    """Show what the simulated patient has."""
    study = current_study()
    if study is not None:
        st.session_state["study"] = replace(study, revealed=True)


def _set(pair: FilmPair, name: str | None = None, **more: object) -> None:
    started = perf_counter()
    try:
        reading = shared_reader().read(pair)
    except MvmError as error:
        st.session_state["study_error"] = error
        return
    seconds = perf_counter() - started
    st.session_state["study"] = Study(name or uuid.uuid4().hex[:12], pair, reading, seconds, **more)  # type: ignore[arg-type]
