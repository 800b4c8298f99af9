"""Where a review's scores come from: the shipped predictions, or a table that the user drops."""

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pandas as pd
import streamlit as st

from mvm_core.cohort import (
    MVM,
    QUESTION,
    ColumnMap,
    guess_columns,
    load_table,
    map_table,
    read_predictions,
)
from mvm_core.cohort.external_sites import external_by_site
from mvm_core.cohort.level_predictions import read_level_predictions
from mvm_core.cohort.mapping import is_own_form
from mvm_core.cohort.predictions import NEEDED, check_predictions
from mvm_core.errors import MvmError
from mvm_core.language import gettext, gettext_noop, ngettext
from mvm_core.models import Weights
from mvm_core.records import is_on
from mvm_core.review.review import FITTING
from mvm_core.review.samples import Source, looks_simulated
from mvm_core.sealed import RECORD, Seal, read_seal
from pages.access.permission import may_change
from pages.components.column_matching import match_columns
from pages.components.frame import plain, tell

SHIPPED, UPLOADED = gettext_noop("Predictions of these weights"), gettext_noop("A table of your own")
UNMARKED = gettext_noop("The same, no box drawn")
RECORDED = gettext_noop("The clinic's record")
_REVIEWED = "record_reviewed"


@dataclass(frozen=True)
class Predictions:
    """A table ready for review.

    Attributes
    ----------
    table : DataFrame
        With a split for each external site, where there are several.
    source : Source
    digest : str
        Names its content.
    levels : DataFrame or None
        Of the same patients, every level read, where that is at hand.
    on_export : callable or None
        Called when anything of it is taken away.
    """

    table: pd.DataFrame
    source: Source
    digest: str
    levels: pd.DataFrame | None = None
    on_export: Callable[[], object] | None = None

    @property
    def recorded(self) -> bool:
        """Whether it is the clinic's record, whose trail notes what is taken away."""
        return self.on_export is not None


@dataclass(frozen=True)
class _Upload:
    name: str
    digest: str
    frame: pd.DataFrame
    columns: ColumnMap
    confirmed: bool


def choose_source(weights: Weights) -> str:
    """Ask whose scores are reviewed."""
    sealed = (weights.folder / RECORD).is_file()
    options = [SHIPPED, *([UNMARKED] if sealed else []), UPLOADED, *([RECORDED] if is_on() else [])]
    # other weights may have no sealed test
    if st.session_state.get("source-choice") not in options:
        st.session_state.pop("source-choice", None)
    return str(
        st.radio(
            gettext("Scores of"),
            options,
            format_func=gettext,
            horizontal=True,
            key="source-choice",
            persist_state="session",
            label_visibility="collapsed",
        )
    )


def predictions_of(source: str, weights: Weights) -> Predictions | None:
    """The table of a source; None, with a sentence, where there is none to review yet."""
    try:
        if source == RECORDED:
            return _recorded(weights)
        return _uploaded() if source == UPLOADED else _shipped(weights, marked=source == SHIPPED)
    except MvmError as error:
        tell(error)
        return None


def shipped_ahead(weights: Weights) -> Predictions | None:
    """What the page shows first; None where the weights come without a sealed test.

    Raises
    ------
    WeightsError
        If the record of the sealed test, or a table of it, is damaged.
    TableError
        If a table is unfit.
    """
    seal = read_seal(weights.folder, weights.identity)
    return _of_seal(seal, weights, marked=True) if seal is not None else None


def _shipped(weights: Weights, *, marked: bool) -> Predictions | None:
    """What the weights say of the sealed test, where the folder holds one; else of their own cohort."""
    seal = read_seal(weights.folder, weights.identity)
    if seal is not None:
        return _of_seal(seal, weights, marked=marked)
    if weights.predictions is None:
        st.info(gettext("These weights come without predictions on a cohort."))
        return None
    table = _read_shipped(str(weights.predictions), weights.identity)
    source = Source(weights.predictions.name, weights.identity, weights.simulated)
    return Predictions(table, source, weights.identity)


def _of_seal(seal: Seal, weights: Weights, *, marked: bool) -> Predictions:
    path = seal.predictions if marked else seal.unmarked
    told = _told(seal) if marked else gettext("{test}, no box drawn", test=_told(seal))
    return Predictions(
        _read_sealed(path, weights.predictions, weights.identity),
        Source(path.name, weights.identity, weights.simulated, told),
        f"{weights.identity}-{path.name}",
        _read_levels(seal.levels, weights.identity),
    )


