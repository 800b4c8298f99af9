"""The study's figures as Markdown tables; every figure comes from the tables given."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from mvm_core.models.registry import READING_NAMES, TITLES
from mvm_core.validation.metrics import METRICS, of_study, wilson

_FURTHER = {
    "auc": "AUC",
    "sensitivity_sign": "Sensitivity, sign",
    "sensitivity_no_sign": "Sensitivity, no sign",
    "specificity_at_75": "Specificity",
    "sensitivity_at_75": "Sensitivity",
    "sensitivity_sign_at_75": "Sensitivity, sign",
    "sensitivity_no_sign_at_75": "Sensitivity, no sign",
    "calibration_slope": "Calibration slope",
    "calibration_intercept": "Calibration intercept",
}
SPLIT_TITLES = {
    "tune": "Internal, tune split",
    "test": "Internal, test split",
    "external": "External site",
}


def headings() -> dict[str, str]:
    """The name of each metric's column."""
    return {metric.key: metric.column() for metric in of_study()} | _FURTHER


def metrics_table(results: pd.DataFrame, cell: str, split: str, metrics: Sequence[str] | None = None) -> str:
    """A row for each reading, a column for each metric: value (95 % interval) k/n.

    Without `metrics` those of the study and the area.
    """
    metrics = (*(metric.key for metric in of_study()), "auc") if metrics is None else metrics
    titles = headings()
    part = results[(results["cell"] == cell) & (results["split"] == split) & results["metric"].isin(metrics)]
    shown = [name for name in READING_NAMES if name in set(part["model"])]
    figures = {(row["model"], row["metric"]): row for row in part.to_dict("records")}
    rows = [[TITLES[name], *(_figure(figures.get((name, metric))) for metric in metrics)] for name in shown]
    return markdown(["Reading", *(titles[metric] for metric in metrics)], rows)


def markdown(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def figure_text(row: Mapping[Hashable, Any]) -> str:
    """One row of `study_results` as value (95 % interval) k/n."""
    text = f"{row['value']:.3f} {_interval(row['low'], row['high'])}"
    metric = str(row["metric"])
    counted = (metric in METRICS and METRICS[metric].interval is wilson) or metric.startswith(
        ("sensitivity_", "specificity_")
    )
    if counted and not pd.isna(row["k"]):
        text += f" {row['k']:.0f}/{row['n']:.0f}"
    return text.strip()


def p_value(p: float | None) -> str:
    """A p-value for people."""
    if p is None or pd.isna(p):
        return "not computable"
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def _figure(row: Mapping[Hashable, Any] | None) -> str:
    return "–" if row is None or pd.isna(row["value"]) else figure_text(row)


def _interval(low: float | None, high: float | None) -> str:
    return "" if low is None or pd.isna(low) or pd.isna(high) else f"({low:.3f} to {high:.3f})"
