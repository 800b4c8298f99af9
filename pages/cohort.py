"""The cohort page: how good, how sure, how different outside, for whom, at which threshold, how true."""

from html import escape

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mvm_core.models import Weights
from mvm_core.models.registry import READING_NAMES
from mvm_core.review import words
from mvm_core.review.operating import Rule, read_at
from mvm_core.review.review import Review, default_cohorts, review
from mvm_core.review.samples import cohort_title, cohorts_of, readings_of
from mvm_core.review.zones import Limits
from pages.components import review_sections as sections
from pages.components.figure import picture_format
from pages.components.frame import errors_told, frame, plain, shared_reader
from pages.components.operating import operating_point
from pages.components.predictions_source import Predictions, choose_predictions
from pages.components.review_downloads import report_download

_NO_OTHER = "(none)"


def _choices(predictions: Predictions) -> tuple[str, list[str], Rule]:
    """Reading, cohorts and rule that the user chose."""
    table = predictions.table
    names, splits = readings_of(table, READING_NAMES), cohorts_of(table)
    wanted = default_cohorts(table)
    key = predictions.digest
    with st.container(horizontal=True, vertical_alignment="bottom"):
        reading = st.selectbox(
            "Reading",
            names,
            index=names.index("all-views") if "all-views" in names else 0,
            format_func=sections.title_of,
            key=f"reading-{key}",
            width=230,
        )
        cohort = st.selectbox(
            "Cohort",
            splits,
            index=splits.index(wanted[0]),
            format_func=cohort_title,
            key=f"cohort-{key}",
            width=170,
        )
        others = [_NO_OTHER, *(name for name in splits if name != cohort)]
        other = st.selectbox(
            "Set against",
            others,
            index=others.index(wanted[1]) if len(wanted) > 1 and wanted[1] in others else 0,
            format_func=cohort_title,
            key=f"other-{key}",
            width=170,
        )
        rule = st.selectbox(
            "Threshold by", list(Rule), format_func=lambda rule: rule.value, key="rule", width=330
        )
        st.session_state["picture_format"] = picture_format()
    return reading, [cohort] if other == _NO_OTHER else [cohort, other], rule


def _limits(weights: Weights, predictions: Predictions, reading: str) -> Limits | None:
    """The zones' limits that the weights bring for their own predictions."""
    if predictions.source.weights != weights.identity or reading not in weights.readings:
        return None
    points = weights.readings[reading].points
    return Limits(points.high_sensitivity, points.high_specificity, "operating points of the weights")


def _reviewed(
    predictions: Predictions, limits: Limits | None, reading: str, cohorts: list[str], rule: Rule
) -> Review:
    """The review, kept in the session until something of it changes."""
    key = (predictions.digest, predictions.source, reading, tuple(cohorts), rule)
    kept = st.session_state.get("review")
    if kept is None or kept[0] != key:
        kept = (key, review(predictions.table, predictions.source, reading, cohorts, rule, limits))
        st.session_state["review"] = kept
        st.session_state.pop("cases_chosen", None)
    st.session_state["review_source"] = predictions.source
    return kept[1]


def _show(weights: Weights, predictions: Predictions, first_line: DeltaGenerator) -> None:
    reading, cohorts, rule = _choices(predictions)
    reviewed = _reviewed(predictions, _limits(weights, predictions, reading), reading, cohorts, rule)
    if not reviewed.samples:
        name, where = plain(sections.title_of(reading)), plain(cohort_title(cohorts[0]))
        st.info(f"{name} has no case in the {where} cohort.")
        return
    read = read_at(reviewed.first, reviewed.threshold)
    said = words.verdict(reviewed.first, reviewed.found[0], read, reviewed.agreements[0], reviewed.apart)
    first_line.html(
        f'<div class="mvm-said"><b>{escape(sections.title_of(reading))}</b>, {escape(said)}</div>'
        f'<div class="mvm-quiet">{escape(predictions.source.label)}. '
        f"{escape(sections.threshold_note(reviewed))} {words.CLUSTERED if reviewed.clustered else ''}</div>"
    )
    operating_point(reviewed, predictions.digest[:16])
    sections.results(reviewed)
    sections.calibration(reviewed)
    sections.decision(reviewed)
    sections.forests(reviewed)
    sections.curves(reviewed)
    sections.comparisons(reviewed)
    sections.published()
    sections.sample_size(reviewed)
    report_download(reviewed)


def _page() -> None:
    st.header("How well it does, and how sure that is")
    with errors_told():
        weights = shared_reader().weights
        # the verdict stands first, though what it is of is chosen below it
        first_line = st.container()
        predictions = choose_predictions(weights)
        if predictions is not None:
            _show(weights, predictions, first_line)


frame()
_page()
