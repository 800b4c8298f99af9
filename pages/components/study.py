"""The study of a session: its films, their examination, and what the user has done with them.

It lives in the session's memory alone; nothing of it is written to disk.
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING

import streamlit as st

from mvm_core.errors import MvmError, StudyError
from mvm_core.examination import Examination, LevelReading
from mvm_core.imaging import Concern, SameFilmError, StudyFile, check_pair, pair_films, read_study, with_view
from mvm_core.language import ENGLISH, language, speaking
from mvm_core.models import Reading, Zone
from mvm_core.radiograph import FilmPair, Radiograph, View
from mvm_core.spine import Spine
from pages.access.permission import for_readers
from pages.components.frame import shared_examiner
from pages.components.turns import in_turn, readings

if TYPE_CHECKING:
    from mvm_core.simulation import SimulatedPatient


@dataclass(frozen=True)
class Study:
    """Films and what is said of them.

    Attributes
    ----------
    name : str
        Changes whenever another film hangs at some place, so that the viewer starts afresh.
    films : FilmPair
        The films as they were given, with the boxes that a person drew or that the simulator knows.
    examination : Examination
        Of these films.
    seconds : float
        How long the examination took.
    revision : int
        How often the user has changed something in the viewer.
    level : str or None
        The level that the user picked; None where the most suspicious one counts, or a box.
    corrected : bool
        Whether the user has moved corners or renamed levels.
    patient : SimulatedPatient or None
        The truth, where the films were simulated.
    revealed : bool
        Whether the truth is shown.
    example : bool
        Whether it is the simulated patient that a first page shows before anybody has asked for anything.
    """

    name: str
    films: FilmPair
    examination: Examination
    seconds: float
    revision: int = 0
    level: str | None = None
    corrected: bool = False
    patient: "SimulatedPatient | None" = None
    revealed: bool = False
    example: bool = False

    @property
    def pair(self) -> FilmPair:
        """The films that were read, with boxes around the level in question; all where there is none."""
        pair, reading = self.examination.pair, self.examination.reading
        if reading is None:
            return pair
        # A film that does not show the level has no part in its reading.
        return replace(
            pair,
            ap=pair.ap if View.AP in reading.regions else None,
            lateral=pair.lateral if View.LATERAL in reading.regions else None,
        )

    @property
    def reading(self) -> Reading | None:
        """The full reading of the level in question; None where there is no such level."""
        return self.examination.reading

    @property
    def boxed(self) -> bool:
        """Whether a box that a person drew, or that the simulator knows, says what is read."""
        return self.films.ap_box is not None or self.films.lateral_box is not None

    @property
    def in_question(self) -> LevelReading | None:
        """What is said of the level in question; None where there is none, or nothing was said of it."""
        wanted = self.examination.level_in_question
        return next((level for level in self.examination.levels if level.level == wanted), None)

    @property
    def looks_intact(self) -> bool:
        """Whether nothing is seen on the level in question, which a person picked all the same."""
        return self.in_question is not None and self.in_question.zone is Zone.NOTHING_SEEN


@dataclass(frozen=True)
class PairToConfirm:
    """A pair that is not read before the user has confirmed it.

    Attributes
    ----------
    pair : FilmPair
    concerns : tuple of Concern
        What speaks against it.
    """

    pair: FilmPair
    concerns: tuple[Concern, ...]


def current_study() -> Study | None:
    """The study on the page."""
    return st.session_state.get("study")


def current_error() -> MvmError | None:
    """Why the last films could not be read."""
    return st.session_state.get("study_error")


def films_to_place() -> tuple[Radiograph, ...]:
    """Films that were read, but whose views are for the user to tell."""
    return st.session_state.get("films_to_place", ())


@for_readers
def open_study(files: Sequence[StudyFile], also: Sequence[Radiograph] = ()) -> None:
    """Read files into the study on the page; where that fails, keep what is open and the sentence why.

    Parameters
    ----------
    files : sequence of StudyFile
        Films or an archive of them.
    also : sequence of Radiograph
        A film read before, which these complete.
    """
    leave_unread()
    with error_kept():
        films = (*also, *read_study(files))
        try:
            pair = pair_films(films)
        except StudyError as error:
            # Two films of one view are for the user to place.
            if len(films) <= 2 and not isinstance(error, SameFilmError):
                st.session_state["films_to_place"] = films
            raise
        hang_or_ask(pair)


def open_simulated(patient: "SimulatedPatient", files: Sequence[StudyFile]) -> None:
    """Read a simulated patient's films by the same way as any files, its boxes as its level's boxes."""
    with error_kept():
        pair = pair_films(read_study(files))
        boxes = {view: film.box for view, film in patient.films.items()}
        hang(replace(pair, ap_box=boxes.get(View.AP), lateral_box=boxes.get(View.LATERAL)), patient)


def open_pair(pair: FilmPair) -> None:
    """Read a pair that is already at hand, such as a cohort's case, into the study on the page."""
    with error_kept():
        hang_or_ask(pair)


