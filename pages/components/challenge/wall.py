"""The big screen: where all visitors stand, by itself."""

from functools import lru_cache
from html import escape

import streamlit as st

from mvm_core.challenge import (
    Answer,
    Challenge,
    Pooled,
    Standing,
    Visitor,
    model_score,
    pooled,
    pooled_model,
    standings,
)
from mvm_core.errors import MvmError
from mvm_core.language import gettext, ngettext
from pages.access.permission import may_change
from pages.components.challenge.figure import rates_table, roc_figure
from pages.components.challenge.setting import challenge, store
from pages.components.challenge.standing import best, strip_of_points
from pages.components.challenge.words import SAME_SIMULATOR
from pages.components.frame import tell

EVERY_S = 2.0


@st.fragment(run_every=EVERY_S)
def wall() -> None:
    """Show all of it, and again every few seconds."""
    try:
        playing = challenge()
        _shown(playing)
    except MvmError as error:
        tell(error)


@lru_cache(maxsize=2)
def _now(
    _identity: str, visitors: tuple[Visitor, ...], answers: tuple[Answer, ...]
) -> tuple[tuple[Standing, ...], Pooled | None]:
    """Who stands where, worked out once for each state of the answers."""
    playing = challenge()
    return standings(playing, visitors, answers), pooled(playing, answers)


def _shown(playing: Challenge) -> None:
    kept = store(playing)
    found, together = _now(playing.identity, kept.visitors(), kept.answers())
    theirs, model = model_score(playing), pooled_model(playing)
    reading = len(found) - sum(each.finished for each in found)
    busy = ngettext("{count} is reading.", "{count} are reading.", reading) if reading else ""
    notice = gettext("Simulated films; not a medical device")
    with st.container(key="challenge-wall"):
        curves, people = st.columns([3, 2], gap="large")
        with curves:
            st.plotly_chart(
                roc_figure(together, model, large=True),
                theme=None,
                key="challenge-wall-roc",
                config={"displayModeBar": False},
                alt=gettext("ROC curves of all visitors' ratings and of the model. Simulated films."),
            )
            st.html(rates_table(together, model))
        with people:
            st.html(
                f"<h1>{escape(gettext('Metastasis or fracture: you and the model'))}</h1>"
                f'<div class="mvm-wall-notice">{escape(notice)}</div>'
                + best(found, theirs)
                + strip_of_points(found, theirs)
                + f'<div class="mvm-quiet">{escape(busy)}</div>'
                + f'<div class="mvm-quiet">{escape(gettext(SAME_SIMULATOR))}</div>'
            )


def wiping() -> None:
    """One button that wipes every nickname and answer, with a word before; a tablet's login lacks it."""
    if not may_change():
        return
    with st.container(key="challenge-wiping"), st.popover(gettext("Wipe")):
        st.markdown(gettext("This wipes every nickname and every answer, and cannot be undone."))
        st.button(
            gettext("Wipe all nicknames and answers"), type="primary", on_click=_wipe, key="challenge-wipe"
        )


def _wipe() -> None:
    # the button may have been drawn before the role was taken away
    if not may_change():
        return
    playing = challenge()
    store(playing).wipe()
