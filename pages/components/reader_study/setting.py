"""Which study runs, where its answers go, and who sits at this window."""

import hashlib
import os
import time
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from mvm_core.reader_study.answer import Clock, Sitting
from mvm_core.reader_study.lists import Reading
from mvm_core.reader_study.plan import StudyPlan
from mvm_core.reader_study.store import Store
from mvm_core.reader_study.study_file import read_study_file
from pages.components.frame import shared_examiner
from pages.components.reader_study.codes import owner_of

STUDY_VARIABLE = "MVM_STUDY"
_SITTING, _ORGANISER, _UNDER_WAY = "study-sitting", "study-organiser", "study-under-way"


@dataclass(frozen=True)
class UnderWay:
    """The reading that this window shows, and how long it had taken before.

    Attributes
    ----------
    reading : Reading
    before : Clock
    since : float
        When this window was given it, in seconds since 1970.
    name : str
        Names it to the browser; tells nothing of case or reader.
    """

    reading: Reading
    before: Clock
    since: float
    name: str


def study() -> tuple[StudyPlan, Store]:
    """The study that runs.

    Raises
    ------
    TableError
        If its file has faults.
    ReaderStudyError
        If its answers are of another study or other weights.
    DatabaseError
        If the answers cannot be opened.
    """
    path = Path(os.environ[STUDY_VARIABLE])
    changed = path.stat().st_mtime_ns if path.is_file() else 0
    return _open(str(path), changed, shared_examiner().reader.weights.identity)


@st.cache_resource(show_spinner=False, max_entries=2)
def _open(path: str, _changed: int, weights: str) -> tuple[StudyPlan, Store]:
    plan = read_study_file(Path(path))
    return plan, Store.open(plan, weights)


def enter(plan: StudyPlan, store: Store, code: str, *, take_over: bool = False) -> None:
    """Let in whose code it is.

    Raises
    ------
    OccupiedError
        If the reader reads in another window.
    ReaderStudyError
        If it is nobody's code, or too many wrong ones were given.
    """
    owner = owner_of(plan, code)
    if owner is None:
        st.session_state[_ORGANISER] = True
    else:
        st.session_state[_SITTING] = store.sit(owner.name, take_over=take_over)


def sitting() -> Sitting | None:
    """Who reads in this window."""
    return st.session_state.get(_SITTING)


def is_organiser() -> bool:
    """Whether the organiser looks on in this window."""
    return bool(st.session_state.get(_ORGANISER))


def leave(store: Store) -> None:
    """Free the window."""
    own = sitting()
    if own is not None:
        store.leave(own)
    # whoever comes next in this window finds nothing of what was said in it
    for key in [key for key in st.session_state if str(key).startswith("study-")]:
        del st.session_state[key]


def under_way() -> UnderWay | None:
    """The reading that this window shows."""
    return st.session_state.get(_UNDER_WAY)


def begin_reading(plan: StudyPlan, store: Store, own: Sitting, reading: Reading) -> UnderWay:
    """Give this window a reading, begun or gone on with.

    Raises
    ------
    ReaderStudyError
        If another window has taken over, or this is not what the reader reads next.
    """
    named = f"{plan.fingerprint} {store.begun_at} {own.reader} {reading.place}"
    shown = UnderWay(
        reading,
        store.show(own, reading),
        time.time(),
        "study-" + hashlib.sha256(named.encode()).hexdigest()[:16],
    )
    st.session_state[_UNDER_WAY] = shown
    return shown


def end_reading() -> None:
    """Take the reading out of this window, once it is answered."""
    st.session_state.pop(_UNDER_WAY, None)
