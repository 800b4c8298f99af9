"""What is asked of a case; nothing counts as said before the reader has said it."""

from html import escape
from typing import Any

import streamlit as st

from mvm_core.errors import ReaderStudyError
from mvm_core.language import gettext
from mvm_core.models.wording import percent_text
from mvm_core.reader_study.answer import NO_LEVEL, Answer
from mvm_core.reader_study.plan import LEVEL, MRI, SIGN, StudyPlan
from pages.components.analogue_scale import analogue_scale, said
from pages.components.reader_study.films import POINTED_AT
from pages.components.reader_study.prepared import Advice
from pages.components.viewer import picked_level

_POINTING = "study-pointing"


def advice_told(advice: Advice) -> None:
    """Say what the model says."""
    st.html(
        f"<div class='mvm-told' role='status'><b>{escape(gettext('The model'))}</b>: "
        f"{escape(advice_in_words(advice))}</div>"
    )


def advice_in_words(advice: Advice) -> str:
    """What the model says, on the scale on which readers are asked, and of which level."""
    told = {"percent": percent_text(advice.result.probability), "zone": advice.result.zone.said}
    if not advice.level:
        return gettext("{percent} metastasis; {zone}", **told)
    return gettext("{level}, {percent} metastasis; {zone}", level=advice.level, **told)


def ask(plan: StudyPlan, place: int) -> bool:
    """Ask all questions of a reading; whether all are answered."""
    if LEVEL in plan.questions:
        st.selectbox(
            gettext("Level in question"),
            [NO_LEVEL, *POINTED_AT],
            index=None,
            key=_key(LEVEL, place),
            placeholder=gettext("Click the vertebra on a film, or choose here"),
            format_func=lambda name: name or gettext("none"),
        )
    st.html(f'<div class="mvm-asked">{escape(gettext("Metastasis or benign fracture?"))}</div>')
    analogue_scale(
        _scale_key(place),
        gettext("From surely benign fracture (0) to surely metastasis (100)"),
        (gettext("surely benign fracture"), gettext("surely metastasis")),
    )
    with st.container(horizontal=True, gap="large"):
        for name, question in (
            (SIGN, gettext("Sign of metastasis seen")),
            (MRI, gettext("I would order MRI")),
        ):
            if name in plan.questions:
                st.radio(
                    question, [True, False], index=None, horizontal=True, key=_key(name, place),
                    format_func=lambda yes: gettext("yes") if yes else gettext("no"),
                )  # fmt: skip
    asked = [name for name in (LEVEL, SIGN, MRI) if name in plan.questions]
    return said(_scale_key(place)) is not None and all(_chosen(name, place) is not None for name in asked)


def answer_given(plan: StudyPlan, place: int) -> Answer:
    """What was answered.

    Raises
    ------
    ReaderStudyError
        If nothing was said on the scale.
    """
    percent = said(_scale_key(place))
    if percent is None:
        raise ReaderStudyError(
            gettext("This answer"), gettext("it is not whole"), gettext("answer what the page asks")
        )
    level, sign, mri = (
        _chosen(name, place) if name in plan.questions else None for name in (LEVEL, SIGN, MRI)
    )
    return Answer(float(percent), level, sign, mri)


def pointed_at(plan: StudyPlan, place: int) -> tuple[str | None, int, bool]:
    """The level chosen so far, how often a vertebra was clicked, and whether one may be."""
    if LEVEL not in plan.questions:
        return None, 0, False
    return _chosen(LEVEL, place) or None, st.session_state.get(_revision_key(place), 0), True


def take_pick() -> None:
    """Keep the level that was clicked on a film; the browser's word is checked like any other input."""
    picked, (place, shown) = picked_level(), st.session_state.get(_POINTING, (0, ""))
    if picked is None or picked.study != shown or picked.level not in POINTED_AT:
        return
    st.session_state[_revision_key(place)] = picked.revision
    st.session_state[_key(LEVEL, place)] = picked.level


def let_point(place: int, shown: str) -> None:
    """Let clicks on the films that are named so answer the question for the level of a reading."""
    st.session_state[_POINTING] = (place, shown)


def _chosen(name: str, place: int) -> Any:
    return st.session_state.get(_key(name, place))


def _key(name: str, place: int) -> str:
    return f"study-{name}-{place}"


def _scale_key(place: int) -> str:
    return f"study-mvm-{place}"


def _revision_key(place: int) -> str:
    return f"study-revision-{place}"
