"""The cases behind a figure; a case opens its films where they are at hand."""

import os
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mvm_core.cohort import Case, read_manifest
from mvm_core.errors import MvmError
from mvm_core.evaluation import read_case
from mvm_core.review.samples import Sample
from pages.components.frame import plain, tell
from pages.components.study import open_pair

_MOST_SHOWN = 1000
COHORTS_VARIABLE = "MVM_COHORTS"
_UNREADABLE = "case_unreadable"


def list_cases(sample: Sample, which: NDArray[np.bool_], title: str) -> None:
    """List cases of a sample, by falling score."""
    rows = sample.cases[which].sort_values("probability", ascending=False)
    count = len(rows)
    more = f", the first {_MOST_SHOWN} shown" if count > _MOST_SHOWN else ""
    st.markdown(f"**{plain(title)}**: {count} case{'' if count == 1 else 's'}{more}")
    if not count:
        return
    shown = rows.head(_MOST_SHOWN).rename(columns={"probability": "score"}).drop(columns="logit")
    shown = shown.loc[:, [name for name in shown if (shown[name].astype(str) != "").any()]]
    event = st.dataframe(
        shown,
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key=f"cases-{title}",
        height=260,
    )
    chosen = event["selection"]["rows"]
    if not chosen:
        return
    row = shown.iloc[chosen[0]]
    case = cases_at_hand().get((str(row.get("site", "")), str(row["case_id"])))
    if case is None:
        st.html(
            '<div class="mvm-quiet">The films of this case are not at hand: start the app with '
            f"{COHORTS_VARIABLE} naming the cohort's folder.</div>"
        )
    elif st.button(f"Open the films of {plain(case.case_id)}", on_click=_open, args=(case,)):
        error = st.session_state.get(_UNREADABLE)
        if error is None:
            st.switch_page("pages/upload.py")
        tell(error)


def _open(case: Case) -> None:
    """Read a case's films into the study of the upload page; where that fails keep the one sentence why."""
    st.session_state.pop(_UNREADABLE, None)
    try:
        open_pair(read_case(case))
    except MvmError as error:
        st.session_state[_UNREADABLE] = error


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
