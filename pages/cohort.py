"""The cohort page: how well the weights tell metastasis from fracture on films they were not trained on."""

from collections.abc import Mapping
from html import escape
from pathlib import Path

import pandas as pd
import streamlit as st

from mvm_core.cohort import read_predictions
from mvm_core.models import Weights
from mvm_core.models.registry import READING_NAMES, TITLES
from mvm_core.validation import AucEstimate, auc_with_interval
from mvm_core.validation.roc import roc_curve
from pages.components.charts import roc_figure
from pages.components.frame import errors_told, frame, shared_reader

COHORTS = {"test": "internal test", "external": "external"}


@st.cache_data(show_spinner=False, max_entries=2)
def _predictions(path: Path, weights: str) -> pd.DataFrame:
    """The predictions of held-out cases, kept for each set of weights."""
    table = read_predictions(path)
    return table[table["split"].isin(COHORTS)]


@st.cache_data(show_spinner=False, max_entries=2)
def _estimates(_table: pd.DataFrame, weights: str) -> dict[tuple[str, str], AucEstimate]:
    """Area under the curve by (split, reading), where both labels are there."""
    return {
        (split, model): auc_with_interval(rows["label"] == "mvm", rows["probability"])
        for (split, model), rows in _table.groupby(["split", "model"])
        if set(rows["label"]) == {"mvm", "bvf"}
    }


def _title(model: str) -> str:
    return TITLES.get(model, model)


def _auc(estimate: AucEstimate) -> str:
    interval = f" ({estimate.ci95[0]:.3f} to {estimate.ci95[1]:.3f})" if estimate.ci95 else ""
    return f"{estimate.auc:.3f}{interval}"


def _auc_table(
    estimates: Mapping[tuple[str, str], AucEstimate], models: list[str], splits: list[str], chosen: str
) -> str:
    head = "".join(
        f'<th scope="col">AUC, {COHORTS[split]} (95 % interval)</th><th scope="col">n (MVM)</th>'
        for split in splits
    )
    rows = []
    for model in models:
        cells = []
        for split in splits:
            estimate = estimates.get((split, model))
            cells.append(
                f"<td>{_auc(estimate)}</td><td>{estimate.n} ({estimate.positives})</td>"
                if estimate
                else "<td>none</td><td>0</td>"
            )
        mark = "chosen" if model == chosen else ""
        rows.append(f'<tr class="{mark}"><th scope="row">{escape(_title(model))}</th>{"".join(cells)}</tr>')
    return (
        f'<div class="mvm-table"><table><thead><tr><th scope="col">Reading</th>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _caption(weights: Weights, splits: list[str]) -> str:
    which = " and ".join(f"the {COHORTS[split]} cohort" for split in splits)
    kind = "simulated patients" if weights.simulated else "patients"
    return (
        f"{which[0].upper()}{which[1:]}: {kind} that weights {weights.identity[:12]} "
        "were not trained or tuned on. "
        + (
            "The films are simulated: these figures say nothing about real films."
            if weights.simulated
            else ""
        )
    )


def _show(weights: Weights, table: pd.DataFrame) -> None:
    estimates = _estimates(table, weights.identity)
    splits = [split for split in COHORTS if any(split == of for of, _ in estimates)]
    known = {model for _, model in estimates}
    models = [name for name in READING_NAMES if name in known] + sorted(known - set(READING_NAMES))
    if not models:
        st.info("The predictions beside these weights hold no test or external cases of both kinds.")
        return
    st.html(f'<div class="mvm-quiet">{escape(_caption(weights, splits))}</div>')
    best = models.index("all-views") if "all-views" in models else 0
    chosen = st.selectbox("Reading", models, index=best, format_func=_title, width=260)
    curves = {}
    for split in splits:
        estimate = estimates.get((split, chosen))
        if estimate is not None:
            rows = table[(table["split"] == split) & (table["model"] == chosen)]
            curves[f"{COHORTS[split]}, AUC {estimate.auc:.3f}"] = roc_curve(
                rows["label"] == "mvm", rows["probability"]
            )
    with st.container(horizontal=True, gap="large"):
        figure = roc_figure(curves)
        st.container(width=600).plotly_chart(figure, theme=None, config={"displayModeBar": False})
        st.container(width=700).html(_auc_table(estimates, models, splits, chosen))


def _page() -> None:
    st.header("How well the weights do")
    with errors_told():
        weights = shared_reader().weights
        if weights.predictions is None:
            st.info("These weights come without predictions on a cohort.")
            return
        _show(weights, _predictions(weights.predictions, weights.identity))


frame()
_page()
