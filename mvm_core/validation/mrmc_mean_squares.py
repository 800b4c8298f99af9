"""Mean squares and averaged covariances of readers' figures, by design."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from mvm_core.validation.mrmc_study import Design, Floats, Layout


@dataclass(frozen=True)
class Averages:
    """Averaged covariances; 0 where no two cells of their kind share cases.

    Attributes
    ----------
    error : float array, shape (t,)
        Mean variance of each modality's figures, given the reader.
    cov1 : float
        Of one reader in two modalities.
    cov2 : float array, shape (t,)
        Of two readers in one modality.
    cov3 : float
        Of two readers in two modalities.
    """

    error: Floats
    cov1: float
    cov2: Floats
    cov3: float


@dataclass(frozen=True)
class MeanSquares:
    """Mean squares of figures and what their sizes mean.

    Attributes
    ----------
    means : float array, shape (t,)
        Figures averaged over the readers of each modality.
    count : int array, shape (t,)
        Readers of each modality.
    size : float array, shape (t,)
        With how many readers, itself included, a reader shares cases in a modality, on average.
    treatment : float or None
        MS(T); None with one modality.
    readers : float array, shape (t,)
        MS(R) within each modality; NaN with one reader.
    readers_df : int array, shape (t,)
    residual : float or None
        MS(T:R), or MS(R(T)) where readers are nested in modalities; None with one reader.
    residual_df : int
    """

    means: Floats
    count: NDArray[np.int64]
    size: Floats
    treatment: float | None
    readers: Floats
    readers_df: NDArray[np.int64]
    residual: float | None
    residual_df: int

    @property
    def harmonic(self) -> float:
        """Harmonic mean of the modalities' numbers of readers."""
        return float(self.count.size / (1 / self.count).sum())


def averages(covariance: Floats, layout: Layout) -> Averages:
    """Average the covariances, shape (t, r, t, r), over the cells of each kind that share cases."""
    t, r = layout.case_set.shape
    read = layout.read
    variance = np.einsum("ijij->ij", covariance)
    error = np.array([variance[i, read[i]].mean() for i in range(t)])
    same_group = (layout.group[:, None] == layout.group[None, :]) & ~np.eye(r, dtype=bool)
    cov2 = np.zeros(t)
    for i in range(t):
        pairs = same_group & read[i][:, None] & read[i][None, :]
        cov2[i] = covariance[i, :, i, :][pairs].mean() if pairs.any() else 0.0
    own, others = [], []
    for i, k in combinations(range(t), 2):
        between = covariance[i, :, k, :]
        own.extend(np.diagonal(between)[read[i] & read[k]].tolist())
        others.extend(between[same_group & read[i][:, None] & read[k][None, :]].tolist())
    return Averages(
        error, float(np.mean(own)) if own else 0.0, cov2, float(np.mean(others)) if others else 0.0
    )


def mean_squares(figures: Floats, layout: Layout) -> MeanSquares:
    """Mean squares of figures, shape (t, r), within groups of readers where these share cases.

    Where every reader has cases of its own, readers are independent and form one group.
    """
    t = figures.shape[0]
    read = layout.read
    groups = [
        layout.group if np.unique(layout.group[read[i]], return_counts=True)[1].max() > 1 else None
        for i in range(t)
    ]
    count = read.sum(axis=1)
    means = np.array([figures[i, read[i]].mean() for i in range(t)])
    size, readers, readers_df, squares = np.empty(t), np.full(t, np.nan), np.zeros(t, np.int64), 0.0
    for i in range(t):
        own = figures[i, read[i]]
        within = _deviations(own[None, :], None if groups[i] is None else layout.group[read[i]])
        sizes = np.unique(layout.group[read[i]], return_counts=True)[1]
        size[i] = (sizes**2).sum() / sizes.sum()
        readers_df[i] = own.size - (1 if groups[i] is None else sizes.size)
        squares += float((within**2).sum())
        if readers_df[i]:
            readers[i] = (within**2).sum() / readers_df[i]
    if layout.design is Design.READERS_NESTED:
        residual_df = int(readers_df.sum())
    else:
        residual_df = (t - 1) * int(readers_df[0])
        within = _deviations(figures, groups[0])
        squares = float(((within - within.mean(axis=0)) ** 2).sum())
    harmonic = t / (1 / count).sum()
    return MeanSquares(
        means,
        count,
        size,
        float(harmonic * means.var(ddof=1)) if t > 1 else None,
        readers,
        readers_df,
        squares / residual_df if residual_df else None,
        residual_df,
    )


def _deviations(figures: Floats, group: NDArray[np.int64] | None) -> Floats:
    """Figures, shape (t, r), less their mean over the readers of a group."""
    if group is None:
        return figures - figures.mean(axis=1, keepdims=True)
    less = np.empty_like(figures)
    for number in np.unique(group):
        own = group == number
        less[:, own] = figures[:, own] - figures[:, own].mean(axis=1, keepdims=True)
    return less
