"""Covariances of readers' figures over the cases they share: DeLong, jackknife, unbiased."""

from enum import Enum

import numpy as np

from mvm_core.errors import ValidationError
from mvm_core.validation.mrmc_merits import Merit, Moments, moments
from mvm_core.validation.mrmc_study import Floats, Layout, ReaderStudy


class Estimator(Enum):
    """How covariances are estimated; values as in the command line."""

    DELONG = "delong"
    JACKKNIFE = "jackknife"
    UNBIASED = "unbiased"


def figures_and_covariance(
    study: ReaderStudy, layout: Layout, merit: Merit, estimator: Estimator
) -> tuple[Floats, Floats]:
    """Figures of all cells, and the covariances that the sampling of cases gives them.

    Returns
    -------
    figures : float array, shape (t, r)
        NaN where a reader did not read in a modality.
    covariance : float array, shape (t, r, t, r)
        0 for two cells without a case in common, and where nothing was read.

    Raises
    ------
    ValidationError
        If the study lacks what the figure of merit needs.
    """
    t, r = layout.case_set.shape
    figures, covariance = np.full((t, r), np.nan), np.zeros((t, r, t, r))
    for number, cases in enumerate(layout.sets):
        i, j = np.nonzero(layout.case_set == number)
        cells = (i.astype(np.int64), j.astype(np.int64))
        found = moments(merit.pairs(study, cells, cases), products=estimator is Estimator.UNBIASED)
        figures[cells] = found.figures
        covariance[i[:, None], j[:, None], i, j] = covariance_of(found, estimator, merit.counts)
    return figures, covariance


def covariance_of(found: Moments, estimator: Estimator, counts: tuple[bool, ...] = (False, True)) -> Floats:
    """Covariances of k figures over the same cases, shape (k, k).

    Parameters
    ----------
    found : Moments
    estimator : Estimator
    counts : tuple of bool
        As in `Merit`.

    Raises
    ------
    ValidationError
        If the unbiased estimator is asked for, and the moments are without the means of products.

    Notes
    -----
    DeLong, DeLong, Clarke-Pearson, Biometrics 1988;44:837. The jackknife leaves out one case of either class
    at a time. The unbiased estimator is the product of the two figures less the mean of products over all
    pairs of pairs without a case in common (Gallas, Acad Radiol 2006;13:353); of a rate it is DeLong's.
    """
    m, n = found.positives.shape[1], found.negatives.shape[1]
    if estimator is Estimator.DELONG:
        return (
            np.cov(found.positives).reshape(2 * found.figures.shape) / m
            + np.cov(found.negatives).reshape(2 * found.figures.shape) / n
        )
    own = found.figures[:, None]
    if estimator is Estimator.JACKKNIFE:
        parts = {True: (m, found.positives), False: (n, found.negatives)}
        left_out = np.hstack(
            [(size * own - each) / (size - 1) for size, each in (parts[kind] for kind in counts)]
        )
        left_out -= left_out.mean(axis=1, keepdims=True)
        return left_out @ left_out.T * (left_out.shape[1] - 1) / left_out.shape[1]
    if found.products is None:
        raise ValidationError("moments", "without means of products", "ask for them")
    all_pairs = own @ own.T
    shared = n * found.positives @ found.positives.T / m + m * found.negatives @ found.negatives.T / n
    apart = (m * n * all_pairs - shared + found.products) / ((m - 1) * (n - 1))
    return all_pairs - apart
