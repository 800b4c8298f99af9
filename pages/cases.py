"""The page of the clinic's record: find a case, see it beside earlier ones, say what it turned out to be."""

import streamlit as st

from mvm_core.language import gettext
from pages.components.frame import errors_told, frame
from pages.components.record_case import show_case
from pages.components.record_table import choose_case, export
from pages.components.shared_record import shared_record


def _page() -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(gettext("Cases of this clinic"), anchor=False)
        below = st.container(width="content")
    with errors_told():
        record = shared_record()
        cases = record.cases()
        if not cases:
            st.info(gettext("No reading is kept yet: read films on page Upload."))
            return
        with below:
            export(record, cases)
        chosen = choose_case(record, cases)
        if chosen is not None:
            show_case(record, chosen)


frame()
_page()
