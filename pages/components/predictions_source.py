"""Where a review's scores come from: the shipped predictions, or a table that the user drops."""

import hashlib
import io
from dataclasses import dataclass, replace

import pandas as pd
import streamlit as st

from mvm_core.cohort import ColumnMap, guess_columns, load_table, map_table, read_predictions
from mvm_core.cohort.predictions import NEEDED
from mvm_core.errors import MvmError
from mvm_core.models import Weights
from mvm_core.review.samples import Source, looks_simulated
from pages.components.column_matching import match_columns
from pages.components.frame import plain, tell

SHIPPED, UPLOADED = "Predictions of these weights", "A table of your own"


@dataclass(frozen=True)
class Predictions:
    """A table ready for review; `digest` names its content."""

    table: pd.DataFrame
    source: Source
    digest: str


@dataclass(frozen=True)
class _Upload:
    name: str
    digest: str
    frame: pd.DataFrame
    columns: ColumnMap
    confirmed: bool


def choose_source() -> str:
    """Ask whose scores are reviewed."""
    options = [SHIPPED, UPLOADED]
    return str(
        st.radio(
            "Scores of", options, horizontal=True, key="source-choice", persist_state="session",
            label_visibility="collapsed",
        )
    )  # fmt: skip


def predictions_of(source: str, weights: Weights) -> Predictions | None:
    """The table of a source; None, with a sentence, where there is none to review yet."""
    try:
        return _shipped(weights) if source == SHIPPED else _uploaded()
    except MvmError as error:
        tell(error)
        return None


def _shipped(weights: Weights) -> Predictions | None:
    if weights.predictions is None:
        st.info("These weights come without predictions on a cohort.")
        return None
    table = _read_shipped(str(weights.predictions), weights.identity)
    source = Source(weights.predictions.name, weights.identity, weights.simulated)
    return Predictions(table, source, weights.identity)


@st.cache_resource(show_spinner=False, max_entries=2)
def _read_shipped(path: str, weights: str) -> pd.DataFrame:
    return read_predictions(path)


def _uploaded() -> Predictions | None:
    st.file_uploader(
        "Predictions, CSV, Excel or Parquet: a row for each case and reading, or a column for each reading",
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
        st.markdown("The table stays in this session's memory.")
        return None
    with st.expander(f"Columns of {plain(upload.name)}", expanded=not upload.confirmed):
        match_columns(upload.frame, upload.columns, upload.digest, _confirm)
    if not upload.confirmed:
        return None
    mapped, problem = _mapped(upload)
    if problem is not None:
        tell(problem)
        return None
    simulated = st.checkbox(
        "The films of this table are simulated",
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
            kept = (key, map_table(upload.frame, upload.columns, upload.name), None)
        except MvmError as error:
            kept = (key, pd.DataFrame(), error)
        st.session_state["predictions_mapped"] = kept
    return kept[1], kept[2]
