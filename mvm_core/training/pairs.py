"""From which probability on a level that two films show counts as diseased, judged with real AP films."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mvm_core.cohort import Cohort
from mvm_core.cohort.manifest import INTACT
from mvm_core.cohort.vertebrae import vertebra_rows
from mvm_core.errors import TrainingError
from mvm_core.models.calibration import BOTH, DiseaseCalibration
from mvm_core.models.copied_weights import check_other_folder, write_changed
from mvm_core.models.disease import scan_weights
from mvm_core.models.weights import load_weights
from mvm_core.radiograph import View
from mvm_core.training.reading_levels import read_levels
from mvm_core.training.real_rows import real_rows

SPECIFICITY = 0.999
"""Beyond that of a lateral film alone: no real lateral film is learnt from or fitted on, and of the vertebrae
that the finder lays on each other more lie beyond a point than of marked ones."""

INTACT_LEVELS = 8
"""Of each patient: what matters is the rarest of them."""

LEAST_LATERAL = 50
"""Fewer intact vertebrae on lateral films tell little of a point that one in a hundred passes."""


def point_for_pairs(
    real_ap: NDArray[np.float64], intact_lateral: NDArray[np.float64], fitted: DiseaseCalibration
) -> float:
    """The point for levels on both films that holds for real AP films too: never below the fitted one.

    No pair of real films is learnt from, and no real lateral film. Each vertebra of a real AP film without
    known disease is therefore laid beside each intact lateral one, as if they were one patient's: of these
    pairs, too, the share wanted has to stay below the point.

    Parameters
    ----------
    real_ap : float array, shape (n,)
        Logits of disease of vertebrae on real AP films.
    intact_lateral : float array, shape (m,)
        The same of intact vertebrae on lateral films.
    fitted : DiseaseCalibration
        Of levels on both films.

    Returns
    -------
    float
        In [0, 1].
    """
    means = (real_ap[:, np.newaxis] + intact_lateral).ravel() / 2
    highest = float(np.quantile(means, SPECIFICITY, method="higher"))
    return max(fitted.point, min(float(np.nextafter(fitted.probability(highest), 2.0)), 1.0))


def fit_pairs(
    folder: Path,
    cohort: Cohort,
    real: Path,
    out: Path,
    *,
    splits: Sequence[str],
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Write weights whose point for levels on both films holds for real AP films too.

    Parameters
    ----------
    folder : Path
        Weights whose AP and lateral networks are asked for disease.
    cohort : Cohort
        With a table of levels; neither learnt from nor judged by. One of site ``r`` is most like films from
        elsewhere.
    real : Path
        Folder of marked real films without known disease, of whose AP films the tune part counts.
    out : Path
        Gets the new weights folder; the record of a sealed test goes along, so that openings stay counted.
    splits : sequence of str
        Of the cohort, whose intact lateral vertebrae count.

    Returns
    -------
    Path
        The new manifest.

    Raises
    ------
    WeightsError
        If `folder` is not complete or does not ask for disease, or `out` is the same.
    TrainingError
        If there are too few intact vertebrae on lateral films, or no real AP film of the tune part.
    """
    weights = load_weights(folder)
    check_other_folder(out, folder, "whose point is fitted")
    scan = scan_weights(weights)
    intact = [row for row in vertebra_rows(cohort, splits, per_patient=INTACT_LEVELS) if row.label == INTACT]
    own = [row for row in real_rows(real) if row.split == "tune"]
    (found,) = read_levels([*intact, *own], (scan,), progress)
    lateral = _known(found[View.LATERAL][: len(intact)])
    ap = _known(found[View.AP][len(intact) :])
    _check_enough(ap, lateral, f"--real {real}", str(cohort.folder))
    both = weights.disease[BOTH]
    calibrations = {**weights.disease, BOTH: replace(both, point=point_for_pairs(ap, lateral, both))}
    parts = {
        "disease": {name: asdict(own) for name, own in calibrations.items()},
        "pairs": _told(cohort, splits, ap, lateral),
    }
    return write_changed(folder, out, parts)


def _check_enough(
    real_ap: NDArray[np.float64], intact_lateral: NDArray[np.float64], real: str, cohort: str
) -> None:
    """Raise `TrainingError` where there are too few vertebrae to fit the point on."""
    if not len(real_ap):
        raise TrainingError(real, "it holds no AP film of the tune part", "name the folder of marked films")
    if len(intact_lateral) < LEAST_LATERAL:
        raise TrainingError(
            cohort,
            f"{len(intact_lateral)} intact vertebrae are on its lateral films",
            f"give a cohort with {LEAST_LATERAL} or more",
        )


def _told(
    cohort: Cohort, splits: Sequence[str], real_ap: NDArray[np.float64], intact_lateral: NDArray[np.float64]
) -> Mapping[str, Any]:
    """What a manifest says of the films that the point was fitted on."""
    return {
        "fingerprint": cohort.fingerprint,
        "splits": list(splits),
        "real_ap": len(real_ap),
        "intact_lateral": len(intact_lateral),
        "specificity": SPECIFICITY,
    }


def _known(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return values[np.isfinite(values)]
