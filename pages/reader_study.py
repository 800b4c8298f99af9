"""A reader study: readers read at their own pace, the organiser sees how far they are."""

from html import escape

import streamlit as st

from mvm_core.errors import MvmError, TakenOverError
from mvm_core.language import gettext
from mvm_core.reader_study.plan import StudyPlan
from mvm_core.reader_study.store import Store
from pages.components.frame import errors_told, frame, tell
from pages.components.reader_study.organiser import look_on
from pages.components.reader_study.reading import read_on
from pages.components.reader_study.screen import set_up_screen
from pages.components.reader_study.setting import enter, is_organiser, leave, sitting, study


def _page() -> None:
    plan, store = study()
    if is_organiser():
        look_on(plan, store)
    elif sitting() is None:
        _door(plan, store)
    elif not set_up_screen(store):
        read_on(plan, store)


def _door(plan: StudyPlan, store: Store) -> None:
    st.html(f"<h1>{escape(plan.title)}</h1>")
    # a password leaves the browser with its form alone
    with st.form("study-door", width=420):
        code = st.text_input(gettext("Your code"), type="password")
        take_over = st.checkbox(gettext("Go on here, and end my other window"))
        entered = st.form_submit_button(gettext("Enter"), type="primary")
    if entered:
        with errors_told():
            enter(plan, store, code, take_over=take_over)
            st.rerun()


frame()
try:
    _page()
except TakenOverError as error:
    tell(error)
    _, own_store = study()
    leave(own_store)
except MvmError as error:
    tell(error)
