"""The upload page: films in, the verdict and the levels beside the films, then what stands behind them."""

from html import escape

import streamlit as st

from mvm_core.language import gettext
from mvm_core.models.registry import title_of
from mvm_core.radiograph import View
from pages.components.changes import set_films_right, swap_views, turn_film
from pages.components.dicom_results import offer_dicom
from pages.components.downloads import downloads
from pages.components.example import greet, wait_for_example
from pages.components.frame import frame, shared_weights, tell
from pages.components.hanging import hang_films
from pages.components.identification import confirmation, identification, placement
from pages.components.intake import (
    ask_for_patient,
    drop_zone,
    drop_zone_for_missing_film,
    simulate_form,
    simulate_where_asked,
)
from pages.components.kept import ask_opinion_before, kept
from pages.components.measures import measures
from pages.components.opened_case import way_back
from pages.components.readings import readings_table
from pages.components.remarks import as_if_diseased, notes, remarks
from pages.components.setting_right import can_be_set_right, proposals
from pages.components.strip import strip
from pages.components.study import (
    Study,
    current_error,
    current_study,
    films_to_place,
    pair_to_confirm,
    reveal_truth,
)
from pages.components.truth import truth
from pages.components.unlike import is_withheld, unlike
from pages.components.verdict import in_one_line, verdict


def _chosen(study: Study) -> str:
    """The reading that the user chose, where there is it; else the leading one; empty where there is none."""
    if study.reading is None:
        return ""
    kept = st.session_state.get("chosen_reading")
    return kept if kept in study.reading.results else study.reading.leading.name


def _choose() -> None:
    st.session_state["chosen_reading"] = st.session_state["reading_select"]


def _patient_actions(study: Study) -> None:
    if study.patient is None:
        return
    with st.container(horizontal=True):
        if not study.revealed:
            st.button(gettext("Reveal the truth"), on_click=reveal_truth)
        if not study.example:
            st.button(gettext("Simulate another patient"), on_click=ask_for_patient)


def _film_actions(study: Study) -> None:
    """What can be done with the films as they hang."""
    if study.patient is not None:
        return
    absent = [view.label for view in View if view not in study.films.views]
    st.button(
        gettext("This is the {absent} film", absent=absent[0]) if absent else gettext("Swap AP and lateral"),
        on_click=swap_views,
    )
    if study.reading is None and not study.examination.levels:
        for view in study.films.views:
            st.button(
                gettext("Turn the {view} film by 90 degrees", view=view.label),
                on_click=turn_film,
                args=(view,),
            )


def _actions(study: Study, chosen: str) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if study.reading is not None:
            names = list(study.reading.results)
            st.selectbox(
                gettext("Reading shown"),
                names,
                index=names.index(chosen),
                format_func=title_of,
                key="reading_select",
                on_change=_choose,
                label_visibility="collapsed",
                width=220,
            )
        _film_actions(study)
        if study.reading is not None:
            downloads(study, study.reading, chosen)
        offer_dicom(study)


def _set_right(study: Study) -> None:
    """Say where a film looks turned, mirrored or swapped, with one button for all of it."""
    found = proposals(study.films, study.examination) if study.patient is None else ()
    if not found:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="set-right"):
        sentences = " ".join(escape(proposal.sentence) for proposal in found)
        st.html(f'<div class="mvm-said-of-films" role="status">{sentences}</div>', width="content")
        if can_be_set_right(study.films, found):
            st.button(gettext("Set right"), on_click=set_films_right, args=(found,), type="primary")


def _study(study: Study) -> None:
    chosen = _chosen(study)
    # for those who go by headings; the verdict is the one that is seen
    level = 2 if study.example else 1
    st.html(f'<h{level} class="mvm-unseen">{gettext("Verdict and films")}</h{level}>')
    _set_right(study)
    with st.container(key="room"):
        said, hung = st.columns([1, 3], gap="medium")
        with said:
            withheld = is_withheld(study)
            if study.examination.unlike:
                unlike(study)
            if not withheld:
                verdict(study, chosen)
            if study.patient is not None and study.revealed:
                truth(study.patient)
            if not withheld:
                strip(study)
            _patient_actions(study)
            notes(remarks(study))
        with hung:
            # Colours for MVM and BVF over a level that looks intact are for whoever asks for them.
            evidence = "" if study.looks_intact or withheld else chosen
            hang_films(study, evidence, in_one_line(study, chosen, shared_weights().notice))
    _actions(study, chosen)
    if study.reading is not None:
        with st.expander(gettext("All readings")):
            as_if_diseased(study)
            readings_table(study.reading, chosen)
    measures(study)
    identification(study.examination.pair)
    kept(study)
    weights = shared_weights().identity[:12]
    st.html(
        '<div class="mvm-quiet">'
        + gettext("Read in {seconds:.2f} s with weights {weights}.", seconds=study.seconds, weights=weights)
        + "</div>"
    )


def _example_head() -> None:
    """What the page is for, what hangs on it, and the two ways on."""
    with st.container(key="example-head"):
        told, another, own = st.columns([4, 2, 5], gap="medium", vertical_alignment="center")
        with told:
            st.title(gettext("Metastasis or fracture"), anchor=False)
            st.html(
                '<div class="mvm-said-of-films">'
                + gettext("An example: a simulated patient, read as your films would be.")
                + "</div>"
            )
        with another:
            st.button(gettext("Simulate another"), on_click=ask_for_patient, width="stretch")
        with own:
            drop_zone(gettext("Drop your own: AP and lateral, one of them, or a ZIP of the study"))


def _intake(study: Study | None, *, example_comes: bool) -> None:
    if study is None:
        st.title(gettext("Metastasis or fracture"), anchor=False)
        ask_opinion_before()
        with st.container(key="first-drop"):
            drop_zone(
                gettext(
                    "Drop an AP and a lateral spine film: both at once, one of them, or a ZIP of the study"
                )
            )
        if example_comes:
            wait_for_example()
    elif not study.example:
        if len(study.films.views) == 1:
            drop_zone_for_missing_film(study)
        ask_opinion_before()
        drop_zone(gettext("Next study: drop an AP and a lateral film, one of them, or a ZIP"))
    st.header(gettext("Or simulate a patient"), anchor=False)
    simulate_form()


def _page() -> None:
    simulate_where_asked()
    error = current_error()
    if error is not None:
        tell(error)
    if films_to_place():
        placement(films_to_place())
    waiting = pair_to_confirm()
    if waiting is not None:
        confirmation(waiting)
    way_back()
    example_comes = greet()
    study = current_study()
    if study is not None:
        if study.example:
            _example_head()
        _study(study)
    _intake(study, example_comes=example_comes)


frame()
_page()
