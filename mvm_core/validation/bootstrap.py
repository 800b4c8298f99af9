"""Bootstrap: stratified by class, clustered by patient where a patient has several cases, seeded.

Replicates are drawn in chunks that fit a processor's cache, each chunk from its own child of the seed, so
that the result depends on the seed alone and not on how many threads share the work.
"""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mvm_core.errors import ValidationError
from mvm_core.validation._checks import labels_of, patients_of, two_classes

Floats = NDArray[np.float64]
Draws = NDArray[np.integer]

_CHUNK_ELEMENTS = 120_000


def bootstrap_auc(
    labels: ArrayLike,
    scores: ArrayLike,
    replicates: int = 10_000,
    seed: int = 0,
    patients: ArrayLike | None = None,
) -> Floats:
    """Replicates of the area under the ROC curve.

    Parameters
    ----------
    labels : array, shape (n,)
        1 for the positive class, else 0.
    scores : array, shape (n,)
        Finite.
    replicates : int
        How many.
    seed : int
        Equal seeds give equal replicates.
    patients : array, shape (n,), optional
        Whose case each is. Patients with several cases are drawn whole.

    Returns
    -------
    float array, shape (replicates,)

    Raises
    ------
    ValidationError
        If labels or scores are unfit, there is only one class, or `patients` has another length.
    """
    positive, values = two_classes(labels, scores)
    if patients is not None and np.unique(np.asarray(patients)).size < positive.size:
        chunks = bootstrap_weights(positive, replicates, seed, patients)
        return np.concatenate([auc_of_weights(positive, values, weights) for weights in chunks])
    score_draws = _wins_of_draws(positive, values)
    m, n = int(positive.sum()), int((~positive).sum())

    def chunk(generator: np.random.Generator, size: int) -> NDArray[np.int64]:
        return score_draws(_draw(generator, m, size), _draw(generator, n, size))

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        jobs = [pool.submit(chunk, *job) for job in _chunks(replicates, m + n, seed)]
        wins = np.concatenate([job.result() for job in jobs])
    return wins / (2.0 * m * n)


def auc_of_draws(
    labels: ArrayLike, scores: ArrayLike, positive_draws: Draws, negative_draws: Draws
) -> Floats:
    """Area under the ROC curve of given bootstrap draws.

    Parameters
    ----------
    labels : array, shape (n,)
        1 for the positive class, else 0.
    scores : array, shape (n,)
        Finite.
    positive_draws, negative_draws : int array, shape (replicates, any)
        Which of the positive cases, and which of the negative ones, a replicate holds; indices into the
        cases of that class, in their order.

    Returns
    -------
    float array, shape (replicates,)

    Raises
    ------
    ValidationError
        If labels or scores are unfit, or there is only one class.
    """
    positive, values = two_classes(labels, scores)
    wins = _wins_of_draws(positive, values)(positive_draws, negative_draws)
    return wins / (2.0 * positive_draws.shape[1] * negative_draws.shape[1])


def auc_of_weights(labels: ArrayLike, scores: ArrayLike, weights: NDArray[np.integer]) -> Floats:
    """Area under the ROC curve with each case counted so many times.

    Parameters
    ----------
    labels : array, shape (n,)
        1 for the positive class, else 0.
    scores : array, shape (n,)
        Finite.
    weights : int array, shape (replicates, n)
        How often a replicate holds each case.

    Returns
    -------
    float array, shape (replicates,)
        NaN where a replicate has only one class.
    """
    positive, values = two_classes(labels, scores)
    order = np.argsort(values[positive])
    ordered = values[positive][order]
    counts = weights[:, positive][:, order]
    below = np.zeros((len(weights), ordered.size + 1), dtype=np.int64)
    np.cumsum(counts, axis=1, out=below[:, 1:])
    negatives = values[~positive]
    lost = below[:, np.searchsorted(ordered, negatives, "left")]
    lost += below[:, np.searchsorted(ordered, negatives, "right")]
    negative_weights = weights[:, ~positive]
    m, n = below[:, -1], negative_weights.sum(axis=1)
    pairs = np.where(m * n > 0, m * n, np.nan)
    return 1 - np.einsum("ij,ij->i", lost, negative_weights) / (2 * pairs)


