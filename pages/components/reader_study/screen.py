"""The screen, set up before the first case: grey steps that must be told apart, and its true size."""

from html import escape

import streamlit as st

from mvm_core.language import gettext
from mvm_core.reader_study.answer import Calibration
from mvm_core.reader_study.store import Store
from pages.components.reader_study.setting import sitting

_CARD_MM = 85.6
"""Width of a credit card (ISO/IEC 7810, ID-1)."""


def set_up_screen(store: Store) -> bool:
    """Ask for the screen where this reader has not set one up; whether the page is done with that."""
    own = sitting()
    if own is None or store.calibrations(own.reader):
        return False
    st.html(f"<h1>{escape(gettext('Your screen'))}</h1>")
    steps = "".join(
        f"<span style='display:inline-block;width:64px;height:64px;background:hsl(0 0% {level}%)'></span>"
        for level in range(0, 101, 10)
    )
    pairs = "".join(
        f"<span style='display:inline-flex;width:120px;height:120px;margin:8px;"
        f"background:hsl(0 0% {ground}%);align-items:center;justify-content:center'>"
        "<i style='width:48px;height:48px;"
        f"background:hsl(0 0% {patch}%)'></i></span>"
        for ground, patch in ((0, 5), (100, 95))
    )
    st.html(f"<div role='img' aria-label='{escape(gettext('Grey steps'))}'>{steps}</div><div>{pairs}</div>")
    dark = st.checkbox(gettext("I see the lighter square within the black one"))
    bright = st.checkbox(gettext("I see the darker square within the white one"))
    width = st.slider(
        gettext("Hold a credit card against the screen and make the bar as wide as it"), 200, 700, 340
    )
    st.html(f"<div style='width:{width}px;height:24px;background:#5cc8b4'></div>")
    st.button(
        gettext("Begin"),
        type="primary",
        on_click=lambda: store.calibrate(own, Calibration(width / _CARD_MM, 1.0, 0, 0, dark, bright)),
    )
    return True
