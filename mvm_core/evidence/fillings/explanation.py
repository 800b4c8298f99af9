"""Where the readings look, what moves them, and how steady they are."""

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from mvm_core.evidence.registry import filled_from
from mvm_core.evidence.release import Release
from mvm_core.explain.displaced_boxes import FILE as DISPLACED
from mvm_core.explain.findings import FILE as FINDINGS
from mvm_core.explain.scorecard import FILE as SCORECARD
from mvm_core.models.registry import TITLES, leading_of

_POINTING = {"pointing_game_vertebra": "in the vertebra", "pointing_game_lesion": "in the disease"}
_STEADY = {
    "repeatability_shift": "small shifts",
    "repeatability_noise": "new noise",
    "repeatability_jpeg": "JPEG",
}
_SHOWN = 3


@filled_from(SCORECARD)
def explainability(release: Release) -> str:
    """How often the evidence map's peak lies where it should."""
    rows = _scores(release)
    told = [
        f"{where} {_figure(row)} of {row['n']}"
        for metric, where in _POINTING.items()
        for row in rows[rows["metric"] == metric].to_dict("records")
    ]
    reading = TITLES[leading_of(release.weights.readings)]
    if not told:
        return ""
    return f"Evidence maps of {reading}, peak {', '.join(told)} simulated cases (95 % interval)."


@filled_from(SCORECARD)
def repeatability(release: Release) -> str:
    """How alike maps stay under what should not matter."""
    rows = _scores(release)
    told = [
        f"{what} {_figure(row)} of {row['n']}"
        for metric, what in _STEADY.items()
        for row in rows[rows["metric"] == metric].to_dict("records")
    ]
    return f"Likeness of the evidence map after {', after '.join(told)} cases." if told else ""


def _scores(release: Release) -> pd.DataFrame:
    """Of the leading reading's evidence maps over all cases, of these weights."""
    table = _own(release, SCORECARD)
    question = table["question"] == "mvm"
    reading = table["reading"] == leading_of(release.weights.readings)
    return table[question & reading & (table["method"] == "evidence") & (table["group"] == "all")]


@filled_from(FINDINGS)
def findings_switched(release: Release) -> str:
    """The findings that move the leading reading most."""
    table = _own(release, FINDINGS)
    rows = table[(table["reading"] == leading_of(release.weights.readings)) & (table["group"] == "all")]
    if rows.empty:
        return ""
    most = rows.reindex(rows["change"].abs().sort_values(ascending=False).index).head(_SHOWN)
    told = ", ".join(
        f"{row['finding']} {row['change']:+.2f} ({row['low']:+.2f} to {row['high']:+.2f})"
        for row in most.to_dict("records")
    )
    return f"Findings switched alone that move the logit most: {told}; {most['n'].max()} simulated patients."


@filled_from(DISPLACED)
def displaced_boxes(release: Release) -> str:
    """Areas where the box is drawn off the level."""
    table = _own(release, DISPLACED)
    areas = table[table["metric"] == "area"]
    told = ", ".join(f"{row['placement']} {_figure(row)}" for row in areas.to_dict("records"))
    return f"Area under the ROC curve with boxes drawn off by: {told}." if told else ""


def _own(release: Release, file: str) -> pd.DataFrame:
    """The rows of a table that are of these weights."""
    table = release.table(file)
    try:
        return table[table["weights"].astype(str) == release.short_identity]
    except KeyError as error:
        raise release.damaged(file, error) from None


def _figure(row: Mapping[Hashable, Any]) -> str:
    return f"{row['value']:.3f} ({row['low']:.3f} to {row['high']:.3f})"
