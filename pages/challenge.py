"""The challenge: visitors read simulated patients beside the model."""

from pathlib import Path

import streamlit as st

from mvm_core.errors import MvmError
from pages.components.challenge.ending import end
from pages.components.challenge.kiosk import bare, stand
from pages.components.challenge.playing import play
from pages.components.challenge.setting import challenge, kiosk, number, store, visitor
from pages.components.challenge.start import start
from pages.components.frame import frame, tell

_STYLE = Path(__file__).parent / "components" / "challenge" / "challenge.css"


def _page() -> None:
    playing = challenge()
    who = visitor(playing)
    if kiosk():
        bare()
    if who is None:
        start(playing)
    else:
        given = store(playing).answers(who.id)
        shown = number(playing, given)
        if shown > len(playing.cases):
            end(playing, who, given)
        else:
            play(playing, who, shown, given)
    if kiosk():
        stand(at_start=who is None)


frame()
st.html(_STYLE)
try:
    _page()
except MvmError as error:
    tell(error)
