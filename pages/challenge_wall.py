"""The wall of the challenge: where all visitors stand, for the big screen."""

from pathlib import Path

import streamlit as st

from pages.components.challenge.kiosk import bare, stand
from pages.components.challenge.setting import kiosk
from pages.components.challenge.wall import wall, wiping
from pages.components.frame import errors_told, frame

_STYLE = Path(__file__).parent / "components" / "challenge" / "challenge.css"

frame()
st.html(_STYLE)
if kiosk():
    bare()
with errors_told():
    wall()
    with st.container(horizontal=True, vertical_alignment="center"):
        wiping()
        stand(at_start=True)
