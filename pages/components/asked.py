"""The question whose map is laid over the films, where a reading answers more than one."""

from html import escape

import streamlit as st

from mvm_core.models import ReadingResult, Zone
from mvm_core.models.registry import TITLES
from mvm_core.models.wording import QUESTION_WORDS, probability_text
from pages.components.study import Study


def choose_question(result: ReadingResult) -> str:
    """Ask which question's map is shown, where the reading answers more than one."""
    if len(result.questions) < 2:
        return result.questions[0]
    return st.radio(
        "Map that answers",
        result.questions,
        format_func=lambda each: QUESTION_WORDS[each].title,
        horizontal=True,
        key="map-question",
    )


def map_label(result: ReadingResult, question: str) -> str:
    """How a map is called under its picture, where there is more than one."""
    return f"map of {QUESTION_WORDS[question].name}" if len(result.questions) > 1 else ""


def answer_on_top(study: Study, result: ReadingResult, question: str) -> str:
    """What a reading says to a question, large above its map, as HTML."""
    probability, point = probability_and_point(result, question)
    its_point = f" (its point: {probability_text(point)})" if question == "disease" else ""
    return (
        f"<b>{probability_text(probability)}</b> probability of {of_what(question)}, "
        f"{escape(TITLES[result.name])}: {call(study, result, question)}{its_point}"
    )


def answer_in_words(study: Study, result: ReadingResult, question: str) -> str:
    """What a reading says to a question: its probability and what follows."""
    of_disease = "probability of disease " if question == "disease" else ""
    figure = probability_text(probability_and_point(result, question)[0])
    return f"{of_disease}{figure}, {call(study, result, question)}"


def call(study: Study, result: ReadingResult, question: str) -> str:
    """What follows from a reading's probability, in words."""
    if question == "disease":
        probability, point = probability_and_point(result, question)
        return "diseased" if probability >= point else Zone.NOTHING_SEEN.value
    return study.zone_of(result).value


def of_what(question: str) -> str:
    """What a question's probability is of."""
    return "disease" if question == "disease" else "MVM"


def probability_and_point(result: ReadingResult, question: str) -> tuple[float, float]:
    """The probability of what a question asks for, and the point below which it is not called."""
    if question == "disease":
        return result.probability_disease or 0.0, result.disease_point or 0.0
    return result.probability, result.points.high_sensitivity
