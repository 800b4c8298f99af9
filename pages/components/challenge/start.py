"""The start of the challenge: what it is, a nickname, and away."""

from html import escape

import streamlit as st

from mvm_core.challenge import Challenge
from mvm_core.challenge.store import LONGEST_NICKNAME
from mvm_core.errors import ChallengeError
from mvm_core.language import gettext
from pages.components.challenge.films import send_ahead
from pages.components.challenge.setting import begin, was_wiped
from pages.components.challenge.words import WHAT_POINTS_MEAN, kind_in_words
from pages.components.frame import tell

_NICKNAME, _FAILED = "challenge-nickname", "challenge-failed"


def start(playing: Challenge) -> None:
    """Ask for a nickname."""
    count = len(playing.cases)
    failed: ChallengeError | None = st.session_state.pop(_FAILED, None)
    if failed is not None:
        tell(failed)
    with st.container(key="challenge-start"):
        if was_wiped():
            st.info(gettext("This game has been wiped. Start a new one."))
        st.html(
            f"<h1>{escape(gettext('Metastasis or fracture: you and the model'))}</h1><ol>"
            f"<li>{escape(gettext('{count} simulated patients, two films each.', count=count))}</li>"
            f"<li>{escape(gettext('Point at the level, and say how sure you are.'))}</li>"
            f"<li>{escape(gettext('Then the model answers, and you see the truth.'))}</li></ol>"
        )
        st.text_input(
            gettext("Nickname (may be left empty)"),
            key=_NICKNAME,
            max_chars=LONGEST_NICKNAME,
            autocomplete="off",
        )
        st.button(
            gettext("Start"),
            type="primary",
            width="stretch",
            on_click=_begin,
            args=(playing,),
            key="challenge-begin",
        )
        st.html(
            '<div class="mvm-quiet">'
            + " ".join(
                escape(sentence)
                for sentence in (
                    kind_in_words(playing),
                    gettext(WHAT_POINTS_MEAN),
                    gettext(
                        "No model has learnt from these patients: their seed was made from the finished "
                        "weights."
                    ),
                    gettext("Nicknames and answers stay on this machine and are wiped after the event."),
                )
            )
            + "</div>"
        )
    send_ahead(playing)


def _begin(playing: Challenge) -> None:
    try:
        begin(playing, str(st.session_state.get(_NICKNAME) or ""))
    except ChallengeError as error:
        st.session_state[_FAILED] = error
