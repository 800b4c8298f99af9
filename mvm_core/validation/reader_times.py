"""How long readers take: a mixed model of the logarithm of times, readers and cases random."""

from dataclasses import dataclass

import numpy as np

from mvm_core.validation.mrmc import analyse_figures
from mvm_core.validation.mrmc_results import Analysis, Fixed
from mvm_core.validation.mrmc_study import Floats, ReaderStudy, layout_of


@dataclass(frozen=True)
class Times:
    """Geometric means of seconds, and their ratios, with 95 % intervals.

    Attributes
    ----------
    analysis : Analysis
        Of the means of log seconds.
    means : dict of str to (value, low, high)
        Seconds of each modality; limits None where the figures do not give them.
    ratios : dict of (modality, reference) to (value, low, high, p)
    """

    analysis: Analysis
    means: dict[str, tuple[float, float | None, float | None]]
    ratios: dict[tuple[str, str], tuple[float, float | None, float | None, float | None]]


def analyse_times(study: ReaderStudy, seconds: Floats, fixed: Fixed = Fixed.NEITHER) -> Times | None:
    """Analyse times; None where one is missing.

    Parameters
    ----------
    study : ReaderStudy
    seconds : float array, shape (t, r, c)
        Above 0, wherever the study has a rating.
    fixed : Fixed

    Raises
    ------
    ValidationError
        As in `analyse_figures`.

    Notes
    -----
    The model is log seconds = modality + reader + case + their interactions, all but the first random. With
    every cell read, its analysis of variance is Obuchowski and Rockette's of the means of log seconds, with
    the covariances over cases (Hillis, Obuchowski, Schartz, Berbaum, Stat Med 2005;24:1579).
    """
    layout = layout_of(study)
    if np.isnan(seconds[~np.isnan(study.ratings)]).any():
        return None
    t, r = layout.case_set.shape
    figures, covariance = np.full((t, r), np.nan), np.zeros((t, r, t, r))
    for number, cases in enumerate(layout.sets):
        i, j = np.nonzero(layout.case_set == number)
        logs = np.log(seconds[i, j][:, cases])
        figures[i, j] = logs.mean(axis=1)
        covariance[i[:, None], j[:, None], i, j] = np.cov(logs).reshape(i.size, i.size) / cases.size
    found = analyse_figures(
        study, layout, figures, covariance, "log_seconds", None, fixed, 0.95, (-np.inf, np.inf)
    )
    means = {
        name: (float(np.exp(one.value)), _exp(one.low), _exp(one.high))
        for name, one in zip(found.modalities, found.means, strict=True)
    }
    ratios = {
        (one.modality, one.reference): (
            float(np.exp(one.estimate.value)), _exp(one.estimate.low), _exp(one.estimate.high), one.p,
        )
        for one in found.differences
    }  # fmt: skip
    return Times(found, means, ratios)


def _exp(value: float | None) -> float | None:
    return None if value is None else float(np.exp(value))
