"""Networks as they are, with calibrations and points fitted on other cases: a hospital's own, say."""

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pandas as pd

from mvm_core.calibrations import (
    TARGET_SENSITIVITY,
    TARGET_SPECIFICITY,
    apply_calibration,
    fit_calibrations,
    fit_scan,
)
from mvm_core.cohort import Case, Cohort
from mvm_core.cohort.manifest import INTACT
from mvm_core.cohort.vertebrae import INTACT_PER_PATIENT, vertebra_rows
from mvm_core.errors import TableError
from mvm_core.evaluation import read_rows
from mvm_core.files import write_atomically
from mvm_core.inference import own_or_shipped
from mvm_core.models import disease
from mvm_core.models.calibration import DiseaseCalibration, ReadingCalibration, calibration_as_dict
from mvm_core.models.copied_weights import check_other_folder
from mvm_core.models.notice import of_training
from mvm_core.models.reader import Reader
from mvm_core.models.weights import MANIFEST, PREDICTIONS, Weights, load_weights
from mvm_core.spine import weights as spine

LEAST_OF_A_CLASS = 10
"""So many cases of each label are asked for; a slope fitted on fewer says little."""

NOT_ASKED = "the networks are not asked for disease"
FITTED = "fitted anew"
KEPT = f"kept as before: the split holds fewer than {LEAST_OF_A_CLASS} intact vertebrae"
"""What became of the calibrations for disease: the manifest's words under ``calibrated_on``."""


def recalibrate(
    folder: Path,
    cohort: Cohort,
    out: Path,
    *,
    splits: Sequence[str] = ("tune",),
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Fit every reading's calibration and points anew, ensembles of today's registry included.

    Those for disease are fitted on the diseased and the intact vertebrae of the splits (of films by the
    table of levels, and of healthy patients); without intact ones they stay as they were.

    Parameters
    ----------
    folder : Path
        The weights folder whose networks are kept.
    cohort : Cohort
        Read with them.
    out : Path
        Gets the new weights folder: the same networks, the new manifest, the cohort's predictions, where
        cases fitted on are of split ``tune``. Tables and card of the old folder stay behind, since they tell
        of other calibrations.
    splits : sequence of str
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
        If the splits hold too few cases of a label.
    FilmError
        If a film cannot be read.
    """
    weights = load_weights(folder)
    check_other_folder(out, folder, "to be calibrated")
    _check_enough(cohort, splits)
    asked = any("disease" in network.questions for network in weights.networks.values())
    rows = vertebra_rows(cohort, splits, per_patient=INTACT_PER_PATIENT) if asked else ()
    intact = sum(case.label == INTACT for case in rows)
    fitted_on: Sequence[Case] = rows if intact >= LEAST_OF_A_CLASS else cohort.splits(splits)
    others = [case for case in cohort.diseased if case.split not in splits]
    logits = read_rows([*fitted_on, *others], Reader(weights), progress)
    own = logits[logits["split"].isin(splits)]
    readings, scan = fit_calibrations(own), fit_scan(own)
    disease = FITTED if intact >= LEAST_OF_A_CLASS else KEPT
    if disease == KEPT:
        readings, scan = _with_disease_of(weights, readings), dict(weights.disease)
    manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_bytes())
    if scan and disease == FITTED:
        # Fitted to the AP and the lateral network alone; what was joined to them has to be joined again.
        manifest.pop("scan", None)
        manifest.pop("pairs", None)
    if scan:
        manifest["disease"] = {name: asdict(each) for name, each in scan.items()}
    told = {"disease": disease if asked else NOT_ASKED, "intact": intact}
    predictions = apply_calibration(logits, readings)
    # Whatever the cohort called them, they judge these weights no more.
    predictions["split"] = predictions["split"].where(~predictions["split"].isin(splits), "tune")
    return _write(folder, out, manifest, readings, predictions, cohort, splits, told)


def _with_disease_of(
    weights: Weights, readings: Mapping[str, ReadingCalibration]
) -> dict[str, ReadingCalibration]:
    """The calibrations with those for disease as the weights have them."""

    def before(name: str) -> DiseaseCalibration | None:
        return weights.readings[name].disease if name in weights.readings else None

    return {name: replace(own, disease=before(name)) for name, own in readings.items()}


def _check_enough(cohort: Cohort, splits: Sequence[str]) -> None:
    for label in ("mvm", "bvf"):
        count = sum(case.label == label for case in cohort.splits(splits))
        if count < LEAST_OF_A_CLASS:
            raise TableError(
                str(cohort.folder / "manifest.csv"),
                [
                    f"of split {', '.join(splits)} it holds {count} cases of {label}, "
                    f"where {LEAST_OF_A_CLASS} are needed"
                ],
                "name other splits with --splits, or add cases",
            )


def _write(
    folder: Path,
    out: Path,
    manifest: dict[str, Any],
    readings: Mapping[str, ReadingCalibration],
    predictions: pd.DataFrame,
    cohort: Cohort,
    splits: Sequence[str],
    told: Mapping[str, Any],
) -> Path:
    networks = {
        # Earlier versions wrote the same numbers into a second file.
        name: {part: said for part, said in entry.items() if part != "safetensors"}
        for name, entry in manifest["networks"].items()
    }
    out.mkdir(parents=True, exist_ok=True)
    # Without its manifest, half a copy does not load.
    (out / MANIFEST).unlink(missing_ok=True)
    # Networks that are asked for disease scan the levels themselves.
    kept = () if "disease" in manifest or not (folder / disease.MANIFEST).is_file() else (disease.MANIFEST,)
    for beside in kept:
        source, _ = own_or_shipped(folder, beside)
        graph = json.loads((source / beside).read_bytes())["onnx"]["file"]
        for name in (graph, beside):
            shutil.copyfile(source / name, out / name)
    source, _ = own_or_shipped(folder, spine.MANIFEST)
    for file in spine.files_of(source):
        shutil.copyfile(file, out / file.name)
    graphs = [entry["onnx"]["file"] for entry in networks.values()]
    joined = [manifest["scan"]["onnx"]["file"]] if "scan" in manifest else []
    # The networks stay, and so does what tells films unlike those that they learnt from.
    rule = [manifest["distance"]["file"]] if "distance" in manifest else []
    for name in (*graphs, *joined, *rule):
        shutil.copyfile(folder / name, out / name)
    table = predictions.to_csv(index=False).encode()
    write_atomically(out / PREDICTIONS, table)
    fitted_on = cohort.splits(splits)
    manifest |= {
        "notice": of_training(manifest),
        "networks": networks,
        "readings": {name: calibration_as_dict(own) for name, own in readings.items()},
        "calibrated_on": {
            "fingerprint": cohort.fingerprint,
            "simulated": cohort.simulated,
            "split": ", ".join(splits),
            "patients": {label: sum(case.label == label for case in fitted_on) for label in ("mvm", "bvf")},
            "target_sensitivity": TARGET_SENSITIVITY,
            "target_specificity": TARGET_SPECIFICITY,
            **told,
            "from": hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest(),
        },
        "predictions": {"file": PREDICTIONS, "sha256": hashlib.sha256(table).hexdigest()},
    }
    return write_atomically(out / MANIFEST, json.dumps(manifest, indent=2).encode())
