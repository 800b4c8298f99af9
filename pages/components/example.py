"""The first look: a simulated patient, read in the background once for all sessions."""

import os
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from time import perf_counter
from typing import TYPE_CHECKING

import streamlit as st

from mvm_core.errors import MvmError
from mvm_core.imaging import StudyFile, pair_films, read_study
from mvm_core.language import gettext, language, speaking
from mvm_core.radiograph import View
from mvm_core.service.remote import open_examiner
from pages.access.logs import log
from pages.components.study import Study, current_error, current_study, films_to_place, pair_to_confirm

if TYPE_CHECKING:
    from mvm_core.simulation import SimulatedPatient

EXAMPLE_VARIABLE = "MVM_EXAMPLE"
_OFF = "0"
_SEED, _LABEL, _KIND, _LEVEL, _SEVERITY = 26, "mvm", "lytic", "L2", 3
_GREETED = "greeted"
_LOOK_S = 0.4

_reading: dict[str, "Future[Study]"] = {}
_lock = threading.Lock()


def wanted() -> bool:
    """Whether the first page shows an example: unless MVM_EXAMPLE is 0."""
    return os.environ.get(EXAMPLE_VARIABLE, "") != _OFF


def begin(spoken: str) -> "Future[Study]":
    """Have the example read in a language, off the page's thread; once in a process."""
    with _lock:
        if spoken not in _reading:
            _reading[spoken] = _worker().submit(_read, spoken)
        return _reading[spoken]


def greet() -> bool:
    """Hang the example in a session that nothing was done in yet.

    Returns
    -------
    bool
        Whether it is still being read.
    """
    if not wanted() or _something_was_done():
        return False
    coming = begin(language())
    if not coming.done():
        return True
    st.session_state[_GREETED] = True
    try:
        st.session_state["study"] = coming.result()
    except MvmError as error:
        # The page is as good without it, and says itself what is wrong with the weights.
        log("example", outcome="failed", why=str(error))
    return False


def no_example_any_more() -> None:
    """Take the example away before something else is read: its verdict must not pass for that one's."""
    st.session_state[_GREETED] = True
    study = current_study()
    if study is not None and study.example:
        del st.session_state["study"]


@st.fragment(run_every=_LOOK_S)
def wait_for_example() -> None:
    """Hold the place of the example; the page runs again as soon as it is read."""
    st.html(
        '<div class="mvm-coming" role="status">'
        + gettext("A simulated patient is being read as an example.")
        + "</div>"
    )
    if begin(language()).done():
        st.rerun()


def _something_was_done() -> bool:
    return bool(
        st.session_state.get(_GREETED)
        or current_study() is not None
        or current_error() is not None
        or films_to_place()
        or pair_to_confirm() is not None
    )


@cache
def _worker() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, "example")


@cache
def _patient() -> tuple["SimulatedPatient", tuple[StudyFile, ...]]:
    """The patient with the films as files: the same in every language."""
    from mvm_core.simulation import PatientRequest, film_to_dicom, simulate_patient

    patient = simulate_patient(
        PatientRequest(_SEED, label=_LABEL, kind=_KIND, level=_LEVEL, severity=_SEVERITY)  # type: ignore[arg-type]
    )
    return patient, tuple(
        StudyFile(f"{patient.case_id}_{view}.dcm", film_to_dicom(patient, view)) for view in View
    )


def _read(spoken: str) -> Study:
    """Read the example, its boxes as its level's, as every simulated patient's."""
    patient, files = _patient()
    with speaking(spoken):
        boxes = {f"{view}_box": patient.films[view].box for view in View}
        films = replace(pair_films(read_study(files)), **boxes)
        started = perf_counter()
        found = open_examiner().examine(films)
        return Study(
            f"example-{spoken}", films, found, perf_counter() - started, patient=patient, example=True
        )
