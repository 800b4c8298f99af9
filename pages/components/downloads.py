"""Results to take away, each carrying the notice."""

import json

import streamlit as st

from mvm_core.models import Reading
from mvm_core.models.overlay import render_pair
from mvm_core.models.report import reading_as_csv, reading_as_dict
from pages.components.study import Study


def downloads(study: Study, reading: Reading, chosen: str) -> None:
    """Offer the reading as JSON and CSV, and the films with the evidence of the chosen reading as PNG."""
    pair = study.pair
    document = json.dumps(reading_as_dict(pair, reading), indent=2)
    st.download_button("JSON", document, "reading.json", "application/json", on_click="ignore")
    st.download_button("CSV", reading_as_csv(pair, reading), "reading.csv", "text/csv", on_click="ignore")
    # Drawn when asked for: it takes longer than everything else on the page.
    st.download_button(
        "PNG", lambda: render_pair(pair, reading, chosen), "reading.png", "image/png", on_click="ignore"
    )
