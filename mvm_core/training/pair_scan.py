"""Joining what looks at both films of a level at once to what reads each of them."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mvm_core.calibrations import DISEASE_SPECIFICITY
from mvm_core.cohort import Cohort
from mvm_core.cohort.manifest import INTACT
from mvm_core.cohort.vertebrae import vertebra_rows
from mvm_core.logits import logit
from mvm_core.models.calibration import BOTH, DiseaseCalibration
from mvm_core.models.copied_weights import check_other_folder, write_changed
from mvm_core.models.disease_weights import pair_network, scan_weights
from mvm_core.models.second_scan import PairScan, Spared
from mvm_core.models.weights import MANIFEST, load_weights
from mvm_core.training.reading_levels import read_levels
from mvm_core.training.scan import INTACT_LEVELS, check_joined, slope_of
from mvm_core.validation.fitting import fit_detection

NETWORK = "concat"
"""Of the networks that take both films, the one that tells disease best on films not learnt from."""

MARGIN = 0.5
"""Of the mean of the films' logits, below the least of a level that counts as diseased."""

LEAST_SPARED = 50
"""Fewer levels tell little of what their logit on both films usually is."""


def spared_levels(
    mean: NDArray[np.float64], of_pair: NDArray[np.float64], diseased: NDArray[np.bool_]
) -> Spared | None:
    """About which levels Concat need not be asked, since none of them came to count as diseased by it.

    Parameters
    ----------
    mean, of_pair : float array, shape (n,)
        Of levels on both films: the mean of the films' logits, and Concat's.
    diseased : bool array, shape (n,)
        Which of them count as diseased when both are joined.

    Returns
    -------
    Spared or None
        None where they are too few to tell.
    """
    if not diseased.any():
        return None
    below = float(mean[diseased].min()) - MARGIN
    far = mean < below
    if far.sum() < LEAST_SPARED:
        return None
    slope, intercept = np.polyfit(mean[far], of_pair[far], 1)
    return Spared(below, float(slope), float(intercept))


def join_pair(
    folder: Path,
    cohort: Cohort,
    out: Path,
    *,
    splits: Sequence[str],
    share: float,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Write weights that read levels on both films by their own Concat network too.

    The mean of the films' logits and Concat's logit are each brought to log odds by a logistic fit on the
    cohort; a level's logit is their weighted mean, and the calibration for levels on both films is fitted to
    that. What is said of levels on one film stays. Concat is not asked about levels that the films alone call
    intact by far (`spared_levels`).

    Parameters
    ----------
    folder : Path
        Weights whose levels are read by `join_scan`'s sum.
    cohort : Cohort
        With a table of levels; neither learnt from nor judged by.
    out : Path
        Gets the new weights folder.
    splits : sequence of str
        Of the cohort, that are fitted on.
    share : float
        Of Concat in the mean, in (0, 1).

    Returns
    -------
    Path
        The new manifest.

    Raises
    ------
    WeightsError
        If `folder` is not complete or has no Concat network that is asked for disease, or `out` is the same.
    TrainingError
        If its levels are read by its own networks alone, the cohort has too few diseased or intact vertebrae,
        or one of both tells nothing on it.
    """
    check_other_folder(out, folder, "to be joined to")
    weights = load_weights(folder)
    check_joined(weights)
    scan = replace(
        scan_weights(weights), pair=pair_network(weights, PairScan(NETWORK, (1.0, 0.0))), film=None
    )
    rows = vertebra_rows(cohort, splits, per_patient=INTACT_LEVELS)
    (found,) = read_levels(rows, (scan,), progress)
    diseased = np.array([row.label != INTACT for row in rows])
    everyone, where = np.ones(len(rows), bool), f"{cohort.folder}, pairs of films"
    own = (1 - share) * slope_of(diseased, found.mean, everyone, where)
    together = share * slope_of(diseased, found.pair, everyone, where)
    known = np.isfinite(found.mean + found.pair)
    mean, of_pair = found.mean[known], found.pair[known]

    def fitted_to(scan: PairScan) -> DiseaseCalibration:
        scores = scan.joined(mean, of_pair)
        fit = fit_detection(diseased[known], scores, target_specificity=DISEASE_SPECIFICITY[BOTH])
        return DiseaseCalibration(**asdict(fit))

    in_full = PairScan(NETWORK, (own, together))
    first = fitted_to(in_full)
    log_odds = first.log_odds(in_full.joined(mean, of_pair))
    spared = spared_levels(mean, of_pair, log_odds >= logit(first.point))
    fitted = fitted_to(replace(in_full, spared=spared))
    pair = {
        "network": NETWORK,
        "coefficients": [own, together],
        **({"spared": asdict(spared)} if spared is not None else {}),
        "share": share,
        "fingerprint": cohort.fingerprint,
        "splits": list(splits),
        "diseased": int((diseased & known).sum()),
        "intact": int((~diseased & known).sum()),
    }
    told = json.loads((folder / MANIFEST).read_bytes())
    # What was fitted to the sum before does not hold for this one.
    scan_told = {name: part for name, part in told["scan"].items() if name != "film"}
    parts = {
        "disease": {**told["disease"], BOTH: asdict(fitted)},
        "scan": {**scan_told, "pair": pair},
        "pairs": None,
    }
    return write_changed(folder, out, parts)
