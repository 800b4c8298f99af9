"""Which study runs, where its answers go, and who sits at this window."""

import hmac
import os
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from mvm_core.errors import ReaderStudyError
from mvm_core.language import gettext
from mvm_core.reader_study.answer import Clock, Sitting
from mvm_core.reader_study.lists import Reading
from mvm_core.reader_study.plan import StudyPlan
from mvm_core.reader_study.store import Store
from mvm_core.reader_study.study_file import read_study_file
from pages.components.frame import shared_examiner

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
        When the films came up, in seconds since 1970.
    """

    reading: Reading
    before: Clock
    since: float


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
        If it is nobody's code.
    """
    given = code.strip().encode()
    if hmac.compare_digest(given, plan.organiser_code.encode()):
        st.session_state[_ORGANISER] = True
        return
    # all codes are compared, so that the time tells nothing
    owners = [each for each in plan.readers if hmac.compare_digest(given, each.code.encode())]
    if not owners:
        raise ReaderStudyError(
            gettext("This code"),
            gettext("it is nobody's"),
            gettext("give the one that the organiser gave you"),
        )
    st.session_state[_SITTING] = store.sit(owners[0].name, take_over=take_over)


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
    for key in (_SITTING, _ORGANISER, _UNDER_WAY):
        st.session_state.pop(key, None)


def under_way() -> UnderWay | None:
    """The reading that this window shows."""
    return st.session_state.get(_UNDER_WAY)


def keep_under_way(shown: UnderWay | None) -> None:
    """Keep what this window shows; None after an answer."""
    st.session_state[_UNDER_WAY] = shown
