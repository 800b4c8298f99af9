"""Fitting the stages of a rule for distances: means, covariances, cross-fitted scores of training films."""

import numpy as np
from numpy.typing import NDArray

from mvm_core.models.distance import Stage

_SHRINKAGE = 0.1
_FOLDS = 5

Array = NDArray[np.float32]


def fit_stages(
    means: dict[str, Array], groups: NDArray[np.int_], patients: NDArray[np.str_]
) -> tuple[tuple[Stage, ...], Array]:
    """Fit the stages of one view.

    Parameters
    ----------
    means : mapping of str to float32 array, shape (films, channels)
        By tensor.
    groups : int array, shape (films,)
        Films of one group share a mean.
    patients : str array, shape (films,)

    Returns
    -------
    stages : tuple of Stage
    scores : float32 array, shape (films,)
        Ascending, each by stages fitted without a fifth of the patients, its own among them.
    """
    names = np.unique(patients)
    fold_of = dict(zip(names, np.random.default_rng(0).permutation(len(names)) % _FOLDS, strict=True))
    folds = np.array([fold_of[name] for name in patients])
    stages, scores = [], []
    for tensor, features in means.items():
        apart = np.empty(len(features), np.float32)
        for fold in range(_FOLDS):
            own = folds == fold
            apart[own] = _fit(tensor, features[~own], groups[~own]).score(features[own])
        middle, high = (float(value) for value in np.quantile(apart, (0.5, 0.9)))
        spread = max(high - middle, 1e-6)
        fitted = _fit(tensor, features, groups)
        stages.append(Stage(tensor, fitted.whitening, fitted.means, middle, spread))
        scores.append((apart - middle) / spread)
    return tuple(stages), np.sort(np.max(scores, axis=0)).astype(np.float32)


def _fit(tensor: str, features: Array, groups: NDArray[np.int_]) -> Stage:
    """Means of groups and one covariance within them, drawn a little towards a round one."""
    known = np.unique(groups)
    means = np.stack([features[groups == group].mean(axis=0) for group in known])
    within = features - means[np.searchsorted(known, groups)]
    scale = within.std(axis=0) + 1e-6
    covariance = np.cov((within / scale).T.astype(float))
    size = len(covariance)
    round_one = np.eye(size) * np.trace(covariance) / size
    shrunk = (1 - _SHRINKAGE) * covariance + _SHRINKAGE * round_one
    whitening = np.linalg.cholesky(np.linalg.inv(shrunk)) / scale[:, np.newaxis]
    return Stage(tensor, whitening.astype(np.float32), means.astype(np.float32))
