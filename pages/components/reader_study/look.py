"""How a reader's window looks: the study alone, which is left by its own button."""

from pathlib import Path

import streamlit as st

_STYLE = Path(__file__).with_name("reading.css")


def look_like_a_reading() -> None:
    """Leave out the navigation, and give the films its room."""
    st.html(_STYLE)
