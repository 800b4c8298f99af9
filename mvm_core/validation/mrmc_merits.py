"""Figures of merit of readers, each an average over pairs of a positive and a negative case."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mvm_core.errors import ValidationError
from mvm_core.language import gettext_noop
from mvm_core.validation.mrmc_study import Bools, Floats, ReaderStudy

Cells = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Modality and reader of k cells, each shape (k,)."""
_AT_ONCE = 4_000_000
"""So many pairs are compared in one piece of memory."""


@dataclass(frozen=True)
class Pairs:
    """What is compared in k cells over the same m positive and n negative cases.

    The figure of a cell is the mean over all pairs of `credit` times the weighted share of the positive
    case's places that are rated above the negative case, ties counting half.

    Attributes
    ----------
    positives : float array, shape (k, m, l)
        Ratings of the places of the positive cases; -inf where none was pointed at.
    negatives : float array, shape (k, n)
    weights : float array, shape (m, l)
        Of the places of a case; they sum up to 1.
    credit : float array, shape (k, m), or None
        In [0, 1]; None for 1 throughout.
    """

    positives: Floats
    negatives: Floats
    weights: Floats
    credit: Floats | None = None


@dataclass(frozen=True)
class Moments:
    """Averages over pairs, from which figures and their covariances follow.

    Attributes
    ----------
    figures : float array, shape (k,)
    positives : float array, shape (k, m)
        Mean over the negative cases, for each positive one (the structural components of DeLong).
    negatives : float array, shape (k, n)
    products : float array, shape (k, k), or None
        Mean over all pairs of the product of two cells' values, where it was asked for.
    """

    figures: Floats
    positives: Floats
    negatives: Floats
    products: Floats | None


@dataclass(frozen=True)
class Merit:
    """A figure of merit.

    Attributes
    ----------
    name : str
        In JSON.
    title : str
        For people.
    pairs : callable
        From a study, cells of it that share their cases, and these, to `Pairs`.
    counts : tuple of bool
        The classes whose cases the figure is of: a rate is of one.
    """

    name: str
    title: str
    pairs: Callable[[ReaderStudy, Cells, NDArray[np.int64]], Pairs] = field(repr=False)
    counts: tuple[bool, ...] = (False, True)


def moments(pairs: Pairs, *, products: bool = False) -> Moments:
    """Average over all pairs of a positive and a negative case.

    Parameters
    ----------
    pairs : Pairs
    products : bool
        Whether the means of products are wanted, which the unbiased estimator needs.
    """
    k, m, _ = pairs.positives.shape
    n = pairs.negatives.shape[1]
    positives, negatives = np.empty((k, m)), np.zeros((k, n))
    together = np.zeros((k, k))
    step = max(1, _AT_ONCE // (k * n))
    for start in range(0, m, step):
        part = slice(start, start + step)
        value = np.zeros((k, pairs.positives[:, part].shape[1], n))
        for place in range(pairs.positives.shape[2]):
            own, other = pairs.positives[:, part, place, None], pairs.negatives[:, None, :]
            value += pairs.weights[part, place][None, :, None] * ((own > other) / 2 + (own >= other) / 2)
        if pairs.credit is not None:
            value *= pairs.credit[:, part, None]
        positives[:, part] = value.mean(axis=2)
        negatives += value.sum(axis=1)
        if products:
            flat = value.reshape(k, -1)
            together += flat @ flat.T
    return Moments(positives.mean(axis=1), positives, negatives / m, together / (m * n) if products else None)


def _split(
    study: ReaderStudy, values: Floats | Bools, cells: Cells, cases: NDArray[np.int64]
) -> tuple[Floats, Floats]:
    """Values of the cells' positive and negative cases, shapes (k, m) and (k, n)."""
    own = values[cells][:, cases].astype(np.float64)
    truth = study.truth[cases]
    return own[:, truth], own[:, ~truth]


def _one_place(positives: Floats, negatives: Floats, credit: Floats | None = None) -> Pairs:
    return Pairs(positives[:, :, None], negatives, np.ones((positives.shape[1], 1)), credit)


def _auc(study: ReaderStudy, cells: Cells, cases: NDArray[np.int64]) -> Pairs:
    return _one_place(*_split(study, study.ratings, cells, cases))


def _sensitivity(study: ReaderStudy, cells: Cells, cases: NDArray[np.int64]) -> Pairs:
    positives, negatives = _split(study, _known(study.called, "calls"), cells, cases)
    # against a constant between the two calls the share of pairs is the rate
    return _one_place(positives, np.full_like(negatives, 0.5))


def _specificity(study: ReaderStudy, cells: Cells, cases: NDArray[np.int64]) -> Pairs:
    positives, negatives = _split(study, _known(study.called, "calls"), cells, cases)
    return _one_place(np.full_like(positives, 0.5), negatives)


def _lroc(study: ReaderStudy, cells: Cells, cases: NDArray[np.int64]) -> Pairs:
    located, _ = _split(study, _known(study.located, "places"), cells, cases)
    return _one_place(*_split(study, study.ratings, cells, cases), located)


def _weighted_afroc(study: ReaderStudy, cells: Cells, cases: NDArray[np.int64]) -> Pairs:
    if study.places is None:
        raise ValidationError("places", "how many a case has is not known", "give each case's own places")
    positives, negatives = _split(study, study.ratings, cells, cases)
    located, _ = _split(study, _known(study.located, "places"), cells, cases)
    _, pointed = _split(study, _known(study.pointed, "places"), cells, cases)
    share = 1 / np.maximum(1, study.places[cases][study.truth[cases]])
    hit = np.where(located > 0, positives, -np.inf)
    # one place is pointed at, so a case's further places are never found
    return Pairs(
        np.stack([hit, np.full_like(hit, -np.inf)], axis=2),
        np.where(pointed > 0, negatives, -np.inf),
        np.column_stack([share, 1 - share]),
    )


def _known(values: Bools | None, name: str) -> Bools:
    if values is None:
        raise ValidationError(name, "the study has none", "give them, or ask for another figure of merit")
    return values


AUC = Merit("auc", gettext_noop("Area under the ROC curve"), _auc)
SENSITIVITY = Merit("sensitivity", gettext_noop("Sensitivity"), _sensitivity, (True,))
SPECIFICITY = Merit("specificity", gettext_noop("Specificity"), _specificity, (False,))
LROC = Merit("lroc", gettext_noop("Area under the LROC curve"), _lroc)
WEIGHTED_AFROC = Merit("weighted_afroc", gettext_noop("Area under the weighted AFROC curve"), _weighted_afroc)
MERITS: Mapping[str, Merit] = {
    merit.name: merit for merit in (AUC, SENSITIVITY, SPECIFICITY, LROC, WEIGHTED_AFROC)
}
