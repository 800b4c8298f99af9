"""The review that the cohort page shows; of the weights' own predictions worked out once for everybody."""

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st

from mvm_core.cohort import DISEASE, MVM, Question
from mvm_core.language import gettext_noop, language
from mvm_core.models import Weights
from mvm_core.review.review import Review, review
from mvm_core.review.samples import Source
from mvm_core.review.zones import DISEASE_ZONES, Limits
from pages.components.choices import Choices, first_choices
from pages.components.predictions_source import Predictions, shipped_ahead

_ORIGIN = gettext_noop("of the weights, fitted on the tune split")
_KEPT = "review"


def points_of(weights: Weights, predictions: Predictions, question: Question) -> dict[str, Limits]:
    """The zones' limits of each reading that the weights bring for their own predictions."""
    if predictions.source.weights != weights.identity:
        return {}
    if question is DISEASE:
        asked = {name: own.disease for name, own in weights.readings.items() if own.disease is not None}
        return {name: Limits(own.point, own.point, _ORIGIN, DISEASE_ZONES) for name, own in asked.items()}
    points = {name: own.points for name, own in weights.readings.items()}
    return {name: Limits(own.high_sensitivity, own.high_specificity, _ORIGIN) for name, own in points.items()}


def reviewed_of(predictions: Predictions, points: Mapping[str, Limits], chosen: Choices) -> Review:
    """The review, kept in the session until something of it changes."""
    key = _key(predictions, points, chosen)
    kept = st.session_state.get(_KEPT)
    if kept is None or kept[0] != key:
        if kept is not None:
            st.session_state.pop("cases_chosen", None)
        # other people's tables stay in their own session
        shared = bool(points)
        found = (_of_weights(key[0], predictions, points, chosen) if shared
                 else _review(predictions, points, chosen))  # fmt: skip
        kept = (key, replace(found, source=predictions.source))
        st.session_state[_KEPT] = kept
    return kept[1]


def is_at_hand(predictions: Predictions, points: Mapping[str, Limits], chosen: Choices) -> bool:
    """Whether the session has this review already."""
    kept = st.session_state.get(_KEPT)
    return kept is not None and kept[0] == _key(predictions, points, chosen)


def review_ahead(weights: Weights) -> None:
    """Work out what the page shows first, so that no visitor waits for it.

    Raises
    ------
    MvmError
        If what lies beside the weights is damaged.
    """
    predictions = shipped_ahead(weights)
    points = points_of(weights, predictions, MVM) if predictions is not None else {}
    if predictions is not None and points:
        chosen = first_choices(predictions, MVM)
        _of_weights(_key(predictions, points, chosen)[0], predictions, points, chosen)


def _key(predictions: Predictions, points: Mapping[str, Limits], chosen: Choices) -> tuple[str, Source]:
    """What a review depends on, and its source, which alone is told in the page's language."""
    # limits that are fitted here say so in words
    spoken = "" if points else language()
    asked = (chosen.question.name, chosen.reading, chosen.cohorts, chosen.rule.name, spoken)
    return f"{predictions.digest} {asked}", predictions.source


@st.cache_resource(show_spinner=False, max_entries=12)
def _of_weights(
    key: str, _predictions: Predictions, _points: Mapping[str, Limits], _chosen: Choices
) -> Review:
    return _review(_predictions, _points, _chosen)


def _review(predictions: Predictions, points: Mapping[str, Limits], chosen: Choices) -> Review:
    return review(
        predictions.table, predictions.source, chosen.reading, chosen.cohorts, chosen.rule, points,
        chosen.question,
    )  # fmt: skip
