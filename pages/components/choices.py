"""What the cohort page shows: reading, cohorts, rule, threshold and section, kept and in the address."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from mvm_core.cohort import MVM, Question, questions_of
from mvm_core.cohort.external_sites import EXTERNAL, is_external
from mvm_core.language import gettext, gettext_noop
from mvm_core.models.registry import LEADING, READING_NAMES
from mvm_core.review.operating import Rule, rules_of
from mvm_core.review.review import FITTING, TUNE_TITLE, Review, default_cohorts
from mvm_core.review.samples import cohort_title, cohorts_of, reading_title, readings_of
from mvm_core.review.words import rule_title
from pages.components.predictions_source import Predictions

NO_OTHER = gettext_noop("(none)")
LEVELS, PUBLISHED, BEHIND = (
    gettext_noop("Every level of a film"),
    gettext_noop("Precision and published areas"),
    gettext_noop("Behind published figures"),
)
AT_THRESHOLD, PRECISION = gettext_noop("At the threshold"), gettext_noop("Precision and recall")
SECTIONS = (
    AT_THRESHOLD,
    gettext_noop("Scores by class"),
    LEVELS,
    gettext_noop("All readings"),
    gettext_noop("Is the probability true?"),
    gettext_noop("Is acting on it worth it?"),
    gettext_noop("For whom?"),
    PUBLISHED,
    PRECISION,
    gettext_noop("Against the other readings"),
    BEHIND,
    gettext_noop("How many cases are needed?"),
    gettext_noop("Methods"),
)
_OF_MVM, _OF_DISEASE = (PUBLISHED, BEHIND), (LEVELS, PRECISION)
THRESHOLD = "threshold"
"""The slider's name, in the state and in the address."""
_STEPS = 1000


@dataclass(frozen=True)
class Choices:
    """Question, reading, cohorts and rule that the user chose."""

    question: Question
    reading: str
    cohorts: tuple[str, ...]
    rule: Rule


def choose(predictions: Predictions, question: Question, *, with_points: bool) -> Choices:
    """Ask for reading, cohorts and rule; they stand in the address and last with the session.

    Parameters
    ----------
    predictions : Predictions
    question : Question
        Of `choose_question`.
    with_points : bool
        Whether weights bring their own points with them, fitted on the tune split.
    """
    table = question.rows(predictions.table)
    names, splits = readings_of(table, READING_NAMES), cohorts_of(table)
    inside, *outside = default_cohorts(table)
    # the record has one cohort: what is chosen of another table waits until that is back
    own = "record-" if predictions.recorded else ""
    reading = _select(gettext("Reading"), "reading", names, LEADING, 200, reading_title)
    cohort = _select(gettext("Cohort"), f"{own}cohort", splits, inside, 150, cohort_title)
    each = [name for name in splits if is_external(name) and name != cohort]
    together = [EXTERNAL] if len(each) > 1 else []
    others = [NO_OTHER, *together, *(name for name in splits if name != cohort)]
    first = next(iter([*together, *outside]), NO_OTHER)
    other = _select(
        gettext("Set against"),
        f"{own}against",
        others,
        first,
        180,
        lambda name: (
            gettext("external, each site") if together and name == EXTERNAL else gettext(cohort_title(name))
        ),
    )
    fitted_to = TUNE_TITLE if FITTING in splits else gettext_noop("cases shown")
    rules = [rule.value for rule in rules_of(question)]

    def rule_named(name: str) -> str:
        rule = Rule(name)
        return rule_title(rule, TUNE_TITLE if rule.of_weights and with_points else fitted_to, question)

    # each question has rules of its own
    key = f"{own}rule" if question is MVM else f"{question.name}-rule"
    rule = _select(gettext("Threshold by"), key, rules, rules[0], 330, rule_named)
    against = {NO_OTHER: (), **({EXTERNAL: tuple(each)} if together else {})}.get(other, (other,))
    return Choices(question, reading, (cohort, *against), Rule(rule))


