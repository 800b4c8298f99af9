"""The table of how right each kind of map has been shown to be, kept beside the weights."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mvm_core.errors import TableError
from mvm_core.files import write_atomically
from mvm_core.models.registry import QUESTIONS
from mvm_core.validation.bootstrap import percentile_interval
from mvm_core.validation.rates import rate_with_interval

FILE = "explain_scorecard.csv"
"""Its name in a weights folder."""

COLUMNS = (
    "question",
    "reading",
    "method",
    "metric",
    "group",
    "value",
    "low",
    "high",
    "n",
    "cohort",
    "split",
    "weights",
    "simulated",
)
_KEYS = ["question", "reading", "method", "metric", "group"]
_METRIC = _KEYS.index("metric")
_REPLICATES = 1000

YES_OR_NO = (
    *(f"{aim}_{where}" for aim in ("pointing_game", "middle_in") for where in ("lesion", "vertebra")),
    *("twin_pointing", "twin_middle", "twin_direction"),
)
"""Metrics that a map meets or does not: their means are rates of patients."""


@dataclass(frozen=True)
class Score:
    """One figure of one case.

    Attributes
    ----------
    reading, method, metric : str
    case_id : str
        The patient, who is drawn whole.
    groups : tuple of str
        Beyond ``all``: the label, sign or no-sign, the lesion's size.
    value : float
    question : str
        What the map answers.
    """

    reading: str
    method: str
    metric: str
    case_id: str
    groups: tuple[str, ...]
    value: float
    question: str = QUESTIONS[0]


@dataclass(frozen=True)
class Source:
    """What a scorecard was made from: shown with every figure of it."""

    cohort: str
    split: str
    weights: str
    simulated: bool


def summarise_scores(scores: Iterable[Score], source: Source, seed: int = 0) -> pd.DataFrame:
    """Mean over patients of every figure, with its interval.

    A patient's figures of one metric are averaged first. The interval is the bootstrap's by patient; Wilson's
    where each patient meets one of `YES_OR_NO` or does not, since of twelve who all do the bootstrap would
    say that all always will.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`; `low` and `high` are empty where fewer than two patients are there.
    """
    flat = [
        (each.question, each.reading, each.method, each.metric, group, each.case_id, each.value)
        for each in scores
        for group in ("all", *each.groups)
    ]
    frame = pd.DataFrame(flat, columns=[*_KEYS, "case_id", "value"])
    by_patient = frame.groupby([*_KEYS, "case_id"], sort=False)["value"].mean()
    gathered: dict[tuple[str, ...], list[float]] = {}
    for keys, value in zip(by_patient.index, by_patient, strict=True):
        gathered.setdefault(tuple(keys[:-1]), []).append(float(value))
    rows = []
    for key, values in gathered.items():
        known = np.array(values)
        low, high = _interval(key[_METRIC], known, seed) or (None, None)
        rows.append((*key, float(known.mean()), low, high, len(known), *_of(source)))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _interval(metric: str, values: np.ndarray, seed: int) -> tuple[float, float] | None:
    if metric in YES_OR_NO and len(values) > 1 and np.isin(values, (0.0, 1.0)).all():
        rate = rate_with_interval(int(values.sum()), len(values))
        return None if rate.low is None or rate.high is None else (rate.low, rate.high)
    return mean_interval(values, seed)


def mean_interval(values: np.ndarray, seed: int = 0) -> tuple[float, float] | None:
    """95 % percentile interval of the mean over patients; None for fewer than two."""
    if len(values) < 2:
        return None
    draws = np.random.default_rng(seed).integers(0, len(values), (_REPLICATES, len(values)))
    return percentile_interval(values[draws].mean(axis=1))


def as_json(table: pd.DataFrame) -> list[dict[str, Any]]:
    """A list of `question, reading, method, metric, value, ci95, n, group, weights`, ready for JSON."""
    return [
        {
            "question": row["question"],
            "reading": row["reading"],
            "method": row["method"],
            "metric": row["metric"],
            "value": row["value"],
            "ci95": None if pd.isna(row["low"]) else [row["low"], row["high"]],
            "n": int(row["n"]),
            "group": row["group"],
            "weights": row["weights"],
        }
        for row in table.to_dict("records")
    ]


def as_text(table: pd.DataFrame, metrics: Sequence[str]) -> str:
    """A line for each question, reading and method, with the metrics named, over all cases."""
    everyone = table[table["group"] == "all"]
    widths = {"weights": 14, "question": 10, "reading": 16, "method": 12}
    head = "".join(f"{name:<{width}}" for name, width in widths.items())
    lines = ["  ".join([head, *(f"{metric:>24}" for metric in metrics)])]
    for keys, rows in everyone.groupby(list(widths), sort=False):
        by_metric = {row["metric"]: row for row in rows.to_dict("records")}
        cells = [_cell(by_metric[metric]) if metric in by_metric else "-" for metric in metrics]
        who = "".join(f"{key:<{width}}" for key, width in zip(keys, widths.values(), strict=True))
        lines.append("  ".join([who, *(f"{cell:>24}" for cell in cells)]))
    return "\n".join(lines)


def write_scorecard(path: Path, table: pd.DataFrame) -> Path:
    """Write the table as CSV.

    Raises
    ------
    OutputError
        If it cannot be written there.
    """
    return write_atomically(path, table.to_csv(index=False, float_format="%.4g").encode())


def read_scorecard(path: Path) -> pd.DataFrame | None:
    """Read a table that `write_scorecard` wrote; None where there is no such file.

    A table of earlier weights names no question: its maps are those for MVM.

    Raises
    ------
    TableError
        If it is no scorecard.
    """
    if not path.is_file():
        return None
    try:
        table = pd.read_csv(path, dtype=dict.fromkeys((*_KEYS, "cohort", "split", "weights"), "str"))
        if "question" not in table.columns:
            table = table.assign(question=QUESTIONS[0])
        missing = [name for name in COLUMNS if name not in table.columns]
    except (ValueError, OSError, pd.errors.ParserError):
        missing = list(COLUMNS)
    if missing:
        raise TableError(
            str(path),
            [f"column {missing[0]} is missing"],
            "make it anew with python -m mvm_core explain-score",
        )
    return table[list(COLUMNS)]


def _of(source: Source) -> tuple[str, str, str, bool]:
    return source.cohort, source.split, source.weights, source.simulated


def _cell(row: Mapping[Hashable, Any]) -> str:
    interval = "" if pd.isna(row["low"]) else f" ({row['low']:.2f} to {row['high']:.2f})"
    return f"{row['value']:.2f}{interval} n={row['n']}"
