"""Whose answers are analysed: those of the study that runs, or a table of other people's."""

import hashlib
import io
import time
from dataclasses import dataclass, field

import pandas as pd
import streamlit as st

from mvm_core.cohort.reader_answers import read_answers
from mvm_core.errors import ReaderStudyError
from mvm_core.language import gettext
from mvm_core.provenance import Provenance
from mvm_core.reader_study.closing import closed_at
from mvm_core.reader_study.export import answers_table
from mvm_core.reader_study.plan import StudyPlan
from mvm_core.reader_study.progress import progress
from mvm_core.review import reader_words
from mvm_core.review.reader_study import ReaderReview, review_readers
from mvm_core.review.samples import looks_simulated
from mvm_core.validation.mrmc_table import answers_of
from pages.access.permission import may_change
from pages.components.frame import shared_weights
from pages.components.reader_study.codes import owner_of
from pages.components.reader_study.setting import is_organiser, study

_OWN, _OTHER = "own", "other"
_CODE_GIVEN = "results-code-given"


@dataclass(frozen=True)
class Found:
    """Answers to be analysed.

    Attributes
    ----------
    name : str
        Of the study or the table.
    table : DataFrame
        Of `read_answers`.
    digest : str
        Names the content.
    simulated : bool
    plan : StudyPlan or None
        Of the study that runs, where the answers are its own.
    """

    name: str
    table: pd.DataFrame = field(repr=False)
    digest: str
    simulated: bool
    plan: StudyPlan | None = None


def answers_to_review() -> Found | None:
    """Ask whose answers are analysed; None, with a sentence, where there are none yet.

    Raises
    ------
    MvmError
        If they cannot be read.
    """
    titles = {_OWN: gettext("Answers of this study"), _OTHER: gettext("A table of other readers' answers")}
    source = st.radio(
        gettext("Answers"), list(titles), format_func=titles.__getitem__, horizontal=True,
        key="results-source", label_visibility="collapsed",
    )  # fmt: skip
    return _own() if source == _OWN else _other()


def reviewed_of(found: Found) -> ReaderReview:
    """The analysis, kept in the session until the answers change.

    Raises
    ------
    ValidationError
        If the answers are of no known design, or too few.
    """
    kept = st.session_state.get("readers-review")
    if kept is None or kept[0] != (found.digest, found.simulated):
        with st.spinner(gettext("Working out figures and their intervals")):
            reviewed = review_readers(answers_of(found.table), found.name, simulated=found.simulated)
        kept = ((found.digest, found.simulated), reviewed)
        st.session_state["readers-review"] = kept
    return kept[1]


def origin_of(found: Found, reviewed: ReaderReview) -> Provenance:
    """What goes with the analysis into every file."""
    weights = shared_weights().identity if found.plan is not None else ""
    return Provenance(
        notice=reader_words.notice(reviewed),
        weights=weights,
        cohort=f"{found.name}; {reader_words.size(reviewed)}",
    )


def _own() -> Found | None:
    plan, store = study()
    if not is_organiser() and not st.session_state.get(_CODE_GIVEN):
        # asked here too, so that no reader sees what others said
        # a password leaves the browser with its form alone
        with st.form("results-door", width=420):
            code = st.text_input(gettext("Code of the organiser"), type="password", key="results-code")
            st.form_submit_button(gettext("Show the results"), type="primary")
        if not code:
            return None
        _check(plan, code)
        st.session_state[_CODE_GIVEN] = True
        st.rerun()
    unfinished = [each.reader for each in progress(store, time.time()) if not each.finished]
    if unfinished and closed_at(store.engine) is not None:
        told = gettext(
            "The study was closed before these had read all; their answers are left out: {names}.",
            names=", ".join(unfinished),
        )
        st.info(told)
    elif unfinished:
        told = gettext(
            "Results come once all have read all; still reading: {names}.", names=", ".join(unfinished)
        )
        st.info(told)
        return None
    given = [each for each in store.answers() if each.reader not in unfinished]
    if not given:
        return None
    content = answers_table(plan, given).to_csv(index=False)
    return _found(plan.title, content.encode(), plan.simulated, plan)


def _check(plan: StudyPlan, code: str) -> None:
    if owner_of(plan, code) is not None:
        raise ReaderStudyError(
            gettext("This code"),
            gettext("it is not the organiser's"),
            gettext("give the one of the study file"),
        )


def _other() -> Found | None:
    if not may_change():
        st.caption(gettext("Your account may look. Tables are given by readers."))
        return None
    dropped = st.file_uploader(
        gettext("Answers, CSV, Excel or Parquet: reader, modality, case, truth, rating"),
        type=["csv", "tsv", "txt", "xlsx", "parquet"],
        key="results-file",
    )
    if dropped is None:
        return None
    found = _found(dropped.name, dropped.getvalue(), None, None)
    simulated = st.checkbox(
        gettext("The films of this table are simulated"),
        value=found.simulated,
        key=f"simulated-{found.digest}",
    )
    return Found(found.name, found.table, found.digest, bool(simulated))


def _found(name: str, content: bytes, simulated: bool | None, plan: StudyPlan | None) -> Found:
    digest = hashlib.sha256(content).hexdigest()[:16]
    kept = st.session_state.get("results-table")
    if kept is None or kept[0] != digest:
        buffer = io.BytesIO(content)
        buffer.name = name if plan is None else "answers.csv"
        kept = (digest, read_answers(buffer))
        st.session_state["results-table"] = kept
    table = kept[1]
    if simulated is None:
        simulated = looks_simulated(table.rename(columns={"case": "case_id"}))
    return Found(name, table, digest, simulated, plan)
