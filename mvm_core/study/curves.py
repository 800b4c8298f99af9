"""The parts of a model card that show curves: by local cases, boxes off the level, training patients."""

import json
from collections.abc import Mapping, Sequence
from math import isnan
from pathlib import Path

import pandas as pd

from mvm_core.cohort.manifest import INTACT
from mvm_core.cohort.questions import ASKED
from mvm_core.explain.displaced_boxes import AREA, FLAGGED, PLACEMENTS, read_displaced_figures
from mvm_core.models.registry import TITLES
from mvm_core.recalibrate import LEAST_OF_A_CLASS
from mvm_core.study.inverse_power import law_with_intervals
from mvm_core.study.learning_files import RECORD, TABLE
from mvm_core.study.local_cases import FIGURES, REPEATS, LocalFigures
from mvm_core.study.tables import markdown

_UNFITTED = ("brier", "ece")
"""Figures that change with how many cases there are to judge by, so that those unfitted stand beside."""

_TITLES = {
    AREA: "Area, MVM against BVF",
    **{FLAGGED[label]: f"{label.upper()} flagged" for label in FLAGGED},
    FLAGGED[INTACT]: "Healthy flagged",
}


def local_text(local: Mapping[str, Sequence[LocalFigures]]) -> str:
    """What calibrating anew brings at each site."""
    rows = [
        [
            site,
            str(each.cases),
            str(each.judged),
            *(_local(each, key) for key in FIGURES),
            "" if isnan(each.better) else f"{each.better:.0%}",
        ]
        for site, own in local.items()
        for each in own
    ]
    heads = ["Site", "Local cases", "Judged", *FIGURES.values(), "Brier score better"]
    return (
        "Temperatures, offsets and points of the leading reading and its members fitted on that many cases "
        f"of a site, drawn at random {REPEATS} times, and judged on its other cases: mean and, in brackets, "
        "where 95 % of the draws lie. 0: the weights as they are, on all cases. Brier score and expected "
        "error change with how many cases there are to judge by, so that those of the weights as they are, "
        "on the same cases, follow. Last, in how many draws the fit has a better Brier score than that. "
        f"(`calibrate` asks for {LEAST_OF_A_CLASS} cases of each label.)\n\n" + markdown(heads, rows)
    )


def _local(each: LocalFigures, key: str) -> str:
    if not each.cases:
        return f"{each.mean[key]:.3f}"
    beside = f", as they are {each.unfitted[key]:.3f}" if key in _UNFITTED else ""
    return f"{each.mean[key]:.3f} ({each.low[key]:.3f} to {each.high[key]:.3f}){beside}"


def displaced_section(folder: Path, weights: str) -> list[str]:
    """Paragraphs on boxes drawn off the level, for these weights; none where they were not read so.

    Raises
    ------
    TableError
        If the table is unfit.
    """
    figures = read_displaced_figures(folder, weights)
    if figures is None:
        return []
    by_place = figures.set_index(["placement", "metric"])
    rows = [
        [placement, *(_displaced(by_place, placement, metric) for metric in _TITLES)]
        for placement in PLACEMENTS
    ]
    kind = "Simulated patients" if bool(figures["simulated"].all()) else "Patients"
    return [
        f"## Boxes drawn off the level\n\n{kind} of the cohort `{figures['cohort'].iloc[0]}`, read at boxes "
        "on both films as where a person draws them: moved in a direction of its own on each film, and both "
        "on an intact neighbour, where nothing should be seen. 95 % intervals.",
        markdown(["Box off by", *_TITLES.values()], rows),
    ]


def _displaced(figures: pd.DataFrame, placement: str, metric: str) -> str:
    if (placement, metric) not in figures.index:
        return ""
    row = figures.loc[[(placement, metric)]].iloc[0]
    interval = "" if pd.isna(row["low"]) else f" ({row['low']:.3f} to {row['high']:.3f})"
    return f"{row['value']:.3f}{interval} of {row['n']}"


def learning_section(folder: Path) -> list[str]:
    """Paragraphs on how the area grows with the training patients; none where that was not tried."""
    if not (folder / RECORD).is_file() or not (folder / TABLE).is_file():
        return []
    record, table = json.loads((folder / RECORD).read_text()), pd.read_csv(folder / TABLE)
    settings = record["settings"]
    tested = table[table["split"] == "test"]
    kind = "simulated" if record["simulated"] else "own"
    return [
        "## How the area grows with the training patients\n\nThe networks "
        f"{', '.join(settings['networks'])} trained on so many {kind} patients with MVM or BVF (others in "
        f"proportion) for {settings['steps']} steps from {len(record['seeds'])} seeds, each with a draw of "
        "patients of its own; areas on the test split, mean of the seeds (least to greatest). The law fitted "
        "through them is area = limit - gap x (patients / most)^-exponent (Figueroa 2012); brackets: 95 % of "
        "redrawn seeds. What it says beyond the greatest number is an extrapolation.",
        learning_table(tested),
    ]


def learning_table(tested: pd.DataFrame) -> str:
    """A row for each question and reading: areas by training patients, and the law fitted through them."""
    sizes = sorted(tested["patients"].unique())
    rows = []
    for (question, model), own in tested.groupby(["question", "model"], sort=False):
        fitted = law_with_intervals(own)
        areas = [own.loc[own["patients"] == size, "area"] for size in sizes]
        spread = [f"{each.mean():.3f} ({each.min():.3f} to {each.max():.3f})" for each in areas]
        told = ["", "", ""]
        if fitted is not None:
            law = fitted.law
            told = [
                _with_interval(law.area(2 * law.most), fitted.twice),
                _with_interval(law.limit, fitted.limit),
                f"{law.exponent:.2f}",
            ]
        rows.append([f"{ASKED[str(question)].title}, {TITLES[str(model)]}", *spread, *told])
    heads = [f"{size} patients" for size in sizes]
    return markdown(["Question, reading", *heads, "Twice the most, fitted", "Limit", "Exponent"], rows)


def _with_interval(value: float, interval: tuple[float, float] | None) -> str:
    return f"{value:.3f}" + ("" if interval is None else f" ({interval[0]:.3f} to {interval[1]:.3f})")