def first_choices(predictions: Predictions, question: Question) -> Choices:
    """What `choose` asks for before anybody has chosen."""
    table = question.rows(predictions.table)
    names = readings_of(table, READING_NAMES)
    reading = LEADING if LEADING in names else names[0]
    return Choices(question, reading, tuple(default_cohorts(table)), rules_of(question)[0])


def choose_question(predictions: Predictions) -> Question:
    """What the scores are to answer; asked only where the table answers more than one question."""
    asked = {question.name: question for question in questions_of(predictions.table)}
    if len(asked) < 2:
        return next(iter(asked.values()))
    name = _select(
        gettext("Question"), "question", list(asked), MVM.name, 210, lambda name: asked[name].title
    )
    return asked[name]


def _select(label: str, key: str, options: Sequence[str], first: str, width: int, title) -> str:  # type: ignore[no-untyped-def]
    # another table has other readings and cohorts: what was chosen before may not be among them
    before = st.session_state.get(key)
    place = options.index(first) if first in options else 0
    keep_in_address(key, options[place])
    if before not in options:
        st.session_state.pop(key, None)
        if before is not None:
            # set rather than left to the index: else the browser goes on to show what it showed
            st.session_state[key], place = options[place], 0
    return st.selectbox(
        label,
        options,
        index=place,
        format_func=title,
        key=key,
        width=width,
        bind="query-params",
        persist_state="session",
    )


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
    step = (high - low) / _STEPS
    # a place where the slider can come back to: there the address names no threshold
    by_rule = float(np.clip(round(low + round((reviewed.threshold - low) / step) * step, 9), low, high))
    kept: dict[tuple[str, ...], float] = st.session_state.setdefault("thresholds_by_hand", {})
    of = (digest, reviewed.question.name, reviewed.reading, reviewed.rule.name)
    if st.session_state.get("threshold-of", of) != of:
        _set(float(np.clip(kept.get(of, by_rule), low, high)))
    st.session_state["threshold-of"] = of
    keep_in_address(THRESHOLD, by_rule)
    with st.container(horizontal=True, vertical_alignment="bottom", key="threshold-row"):
        value = float(
            st.slider(
                gettext("Threshold: read as {positive} from here up", positive=reviewed.question.positive),
                low,
                high,
                by_rule,
                step=step,
                format="%.3f",
                key=THRESHOLD,
                bind="query-params",
                persist_state="session",
            )
        )
        by_hand = abs(value - by_rule) > step / 2
        if by_hand:
            st.button(
                gettext("Back to {by_rule:.3f}, by the rule", by_rule=reviewed.threshold),
                on_click=_set,
                args=(by_rule,),
            )
    if not by_hand:
        kept.pop(of, None)
        return reviewed.threshold
    kept[of] = value
    return value


def keep_in_address(key: str, otherwise: object) -> None:
    """Name a choice in the address where the browser has not: now and then it misses one made in a redraw.

    Parameters
    ----------
    key : str
        Of a widget that is bound to the address and is made after this.
    otherwise : object
        What the widget says where nothing was chosen; the address does not name that.
    """
    value = st.session_state.get(key, otherwise)
    if value != otherwise and key not in st.query_params:
        # A value that the page gives a bound widget is written into the address.
        st.session_state[key] = value


def _set(value: float) -> None:
    st.session_state[THRESHOLD] = value


def sections_of(question: Question, with_levels: bool) -> list[str]:
    """The sections that a question has; that of levels only where there is a table of them."""
    left_out = {*(_OF_DISEASE if question is MVM else _OF_MVM), *(() if with_levels else (LEVELS,))}
    return [name for name in SECTIONS if name not in left_out]


def choose_section(names: Sequence[str], present: bool) -> str:
    """The list of contents; which section is open stands in the address."""
    if st.session_state.get("section") not in names:
        st.session_state.pop("section", None)
    keep_in_address("section", names[0])
    with st.container(key="contents"):
        return str(
            st.radio(
                gettext("Contents"),
                names,
                format_func=gettext,
                key="section",
                horizontal=present,
                label_visibility="collapsed",
                bind="query-params",
                persist_state="session",
            )
        )
