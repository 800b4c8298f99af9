"""The case that was opened from a list of cases, and the way back to it."""

from dataclasses import dataclass
from html import escape

import streamlit as st

from mvm_core.language import gettext
from pages.components.study import current_study

_OPENED = "case_opened"


@dataclass(frozen=True)
class OpenedCase:
    """A case of a cohort whose films are open: in which study, and what is known of it."""

    study: str
    case_id: str
    label: str
    cohort: str
    score: float


def remember_opened(case: OpenedCase) -> None:
    """Keep which case hangs."""
    st.session_state[_OPENED] = case


def opened_case() -> OpenedCase | None:
    """The case that was opened last from a list; another study may hang by now."""
    return st.session_state.get(_OPENED)


def way_back() -> None:
    """Of films opened from a list of cases: say which case it is, its label, and go back to the list."""
    opened = opened_case()
    study = current_study()
    if opened is None or study is None or opened.study != study.name:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="case-opened"):
        st.html(
            (
                '<div class="mvm-said-of-films">'
                + gettext(
                    "Case <b>{case_id}</b>, {cohort}: reference standard <b>{label}</b>, score there "
                    "{score:.3f}",
                    case_id=escape(opened.case_id),
                    cohort=escape(opened.cohort),
                    label=escape(opened.label.upper()),
                    score=opened.score,
                )
                + "</div>"
            ),
            width="content",
        )
        if st.button(gettext("Back to the list of cases")):
            st.switch_page("pages/cohort.py")
