"""A reader study: readers read at their own pace, the organiser sees how far they are."""

from html import escape

import streamlit as st

from mvm_core.errors import MvmError, TakenOverError
from mvm_core.language import gettext
from mvm_core.reader_study.plan import StudyPlan
from mvm_core.reader_study.store import Store
from pages.components.frame import frame, tell
from pages.components.reader_study.organiser import look_on
from pages.components.reader_study.reading import read_on
from pages.components.reader_study.screen import SCREEN_ANEW, set_up_screen
from pages.components.reader_study.setting import enter, is_organiser, leave, sitting, study

_CODE, _TAKE_OVER, _REFUSED = "study-code", "study-take-over", "study-refused"


def _page() -> None:
    plan, store = study()
    if is_organiser():
        look_on(plan, store)
    elif sitting() is None:
        _door(plan, store)
    elif not set_up_screen(plan, store):
        read_on(plan, store)


def _door(plan: StudyPlan, store: Store) -> None:
    st.html(f"<h1>{escape(plan.title)}</h1>")
    with st.form("study-door", width=420):
        st.text_input(gettext("Your code"), type="password", key=_CODE)
        st.checkbox(gettext("Go on here, and end my other window"), key=_TAKE_OVER)
        st.checkbox(gettext("I sit at another screen than before"), key=SCREEN_ANEW)
        st.form_submit_button(gettext("Enter"), type="primary", on_click=_enter, args=(plan, store))
    if (error := st.session_state.pop(_REFUSED, None)) is not None:
        tell(error)


def _enter(plan: StudyPlan, store: Store) -> None:
    code, take_over = st.session_state.get(_CODE, ""), st.session_state.get(_TAKE_OVER, False)
    try:
        enter(plan, store, code, take_over=take_over)
    except MvmError as error:
        st.session_state[_REFUSED] = error


frame()
try:
    _page()
except TakenOverError as error:
    tell(error)
    plan, store = study()
    leave(store)
    _door(plan, store)
except MvmError as error:
    tell(error)
