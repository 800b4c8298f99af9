"""The whole review to take away, and how its files are written."""

from collections.abc import Callable

import pandas as pd
import streamlit as st

from mvm_core.language import gettext, language, speaking
from mvm_core.review import words
from mvm_core.review.report import report_html
from mvm_core.review.review import Review
from mvm_core.review.samples import reading_title
from pages.components.every_level import responses
from pages.components.figure import Sheet
from pages.components.frame import plain


def files_of(
    reviewed: Review,
    notice: str,
    present: bool,
    levels: pd.DataFrame | None = None,
    on_export: Callable[[], object] | None = None,
) -> Sheet:
    """Offer the report, and ask how pictures and tables are written; return the sheet that is so shown.

    `on_export` is called when a file is taken away.
    """
    spoken = language()

    def report() -> bytes:
        if on_export is not None:
            on_export()
        return _report(reviewed, notice, levels, spoken)

    with st.container(horizontal=True, vertical_alignment="bottom", key="files", width="content"):
        # Written when asked for: plotly.js alone is 5 MB.
        st.download_button(
            gettext("Report (HTML)"),
            report,
            "review.html",
            "text/html",
            on_click="ignore",
            type="primary",
        )
        with st.popover(gettext("Files")):
            pictures = st.segmented_control(
                gettext("Pictures as"), ["SVG", "PNG"], default="SVG", required=True, key="pictures",
                persist_state="session",
            )  # fmt: skip
            bare = st.checkbox(
                gettext("Bare tables: no lines above the header"), key="bare-tables", persist_state="session"
            )
    return Sheet(reviewed, notice, present, str(pictures or "SVG").lower(), bare, on_export)


def _report(reviewed: Review, notice: str, levels: pd.DataFrame | None, spoken: str) -> bytes:
    """The report in the language of the page, whose session is over its run when the file is asked for."""
    with speaking(spoken):
        found = responses(reviewed, levels)
        return report_html(reviewed, notice, reading_title(reviewed.reading), found).encode()


def methods(sheet: Sheet) -> None:
    """Say how the figures were computed."""
    st.header(gettext("Methods"), anchor=False)
    st.markdown(plain(words.methods(sheet.reviewed)))