def bootstrap_weights(
    labels: ArrayLike, replicates: int = 2_000, seed: int = 0, patients: ArrayLike | None = None
) -> Iterator[NDArray[np.int64]]:
    """How often each case is in each replicate, chunk by chunk.

    Patients are drawn with replacement among those with MVM only, with BVF only, and with both.

    Parameters
    ----------
    labels : array, shape (n,)
        1 for the positive class, else 0.
    replicates, seed, patients
        As in `bootstrap_auc`.

    Yields
    ------
    int array, shape (chunk, n)

    Raises
    ------
    ValidationError
        If the labels are unfit or `patients` has another length.
    """
    positive = labels_of(labels)
    names = np.arange(positive.size) if patients is None else patients_of(patients, positive.size)
    _, patient_of_case = np.unique(names, return_inverse=True)
    size = int(patient_of_case.max()) + 1
    has_positive = np.bincount(patient_of_case, positive, size) > 0
    has_negative = np.bincount(patient_of_case, ~positive, size) > 0
    strata = [np.flatnonzero(has_positive & ~has_negative), np.flatnonzero(~has_positive & has_negative)]
    strata.append(np.flatnonzero(has_positive & has_negative))
    for generator, rows in _chunks(replicates, positive.size, seed):
        counts = np.zeros((rows, size), dtype=np.int64)
        for members in strata:
            if members.size:
                counts[:, members] = _count(_draw(generator, members.size, rows), members.size)
        yield counts[:, patient_of_case]


def percentile_interval(replicates: ArrayLike, confidence: float = 0.95) -> tuple[float, float] | None:
    """Percentile interval of bootstrap replicates; None where fewer than half of them could be computed."""
    values = np.asarray(replicates, dtype=np.float64)
    values = values[np.isfinite(values)]
    if not values.size or 2 * values.size < np.size(replicates):
        return None
    low, high = np.quantile(values, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def _chunks(replicates: int, width: int, seed: int) -> Iterator[tuple[np.random.Generator, int]]:
    """A generator and a number of replicates for each chunk."""
    if replicates < 1:
        raise ValidationError(f"{replicates} replicates", "there is nothing to draw", "ask for one or more")
    rows = max(1, _CHUNK_ELEMENTS // width)
    for index, start in enumerate(range(0, replicates, rows)):
        sequence = np.random.SeedSequence(seed, spawn_key=(index,))
        yield np.random.Generator(np.random.SFC64(sequence)), min(rows, replicates - start)


def _draw(generator: np.random.Generator, size: int, rows: int) -> Draws:
    """Indices drawn with replacement, shape (rows, size); short integers where they do, for speed."""
    kind = np.uint16 if size <= np.iinfo(np.uint16).max else np.uint32
    return generator.integers(0, size, (rows, size), dtype=kind)


def _flat(draws: Draws, size: int) -> NDArray[np.int64]:
    """Indices into a flattened (rows, size) array."""
    offsets = np.arange(len(draws), dtype=np.int64)[:, None] * size
    return (draws + offsets).ravel()


def _count(draws: Draws, size: int) -> NDArray[np.int64]:
    """How often each index is in each row, shape (rows, size)."""
    return np.bincount(_flat(draws, size), minlength=len(draws) * size).reshape(len(draws), size)


def _wins_of_draws(
    positive: NDArray[np.bool_], values: Floats
) -> Callable[[Draws, Draws], NDArray[np.int64]]:
    """Build the function from draws to twice the number of pairs in which the positive case scores higher.

    Only the drawn positives are counted and summed up in order of score; each drawn negative then looks
    up how many of them lie below it. That is O(m + n) for a replicate, in whole numbers.
    """
    order = np.argsort(values[positive])
    ordered = values[positive][order]
    negatives = values[~positive]
    left = np.searchsorted(ordered, negatives, "left")
    right = np.searchsorted(ordered, negatives, "right")
    tied = bool((left != right).any())

    def wins(positive_draws: Draws, negative_draws: Draws) -> NDArray[np.int64]:
        rows, m = positive_draws.shape
        below = np.zeros((rows, ordered.size + 1), dtype=np.int32)
        np.cumsum(_count(positive_draws, ordered.size).take(order, axis=1), axis=1, out=below[:, 1:])
        lost = below.take(left, axis=1)
        lost += below.take(right, axis=1) if tied else lost
        drawn = lost.ravel().take(_flat(negative_draws, negatives.size)).reshape(negative_draws.shape)
        return 2 * m * negative_draws.shape[1] - drawn.sum(axis=1, dtype=np.int64)

    return wins
