"""A case of the challenge: asked, then answered."""

from html import escape

import streamlit as st

from mvm_core.challenge import Answer, Case, Challenge, Visitor, points
from mvm_core.challenge.scores import is_right
from mvm_core.language import gettext
from mvm_core.models.wording import percent_text
from pages.components.analogue_scale import analogue_scale, said
from pages.components.challenge.films import level_key, show_case_films
from pages.components.challenge.setting import show_case, store
from pages.components.challenge.words import (
    WHAT_POINTS_MEAN,
    about,
    gave_away,
    model_in_words,
    name_of,
    sureness,
    truth_in_words,
)


def play(playing: Challenge, who: Visitor, number: int, given: tuple[Answer, ...]) -> None:
    """Show a case and ask about it, or show what came of the answer."""
    case = playing.case(number)
    answer = next((each for each in given if each.number == number), None)
    _head(playing, who, number)
    if answer is None:
        store(playing).show(who.id, number)
    with st.container(key="arena"):
        hung, said = st.columns([3, 1], gap="medium")
        with said:
            if answer is None:
                _ask(playing, who, case)
            else:
                _told(playing, case, answer)
        with hung:
            level = st.session_state.get(level_key(number)) if answer is None else answer.level
            show_case_films(playing, case, level, revealed=answer is not None)
            if answer is not None:
                st.html(f'<div class="mvm-quiet">{escape(_colours())}</div>')


def _head(playing: Challenge, who: Visitor, number: int) -> None:
    count = len(playing.cases)
    done = "".join(
        f'<i class="{"now" if each == number else "done" if each < number else ""}"></i>'
        for each in range(1, count + 1)
    )
    st.html(
        '<div class="mvm-progress"><h1>'
        + escape(gettext("Case {number} of {count}", number=number, count=count))
        + f'</h1><span class="dots" aria-hidden="true">{done}</span>'
        + f'<span class="who">{escape(name_of(who))}</span></div>'
    )


def _ask(playing: Challenge, who: Visitor, case: Case) -> None:
    key = level_key(case.number)
    st.html(f'<h2 class="mvm-ask">{escape(gettext("Which level is it?"))}</h2>')
    st.pills(
        gettext("Tap the vertebra on a film, or its name here."),
        list(case.levels),
        key=key,
        selection_mode="single",
        wrap=True,
    )
    st.html(f'<h2 class="mvm-ask">{escape(gettext("Metastasis or benign fracture?"))}</h2>')
    percent = analogue_scale(
        _percent_key(case.number),
        gettext("From surely benign fracture to surely metastasis"),
        (gettext("surely benign fracture"), gettext("surely metastasis")),
        sureness(),
    )
    level = st.session_state.get(key)
    st.button(
        _what_is_lacking(level, percent) or gettext("Answer"),
        type="primary",
        disabled=bool(_what_is_lacking(level, percent)),
        width="stretch",
        key=f"challenge-answer-{case.number}",
        on_click=_answer,
        args=(playing, who, case),
    )
    st.html(f'<div class="mvm-quiet">{escape(gettext(WHAT_POINTS_MEAN))}</div>')


def _percent_key(number: int) -> str:
    return f"challenge-percent-{number}"


def _what_is_lacking(level: str | None, percent: int | None) -> str:
    """What has to be said before the answer; empty where all is."""
    if not level:
        return gettext("Point at a level first")
    return gettext("Say how sure you are first") if percent is None else ""


def _answer(playing: Challenge, who: Visitor, case: Case) -> None:
    level = st.session_state.get(level_key(case.number))
    percent = said(_percent_key(case.number))
    if level in case.levels and percent is not None:
        store(playing).answer(who.id, case.number, percent / 100, level)
        show_case(case.number)


def _told(playing: Challenge, case: Case, answer: Answer) -> None:
    """The truth, what gave it away, and both answers."""
    own, theirs = (points(each, is_mvm=case.is_mvm) for each in (answer.probability, case.model.probability))
    st.html(
        f'<div class="mvm-told" role="status"><div class="truth">{escape(truth_in_words(case))}</div>'
        f'<div class="about">{escape(about(case))}</div>'
        f"{_scale(answer.probability, case)}"
        f"{_row(gettext('You'), own, (answer.level, answer.probability), case)}"
        f"{_row(gettext('The model'), theirs, (case.model.level, case.model.probability), case)}"
        f'<div class="about">{escape(model_in_words(case))}</div>'
        f"<h2>{escape(gettext('What gave it away'))}</h2><ul>"
        + "".join(f"<li>{escape(sentence)}</li>" for sentence in gave_away(case))
        + "</ul></div>"
    )
    last = case.number == len(playing.cases)
    st.button(
        gettext("See the result") if last else gettext("Next case"),
        type="primary",
        width="stretch",
        key=f"challenge-next-{case.number}",
        on_click=show_case,
        args=(case.number + 1,),
    )
    st.html(f'<div class="mvm-quiet">{escape(gettext(WHAT_POINTS_MEAN))}</div>')


def _row(who: str, worth: float, said: tuple[str, float], case: Case) -> str:
    level, probability = said
    at = (
        gettext("{level}: right level", level=level)
        if level in case.diseased
        else gettext("{level}: another level", level=level or "?")
    )
    called = gettext("right") if is_right(probability, case) else gettext("wrong")
    said_so = gettext("{called}; {at}", called=called, at=at)
    return (
        f'<div class="row"><span class="name">{escape(who)}</span><span class="worth">{worth:.0f}</span>'
        f'<span class="at">{escape(gettext("points"))}<br>{escape(said_so)}</span></div>'
    )


def _scale(own: float, case: Case) -> str:
    """Both answers between the two ends, the true end marked."""
    ends = (("bvf", gettext("benign fracture")), ("mvm", gettext("metastasis")))
    named = "".join(
        f'<span class="{"true" if label == case.label else ""}">{escape(name)}</span>' for label, name in ends
    )
    return (
        '<div class="both" role="img" aria-label="'
        + escape(
            gettext(
                "Metastasis: you {own}, the model {model}",
                own=percent_text(own),
                model=percent_text(case.model.probability),
            )
        )
        + f'"><div class="ends">{named}</div><div class="track">'
        f'<i class="own" style="left:{100 * own:.0f}%"><span>{escape(gettext("You"))}</span></i>'
        f'<i class="model" style="left:{100 * case.model.probability:.0f}%">'
        f"<span>{escape(gettext('Model'))}</span></i></div></div>"
    )


def _colours() -> str:
    return gettext(
        "White outline: what the disease changes. Orange: levels that the model flags. Green: your level. "
        "Colours within the frame: the model's evidence."
    )
