"""Before the first case: what comes, and the screen set up: steps told apart, and its true size."""

import math
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import TypeGuard

import streamlit as st

from mvm_core.language import gettext
from mvm_core.reader_study.answer import Calibration, Sitting
from mvm_core.reader_study.lists import PRACTICE
from mvm_core.reader_study.plan import StudyPlan
from mvm_core.reader_study.store import Store
from pages.components.reader_study.look import look_like_a_reading
from pages.components.reader_study.setting import sitting

_CARD_MM = 85.6
"""Width of a credit card (ISO/IEC 7810, ID-1)."""

_KEY, _CARD_KEY, _TOLD, _CARD = "study-screen-seen", "study-card-seen", "study-screen", "study-card"
_DARK, _BRIGHT = "study-dark", "study-bright"
SCREEN_ANEW = "study-screen-anew"
"""Key of what the door asks: whether a reader who has set up a screen sits at another one now."""

_ASKED = "study-screen-asked-anew"
_HERE = Path(__file__).parent
_CSS, _JS = ((_HERE / name).read_text(encoding="utf-8") for name in ("screen.css", "screen.js"))
_pattern = st.components.v2.component(
    "mvm_study_screen", html='<canvas role="img"></canvas>', css=_CSS, js=_JS
)
_card = st.components.v2.component(
    "mvm_study_card",
    html='<label></label><div class="card"></div><input type="range" min="120" max="900" value="340">',
    css=_CSS,
    js=_JS,
)


def set_up_screen(plan: StudyPlan, store: Store) -> bool:
    """Ask for the screen where this reader has not set this one up; whether the page is taken up by that."""
    own = sitting()
    if own is None:
        return False
    # the door's own key is gone once its form is
    if st.session_state.get(SCREEN_ANEW):
        st.session_state[_ASKED] = True
    if store.calibrations(own.reader) and not st.session_state.get(_ASKED):
        return False
    look_like_a_reading()
    with st.container(key="study-head"):
        st.html(f"<h1>{escape(gettext('Before you begin'))}</h1>")
    _brief(plan, store, own.reader)
    with st.container(key="study-begin"):
        seen, asked = st.columns([1, 1], gap="large")
    with seen:
        _pattern(
            key=_KEY,
            data={"words": {"pattern": gettext("Test pattern: grey steps, patches and lines")}},
            on_screen_change=_take,
        )
    with asked, st.container(key="study-screen-asked"):
        st.html(f"<h2>{escape(gettext('Your screen'))}</h2>")
        _ask(store, own)
    return True


def _ask(store: Store, own: Sitting) -> None:
    for key, question in (
        (_DARK, gettext("Do you see the lighter square within the black one?")),
        (_BRIGHT, gettext("Do you see the darker square within the white one?")),
    ):
        st.radio(
            question, [True, False], index=None, horizontal=True, key=key,
            format_func=lambda yes: gettext("yes") if yes else gettext("no"),
        )  # fmt: skip
    told = gettext("Hold a credit card against the screen, and draw the bar to its width")
    _card(key=_CARD_KEY, data={"words": {"card": told}}, on_card_change=_take_card)
    found = _found()
    st.button(
        gettext("Begin"),
        type="primary",
        disabled=found is None,
        key="study-screen-done",
        on_click=_keep,
        args=(store, own, found),
    )
    if found is None:
        told = gettext("Answer both questions, and set the bar to the width of a card.")
        st.html(f'<div class="mvm-quiet">{escape(told)}</div>')


def _keep(store: Store, own: Sitting, found: Calibration | None) -> None:
    if found is None:
        return
    store.calibrate(own, found)
    for key in (SCREEN_ANEW, _ASKED):
        st.session_state.pop(key, None)


def _brief(plan: StudyPlan, store: Store, reader: str) -> None:
    """Say what comes, and what counts."""
    own = store.lists[reader]
    practice = sum(each.part == PRACTICE for each in own)
    count = len(own) - practice
    limits = []
    if plan.shortest_s > 0:
        limits.append(gettext("{seconds:g} s at least", seconds=plan.shortest_s))
    if math.isfinite(plan.longest_s):
        limits.append(gettext("{seconds:g} s at most", seconds=plan.longest_s))
    sentences = (
        plan.design.said[:1].upper() + plan.design.said[1:] + gettext("."),
        gettext("{practice} readings for practice, with the truth after them; then {count} that count.",
                practice=practice, count=count)
        if practice
        else gettext("{count} readings.", count=count),
        gettext("Time runs while films are in sight; Pause covers them."),
        *([gettext("For each: {limits}.", limits=gettext(", ").join(limits))] if limits else []),
        gettext("A locked answer cannot be changed."),
        gettext("You may leave at any time; your code brings you back to where you were."),
    )  # fmt: skip
    with st.container(key="study-brief"):
        items = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
        st.html(f"<h2>{escape(gettext('How it goes'))}</h2><ul>{items}</ul>")


def _found() -> Calibration | None:
    """The screen as the browser and its reader tell it; None while something is lacking."""
    told, card = st.session_state.get(_TOLD), st.session_state.get(_CARD)
    dark, bright = st.session_state.get(_DARK), st.session_state.get(_BRIGHT)
    if told is None or card is None or dark is None or bright is None:
        return None
    return Calibration(card / _CARD_MM, told["ratio"], told["width"], told["height"], dark, bright)


def _take() -> None:
    """Keep what the browser says of its screen, checked like any other input."""
    sent = (st.session_state.get(_KEY) or {}).get("screen")
    if not isinstance(sent, Mapping):
        return
    width, height, ratio = (sent.get(name) for name in ("width", "height", "ratio"))
    if _is_size(width) and _is_size(height) and _is_size(ratio):
        st.session_state[_TOLD] = {"width": round(width), "height": round(height), "ratio": float(ratio)}


def _take_card() -> None:
    """Keep how wide the card is in the browser's pixels, checked alike."""
    sent = (st.session_state.get(_CARD_KEY) or {}).get("card")
    if _is_size(sent):
        st.session_state[_CARD] = sent


def _is_size(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and math.isfinite(value) and 0 < value < 1e5
