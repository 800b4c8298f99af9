"""The part of a model card that tells of finer evidence maps: the release before and after, side by side."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from mvm_core.explain.catalogue import EVIDENCE
from mvm_core.explain.scorecard import FILE, read_scorecard
from mvm_core.models.registry import QUESTIONS, READING_NAMES, TITLES
from mvm_core.study.tables import markdown, readings_side_by_side

_SHOWN = ("output_stride", "evidence_weight", "epochs")
_MAPS = {
    "pointing_game_vertebra": "Peak in the vertebra",
    "pointing_game_lesion": "Peak in the lesion",
    "auprc_vertebra": "AUPRC, vertebra",
    "auprc_lesion": "AUPRC, lesion",
}


def outcome(refinement: Mapping[str, Any]) -> str:
    """Which weights are released, and why, in one line."""
    before, after = (refinement["tune_merit"][when] for when in ("before", "after"))
    told = (
        f"mean tune AUC is {after:.4f} against {before:.4f} before, where a loss of "
        f"{refinement['tolerance']:g} is allowed"
    )
    if refinement["kept"]:
        return f"The finer maps are released: the {told}."
    return f"The release before stays; of finer maps the {told}."


def refinement_section(
    folder: Path, record: Mapping[str, Any], results: pd.DataFrame, comparisons: pd.DataFrame
) -> list[str]:
    """Paragraphs on the refinement that a study's record holds."""
    refinement = record["refinement"]
    names = refinement["from"], refinement["to"]
    parts = [
        "### Finer evidence maps\n\nAfter the study its release was trained again at the settings on the "
        "right, from the weights before unless told otherwise. A gain in area is of all that differs, "
        f"and of having learnt longer. {outcome(refinement)} The mean is of the ensembles, or of the "
        "single readings where there are none; other splits were not looked at for the choice. The epochs of "
        f"all networks add up to {refinement['cost']['training_seconds'] / 60:.0f} minutes, with "
        f"{refinement['workers']} networks trained side by side.",
        _settings(record, names),
        "DeLong, paired; the difference is after less before.",
        readings_side_by_side(results, comparisons, *names),
    ]
    return [*parts, *_localisation(folder, refinement)]


def _settings(record: Mapping[str, Any], names: tuple[str, str]) -> str:
    differing = record["refinement"]["settings"]
    cells = [record["cells"][name]["settings"] for name in names]
    alike = {key: [settings[key] for settings in cells] for key in _SHOWN}
    # What differs is told as trained, also where a record from before a setting's time does not name it.
    rows = [[key, *(f"`{value}`" for value in pair)] for key, pair in (alike | differing).items()]
    merits = record["refinement"]["tune_merit"]
    rows.append(["Mean tune AUC", *(f"{merits[when]:.4f}" for when in ("before", "after"))])
    return markdown(["Setting", *(f"`{name}`" for name in names)], rows)


def _localisation(folder: Path, refinement: Mapping[str, Any]) -> list[str]:
    """Where both weights' maps peak, if the scorecard in the folder has rows of both."""
    weights = {
        when: (refinement[key] or "")[:12]
        for when, key in (("before", "weights_from"), ("after", "weights_to"))
    }
    table = read_scorecard(folder / FILE)
    if table is None or not set(weights.values()) <= set(table["weights"]):
        return []
    part = table[
        (table["group"] == "all")
        & (table["question"] == QUESTIONS[0])
        & (table["method"] == EVIDENCE)
        & table["metric"].isin(list(_MAPS))
    ]
    found = {(row["reading"], row["weights"], row["metric"]): row for row in part.to_dict("records")}
    rows = [
        [TITLES[name], when, *(_score(found.get((name, identity, metric))) for metric in _MAPS)]
        for name in READING_NAMES
        for when, identity in weights.items()
        if any((name, identity, metric) in found for metric in _MAPS)
    ]
    return [
        "Evidence maps of cases whose lesions are known: how often the peak lies in the vertebra and in the "
        "lesion, and the area under the precision-recall curve of the map's pixels; mean (95 % interval), "
        "patients.",
        markdown(["Reading", "Weights", *_MAPS.values()], rows),
    ]


def _score(row: Mapping[Any, Any] | None) -> str:
    if row is None:
        return "–"
    interval = "" if pd.isna(row["low"]) else f" ({row['low']:.2f} to {row['high']:.2f})"
    return f"{row['value']:.2f}{interval}, {row['n']:.0f}"
