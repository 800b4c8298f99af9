"""Several findings a film: sensitivity against false alarms a film (free-response ROC)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mvm_core.errors import ValidationError
from mvm_core.validation._checks import labels_of, two_classes
from mvm_core.validation.bootstrap import bootstrap_weights, percentile_interval


@dataclass(frozen=True)
class FrocCurve:
    """A free-response ROC curve.

    Attributes
    ----------
    thresholds : float array, shape (n,)
        Falling; from each one on a place counts as flagged.
    sensitivity : float array, shape (n,)
        Share of the diseased places that are flagged, in [0, 1].
    false_alarms : float array, shape (n,)
        Places flagged without disease, over the films.
    films : int
    diseased : int
        Places with disease, those that were never looked at included.
    """

    thresholds: NDArray[np.float64]
    sensitivity: NDArray[np.float64]
    false_alarms: NDArray[np.float64]
    films: int
    diseased: int

    def sensitivity_at(self, false_alarms: float) -> float:
        """The greatest sensitivity at no more than so many false alarms a film; 0 where there is none."""
        reached = self.sensitivity[self.false_alarms <= false_alarms]
        return float(reached.max()) if reached.size else 0.0


def froc_curve(diseased: ArrayLike, scores: ArrayLike, films: int, missed: int = 0) -> FrocCurve:
    """Work out the curve (Bunch et al., J Appl Photogr Eng 1978;4:166-71).

    Parameters
    ----------
    diseased : bool array, shape (n,)
        Of each place that was looked at.
    scores : float array, shape (n,)
    films : int
        Films, or pairs of films, that the places lie on; those without any place included.
    missed : int
        Diseased places that were not looked at, and so are never flagged.

    Raises
    ------
    ValidationError
        If the places are all diseased or all intact, a score is not finite, or there is no film.
    """
    positive, values = two_classes(diseased, scores)
    if films < 1 or missed < 0:
        raise ValidationError("films", "there is none", "give the number of films")
    thresholds = np.unique(values)[::-1]
    order = np.sort(values[positive]), np.sort(values[~positive])
    hit, alarms = (len(own) - np.searchsorted(own, thresholds, side="left") for own in order)
    total = int(positive.sum()) + missed
    return FrocCurve(thresholds, hit / total, alarms / films, films, total)


@dataclass(frozen=True)
class FrocIntervals:
    """95 % percentile intervals of a free-response curve and of shares of its places, from films drawn whole.

    Attributes
    ----------
    false_alarms : float array, shape (k,)
        Rising; places flagged without disease, over the films.
    low, high : float arrays, shape (k,)
        Of the greatest sensitivity at no more than so many false alarms.
    shares : mapping of str to (low, high) or None
        Of what was asked for; None where fewer than half of the replicates have it.
    replicates : int
    """

    false_alarms: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    shares: Mapping[str, tuple[float, float] | None]
    replicates: int


def froc_intervals(
    diseased: ArrayLike,
    scores: ArrayLike,
    films: ArrayLike,
    at: ArrayLike,
    shares: Mapping[str, tuple[ArrayLike, ArrayLike | None]],
    replicates: int = 1_000,
    seed: int = 0,
) -> FrocIntervals:
    """Draw films with replacement, those with disease, without, and with both kinds of places apart.

    Parameters
    ----------
    diseased : bool array, shape (n,)
        Of each place.
    scores : float array, shape (n,)
        NaN where the place was not looked at, and so is never flagged.
    films : array, shape (n,)
        The film, pair of films or patient that each place lies on.
    at : float array, shape (k,)
        False alarms a film at which the curve's intervals are asked for.
    shares : mapping of str to (bool array, bool array or None)
        Which places are counted, and of which; None for an average over the films.
    replicates, seed : int

    Raises
    ------
    ValidationError
        If there is not one value of each for each place, or the places are all diseased or all intact.
    """
    values = np.asarray(scores, np.float64)
    looked_at = ~np.isnan(values)
    positive, _ = two_classes(diseased, np.where(looked_at, values, 0.0))
    parts = {name: _counts(positive.size, name, *pair) for name, pair in shares.items()}
    wanted = np.asarray(at, np.float64)
    order = np.flatnonzero(looked_at)[np.argsort(-values[looked_at], kind="stable")]
    # where one score is shared, all its places are flagged at once
    ends = np.append(np.flatnonzero(np.diff(values[order])), order.size - 1)[: order.size]
    count = np.unique(np.asarray(films)).size
    curves: list[NDArray[np.float64]] = []
    drawn: dict[str, list[NDArray[np.float64]]] = {name: [] for name in parts}
    for weights in bootstrap_weights(positive, replicates, seed, films):
        total = weights @ positive.astype(np.int64)
        hits, alarms = (
            np.cumsum(weights[:, order] * kind[order], axis=1)[:, ends] for kind in (positive, ~positive)
        )
        for own, found, flaws in zip(total, hits, alarms, strict=True):
            reached = np.searchsorted(flaws, wanted * count, side="right")
            curves.append(np.append(0, found)[reached] / own)
        for name, (counted, among) in parts.items():
            of = count if among is None else weights @ among
            with np.errstate(divide="ignore", invalid="ignore"):
                drawn[name].append(weights @ counted / of)
    low, high = np.quantile(np.array(curves), [0.025, 0.975], axis=0)
    found = {name: percentile_interval(np.concatenate(each)) for name, each in drawn.items()}
    return FrocIntervals(wanted, low, high, found, replicates)


def _counts(
    size: int, name: str, counted: ArrayLike, among: ArrayLike | None
) -> tuple[NDArray[np.int64], NDArray[np.int64] | None]:
    first = labels_of(counted).astype(np.int64)
    second = None if among is None else labels_of(among).astype(np.int64)
    if {size} != {each.size for each in (first, second) if each is not None}:
        raise ValidationError(name, "there is not one answer for each place", "give one for each place")
    return first, second
