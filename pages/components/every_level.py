"""Every level of the films read: what is flagged, what is missed, and how many false alarms that costs."""

from dataclasses import replace
from html import escape

import pandas as pd
import streamlit as st

from mvm_core.cohort import DISEASE
from mvm_core.language import gettext
from mvm_core.review import figures
from mvm_core.review.free_response import (
    FreeResponse,
    free_response,
    free_response_about,
    free_response_caption,
    free_response_for_people,
    free_response_origin,
    free_response_table,
)
from mvm_core.review.review import Review
from pages.components.figure import Sheet, download_table, show, table


def every_level(sheet: Sheet, levels: pd.DataFrame | None) -> None:
    """Free-response curves and rates of the cohorts that are shown; nothing without a table of levels."""
    if levels is None:
        return
    found = responses(sheet.reviewed, levels)
    st.header(gettext("Every level of a film"), anchor=False)
    if not found:
        st.info(
            gettext(
                "The table of levels holds no diseased and intact levels of these cohorts that were read."
            )
        )
        return
    source = sheet.reviewed.source
    points = ", ".join(
        gettext(
            "{cohort} {value:.3f} at {alarms:.2f}",
            cohort=one.title,
            value=one.rates["flagged, all"].value or 0,
            alarms=one.figures.alarms_a_pair,
        )
        for one in found
    )
    look = replace(sheet.look, about=free_response_about(found, source))
    show(
        sheet,
        figures.free_response(found, look),
        "free-response",
        gettext(
            "Sensitivity over false alarms a pair of films; at the disease point: {points}.",
            points=points,
        ),
        free_response_caption(found, source),
        width=900,
    )
    shown = free_response_for_people(found)
    table(shown.to_numpy().tolist(), list(shown.columns), name=gettext("Every level of a film"))
    st.html(
        '<div class="mvm-quiet">'
        + gettext(
            "Of all levels by the AP and the lateral network at the disease point of the weights "
            "{weights}: the reading, rule and threshold chosen above do not change it.",
            weights=escape(source.weights[:12]),
        )
        + "</div>"
    )
    origin = free_response_origin(found, sheet.reviewed, sheet.notice)
    download_table(sheet, free_response_table(found), "free-response", origin)


def responses(reviewed: Review, levels: pd.DataFrame | None) -> list[FreeResponse]:
    """Of each cohort shown where the table of levels has it; none where the question is not disease."""
    if levels is None or reviewed.question is not DISEASE:
        return []
    source = reviewed.source
    found = [_response(levels, (source.weights, source.sealed), one.cohort) for one in reviewed.samples]
    return [one for one in found if one is not None]


@st.cache_resource(show_spinner=False, max_entries=8)
def _response(_levels: pd.DataFrame, of: tuple[str, str], cohort: str) -> FreeResponse | None:
    return free_response(_levels, cohort)
