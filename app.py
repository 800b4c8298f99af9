"""Router and page config of the app: `streamlit run app.py`."""

import streamlit as st

st.set_page_config(page_title="Metastasis or fracture", layout="wide", initial_sidebar_state="collapsed")

page = st.navigation(
    [
        st.Page("pages/upload.py", title="Upload", url_path="upload", default=True),
        st.Page("pages/cohort.py", title="Cohort", url_path="cohort"),
        st.Page("pages/explainability.py", title="Explainability", url_path="explainability"),
    ],
    position="top",
)
page.run()
