"""Joining a network for disease alone to the AP and lateral networks that read every level."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mvm_core.calibrations import DISEASE_SPECIFICITY
from mvm_core.cohort import Cohort
from mvm_core.cohort.manifest import INTACT
from mvm_core.cohort.vertebrae import vertebra_rows
from mvm_core.errors import TrainingError
from mvm_core.models.calibration import BOTH
from mvm_core.models.copied_weights import check_other_folder, write_changed
from mvm_core.models.disease_weights import DiseaseWeights, load_disease_weights, scan_weights
from mvm_core.models.weights import Weights, load_weights
from mvm_core.radiograph import View
from mvm_core.training.reading_levels import read_levels
from mvm_core.training.real_rows import real_rows
from mvm_core.validation.fitting import fit_detection
from mvm_core.validation.logistic import fit_logistic

INTACT_LEVELS = 3
"""Of each patient, for the fit."""


def join_scan(
    folder: Path,
    second: Path,
    cohort: Cohort,
    out: Path,
    *,
    splits: Sequence[str],
    shares: Mapping[View, float],
    real: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Write weights whose levels are read by their own networks and by one for disease alone.

    Each network's logit of a view is brought to log odds by a logistic fit on the cohort; a level's logit is
    the weighted mean of both, and the calibrations are fitted to that.

    Parameters
    ----------
    folder : Path
        Weights whose AP and lateral networks are asked for disease.
    second : Path
        Folder with a ``disease.json``.
    cohort : Cohort
        With a table of levels; neither learnt from nor judged by.
    out : Path
        Gets the new weights folder.
    splits : sequence of str
        Of the cohort, that are fitted on.
    shares : mapping of View to float
        Of the network for disease alone in the mean of each view, in (0, 1).
    real : Path, optional
        Folder of marked real films without known disease; the AP films of the tune part take part in the
        point of AP films.

    Returns
    -------
    Path
        The new manifest.

    Raises
    ------
    WeightsError
        If a folder is not complete, or `out` is the folder itself.
    TrainingError
        If the cohort has too few diseased or intact vertebrae, or a network tells nothing on it.
    """
    weights, beside = load_weights(folder), load_disease_weights(second)
    check_other_folder(out, folder, "to be joined to")
    rows = vertebra_rows(cohort, splits, per_patient=INTACT_LEVELS)
    own_rows = [row for row in real_rows(real) if row.split == "tune"] if real is not None else []
    # What an earlier join put beside them is replaced, and must not count as their own.
    alone = scan_weights(replace(weights, second_scan=None))
    found = read_levels([*rows, *own_rows], (alone, beside), progress)
    diseased = np.array([row.label != INTACT for row in (*rows, *own_rows)])
    simulated = np.arange(len(diseased)) < len(rows)
    coefficients = {
        view: tuple(
            weight * slope_of(diseased, logits.films[view], simulated, f"{cohort.folder}, {view.label} films")
            for weight, logits in zip((1 - shares[view], shares[view]), found, strict=True)
        )
        for view in View
    }
    joined = {
        view: sum(
            coefficient * logits.films[view]
            for coefficient, logits in zip(coefficients[view], found, strict=True)
        )
        for view in View
    }
    scores = {view.value: np.asarray(joined[view], float) for view in View}
    scores[BOTH] = (scores["ap"] + scores["lateral"]) / 2
    calibrations = {}
    for name, values in scores.items():
        known = np.isfinite(values)
        fitted = fit_detection(diseased[known], values[known], target_specificity=DISEASE_SPECIFICITY[name])
        calibrations[name] = asdict(fitted)
    told = {
        "fingerprint": cohort.fingerprint,
        "splits": list(splits),
        "diseased": int(diseased.sum()),
        "intact": int((~diseased & simulated).sum()),
        "real_intact": len(own_rows),
        "shares": {view.value: share for view, share in shares.items()},
    }
    return _write(weights, beside, out, coefficients, calibrations, told)


def check_joined(weights: Weights) -> None:
    """Raise `TrainingError` where nothing was joined to what reads the levels of a weights folder."""
    if weights.second_scan is None:
        raise TrainingError(
            str(weights.folder), "its levels are read by its own networks alone", "use join-scan first"
        )


def slope_of(
    diseased: NDArray[np.bool_], logits: NDArray[np.float64], counted: NDArray[np.bool_], where: str
) -> float:
    """How many log odds of disease one logit is worth, of the vertebrae counted whose logit is known.

    Raises
    ------
    TrainingError
        If it tells nothing of disease; it names `where`.
    """
    known = counted & np.isfinite(logits)
    fit = fit_logistic(diseased[known], logits[known])
    if fit is None or fit.slope <= 0:
        raise TrainingError(where, "a network does not tell diseased from intact there", "give more cases")
    return float(fit.slope)


def _write(
    weights: Weights,
    beside: DiseaseWeights,
    out: Path,
    coefficients: Mapping[View, Sequence[float]],
    calibrations: Mapping[str, Mapping[str, float]],
    told: Mapping[str, Any],
) -> Path:
    network = next(iter(beside.networks[View.AP]))
    graph = network.graph.read_bytes()
    scan = {
        "onnx": {"file": network.graph.name, "sha256": hashlib.sha256(graph).hexdigest()},
        "preprocessing": asdict(network.preprocessing),
        "coefficients": {view.value: list(own) for view, own in coefficients.items()},
        "trained_on": dict(beside.trained_on),
        "fitted_on": dict(told),
    }
    parts = {"pairs": None, "disease": dict(calibrations), "scan": scan}
    return write_changed(weights.folder, out, parts, {network.graph.name: graph})
