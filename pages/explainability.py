"""The explainability page: where a reading finds its evidence, and how far its maps are shown to be right."""

from html import escape

import streamlit as st

from mvm_core.models.registry import TITLES
from mvm_core.models.wording import probability_text
from pages.components.findings import going_by
from pages.components.frame import errors_told, frame, tell
from pages.components.intake import simulate_form, simulate_where_asked
from pages.components.maps import choose_look, show_maps, sums
from pages.components.methods import methods
from pages.components.questions import cover_question, slide_question
from pages.components.remarks import as_if_diseased
from pages.components.scorecard import scorecard
from pages.components.study import Study, current_error, current_study
from pages.components.twins import twins


@st.fragment
def _evidence(study: Study) -> None:
    """The map of the reading chosen; a change of reading runs this part again, and the rest only after it."""
    chosen = _choose(study)
    result = study.reading.results[chosen]
    st.html(
        f'<div class="mvm-move"><b>{probability_text(result.probability)}</b> probability of MVM, '
        f"{escape(TITLES[chosen])}: {result.zone.value}</div>"
    )
    as_if_diseased(study)
    look, arrangement = choose_look(result)
    show_maps(study, result, look, arrangement)
    st.subheader("The map adds up to the reading")
    sums(study.reading, chosen)
    st.subheader("Other methods")
    methods(study, chosen)
    st.subheader("Questions to the model")
    question = st.segmented_control("Question", list(_QUESTIONS), default=None, label_visibility="collapsed")
    if question is not None:
        _QUESTIONS[question](study, chosen)


_QUESTIONS = {
    "Cover a region": cover_question,
    "Slide the films": slide_question,
    "Twins of this patient": twins,
}


def _choose(study: Study) -> str:
    names = list(study.reading.results)
    kept = st.session_state.get("chosen_reading")
    first = kept if kept in names else study.reading.leading.name
    return st.selectbox(
        "Reading",
        names,
        index=names.index(first),
        format_func=TITLES.__getitem__,
        key="explained_select",
        on_change=_keep_choice,
        width=260,
    )


def _keep_choice() -> None:
    """Keep the choice for the other pages: a widget that leaves the page loses its value."""
    st.session_state["chosen_reading"] = st.session_state["explained_select"]


def _page() -> None:
    simulate_where_asked()
    error = current_error()
    if error is not None:
        tell(error)
    st.header("Where the evidence lies")
    study = current_study()
    if study is None:
        st.markdown(
            "There are no films in this session yet. Drop some on the Upload page, or simulate a patient."
        )
        simulate_form()
    elif study.reading is None:
        st.markdown(
            "No level of these films was read in full: pick one on the Upload page to see its evidence."
        )
    else:
        _evidence(study)
    st.subheader("What the models go by, and from which dose on")
    going_by()
    st.subheader("How far these maps are right")
    with errors_told():
        scorecard()


frame()
_page()
