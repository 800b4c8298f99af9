"""Router and page config of the app: `streamlit run app.py`."""

from pathlib import Path

import streamlit as st

_ICON = Path(__file__).parent / "pages" / "icon.svg"

st.set_page_config(
    page_title="Metastasis or fracture",
    page_icon=str(_ICON),
    layout="wide",
    initial_sidebar_state="collapsed",
)

page = st.navigation(
    [
        st.Page("pages/upload.py", title="Upload", url_path="upload", default=True),
        st.Page("pages/cohort.py", title="Cohort", url_path="cohort"),
        st.Page("pages/explainability.py", title="Explainability", url_path="explainability"),
    ],
    position="top",
)
# A process that the app starts imports this file too: there a page has no title.
title = getattr(page, "title", "Upload")
st.set_page_config(page_title=f"{title}: metastasis or fracture", page_icon=str(_ICON))
page.run()
