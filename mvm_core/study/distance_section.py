"""The part of a model card that tells how films unlike the training films are told, and with what use."""

import json
from pathlib import Path
from typing import Any

from mvm_core.models.distance import LINE
from mvm_core.models.weights import MANIFEST
from mvm_core.study.distance_check import RECORD
from mvm_core.study.tables import markdown


def distance_section(folder: Path, weights: str) -> list[str]:
    """Paragraphs on the rule of these weights, with its figures where taken; none without a rule."""
    manifest = json.loads((folder / MANIFEST).read_bytes())
    if "distance" not in manifest:
        return []
    counts = manifest["distance"]["fitted_on"]["counts"]
    fitted = "; ".join(
        f"{view}: {own['films']} films, {own['real']} of them real, {own['left_out']} left out for their "
        "quality"
        for view, own in counts.items()
    )
    parts = [
        "## Films unlike the training films\n\nAt the level read, each film's distance from the training "
        "films is taken by Mahalanobis' distance of four stages of its network, the largest counting; beyond "
        f"the {LINE:g}th percentile no verdict is given. Fitted on {fitted}."
    ]
    path = folder / RECORD
    found = dict(json.loads(path.read_text())) if path.is_file() else {}
    if found.get("weights") != weights:
        return [*parts, "What the rule is good for was not measured."]
    return [*parts, _shares(found["shares"]), _errors(found["error"])]


def _shares(rows: list[dict[str, Any]]) -> str:
    table = [
        [
            row["films"],
            row["view"],
            *(_share(row[key], row["n"]) for key in ("beyond", "warned", "told")),
            ", ".join(f"{name} {count}" for name, count in row["warnings"].items()) or "–",
        ]
        for row in rows
    ]
    columns = ["Films", "View", "Beyond the line", "Warned of by name", "Either", "Warnings"]
    return "Films, not fitted on, and what is told of them:\n\n" + markdown(columns, table)


def _share(count: int | None, n: int) -> str:
    return "–" if count is None else f"{count}/{n} = {count / n:.3f}"


def _errors(rows: list[dict[str, Any]]) -> str:
    table = [
        [
            row["films"],
            f"{row['low']:g} to {row['high']:g}",
            f"{row['wrong']}/{row['n']}",
            f"{row['brier']:.3f}" if row["brier"] is not None else "–",
        ]
        for row in rows
    ]
    return (
        "MVM against BVF by the leading reading, by the percentile of the film further off; wrong is the "
        "other side of 0.5:\n\n" + markdown(["Films", "Percentile", "Wrong", "Brier score"], table)
    )
