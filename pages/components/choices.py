"""What the cohort page shows: reading, cohorts, rule, threshold and section, kept and in the address."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from mvm_core.models.registry import LEADING, READING_NAMES
from mvm_core.review.operating import Rule
from mvm_core.review.review import Review, default_cohorts
from mvm_core.review.samples import cohort_title, cohorts_of, reading_title, readings_of
from mvm_core.review.words import rule_title
from pages.components.predictions_source import Predictions

NO_OTHER = "(none)"
SECTIONS = (
    "At the threshold",
    "Scores by class",
    "All readings",
    "Is the probability true?",
    "Is acting on it worth it?",
    "For whom?",
    "Precision and published areas",
    "Against the other readings",
    "Behind published figures",
    "How many cases are needed?",
    "Methods",
)
_STEPS = 1000


@dataclass(frozen=True)
class Choices:
    """Reading, cohorts and rule that the user chose."""

    reading: str
    cohorts: tuple[str, ...]
    rule: Rule


def choose(predictions: Predictions) -> Choices:
    """Ask for reading, cohorts and rule; they stand in the address and last as long as the session."""
    table = predictions.table
    names, splits = readings_of(table, READING_NAMES), cohorts_of(table)
    wanted = default_cohorts(table)
    reading = _select("Reading", "reading", names, LEADING, 200, reading_title)
    cohort = _select("Cohort", "cohort", splits, wanted[0], 150, cohort_title)
    others = [NO_OTHER, *(name for name in splits if name != cohort)]
    other = _select(
        "Set against", "against", others, wanted[1] if len(wanted) > 1 else NO_OTHER, 150, cohort_title
    )
    fitted_to = "tune split" if "tune" in splits else "cases shown"
    rules = [rule.value for rule in Rule]
    rule = _select(
        "Threshold by", "rule", rules, rules[0], 400, lambda name: rule_title(Rule(name), fitted_to)
    )
    return Choices(reading, (cohort,) if other == NO_OTHER else (cohort, other), Rule(rule))


def _select(label: str, key: str, options: Sequence[str], first: str, width: int, title) -> str:  # type: ignore[no-untyped-def]
    # another table has other readings and cohorts: what was chosen before may not be among them
    if st.session_state.get(key) not in options:
        st.session_state.pop(key, None)
    return st.selectbox(
        label, options, index=options.index(first) if first in options else 0, format_func=title,
        key=key, width=width, bind="query-params", persist_state="session",
    )  # fmt: skip


def choose_threshold(reviewed: Review, digest: str) -> float:
    """The threshold on the slider, at first by the rule; one moved by hand stands in the address.

    Parameters
    ----------
    reviewed : Review
        With the threshold by its rule.
    digest : str
        Names the table.
    """
    scores = reviewed.first.scores
    low, high = (0.0, 1.0) if reviewed.first.is_probability else (float(scores.min()), float(scores.max()))
    if high <= low:
        high = low + 1.0
    by_rule = float(np.clip(reviewed.threshold, low, high))
    key = threshold_key(reviewed, digest)
    kept: dict[str, float] = st.session_state.setdefault("thresholds_by_hand", {})
    if key not in st.session_state:
        st.session_state[key] = float(np.clip(kept.get(key, _from_address(by_rule)), low, high))
    step = (high - low) / _STEPS
    with st.container(horizontal=True, vertical_alignment="bottom", key="threshold-row"):
        value = float(
            st.slider("Threshold: read as MVM from here up", low, high, step=step, format="%.3f", key=key)
        )
        by_hand = abs(value - by_rule) > step / 2
        if by_hand:
            st.button(f"Back to {by_rule:.3f}, by the rule", on_click=_set, args=(key, by_rule))
    if not by_hand:
        kept.pop(key, None)
        st.query_params.pop("threshold", None)
        return reviewed.threshold
    kept[key] = value
    st.query_params["threshold"] = f"{value:.3f}"
    return value


def threshold_key(reviewed: Review, digest: str) -> str:
    """The state's name of the slider."""
    return f"threshold-{digest[:16]}-{reviewed.reading}-{reviewed.rule.name}"


def _set(key: str, value: float) -> None:
    st.session_state[key] = value


def _from_address(otherwise: float) -> float:
    """The threshold that the address names, for the first slider of a session alone."""
    if st.session_state.get("address_read"):
        return otherwise
    st.session_state["address_read"] = True
    try:
        value = float(st.query_params.get("threshold", ""))
    except ValueError:
        return otherwise
    return value if np.isfinite(value) else otherwise


def choose_section(present: bool) -> str:
    """The list of contents; which section is open stands in the address."""
    with st.container(key="contents"):
        return str(
            st.radio(
                "Contents", SECTIONS, key="section", horizontal=present,
                label_visibility="collapsed", bind="query-params", persist_state="session",
            )
        )  # fmt: skip
