"""Joining what looks at both films of a level at once to what reads each of them."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from mvm_core.calibrations import DISEASE_SPECIFICITY
from mvm_core.cohort import Cohort
from mvm_core.cohort.manifest import INTACT
from mvm_core.cohort.vertebrae import vertebra_rows
from mvm_core.models.calibration import BOTH
from mvm_core.models.copied_weights import check_other_folder, write_changed
from mvm_core.models.disease_weights import pair_network, scan_weights
from mvm_core.models.weights import MANIFEST, load_weights
from mvm_core.training.reading_levels import read_levels
from mvm_core.training.scan import INTACT_LEVELS, check_joined, slope_of
from mvm_core.validation.fitting import fit_detection

NETWORK = "concat"
"""Of the networks that take both films, the one that tells disease best on films not learnt from."""


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
    that. What is said of levels on one film stays.

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
    scan = replace(scan_weights(weights), pair=pair_network(weights, NETWORK, (1.0, 0.0)), film=None)
    rows = vertebra_rows(cohort, splits, per_patient=INTACT_LEVELS)
    (found,) = read_levels(rows, (scan,), progress)
    diseased = np.array([row.label != INTACT for row in rows])
    everyone, where = np.ones(len(rows), bool), f"{cohort.folder}, pairs of films"
    own = (1 - share) * slope_of(diseased, found.mean, everyone, where)
    together = share * slope_of(diseased, found.pair, everyone, where)
    scores = own * found.mean + together * found.pair
    known = np.isfinite(scores)
    fitted = fit_detection(diseased[known], scores[known], target_specificity=DISEASE_SPECIFICITY[BOTH])
    pair = {
        "network": NETWORK,
        "coefficients": [own, together],
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
