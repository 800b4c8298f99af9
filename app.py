"""Router and page config of the app: `streamlit run app.py`."""

import os
from pathlib import Path

import streamlit as st

import pages.components.language  # noqa: F401 (tells gettext which language a session speaks)
from mvm_core.language import gettext
from mvm_core.records import is_on

_ICON = Path(__file__).parent / "pages" / "icon.svg"

st.set_page_config(
    page_title=gettext("Metastasis or fracture"),
    page_icon=str(_ICON),
    layout="wide",
    initial_sidebar_state="collapsed",
)


def switched(variable: str, *further: st.Page) -> tuple[st.Page, ...]:
    """Pages that are there only where the app is started with an environment variable."""
    return further if os.environ.get(variable) else ()


page = st.navigation(
    [
        st.Page("pages/upload.py", title=gettext("Upload"), url_path="upload", default=True),
        st.Page("pages/cohort.py", title=gettext("Cohort"), url_path="cohort"),
        st.Page("pages/explainability.py", title=gettext("Explainability"), url_path="explainability"),
        *switched("MVM_NODE", st.Page("pages/studies.py", title=gettext("Studies"), url_path="studies")),
        *switched("MVM_REVIEW", st.Page("pages/review.py", title=gettext("Review"), url_path="review")),
        *switched(
            "MVM_CHALLENGE",
            st.Page("pages/challenge.py", title=gettext("Challenge"), url_path="challenge"),
            st.Page("pages/challenge_wall.py", title=gettext("Challenge wall"), url_path="challenge_wall"),
        ),
        *switched(
            "MVM_STUDY",
            st.Page("pages/reader_study.py", title=gettext("Reader study"), url_path="reader_study"),
            st.Page("pages/reader_results.py", title=gettext("Reader results"), url_path="reader_results"),
        ),
        *([st.Page("pages/cases.py", title=gettext("Cases"), url_path="cases")] if is_on() else []),
    ],
    position="top",
)
# A process that the app starts imports this file too: there a page has no title.
title = getattr(page, "title", gettext("Upload"))
st.set_page_config(page_title=gettext("{title}: metastasis or fracture", title=title), page_icon=str(_ICON))
page.run()
