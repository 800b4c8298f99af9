"""The cases behind a figure; a case opens its films where they are at hand."""

import os
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mvm_core.cohort import Case, read_manifest
from mvm_core.errors import MvmError
from mvm_core.evaluation import read_case
from mvm_core.language import capital, gettext, gettext_noop, ngettext
from mvm_core.review.samples import Sample, cohort_title
from pages.components.frame import plain, tell
from pages.components.into_view import into_view
from pages.components.opened_case import OpenedCase, remember_opened
from pages.components.study import current_study, open_pair

_MOST_SHOWN = 1000
COHORTS_VARIABLE = "MVM_COHORTS"
_UNREADABLE, _CHOSEN = "case_unreadable", "cases_chosen"
_HEADS = {
    "case_id": gettext_noop("case"),
    "site": gettext_noop("site"),
    "label": gettext_noop("reference standard"),
    "level": gettext_noop("level"),
    "age": gettext_noop("age"),
    "sex": gettext_noop("sex"),
    "sign": gettext_noop("sign on the film"),
    "score": gettext_noop("score"),
}


def choose_cases(place: str, what: tuple[str, ...] | None) -> None:
    """Let a place of the page list cases; None closes the list."""
    state = st.session_state.setdefault(_CHOSEN, {})
    state[place] = what
    st.session_state["cases_asked"] = st.session_state.get("cases_asked", 0) + 1


def chosen_cases(place: str) -> tuple[str, ...] | None:
    """Which cases a place of the page lists."""
    return st.session_state.get(_CHOSEN, {}).get(place)


def list_cases(sample: Sample, which: NDArray[np.bool_], title: str, place: str) -> None:
    """List cases of a sample, by falling score, and bring the list into view."""
    rows = sample.cases[which].sort_values("probability", ascending=False)
    count = len(rows)
    more = gettext(", the first {most} shown", most=_MOST_SHOWN) if count > _MOST_SHOWN else ""
    with st.container(key=f"list-{place}"):
        into_view(f"{st.session_state.get('cases_asked', 0)}", f"view-{place}")
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(
                ngettext(
                    "**{title}**: {count} case{more}",
                    "**{title}**: {count} cases{more}",
                    count,
                    title=plain(title),
                    more=more,
                )
            )
            st.button(
                gettext("Close the list"), key=f"close-{place}", on_click=choose_cases, args=(place, None)
            )
        if not count:
            return
        shown = rows.head(_MOST_SHOWN).rename(columns={"probability": "score"}).drop(columns="logit")
        shown = shown.loc[:, [name for name in shown if (shown[name].astype(str) != "").any()]]
        event = st.dataframe(
            shown.replace({"label": {"mvm": "MVM", "bvf": "BVF"}}),
            hide_index=True,
            column_config={name: capital(gettext(_HEADS[name])) for name in shown if name in _HEADS},
            on_select="rerun",
            selection_mode="single-row",
            key=f"cases-{title}",
            height=min(260, 40 + 36 * count),
        )
        chosen = event["selection"]["rows"]
        if chosen and chosen[0] < len(shown):
            _offer(sample, shown.iloc[chosen[0]])


def _offer(sample: Sample, row) -> None:  # type: ignore[no-untyped-def]
    case = cases_at_hand().get((str(row.get("site", "")), str(row["case_id"])))
    if case is None:
        st.html(
            '<div class="mvm-quiet">'
            + gettext(
                "The films of this case are not at hand: start the app with {variable} naming "
                "the cohort's folder.",
                variable=COHORTS_VARIABLE,
            )
            + "</div>"
        )
        return
    known = (str(row["label"]), cohort_title(sample.cohort), float(row["score"]))
    if st.button(
        gettext("Open the films of {case_id}", case_id=plain(case.case_id)),
        on_click=_open,
        args=(case, *known),
    ):
        error = st.session_state.get(_UNREADABLE)
        if error is None:
            st.switch_page("pages/upload.py")
        tell(error)


def _open(case: Case, label: str, cohort: str, score: float) -> None:
    """Read a case's films into the study of the upload page; where that fails keep the one sentence why."""
    st.session_state.pop(_UNREADABLE, None)
    try:
        open_pair(read_case(case))
    except MvmError as error:
        st.session_state[_UNREADABLE] = error
        return
    study = current_study()
    if study is not None:
        remember_opened(OpenedCase(study.name, case.case_id, label, cohort, score))


def cases_at_hand() -> dict[tuple[str, str], Case]:
    """Cases by site and name of the cohort folders that MVM_COHORTS names."""
    return _cases_of(os.environ.get(COHORTS_VARIABLE, ""))


@st.cache_resource(show_spinner=False, max_entries=2)
def _cases_of(folders: str) -> dict[tuple[str, str], Case]:
    found: dict[tuple[str, str], Case] = {}
    for folder in filter(None, folders.split(os.pathsep)):
        try:
            cohort = read_manifest(Path(folder))
        except MvmError as error:
            tell(error)
            continue
        found |= {(case.site, case.case_id): case for case in cohort.cases}
    return found
