"""Where a review's scores come from: the shipped predictions, or a table that the user drops."""

import hashlib
import io
from dataclasses import dataclass, fields

import pandas as pd
import streamlit as st

from mvm_core.cohort import ColumnMap, guess_columns, load_table, map_table, read_predictions
from mvm_core.cohort.columns import label_values
from mvm_core.errors import MvmError
from mvm_core.models import Weights
from mvm_core.review.samples import Source, looks_simulated
from pages.components.frame import plain, tell

SHIPPED, UPLOADED = "Predictions of these weights", "A table of your own"
_NONE = "(none)"
_ROLES = {
    "case": "Case",
    "patient": "Patient (where one has several cases)",
    "label": "Reference standard",
    "reading": "Name of the reading (if a row for each)",
    "split": "Cohort or split",
    "site": "Site",
    "sign": "Sign on the film",
    "level": "Level",
    "age": "Age",
    "sex": "Sex",
}


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


def choose_predictions(weights: Weights) -> Predictions | None:
    """Let the user choose the table; None, with a sentence, where there is none to review yet."""
    with st.container(key="source-row"):
        chosen = st.radio(
            "Scores of", [SHIPPED, UPLOADED], horizontal=True, key="source-choice", persist_state="session",
            label_visibility="collapsed",
        )  # fmt: skip
    try:
        return _shipped(weights) if chosen == SHIPPED else _uploaded()
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
        "Predictions, CSV or Parquet: a row for each case and reading, or a column for each reading",
        type=["csv", "tsv", "txt", "parquet"],
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
    mapped, problem = _mapped(upload)
    with st.expander(f"Columns of {plain(upload.name)}", expanded=problem is not None):
        _matching(upload)
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
        st.session_state["predictions_upload"] = _Upload(name, digest, frame, guess_columns(frame))
    except MvmError as error:
        st.session_state["predictions_error"] = error


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


def _matching(upload: _Upload) -> None:
    names = [name for name in upload.frame.columns if name]
    columns = upload.columns
    with st.form(f"matching-{upload.digest}", border=False):
        for start in range(0, len(_ROLES), 3):
            for place, role in zip(st.columns(3), list(_ROLES)[start : start + 3], strict=False):
                now = getattr(columns, role)
                options = [_NONE, *names]
                place.selectbox(
                    _ROLES[role],
                    options,
                    index=options.index(now) if now in options else 0,
                    key=f"map-{role}",
                )
        labels = label_values(upload.frame, columns.label)[:20]
        st.selectbox(
            "Label that stands for MVM",
            [_NONE, *labels],
            index=labels.index(columns.positive) + 1 if columns.positive in labels else 0,
            accept_new_options=True,
            key="map-positive",
        )
        st.multiselect("Scores", names, default=list(columns.scores), key="map-scores")
        st.multiselect(
            "Further columns to compare subgroups by", names, default=list(columns.groups), key="map-groups"
        )
        st.checkbox(
            "Take them as scores of any size, without calibration",
            value=columns.as_scores,
            key="map-as-scores",
        )
        st.form_submit_button("Use these columns", on_click=_match, args=(upload,))


def _match(upload: _Upload) -> None:
    state = st.session_state
    found = {role: "" if state[f"map-{role}"] == _NONE else state[f"map-{role}"] for role in _ROLES}
    columns = ColumnMap(
        **found,
        positive="" if state["map-positive"] == _NONE else state["map-positive"],
        scores=tuple(state["map-scores"]),
        groups=tuple(state["map-groups"]),
        as_scores=state["map-as-scores"],
    )
    values = {field.name: getattr(upload, field.name) for field in fields(upload)}
    state["predictions_upload"] = _Upload(**{**values, "columns": columns})
