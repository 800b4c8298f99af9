"""The screen, set up before the first case: steps that must be told apart, and its true size."""

import math
from collections.abc import Mapping
from html import escape
from pathlib import Path

import streamlit as st

from mvm_core.language import gettext
from mvm_core.reader_study.answer import Calibration
from mvm_core.reader_study.store import Store
from pages.components.reader_study.setting import sitting

_CARD_MM = 85.6
"""Width of a credit card (ISO/IEC 7810, ID-1)."""

_KEY, _TOLD = "study-screen-seen", "study-screen"
_DARK, _BRIGHT = "study-dark", "study-bright"
_HERE = Path(__file__).parent
_screen = st.components.v2.component(
    "mvm_study_screen",
    html=(
        '<canvas role="img"></canvas><label></label><div class="card"></div>'
        '<input type="range" min="120" max="900" value="340">'
    ),
    css=(_HERE / "screen.css").read_text(encoding="utf-8"),
    js=(_HERE / "screen.js").read_text(encoding="utf-8"),
)


def set_up_screen(store: Store) -> bool:
    """Ask for the screen where this reader has not set one up; whether the page is done with that."""
    own = sitting()
    if own is None or store.calibrations(own.reader):
        return False
    st.html(f"<h1>{escape(gettext('Your screen'))}</h1>")
    _screen(
        key=_KEY,
        data={
            "words": {
                "pattern": gettext("Test pattern: grey steps, patches and lines"),
                "card": gettext("Hold a credit card against the screen and make the bar as wide as it"),
            }
        },
        on_screen_change=_take,
    )
    for key, question in (
        (_DARK, gettext("Do you see the lighter square within the black one?")),
        (_BRIGHT, gettext("Do you see the darker square within the white one?")),
    ):
        st.radio(
            question, [True, False], index=None, horizontal=True, key=key,
            format_func=lambda yes: gettext("yes") if yes else gettext("no"),
        )  # fmt: skip
    found = _found()
    st.button(
        gettext("Begin"),
        type="primary",
        disabled=found is None,
        key="study-screen-done",
        on_click=lambda: store.calibrate(own, found) if found is not None else None,
    )
    if found is None:
        told = gettext("Answer both questions, and set the bar to the width of a card.")
        st.html(f'<div class="mvm-quiet">{escape(told)}</div>')
    return True


def _found() -> Calibration | None:
    """The screen as the browser and its reader tell it; None while something is lacking."""
    told = st.session_state.get(_TOLD)
    dark, bright = st.session_state.get(_DARK), st.session_state.get(_BRIGHT)
    if told is None or told["card"] is None or dark is None or bright is None:
        return None
    return Calibration(told["card"] / _CARD_MM, told["ratio"], told["width"], told["height"], dark, bright)


def _take() -> None:
    """Keep what the browser says of its screen, checked like any other input."""
    sent = (st.session_state.get(_KEY) or {}).get("screen")
    if not isinstance(sent, Mapping):
        return
    size, card = [sent.get(name) for name in ("width", "height", "ratio")], sent.get("card")
    if all(_is_size(each) for each in size) and (card is None or _is_size(card)):
        width, height, ratio = size
        st.session_state[_TOLD] = {
            "card": card, "width": round(width), "height": round(height), "ratio": float(ratio),
        }  # fmt: skip


def _is_size(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value) and 0 < value < 1e5
