"""The part of a model card that tells of the study: settings, comparisons, cost, shortcuts."""

import json
from pathlib import Path
from typing import Any

import pandas as pd

from mvm_core.models.registry import READING_NAMES, TITLES
from mvm_core.study.finer import refinement_section
from mvm_core.study.tables import cells_table, comparisons_as_markdown, markdown

RESULTS, COMPARISONS, RECORD = "study_results.csv", "study_comparisons.csv", "study.json"


def study_record(folder: Path, identity: str) -> dict[str, Any]:
    """Read the record that the study of these weights left in their folder; empty where there is none."""
    path = folder / RECORD
    record = dict(json.loads(path.read_text())) if path.is_file() else {}
    return record if record.get("weights", identity) == identity else {}


def study_section(folder: Path, record: dict[str, Any]) -> list[str]:
    """Paragraphs on the study in a weights folder; one that says so where there is none."""
    if not record:
        return [
            "## How these settings were chosen\n\nThis folder holds no tables of a study: other settings "
            "were not compared."
        ]
    results, comparisons = pd.read_csv(folder / RESULTS), pd.read_csv(folder / COMPARISONS)
    chosen = record.get("chosen", record["released"])
    later = "" if chosen == record["released"] else f" Released since: `{record['released']}`."
    parts = [
        f"## How these settings were chosen\n\n{'Chosen' if later else 'Released'}: `{chosen}`, by the "
        f"{record['criterion']}. The test and external columns were not looked at for the choice.{later}",
        cells_table(results),
        "### Best ensemble against best single reading\n\nBoth chosen on the tune split; DeLong, paired.",
        comparisons_as_markdown(comparisons, "paired"),
        "### Internal against external\n\nDeLong's unpaired test.",
        comparisons_as_markdown(comparisons, "unpaired"),
    ]
    if "refinement" in record:
        parts += refinement_section(folder, record, results, comparisons)
    if "cost" in record:
        parts += ["### Cost", _cost(record)]
    if "comparisons" in record.get("audit", {}):
        parts += ["### Shortcuts", _audit(record["audit"])]
    return parts


def _cost(record: dict[str, Any]) -> str:
    cost = record["cost"]
    lines = [
        f"The epochs of all networks of all settings add up to {cost['training_seconds'] / 60:.0f} minutes, "
        f"with {record['workers']} networks trained side by side."
    ]
    least = cost["training_seconds"] / record["workers"]
    if cost.get("wall_seconds", 0) >= least:
        lines.append(
            f"The whole study took {cost['wall_seconds'] / 60:.0f} minutes of wall-clock time; times the "
            f"command was called: {cost['calls']}."
        )
    else:
        # A call that kept no time, or whose time was lost, cannot be left out of the sum in silence.
        lines.append(
            f"The time of some calls is not known; the study took at least {least / 60:.0f} minutes of "
            "wall-clock time."
        )
    lines.append(
        f"Memory at its peak: {cost['peak_memory_mb_main']} MB in the main process, "
        f"{cost['peak_memory_mb_worker']} MB in the largest other."
    )
    released = record["cells"][record["released"]]["networks"]
    rows = [
        [
            f"`{name}`",
            f"{spent['films_per_s']:.0f}",
            f"{spent['loading_s']:.1f}",
            f"{spent['augmenting_s']:.1f}",
            f"{spent['network_s']:.1f}",
            f"{spent['waiting_share']:.1%}",
        ]
        for name, spent in released.items()
    ]
    heading = ["Network", "Films a second", "Loading s", "Augmentation s", "Network s", "Waiting for data"]
    return (
        " ".join(lines)
        + f"\n\nTraining of `{record['released']}`; loading and augmentation run in a thread beside the "
        "network:\n\n" + markdown(heading, rows)
    )


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
