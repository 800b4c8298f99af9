"""The cohort page: how good, how sure, how different outside, for whom, at which threshold, how true."""

from collections.abc import Mapping
from html import escape

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mvm_core.cohort import DISEASE, Question
from mvm_core.language import gettext, gettext_noop, language
from mvm_core.models import Weights
from mvm_core.review import headline, words
from mvm_core.review.review import Review, at_threshold, review
from mvm_core.review.samples import cohort_title, reading_title
from mvm_core.review.zones import DISEASE_ZONES, Limits
from pages.components import operating, review_downloads, review_planning, review_use
from pages.components import review_sections as sections
from pages.components.choices import (
    BEHIND,
    LEVELS,
    PRECISION,
    PUBLISHED,
    Choices,
    choose,
    choose_section,
    choose_threshold,
    sections_of,
    threshold_key,
)
from pages.components.every_level import every_level
from pages.components.figure import Sheet, table
from pages.components.frame import errors_told, frame, plain, shared_reader
from pages.components.predictions_source import RECORDED, Predictions, choose_source, predictions_of
from pages.components.presenting import presenting
from pages.components.running_validation import running_validation

_ORIGIN = gettext_noop("of the weights, fitted on the tune split")


def _points(weights: Weights, predictions: Predictions, question: Question) -> dict[str, Limits]:
    """The zones' limits of each reading that the weights bring for their own predictions."""
    if predictions.source.weights != weights.identity:
        return {}
    if question is DISEASE:
        asked = {name: own.disease for name, own in weights.readings.items() if own.disease is not None}
        return {name: Limits(own.point, own.point, _ORIGIN, DISEASE_ZONES) for name, own in asked.items()}
    points = {name: own.points for name, own in weights.readings.items()}
    return {name: Limits(own.high_sensitivity, own.high_specificity, _ORIGIN) for name, own in points.items()}


def _reviewed(predictions: Predictions, points: Mapping[str, Limits], chosen: Choices) -> Review:
    """The review, kept in the session until something of it changes."""
    key = (predictions.digest, predictions.source, chosen, language())
    kept = st.session_state.get("review")
    if kept is None or kept[0] != key:
        found = review(
            predictions.table, predictions.source, chosen.reading, chosen.cohorts, chosen.rule, points,
            chosen.question,
        )  # fmt: skip
        if kept is not None:
            st.session_state.pop("cases_chosen", None)
        kept = (key, found)
        st.session_state["review"] = kept
    return kept[1]


def _figures(reviewed: Review) -> None:
    """What stands under the verdict: its figures, and what a rule with a target reaches."""
    if reviewed.found[0] is not None:
        heads, rows, differing = headline.shown(reviewed)
        # side by side there is no room for figures of three cohorts on one line
        with st.container(key="headline" if len(reviewed.samples) < 3 else "headline-of-many"):
            table(rows, heads, differing, name=gettext("Headline"))
    for told, missed in headline.targets(reviewed):
        kind = "mvm-missed" if missed else "mvm-quiet"
        st.html(f'<div class="{kind}">' + gettext("{told}.", told=escape(words.capital(told))) + "</div>")
    sources = (reviewed.source.label, words.capital(reviewed.source.sealed))
    origin = " ".join(gettext("{told}.", told=escape(each)) for each in sources if each)
    threshold = gettext("Threshold {threshold}.", threshold=escape(words.threshold(reviewed)))
    clustered = escape(gettext(words.CLUSTERED)) if reviewed.clustered else ""
    st.html(f'<div class="mvm-quiet">{origin} {threshold} {clustered}</div>')


def _section(sheet: Sheet, key: str, levels: pd.DataFrame | None) -> None:
    shown = {
        "At the threshold": lambda: operating.operating_point(sheet, key),
        "Scores by class": lambda: operating.scores(sheet),
        LEVELS: lambda: every_level(sheet, levels),
        "All readings": lambda: sections.results(sheet),
        "Is the probability true?": lambda: sections.calibration(sheet),
        "Is acting on it worth it?": lambda: review_use.decision(sheet),
        "For whom?": lambda: review_use.forests(sheet),
        PUBLISHED: lambda: sections.curves(sheet),
        PRECISION: lambda: sections.curves(sheet),
        "Against the other readings": lambda: sections.comparisons(sheet),
        BEHIND: lambda: review_planning.published(sheet),
        "How many cases are needed?": lambda: review_planning.sample_size(sheet),
        "Methods": lambda: review_downloads.methods(sheet),
    }
    names = sections_of(sheet.reviewed.question, levels is not None)
    if sheet.present:
        name = choose_section(names, sheet.present)
        shown[name]()
        return
    with st.container(key="sections"):
        contents, section = st.columns([1, 5], gap="medium")
        with contents:
            name = choose_section(names, sheet.present)
        with section:
            shown[name]()


def _show(weights: Weights, predictions: Predictions, first_line: DeltaGenerator, present: bool) -> None:
    if present:
        # the picture comes first: its place is held for it
        section, figures = st.container(), st.container()
        choices = st.container(key="choices")
    else:
        with st.container(key="head"):
            figures, choices = st.columns([5, 4], gap="large")
        section = st.container()
    with choices, st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = choose(predictions, with_points=predictions.source.weights == weights.identity)
    reviewed = _reviewed(predictions, _points(weights, predictions, chosen.question), chosen)
    if not reviewed.samples:
        name, where = plain(reading_title(chosen.reading)), plain(cohort_title(chosen.cohorts[0]))
        st.info(gettext("{name} has no case in the {where} cohort.", name=name, where=where))
        return
    key = threshold_key(reviewed, predictions.digest)
    with choices if not present else figures:
        reviewed = at_threshold(reviewed, choose_threshold(reviewed, predictions.digest))
    notice = gettext(weights.notice) if reviewed.source.weights else words.notice(reviewed.source)
    first_line.html(f'<div class="mvm-said">{escape(headline.verdict(reviewed))}</div>')
    with figures:
        _figures(reviewed)
    with choices:
        sheet = review_downloads.files_of(
            reviewed, notice, present, predictions.levels, predictions.on_export
        )
    with section:
        _section(sheet, key, predictions.levels)


def _page() -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="title-row"):
        st.title(gettext("How well it does, and how sure that is"), anchor=False)
        choices = st.container(horizontal=True, vertical_alignment="center", width="content")
    with errors_told():
        weights = shared_reader().weights
        with choices:
            source = choose_source(weights)
            present = presenting()
        # the verdict stands first, though what it is of is chosen below it
        first_line = st.container()
        predictions = predictions_of(source, weights)
        if predictions is not None:
            _show(weights, predictions, first_line, present)
        if source == RECORDED:
            running_validation()


frame()
_page()
