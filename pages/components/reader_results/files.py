"""Tables of a reader study on the page, and its files, each saying where it comes from."""

import json

import pandas as pd
import streamlit as st

from mvm_core.language import gettext, language, speaking
from mvm_core.provenance import Provenance, with_head
from mvm_core.review import reader_json
from mvm_core.review.reader_report import reader_report_html
from mvm_core.review.reader_study import ReaderReview
from pages.components.figure import table
from pages.components.reader_results.source import Found, origin_of, reviewed_of


def download_all(found: Found, reviewed: ReaderReview) -> None:
    """Offer the report as one file, all figures for programs, and the answers themselves."""
    origin, spoken = origin_of(found, reviewed), language()
    with st.container(horizontal=True):
        # written when asked for: plotly.js alone is 5 MB
        st.download_button(
            gettext("Report (HTML)"), lambda: _report(reviewed, origin, spoken), "readers.html", "text/html",
            on_click="ignore", type="primary",
        )  # fmt: skip
        document = {**reader_json.as_dict(reviewed), "provenance": origin.as_dict()}
        st.download_button(
            "JSON", json.dumps(document, indent=2), "readers.json", "application/json", on_click="ignore"
        )
        answers = found.table.assign(truth=found.table["truth"].map({True: "mvm", False: "bvf"}))
        if "positive" in answers:
            answers["positive"] = answers["positive"].astype(int)
        st.download_button(
            gettext("Answers (CSV)"), with_head(answers.to_csv(index=False), origin.lines()), "answers.csv",
            "text/csv", on_click="ignore",
        )  # fmt: skip


def _report(reviewed: ReaderReview, origin: Provenance, spoken: str) -> bytes:
    """The report in the language of the page, whose run is over when the file is asked for."""
    with speaking(spoken):
        return reader_report_html(reviewed, origin).encode()


def shown_table(found: Found, frame: pd.DataFrame, name: str, title: str) -> None:
    """A table of texts, called `title` where it is read aloud, and its button to take it away."""
    table(frame.astype(str).to_numpy().tolist(), list(frame.columns), name=title)
    lines = origin_of(found, reviewed_of(found)).lines()
    st.download_button(
        gettext("Table (CSV)"), lambda: with_head(frame.to_csv(index=False), lines).encode(),
        f"{name}.csv", "text/csv", on_click="ignore", key=f"readers-csv-{name}",
    )  # fmt: skip
