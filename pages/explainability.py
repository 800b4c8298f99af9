"""The explainability page: where a reading finds its evidence, and how far its maps are shown to be right."""

import streamlit as st

from mvm_core.language import gettext
from mvm_core.models.registry import title_of
from mvm_core.models.wording import QUESTION_WORDS
from pages.components.asked import answer_on_top, choose_question
from pages.components.findings import going_by
from pages.components.frame import errors_told, frame, tell
from pages.components.intake import simulate_form, simulate_where_asked
from pages.components.maps import choose_look, show_maps, sums
from pages.components.methods import methods
from pages.components.questions import cover_question, slide_question
from pages.components.remarks import as_if_diseased, notes, remarks
from pages.components.scorecard import scorecard
from pages.components.study import Study, current_error, current_study
from pages.components.twins import twins


@st.fragment
def _evidence(study: Study) -> None:
    """The map of the reading chosen; a change of reading runs this part again, and the rest only after it."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        chosen = _choose(study)
        result = study.reading.results[chosen]
        question = choose_question(result)
    st.html(f'<div class="mvm-move">{answer_on_top(result, question)}</div>')
    if question == "mvm":
        as_if_diseased(study)
    notes(remarks(study))
    look, arrangement = choose_look(result, question)
    show_maps(study, result, look, arrangement)
    if study.patient is not None:
        st.header(
            gettext("The twins of this patient: the same body without and with the disease"), anchor=False
        )
        twins(study, chosen, question)
    st.header(gettext("What if this is covered?"), anchor=False)
    if st.toggle(gettext("Cover a part of a film"), key="cover-asked"):
        cover_question(study, chosen, question)
    _what_is_known()
    st.header(gettext("Other methods"), anchor=False)
    if question != "mvm":
        st.html(
            '<div class="mvm-quiet">'
            + gettext("Their maps answer {name}.", name=QUESTION_WORDS["mvm"].name)
            + "</div>"
        )
    methods(study, chosen)
    with st.expander(gettext("Proof: the map adds up to the reading")):
        sums(study.reading, chosen, question)
    with st.expander(gettext("Proof: the evidence moves with the film"), expanded=False):
        if st.toggle(gettext("Slide the films"), key="slide-asked"):
            slide_question(study, chosen, question)


def _what_is_known() -> None:
    """What is known of the weights in use, whatever films are shown."""
    st.header(gettext("How far these maps are right"), anchor=False)
    with errors_told():
        scorecard()
    st.header(gettext("What the models go by, and from which dose on"), anchor=False)
    going_by()


def _choose(study: Study) -> str:
    names = list(study.reading.results)
    kept = st.session_state.get("chosen_reading")
    first = kept if kept in names else study.reading.leading.name
    return st.selectbox(
        gettext("Reading"),
        names,
        index=names.index(first),
        format_func=title_of,
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
    st.title(gettext("Where the evidence lies"), anchor=False)
    study = current_study()
    if study is None:
        st.markdown(
            gettext(
                "There are no films in this session yet. Drop some on the Upload page, or simulate a patient."
            )
        )
        simulate_form()
    elif study.reading is None:
        st.markdown(
            gettext(
                "No level of these films was read in full: pick one on the Upload page to see its evidence."
            )
        )
    else:
        _evidence(study)
        return
    _what_is_known()


frame()
_page()
