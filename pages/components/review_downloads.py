"""The whole review to take away."""

import streamlit as st

from mvm_core.review import words
from mvm_core.review.report import report_html
from mvm_core.review.review import Review
from pages.components.frame import plain, shared_reader
from pages.components.review_sections import title_of


def report_download(reviewed: Review) -> None:
    """Offer the review as one HTML file, and say how its figures were computed."""
    st.subheader("Methods and report")
    st.markdown(plain(words.methods(reviewed)))
    notice = shared_reader().weights.notice if reviewed.source.weights else words.notice(reviewed.source)
    # Written when asked for: plotly.js alone is 5 MB.
    st.download_button(
        "Report (HTML)",
        lambda: report_html(reviewed, notice, title_of(reviewed.reading)).encode(),
        "review.html",
        "text/html",
        on_click="ignore",
    )
