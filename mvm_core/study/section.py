"""The part of a model card that tells how the settings were chosen, and of the audit for shortcuts."""

import json
from pathlib import Path
from typing import Any

import pandas as pd

from mvm_core.models.registry import READING_NAMES, TITLES
from mvm_core.study.tables import SPLIT_TITLES, markdown, p_value

RESULTS, EFFECTS, RECORD = "study_results.csv", "study_effects.csv", "study.json"
AUDIT = "audit.json"

_QUESTIONS = {"mvm": "MVM against BVF", "disease": "diseased against intact"}


def study_section(folder: Path) -> list[str]:
    """Paragraphs on the study whose tables lie in a weights folder; one that says so where there is none."""
    if not (folder / RECORD).is_file():
        return [
            "## How these settings were chosen\n\nThis folder holds no tables of a study: other settings "
            "were not compared."
        ]
    record = dict(json.loads((folder / RECORD).read_text()))
    results, effects = pd.read_csv(folder / RESULTS), pd.read_csv(folder / EFFECTS)
    settings = record["settings"]
    long = f"{settings['steps']} steps" if settings["steps"] else f"{settings['epochs']} epochs"
    return [
        f"## How these settings were chosen\n\nChosen: `{record['chosen']}`. {record['rule']} Every network "
        f"({', '.join(settings['networks'])}) of every cell was trained for {long} from "
        f"{len(record['seeds'])} seeds, on {record['device']}; "
        f"{record['training_seconds'] / 3600:.1f} hours of training in all, "
        f"{record['wall_seconds'] / 60:.0f} minutes on the clock.",
        _areas(results, effects),
        "Against the reference; interval and p by a hierarchical bootstrap of patients and seeds, p adjusted "
        "by Holm over all comparisons of the split. The test split was not looked at for the choice.",
        _effects(effects),
    ]


def _areas(results: pd.DataFrame, effects: pd.DataFrame) -> str:
    """Mean area over the seeds, with the least and the greatest, for the readings that were compared."""
    keys = effects[["split", "question", "model"]].drop_duplicates().to_dict("records")
    rows = []
    for cell in dict.fromkeys(results["cell"]):
        row = [f"`{cell}`"]
        for key in keys:
            own = results[(results["cell"] == cell) & _is(results, key)]["area"]
            row.append(f"{own.mean():.3f} ({own.min():.3f} to {own.max():.3f})" if len(own) else "")
        rows.append(row)
    heads = [
        f"{SPLIT_TITLES[key['split']]}: {_QUESTIONS[key['question']]}, {TITLES[key['model']]}" for key in keys
    ]
    return markdown(["AUC, mean of the seeds (least to greatest)", *heads], rows)


def _is(results: pd.DataFrame, key: dict[Any, Any]) -> "pd.Series[bool]":
    found = pd.Series(True, index=results.index)
    for column, value in key.items():
        found &= results[column] == value
    return found


def _effects(effects: pd.DataFrame) -> str:
    rows = [
        [
            SPLIT_TITLES[row["split"]],
            f"{_QUESTIONS[row['question']]}, {TITLES[row['model']]}",
            f"`{row['cell']}`",
            f"{row['difference']:+.3f} ({row['low']:+.3f} to {row['high']:+.3f})",
            p_value(row["p"]),
            p_value(row["p_holm"]),
            str(row["patients"]),
        ]
        for row in effects.to_dict("records")
    ]
    reference = effects["reference"].iloc[0] if len(effects) else ""
    head = ["Of", "Question, reading", "Cell", f"Difference of AUC to `{reference}` (95 % interval)"]
    return markdown([*head, "p", "p (Holm)", "Patients"], rows)


def audit_section(folder: Path, weights: str) -> list[str]:
    """Paragraphs on the audit of these weights; none where none was made."""
    path = folder / AUDIT
    found = dict(json.loads(path.read_text())) if path.is_file() else {}
    return ["## Shortcuts", _audit(found)] if found.get("weights") == weights else []


def _audit(audit: dict[str, Any]) -> str:
    """The features by the readings; nothing of audits of before, which could not fail."""
    kept = audit["comparisons"]
    names = {each["name"]: each["compared"] for each in kept}
    by_place = {(each["name"], each["reading"]): each for each in kept}
    readings = [name for name in READING_NAMES if name in {each["reading"] for each in kept}]
    rows = [
        [compared, *(_compared(by_place[name, reading]) for reading in readings)]
        for name, compared in names.items()
    ]
    found = [names[name] for name in audit["shortcuts"]]
    return (
        f"Of {audit['n']} simulated patients ({audit['positives']} MVM): area under the ROC curve by which "
        "the score alone tells the second state from the first, with everything else the same. "
        f"{audit['rule']} Told: {'; '.join(found) or 'none'}.\n\n"
        + markdown(["Compared", *(TITLES[name] for name in readings)], rows)
    )


def _compared(row: dict[str, Any]) -> str:
    interval = row["interval"]
    limits = f" ({interval[0]:.3f} to {interval[1]:.3f})" if interval else ""
    return f"{row['area']:.3f}{limits}, {row['verdict']}"
