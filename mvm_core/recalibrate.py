"""Networks as they are, with calibrations and points fitted on other cases: a hospital's own, say."""

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from mvm_core.calibrations import (
    TARGET_SENSITIVITY,
    TARGET_SPECIFICITY,
    apply_calibration,
    fit_calibrations,
)
from mvm_core.cohort import Cohort
from mvm_core.errors import TableError, WeightsError
from mvm_core.evaluation import evaluate
from mvm_core.files import write_atomically
from mvm_core.inference import own_or_shipped
from mvm_core.models import disease
from mvm_core.models.reader import Reader
from mvm_core.models.weights import MANIFEST, PREDICTIONS, ReadingCalibration, load_weights
from mvm_core.spine import weights as spine

_KINDS = ("onnx", "safetensors")
_AGAIN = " Calibrated anew on"

LEAST_OF_A_CLASS = 10
"""So many cases of each label are asked for; a slope fitted on fewer says little."""


def recalibrate(
    folder: Path,
    cohort: Cohort,
    out: Path,
    *,
    split: str = "tune",
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Fit every reading's calibration and points anew, ensembles of today's registry included.

    Parameters
    ----------
    folder : Path
        The weights folder whose networks are kept.
    cohort : Cohort
        Read with them.
    out : Path
        Gets the new weights folder: the same networks, the new manifest, the cohort's predictions. Tables and
        card of the old folder stay behind, since they tell of other calibrations.
    split : str
        Of the cohort, whose cases are fitted on; those of its other splits are read for the predictions.

    Returns
    -------
    Path
        The new manifest.

    Raises
    ------
    WeightsError
        If `folder` is not a complete weights folder, or `out` is the same.
    TableError
        If the split holds too few cases of a label.
    FilmError
        If a film cannot be read.
    """
    weights = load_weights(folder)
    if out.resolve() == folder.resolve():
        raise WeightsError(str(out), "these are the weights to be calibrated", "name another folder")
    _check_enough(cohort, split)
    splits = sorted({case.split for case in cohort.diseased})
    logits = evaluate(cohort, Reader(weights), splits, progress)
    singles = logits[logits["logit"].notna()]
    readings = fit_calibrations(singles[singles["split"] == split])
    manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_bytes())
    files = [network[kind]["file"] for network in manifest["networks"].values() for kind in _KINDS]
    return _write(folder, out, files, manifest, readings, apply_calibration(singles, readings), cohort, split)


def _check_enough(cohort: Cohort, split: str) -> None:
    for label in ("mvm", "bvf"):
        count = sum(case.label == label for case in cohort.split(split))
        if count < LEAST_OF_A_CLASS:
            raise TableError(
                str(cohort.folder / "manifest.csv"),
                [f"its {split} split holds {count} cases of {label}, where {LEAST_OF_A_CLASS} are needed"],
                "name another split with --split, or add cases",
            )


def _write(
    folder: Path,
    out: Path,
    files: list[str],
    manifest: dict[str, Any],
    readings: Mapping[str, ReadingCalibration],
    predictions: pd.DataFrame,
    cohort: Cohort,
    split: str,
) -> Path:
    out.mkdir(parents=True, exist_ok=True)
    # Without its manifest, half a copy does not load.
    (out / MANIFEST).unlink(missing_ok=True)
    for beside in (spine.MANIFEST, disease.MANIFEST):
        source, _ = own_or_shipped(folder, beside)
        graph = json.loads((source / beside).read_bytes())["onnx"]["file"]
        for name in (graph, beside):
            shutil.copyfile(source / name, out / name)
    for name in files:
        shutil.copyfile(folder / name, out / name)
    table = predictions.to_csv(index=False).encode()
    write_atomically(out / PREDICTIONS, table)
    fitted_on = cohort.split(split)
    whose = "simulated cases" if cohort.simulated else "cases of the user's own"
    manifest |= {
        "notice": f"{manifest['notice'].split(_AGAIN)[0]}{_AGAIN} {len(fitted_on)} {whose}.",
        "readings": {
            name: {"temperature": own.temperature, "offset": own.offset, **asdict(own.points)}
            for name, own in readings.items()
        },
        "calibrated_on": {
            "fingerprint": cohort.fingerprint,
            "simulated": cohort.simulated,
            "split": split,
            "patients": {label: sum(case.label == label for case in fitted_on) for label in ("mvm", "bvf")},
            "target_sensitivity": TARGET_SENSITIVITY,
            "target_specificity": TARGET_SPECIFICITY,
            "from": hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest(),
        },
        "predictions": {"file": PREDICTIONS, "sha256": hashlib.sha256(table).hexdigest()},
    }
    return write_atomically(out / MANIFEST, json.dumps(manifest, indent=2).encode())
