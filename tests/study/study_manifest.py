"""The manifest of a small simulated cohort."""

import csv
from pathlib import Path

from mvm_core.cohort import MANIFEST_COLUMNS


def write_manifest(folder: Path, rows: list[dict[str, str]]) -> Path:
    with (folder / "manifest.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, MANIFEST_COLUMNS, restval="")
        writer.writeheader()
        writer.writerows({**row, "reference_standard": "simulated"} for row in rows)
    return folder
