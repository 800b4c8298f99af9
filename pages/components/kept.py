"""The upload page while a record is kept: the user's own opinion first, then the reading is kept."""

import streamlit as st

from mvm_core.errors import MvmError
from mvm_core.language import gettext
from mvm_core.records import is_on
from pages.access.permission import may_change
from pages.components.frame import tell
from pages.components.opened_case import opened_case
from pages.components.shared_record import shared_record, who
from pages.components.study import Study

_BEFORE, _KEPT = "opinion-before", "kept_readings"


def ask_opinion_before() -> None:
    """Ask what the user holds of the films before the program has said anything."""
    if not is_on() or not may_change():
        return
    from mvm_core.records.case import OPINIONS

    st.radio(
        gettext("Your own opinion of the next films, before the program's"),
        list(OPINIONS),
        format_func=lambda key: gettext(OPINIONS[key]),
        horizontal=True,
        key=_BEFORE,
    )


def kept(study: Study) -> None:
    """Keep the reading on the page, once, and say under which name; simulated patients are left out."""
    if not is_on() or study.patient is not None or not may_change():
        return
    opened = opened_case()
    if opened is not None and opened.study == study.name:
        return
    try:
        case = _keep_once(study)
    except MvmError as error:
        tell(error)
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        told = gettext("Kept in the record as case {case}.", case=case)
        if _simulated(study):
            told += " " + gettext("Its films are simulated: it does not count in the running validation.")
        st.html(f'<div class="mvm-quiet">{told}</div>', width="content")
        st.page_link("pages/cases.py", label=gettext("Open it in Cases"), query_params={"case": case})


def _simulated(study: Study) -> bool:
    return any(film.simulated for film in study.films.films.values())


def _keep_once(study: Study) -> str:
    from mvm_core.examination_report import examination_as_dict
    from mvm_core.language import ENGLISH, speaking
    from mvm_core.records.case import Statement

    leading = study.reading.leading.probability if study.reading is not None else None
    key = (study.name, study.examination.level_in_question, leading)
    found: dict[tuple[object, ...], str] = st.session_state.setdefault(_KEPT, {})
    if key not in found:
        with speaking(ENGLISH):
            document = examination_as_dict(study.examination)
        marks = {name: mark for film in study.films.films.values() for name, mark in film.marks.items()}
        # What is said of the next films belongs to the first reading of them alone.
        again = any(name == study.name for name, *_ in found)
        opinion = "" if again else st.session_state.get(_BEFORE, "")
        said = Statement(opinion_before=opinion)
        pixels = {view.value: film.pixels for view, film in study.films.films.items()}
        found[key] = shared_record().keep(
            document, who(), said, marks, simulated=_simulated(study), pixels=pixels
        )
        if not again:
            st.session_state[_BEFORE] = ""
    return found[key]
