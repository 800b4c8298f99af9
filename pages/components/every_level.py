"""Every level of the films read: what is flagged, what is missed, and how many false alarms that costs."""

from html import escape

import pandas as pd
import streamlit as st

from mvm_core.review import figures
from mvm_core.review.free_response import (
    FreeResponse,
    free_response,
    free_response_caption,
    free_response_for_people,
    free_response_table,
)
from pages.components.figure import Sheet, download_table, show, table


def every_level(sheet: Sheet, levels: pd.DataFrame | None) -> None:
    """Free-response curves and rates of the cohorts that are shown; nothing without a table of levels."""
    if levels is None:
        return
    found = responses(sheet, levels)
    st.header("Every level of a film", anchor=False)
    if not found:
        st.info("The table of levels holds no diseased and intact levels of these cohorts that were read.")
        return
    source = sheet.reviewed.source
    points = ", ".join(
        f"{one.title} {one.rates['flagged, all'].value or 0:.3f} at {one.figures.alarms_a_pair:.2f}"
        for one in found
    )
    caption = free_response_caption(found, source.weights, source.sealed)
    show(
        sheet,
        figures.free_response(found, sheet.look),
        "free-response",
        f"Sensitivity over false alarms a pair of films; at the weights' own point: {points}.",
        caption,
        width=900,
    )
    shown = free_response_for_people(found)
    table(shown.to_numpy().tolist(), list(shown.columns), name="Every level of a film")
    if source.simulated:
        st.html(
            '<div class="mvm-quiet">The films are simulated: the figures say nothing about real films.</div>'
        )
    st.html(
        '<div class="mvm-quiet">Of all levels by the AP and the lateral network at the point fixed in the '
        f"weights {escape(source.weights[:12])}: the reading, rule and threshold chosen above do not change "
        "it.</div>"
    )
    download_table(sheet, free_response_table(found), "free-response")


def responses(sheet: Sheet, levels: pd.DataFrame) -> list[FreeResponse]:
    """Of each cohort shown, where the table of levels has it; kept in the session."""
    cohorts = [one.cohort for one in sheet.reviewed.samples]
    key = (sheet.reviewed.source, id(levels))
    kept = st.session_state.get("free_response")
    if kept is None or kept[0] != key:
        kept = (key, {})
        st.session_state["free_response"] = kept
    known: dict[str, FreeResponse | None] = kept[1]
    for cohort in cohorts:
        if cohort not in known:
            known[cohort] = free_response(levels, cohort)
    return [one for cohort in cohorts if (one := known[cohort]) is not None]
