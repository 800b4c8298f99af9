"""How the point from which a level counts as diseased follows its films: fitted on whole pairs."""

import json
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from mvm_core.cohort import Cohort
from mvm_core.errors import TrainingError
from mvm_core.evaluation import examine_unmarked, read_case
from mvm_core.examination import Examiner
from mvm_core.logits import logit
from mvm_core.models.copied_weights import check_other_folder, write_changed
from mvm_core.models.weights import MANIFEST, load_weights
from mvm_core.radiograph import FilmPair
from mvm_core.training.scan import check_joined

SETTLES = 4.0
"""Further levels from which on half of the share counts."""

LEAST_LEVELS = 5
"""A pair of films with fewer on both tells no median."""

LEAST_PAIRS = 20

_CERTAIN = 1e-12


def fit_film_point(
    folder: Path,
    cohort: Cohort,
    out: Path,
    *,
    splits: Sequence[str],
    share: float,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Write weights whose point for levels on both films follows the median of all levels of the films.

    Every pair of films is read as if nobody had drawn a box. On films of the cohort's middle the point stays;
    elsewhere it moves by `share` of the distance in log odds.

    Parameters
    ----------
    folder : Path
        Weights whose levels are read by `join_scan`'s sum.
    cohort : Cohort
        Neither learnt from nor judged by.
    out : Path
        Gets the new weights folder.
    splits : sequence of str
        Of the cohort, that are fitted on.
    share : float
        In (0, 1).

    Returns
    -------
    Path
        The new manifest.

    Raises
    ------
    WeightsError
        If `folder` is not complete, or `out` is the same.
    TrainingError
        If its levels are read by its own networks alone, or too few pairs show enough levels.
    """
    check_other_folder(out, folder, "whose point is fitted")
    check_joined(load_weights(folder))
    examiner = Examiner.open(folder)
    cases = [case for case in cohort.cases if case.split in set(splits)]
    medians = []
    for done, case in enumerate(cases, start=1):
        levels = _log_odds(read_case(case), examiner)
        if len(levels) >= LEAST_LEVELS:
            medians.append(statistics.median(levels))
        if progress is not None:
            progress(done, len(cases))
    if len(medians) < LEAST_PAIRS:
        raise TrainingError(
            str(cohort.folder),
            f"{len(medians)} of its pairs of films show {LEAST_LEVELS} levels on both",
            f"give a cohort with {LEAST_PAIRS} or more",
        )
    film = {
        "share": share,
        "median": statistics.median(medians),
        "settle": SETTLES,
        "fingerprint": cohort.fingerprint,
        "splits": list(splits),
        "pairs": len(medians),
    }
    scan = json.loads((folder / MANIFEST).read_bytes())["scan"]
    return write_changed(folder, out, {"scan": {**scan, "film": film}})


def _log_odds(pair: FilmPair, examiner: Examiner) -> list[float]:
    """Of all levels that both films show."""
    found = examine_unmarked(pair, examiner)
    return [
        float(logit(np.clip(level.probability_disease, _CERTAIN, 1 - _CERTAIN)))
        for level in found.levels
        if level.ap_box is not None and level.lateral_box is not None
    ]
