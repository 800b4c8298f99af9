"""The parts of a model card that show how figures change: with local cases, and with boxes off the level."""

from collections.abc import Mapping, Sequence
from math import isnan
from pathlib import Path

import pandas as pd

from mvm_core.cohort.manifest import INTACT
from mvm_core.explain.displaced_boxes import AREA, FLAGGED, PLACEMENTS, read_displaced_figures
from mvm_core.recalibrate import LEAST_OF_A_CLASS
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
    row = figures.loc[(placement, metric)]
    interval = "" if pd.isna(row["low"]) else f" ({row['low']:.3f} to {row['high']:.3f})"
    return f"{row['value']:.3f}{interval} of {row['n']}"