def _recorded(weights: Weights) -> Predictions | None:
    """The clinic's own cases with a reference standard."""
    from mvm_core.records.predictions import predictions_of as settled_predictions
    from mvm_core.records.predictions import settled
    from pages.components.shared_record import ask_for_simulated, counted, shared_record, who

    record = shared_record()
    cases = record.cases()
    ask_for_simulated(cases)
    known = settled(counted(cases))
    if len({case.said.truth for case in known}) < 2:
        st.info(
            gettext(
                "The record holds {count} readings whose reference standard says MVM or BVF: it takes one of "
                "each, at least. Enter them on page Cases.",
                count=len(known),
            )
        )
        return None
    table = check_predictions(*load_table(settled_predictions(known)))
    own = all(case.weights == weights.identity[:12] for case in known)
    digest = hashlib.sha256(table.to_csv().encode()).hexdigest()[:16]
    identity = weights.identity if own else ""
    if st.session_state.get(_REVIEWED) != digest:
        record.note("review", who(), known)
        st.session_state[_REVIEWED] = digest
    # the films are the clinic's, whatever the weights learnt from
    source = Source(gettext(RECORDED), identity, any(case.simulated for case in known))
    return Predictions(table, source, digest, on_export=partial(record.note, "export", who(), known))


def _told(seal: Seal) -> str:
    trial = "" if seal.share >= 1 else gettext(", a trial with {share:.0%} of its patients", share=seal.share)
    return ngettext(
        "sealed test, opened {count} time{trial}",
        "sealed test, opened {count} times{trial}",
        seal.opened,
        trial=trial,
    )


@st.cache_resource(show_spinner=False, max_entries=2)
def _read_shipped(path: str, weights: str) -> pd.DataFrame:
    return external_by_site(read_predictions(path))


@st.cache_resource(show_spinner=False, max_entries=2)
def _read_sealed(path: Path, chosen_on: Path | None, weights: str) -> pd.DataFrame:
    """The sealed test, with the tune split that thresholds are fitted to: never to the test itself."""
    parts = [read_predictions(path)]
    if chosen_on is not None:
        own = read_predictions(chosen_on)
        parts.append(own[own["split"] == FITTING])
    table = pd.concat(parts, ignore_index=True)
    if QUESTION in table:
        table[QUESTION] = table[QUESTION].fillna(MVM.name)
    return external_by_site(table)


@st.cache_resource(show_spinner=False, max_entries=2)
def _read_levels(path: Path, weights: str) -> pd.DataFrame:
    return external_by_site(read_level_predictions(path))


def _uploaded() -> Predictions | None:
    if not may_change():
        st.caption(gettext("Your account may look. Tables are given by readers."))
        return None
    st.file_uploader(
        gettext(
            "Predictions, CSV, Excel or Parquet: a row for each case and reading, or a column for "
            "each reading"
        ),
        type=["csv", "tsv", "txt", "xlsx", "parquet"],
        key="predictions-file",
        on_change=_take,
    )
    error = st.session_state.get("predictions_error")
    if error is not None:
        tell(error)
        return None
    upload: _Upload | None = st.session_state.get("predictions_upload")
    if upload is None:
        st.markdown(gettext("The table stays in this session's memory."))
        return None
    # a table that names its questions is in the project's form throughout
    if not _names_questions(upload):
        with st.expander(
            gettext("Columns of {table}", table=plain(upload.name)), expanded=not upload.confirmed
        ):
            match_columns(upload.frame, upload.columns, upload.digest, _confirm)
    if not upload.confirmed:
        return None
    mapped, problem = _mapped(upload)
    if problem is not None:
        tell(problem)
        return None
    simulated = st.checkbox(
        gettext("The films of this table are simulated"),
        value=looks_simulated(mapped),
        key=f"simulated-{upload.digest}",
    )
    return Predictions(mapped, Source(upload.name, "", simulated), f"{upload.digest}-{hash(upload.columns)}")


def _take() -> None:
    """Read what was dropped; where that fails keep the one sentence why."""
    for key in ("predictions_error", "predictions_upload", "predictions_mapped"):
        st.session_state.pop(key, None)
    dropped = st.session_state.get("predictions-file")
    if dropped is None:
        return
    content = dropped.getvalue()
    buffer = io.BytesIO(content)
    buffer.name = dropped.name
    try:
        frame, name = load_table(buffer)
        digest = hashlib.sha256(content).hexdigest()[:16]
        # a table in the project's own form needs no guess
        own = set(NEEDED) <= set(frame.columns)
        st.session_state["predictions_upload"] = _Upload(name, digest, frame, guess_columns(frame), own)
    except MvmError as error:
        st.session_state["predictions_error"] = error


def _confirm(columns: ColumnMap) -> None:
    upload: _Upload = st.session_state["predictions_upload"]
    st.session_state["predictions_upload"] = replace(upload, columns=columns, confirmed=True)


def _mapped(upload: _Upload) -> tuple[pd.DataFrame, MvmError | None]:
    """The table by the columns matched, kept until they change."""
    kept = st.session_state.get("predictions_mapped")
    key = (upload.digest, upload.columns)
    if kept is None or kept[0] != key:
        try:
            kept = (key, external_by_site(_as_predictions(upload)), None)
        except MvmError as error:
            kept = (key, pd.DataFrame(), error)
        st.session_state["predictions_mapped"] = kept
    return kept[1], kept[2]


def _as_predictions(upload: _Upload) -> pd.DataFrame:
    if _names_questions(upload):
        return check_predictions(upload.frame, upload.name)
    return map_table(upload.frame, upload.columns, upload.name)


def _names_questions(upload: _Upload) -> bool:
    return QUESTION in upload.frame.columns and is_own_form(upload.frame)
