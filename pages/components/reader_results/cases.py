"""Cases on which the readers differ from each other or from the model; a click opens their films."""

from html import escape

import streamlit as st

from mvm_core.cohort import Case
from mvm_core.evaluation import read_case
from mvm_core.language import gettext
from mvm_core.review import reader_cases
from mvm_core.review.reader_study import ReaderReview
from pages.components.cases import COHORTS_VARIABLE, cases_at_hand
from pages.components.frame import plain
from pages.components.reader_results.source import Found
from pages.components.reader_study.films import show_case_films
from pages.components.reader_study.prepared import prepared
from pages.components.study import error_kept, open_pair

_AGAINST, _AMONG = "against", "among"


def cases_that_differ(found: Found, reviewed: ReaderReview) -> None:
    """List the cases on which answers differ most, the model's beside; films of the one clicked."""
    against = reader_cases.cases_against_the_model(reviewed)
    among = reader_cases.cases_for_people(reviewed)
    if against.empty:
        st.header(gettext("Cases on which readers differ most"), anchor=False)
        which, frame = _AMONG, among
    else:
        st.header(gettext("Cases on which answers differ most"), anchor=False)
        titles = {_AGAINST: gettext("Readers and the model"), _AMONG: gettext("Readers among themselves")}
        which = st.radio(
            gettext("Whose answers differ"), list(titles), format_func=titles.__getitem__, horizontal=True,
            key="readers-differ", label_visibility="collapsed",
        )  # fmt: skip
        frame = against if which == _AGAINST else among
    if frame.empty:
        st.html('<div class="mvm-quiet">' + gettext("The readers agree on every case.") + "</div>")
        return
    event = st.dataframe(
        frame,
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key=f"readers-cases-{which}",
        height=260,
    )
    rows = event["selection"]["rows"]
    if not rows or rows[0] >= len(frame):
        return
    case_id = str(frame.iloc[rows[0], 0])
    if found.plan is not None:
        st.html(f'<div class="mvm-said-of-films">{escape(case_id)}</div>')
        case = prepared(found.plan, case_id)
        level = found.plan.case(case_id).case.level or None
        show_case_films(found.plan, case, f"results-{case_id}", case.advice, level=level)
        return
    own = next((case for (_, name), case in cases_at_hand().items() if name == case_id), None)
    if own is None:
        st.html(
            '<div class="mvm-quiet">'
            + gettext(
                "The films of this case are not at hand: start the app with {variable} naming "
                "the cohort's folder.",
                variable=COHORTS_VARIABLE,
            )
            + "</div>"
        )
    elif st.button(
        gettext("Open the films of {case_id}", case_id=plain(case_id)),
        on_click=_open,
        args=(own,),
    ):
        st.switch_page("pages/upload.py")


def _open(case: Case) -> None:
    """Read a case's films into the study of the upload page, which tells where that fails."""
    with error_kept():
        open_pair(read_case(case))
