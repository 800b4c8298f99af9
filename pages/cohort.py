"""The cohort page: how good, how sure, how different outside, for whom, at which threshold, how true."""

from contextlib import nullcontext
from dataclasses import dataclass
from html import escape

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mvm_core.language import gettext
from mvm_core.models import Weights
from mvm_core.models.notice import notice_in_words
from mvm_core.review import headline, words
from mvm_core.review.review import Review, at_threshold
from mvm_core.review.samples import cohort_title, reading_title
from pages.components import operating, review_downloads, review_planning, review_use
from pages.components import review_sections as sections
from pages.components.choices import (
    AT_THRESHOLD,
    BEHIND,
    LEVELS,
    PRECISION,
    PUBLISHED,
    choose,
    choose_question,
    choose_section,
    choose_threshold,
    sections_of,
)
from pages.components.every_level import every_level
from pages.components.figure import Sheet, table
from pages.components.frame import errors_told, frame, plain, shared_weights
from pages.components.predictions_source import RECORDED, Predictions, choose_source, predictions_of
from pages.components.presenting import presenting
from pages.components.reviewing import is_at_hand, points_of, reviewed_of
from pages.components.running_validation import running_validation


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


def _origin(reviewed: Review) -> None:
    """Whose films these are, and where the threshold comes from."""
    sources = (reviewed.source.label, words.capital(reviewed.source.sealed))
    origin = " ".join(gettext("{told}.", told=escape(each)) for each in sources if each)
    threshold = gettext("Threshold {threshold}.", threshold=escape(words.threshold(reviewed)))
    clustered = escape(gettext(words.CLUSTERED)) if reviewed.clustered else ""
    st.html(f'<div class="mvm-quiet">{origin} {threshold} {clustered}</div>')


def _section(name: str, sheet: Sheet, levels: pd.DataFrame | None, curve: DeltaGenerator) -> None:
    shown = {
        AT_THRESHOLD: lambda: operating.operating_point(sheet, curve),
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
    shown[name]()


@dataclass(frozen=True)
class _Places:
    """Where the parts of the page stand; the curve has its place in the first section alone."""

    said: DeltaGenerator
    figures: DeltaGenerator
    threshold: DeltaGenerator
    choices: DeltaGenerator
    origin: DeltaGenerator
    curve: DeltaGenerator
    section: DeltaGenerator


def _places(name: str, body: DeltaGenerator, present: bool) -> _Places:
    """Lay the page out: figures and choices side by side, or in the first section both beside its curve."""
    with body:
        if present:
            # the picture comes first: its place is held for it
            said, section, figures = (st.container() for _ in range(3))
            choices = st.container(key="choices")
            return _Places(said, figures, figures, choices, figures, section, section)
        if name == AT_THRESHOLD:
            with st.container(key="head"):
                left, right = st.columns([21, 20], gap="small")
            said, figures, threshold, choices, origin = (left.container() for _ in range(5))
            return _Places(said, figures, threshold, choices, origin, right, st.container())
        said = st.container()
        with st.container(key="head"):
            left, right = st.columns([5, 4], gap="large")
        figures, choices = left.container(), right.container()
        return _Places(said, figures, right.container(), choices, left.container(), right, st.container())


def _show(weights: Weights, predictions: Predictions, present: bool) -> None:
    if present:
        asked, body = st.container(), st.container()
    else:
        with st.container(key="sections"):
            asked, body = st.columns([1, 7], gap="medium")
    with asked:
        question = choose_question(predictions)
        name = choose_section(sections_of(question, predictions.levels is not None), present)
    places = _places(name, body, present)
    row = places.choices.container(horizontal=True, vertical_alignment="bottom")
    with row:
        chosen = choose(predictions, question, with_points=predictions.source.weights == weights.identity)
    points = points_of(weights, predictions, chosen.question)
    at_work = st.spinner(gettext("Working out figures and their intervals"))
    with places.said, nullcontext() if is_at_hand(predictions, points, chosen) else at_work:
        reviewed = reviewed_of(predictions, points, chosen)
    if not reviewed.samples:
        name, where = plain(reading_title(chosen.reading)), plain(cohort_title(chosen.cohorts[0]))
        places.section.info(gettext("{name} has no case in the {where} cohort.", name=name, where=where))
        return
    with places.threshold:
        reviewed = at_threshold(reviewed, choose_threshold(reviewed, predictions.digest))
    notice = notice_in_words(weights.notice) if reviewed.source.weights else words.notice(reviewed.source)
    places.said.html(f'<div class="mvm-said">{escape(headline.verdict(reviewed))}</div>')
    with places.figures:
        _figures(reviewed)
    with places.origin:
        _origin(reviewed)
    with row:
        sheet = review_downloads.files_of(
            reviewed, notice, present, predictions.levels, predictions.on_export
        )
    with places.section:
        _section(name, sheet, predictions.levels, places.curve)


def _page() -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="title-row"):
        st.title(gettext("How well it does, and how sure that is"), anchor=False)
        choices = st.container(horizontal=True, vertical_alignment="center", width="content")
    with errors_told():
        weights = shared_weights()
        with choices:
            source = choose_source(weights)
            present = presenting()
        predictions = predictions_of(source, weights)
        if predictions is not None:
            _show(weights, predictions, present)
        if source == RECORDED:
            running_validation()


frame()
_page()
