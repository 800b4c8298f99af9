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
from mvm_core.models.disease_weights import (
    DiseaseWeights,
    load_disease_weights,
    pair_network,
    scan_weights,
)
from mvm_core.models.weights import Weights, load_weights
from mvm_core.radiograph import View
from mvm_core.training.reading_levels import read_levels
from mvm_core.training.real_rows import real_rows
from mvm_core.validation.fitting import fit_detection
from mvm_core.validation.logistic import fit_logistic

INTACT_LEVELS = 3
"""Of each patient, for the fit."""

PAIR_NETWORK = "concat"
"""Of the networks that take both films, the one that tells disease best on films not learnt from."""


def join_scan(
    folder: Path,
    second: Path,
    cohort: Cohort,
    out: Path,
    *,
    splits: Sequence[str],
    shares: Mapping[View, float],
    pair_share: float = 0.0,
    real: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Write weights whose levels are read by their own networks and by one for disease alone.

    Each network's logit of a view is brought to log odds by a logistic fit on the cohort; a level's logit is
    the weighted mean of both. On both films the mean of theirs is brought to log odds and joined likewise to
    that of the network that looks at both at once. The calibrations are fitted to the sums.

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
    pair_share : float
        Of the network `PAIR_NETWORK` in what is said of levels on both films, in [0, 1); 0 leaves it out.
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
    if pair_share:
        alone = replace(alone, pair=pair_network(weights, PAIR_NETWORK, (1.0, 0.0)))
    found = read_levels([*rows, *own_rows], (alone, beside), progress)
    diseased = np.array([row.label != INTACT for row in (*rows, *own_rows)])
    simulated = np.arange(len(diseased)) < len(rows)
    coefficients = {
        view: tuple(
            weight * _slope(diseased, logits.films[view], simulated, f"{cohort.folder}, {view.label} films")
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
    pair = None
    if pair_share:
        of_pair, where = found[0].pair, f"{cohort.folder}, pairs of films"
        own = (1 - pair_share) * _slope(diseased, scores[BOTH], simulated, where)
        together = pair_share * _slope(diseased, of_pair, simulated, where)
        scores[BOTH] = own * scores[BOTH] + together * of_pair
        pair = {"network": PAIR_NETWORK, "coefficients": [own, together]}
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
        **({"pair_share": pair_share} if pair is not None else {}),
    }
    scan = {"coefficients": {view.value: list(own) for view, own in coefficients.items()}, "fitted_on": told}
    return _write(weights, beside, out, scan | ({"pair": pair} if pair is not None else {}), calibrations)


def _slope(
    diseased: NDArray[np.bool_], logits: NDArray[np.float64], counted: NDArray[np.bool_], where: str
) -> float:
    known = counted & np.isfinite(logits)
    fit = fit_logistic(diseased[known], logits[known])
    if fit is None or fit.slope <= 0:
        raise TrainingError(where, "a network does not tell diseased from intact there", "give more cases")
    return float(fit.slope)


def _write(
    weights: Weights,
    beside: DiseaseWeights,
    out: Path,
    fitted: Mapping[str, Any],
    calibrations: Mapping[str, Mapping[str, float]],
) -> Path:
    network = next(iter(beside.networks[View.AP]))
    graph = network.graph.read_bytes()
    scan = {
        "onnx": {"file": network.graph.name, "sha256": hashlib.sha256(graph).hexdigest()},
        "preprocessing": asdict(network.preprocessing),
        "trained_on": dict(beside.trained_on),
        **fitted,
    }
    parts = {"pairs": None, "disease": dict(calibrations), "scan": scan}
    return write_changed(weights.folder, out, parts, {network.graph.name: graph})
