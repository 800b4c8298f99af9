"""From which probability on a level that two films show counts as diseased, judged with real AP films."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mvm_core.cohort import Case, Cohort
from mvm_core.cohort.manifest import INTACT
from mvm_core.cohort.vertebrae import vertebra_rows
from mvm_core.errors import TrainingError
from mvm_core.logits import expit
from mvm_core.models.calibration import BOTH, DiseaseCalibration
from mvm_core.models.copied_weights import check_other_folder, write_changed
from mvm_core.models.disease import DiseaseReader
from mvm_core.models.disease_weights import scan_weights
from mvm_core.models.second_scan import FilmPoint
from mvm_core.models.weights import load_weights
from mvm_core.radiograph import View
from mvm_core.training.reading_levels import level_inputs, read_levels
from mvm_core.training.real_rows import real_rows

SPECIFICITY = 0.996
"""Stricter than that of simulated pairs: no real lateral film is learnt from or fitted on, and of the
vertebrae that the finder lays on each other more lie beyond a point than of marked ones."""

INTACT_LEVELS = 8
"""Of each patient: what matters is the rarest of them."""

BESIDE = 60
"""Intact lateral vertebrae that each vertebra of a real AP film is laid beside."""

_SEED = 14

LEAST_LATERAL = 50
"""Fewer intact vertebrae on lateral films tell little of a point that one in a hundred passes."""


def point_for_pairs(log_odds: NDArray[np.float64], fitted: DiseaseCalibration) -> float:
    """The point for levels on both films below which such pairs stay: never below the fitted one.

    Parameters
    ----------
    log_odds : float array, shape (n,)
        Of disease, of vertebrae of real AP films each laid beside an intact lateral one; less what the point
        moves by on such films.
    fitted : DiseaseCalibration
        Of levels on both films.

    Returns
    -------
    float
        In [0, 1].
    """
    highest = float(np.quantile(log_odds, SPECIFICITY, method="higher"))
    return max(fitted.point, min(float(np.nextafter(expit(highest), 2.0)), 1.0))


def laid_beside(ap: Sequence[Case], lateral: Sequence[Case], draw: np.random.Generator) -> NDArray[np.int64]:
    """For each vertebra of an AP film `BESIDE` lateral ones, of its level where there are such.

    Returns
    -------
    int array, shape (n, BESIDE)
        Rows of `lateral`; one may come twice.
    """
    by_level = {
        level: [row for row, case in enumerate(lateral) if case.level == level]
        for level in {case.level for case in ap}
    }
    everyone = range(len(lateral))
    return np.array([draw.choice(by_level[case.level] or everyone, BESIDE) for case in ap], np.int64)


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

    No pair of real films is learnt from, and no real lateral film. Vertebrae of real AP films without known
    disease are therefore laid beside intact lateral ones of simulated people, as if they were one patient's:
    of these pairs, too, the share wanted has to stay below the point.

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
    by_level = found.films[View.LATERAL][: len(intact)]
    lateral = [row for row, logit in zip(intact, by_level, strict=True) if np.isfinite(logit)]
    _check_enough(own, lateral, f"--real {real}", str(cohort.folder))
    beside = laid_beside(own, lateral, np.random.default_rng(_SEED))
    logits = (found.films[View.AP][len(intact) :, np.newaxis] + by_level[np.isfinite(by_level)][beside]) / 2
    if scan.pair is not None:
        settings = scan.pair.network.preprocessing
        ap_seen = level_inputs(own, View.AP, settings)
        lateral_seen = level_inputs(lateral, View.LATERAL, settings)
        asked = scan.pair.scan.asks(logits)
        pairs = [(ap_seen[row], lateral_seen[beside[row, at]]) for row, at in np.argwhere(asked)]
        of_pairs = np.full(beside.shape, np.nan)
        of_pairs[asked] = DiseaseReader(scan).of_pairs(pairs)
        logits = scan.pair.scan.joined(logits, of_pairs)
    both = weights.disease[BOTH]
    log_odds = both.log_odds(logits)
    if scan.film is not None:
        log_odds = log_odds - _shifts(own, log_odds, scan.film)[:, np.newaxis]
    point = point_for_pairs(log_odds.ravel(), both)
    calibrations = {**weights.disease, BOTH: replace(both, point=point)}
    parts = {
        "disease": {name: asdict(own) for name, own in calibrations.items()},
        "pairs": {
            "fingerprint": cohort.fingerprint,
            "splits": list(splits),
            "real_ap": len(own),
            "intact_lateral": len(lateral),
            "specificity": SPECIFICITY,
            "beside": BESIDE,
        },
    }
    return write_changed(folder, out, parts)


def _shifts(ap: Sequence[Case], log_odds: NDArray[np.float64], film: FilmPoint) -> NDArray[np.float64]:
    """By how much the point moves on each AP film; a level counts by its median beside lateral ones."""
    levels, films = np.median(log_odds, axis=1), np.array([str(case.ap) for case in ap])
    return np.array([film.shift(levels[films == own].tolist()) for own in films])


def _check_enough(real_ap: Sequence[Case], intact_lateral: Sequence[Case], real: str, cohort: str) -> None:
    """Raise `TrainingError` where there are too few vertebrae to fit the point on."""
    if not real_ap:
        raise TrainingError(real, "it holds no AP film of the tune part", "name the folder of marked films")
    if len(intact_lateral) < LEAST_LATERAL:
        raise TrainingError(
            cohort,
            f"{len(intact_lateral)} intact vertebrae are on its lateral films",
            f"give a cohort with {LEAST_LATERAL} or more",
        )
