"""The question whose map is laid over the films, where a reading answers more than one."""

from html import escape

import streamlit as st

from mvm_core.language import gettext
from mvm_core.models import ReadingResult, Zone
from mvm_core.models.registry import title_of
from mvm_core.models.wording import QUESTION_WORDS, probability_text


def choose_question(result: ReadingResult) -> str:
    """Ask which question's map is shown, where the reading answers more than one."""
    if len(result.questions) < 2:
        return result.questions[0]
    return st.radio(
        gettext("Map that answers"),
        result.questions,
        format_func=lambda each: QUESTION_WORDS[each].title,
        horizontal=True,
        key="map-question",
    )


def map_label(result: ReadingResult, question: str) -> str:
    """How a map is called under its picture, where there is more than one."""
    return gettext("map of {name}", name=QUESTION_WORDS[question].name) if len(result.questions) > 1 else ""


def answer_on_top(result: ReadingResult, question: str) -> str:
    """What a reading says to a question, large above its map, as HTML."""
    probability, point = probability_and_point(result, question)
    its_point = (
        gettext(" (disease point: {point})", point=probability_text(point)) if question == "disease" else ""
    )
    return gettext(
        "<b>{probability}</b> probability of {condition}, {reading}: {call}{its_point}",
        probability=probability_text(probability),
        condition=of_what(question),
        reading=escape(title_of(result.name)),
        call=call(result, question),
        its_point=its_point,
    )


def answer_in_words(result: ReadingResult, question: str) -> str:
    """What a reading says to a question: its probability and what follows."""
    figure = probability_text(probability_and_point(result, question)[0])
    if question == "disease":
        return gettext("probability of disease {figure}, {call}", figure=figure, call=call(result, question))
    return gettext("{figure}, {call}", figure=figure, call=call(result, question))


def call(result: ReadingResult, question: str) -> str:
    """What follows from a reading's probability, in words."""
    if question == "disease":
        probability, point = probability_and_point(result, question)
        return gettext("diseased") if probability >= point else Zone.NOTHING_SEEN.said
    return result.zone.said


def of_what(question: str) -> str:
    """What a question's probability is of."""
    return gettext("disease") if question == "disease" else gettext("MVM")


def probability_and_point(result: ReadingResult, question: str) -> tuple[float, float]:
    """The probability of what a question asks for, and the point below which it is not called."""
    if question == "disease":
        return result.probability_disease or 0.0, result.disease_point or 0.0
    return result.probability, result.points.high_sensitivity
