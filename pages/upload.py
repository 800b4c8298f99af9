"""The upload page: films in, the verdict first, then the readings, then the films with the evidence."""

import streamlit as st

from mvm_core.imaging import check_film
from mvm_core.models.registry import TITLES
from mvm_core.radiograph import View
from pages.components.downloads import downloads
from pages.components.frame import frame, shared_reader, tell
from pages.components.hanging import hang_films
from pages.components.identification import identification, placement
from pages.components.intake import (
    ask_for_patient,
    drop_zone,
    drop_zone_for_missing_film,
    simulate_form,
    simulate_where_asked,
)
from pages.components.study import (
    Study,
    current_error,
    current_study,
    films_to_place,
    reveal_truth,
    swap_views,
)
from pages.components.truth import truth
from pages.components.verdict import notes, readings_table, verdict

PROVES_THE_PATH = "These weights have seen simulated films only: this reading proves the path, not accuracy."


def _remarks(study: Study) -> list[str]:
    weights = shared_reader().weights
    settings = next(iter(weights.networks.values())).preprocessing
    remarks = [PROVES_THE_PATH] if study.patient is None and weights.simulated else []
    remarks += study.reading.warnings
    for view in study.pair.views:
        film = study.pair.film(view)
        remarks += check_film(film, settings) if film is not None else ()
    return list(dict.fromkeys(remarks))


def _chosen(study: Study) -> str:
    """The reading that the user chose, where these films allow it; else the leading one."""
    kept = st.session_state.get("chosen_reading")
    return kept if kept in study.reading.results else study.reading.leading.name


def _choose() -> None:
    st.session_state["chosen_reading"] = st.session_state["reading_select"]


def _actions(study: Study, chosen: str) -> None:
    names = list(study.reading.results)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "Reading shown",
            names,
            index=names.index(chosen),
            format_func=TITLES.__getitem__,
            key="reading_select",
            on_change=_choose,
            label_visibility="collapsed",
            width=220,
        )
        if study.patient is not None:
            if not study.revealed:
                st.button("Reveal the truth", on_click=reveal_truth)
            st.button("Simulate another patient", on_click=ask_for_patient)
        else:
            absent = [view.label for view in View if view not in study.pair.views]
            st.button(
                f"This is the {absent[0]} film" if absent else "Swap AP and lateral", on_click=swap_views
            )
        downloads(study, chosen)


def _study(study: Study) -> None:
    chosen = _chosen(study)
    verdict(study.reading.results[chosen])
    notes(_remarks(study))
    if study.patient is not None and study.revealed:
        truth(study.patient)
    readings_table(study.reading, chosen)
    _actions(study, chosen)
    identification(study.pair)
    hang_films(study, chosen)
    st.html(
        f'<div class="mvm-quiet">Read in {study.seconds:.2f} s with weights {study.reading.weights_id}.</div>'
    )


def _intake(study: Study | None) -> None:
    if study is None:
        st.header("Metastasis or fracture")
        with st.container(key="first-drop"):
            drop_zone("Drop an AP and a lateral spine film: both at once, one of them, or a ZIP of the study")
    else:
        if len(study.pair.views) == 1:
            drop_zone_for_missing_film(study)
        drop_zone("Next study: drop an AP and a lateral film, one of them, or a ZIP")
    st.subheader("Or simulate a patient")
    simulate_form()


def _page() -> None:
    simulate_where_asked()
    error = current_error()
    if error is not None:
        tell(error)
    if films_to_place():
        placement(films_to_place())
    study = current_study()
    if study is not None:
        _study(study)
    _intake(study)


frame()
_page()