@for_readers
def place_films(views: Sequence[View | None]) -> None:
    """Pair the films that wait, each with the view that the user chose; None leaves a film out."""
    waiting = films_to_place()
    chosen = [with_view(film, view) for film, view in zip(waiting, views, strict=True) if view is not None]
    with error_kept():
        hang_or_ask(pair_films(chosen))


def hang_or_ask(pair: FilmPair) -> None:
    """Examine a pair, unless its headers speak against it: then the user is asked first.

    Raises
    ------
    MvmError
        If it cannot be read, or is one film twice; what was there stays.
    """
    against = tuple(concern for concern in check_pair(pair) if concern.confirm)
    if against:
        st.session_state.pop("films_to_place", None)
        st.session_state["pair_to_confirm"] = PairToConfirm(pair, against)
    else:
        hang(pair)


def pair_to_confirm() -> PairToConfirm | None:
    """The pair that waits for the user's word."""
    return st.session_state.get("pair_to_confirm")


@for_readers
def read_all_the_same() -> None:
    """Read the pair that waits."""
    waiting = pair_to_confirm()
    if waiting is not None:
        with error_kept():
            hang(waiting.pair)


def leave_unread() -> None:
    """Drop the pair that waits; what was there stays."""
    st.session_state.pop("pair_to_confirm", None)


def reveal_truth() -> None:
    """Show what the simulated patient has."""
    study = current_study()
    if study is not None:
        st.session_state["study"] = replace(study, revealed=True)


@contextmanager
def error_kept() -> Iterator[None]:
    """Keep an error that the user can meet, to be shown where the page wants it."""
    st.session_state.pop("study_error", None)
    try:
        yield
    except MvmError as error:
        st.session_state["study_error"] = error


def hang(pair: FilmPair, patient: "SimulatedPatient | None" = None) -> None:
    """Examine a pair and make it the study on the page, in the place of what was there.

    Raises
    ------
    MvmError
        If it cannot be read; what was there stays.
    """
    examination, seconds = _examine(pair)
    for key in ("films_to_place", "pair_to_confirm", "packed_films", "chosen_reading"):
        st.session_state.pop(key, None)
    st.session_state["study"] = Study(uuid.uuid4().hex[:12], pair, examination, seconds, patient=patient)


def examine_again(study: Study, spines: Mapping[View, Spine]) -> None:
    """Make a study whose boxes, spines or level a person has changed the one on the page, read anew.

    Raises
    ------
    MvmError
        If it cannot be read; what was there stays.
    """
    examination, seconds = _examine(study.films, spines, study.level)
    st.session_state["study"] = replace(study, examination=examination, seconds=seconds)


def examine_anew() -> None:
    """Examine the study on the page again as it is, such as for what is said of it in another language."""
    study = current_study()
    if study is not None:
        with error_kept():
            examine_again(study, study.examination.spines if study.corrected else {})


def examined_in_english(study: Study) -> Examination:
    """The examination of a study with its warnings in English, for what knows no other letters."""
    if language() == ENGLISH:
        return study.examination
    with speaking(ENGLISH):
        spines = study.examination.spines if study.corrected else {}
        return _examine(study.films, spines, study.level)[0]


def _examine(
    pair: FilmPair, spines: Mapping[View, Spine] | None = None, level: str | None = None
) -> tuple[Examination, float]:
    started = perf_counter()
    examiner = shared_examiner()
    examination = in_turn(readings(), lambda: examiner.examine(pair, spines, level), "reading")
    return examination, perf_counter() - started
