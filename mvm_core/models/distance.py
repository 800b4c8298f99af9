"""How unlike the training films what the networks see is: a distance with its percentile among them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mvm_core.radiograph import View

LINE = 99.0
"""Percentile among the training films beyond which a film counts as unlike them."""

NEAREST = 3
"""So many training films are shown beside a film."""

UNLIKE = "Unlike what these weights were trained on"

Array = NDArray[np.float32]


@dataclass(frozen=True)
class TrainingFilm:
    """A training film kept with the rule, to be shown beside films that are far from it.

    Attributes
    ----------
    told : str
        What it is, e.g. ``simulated film, site a, L2, BVF``.
    picture : bytes
        What the networks see of it, as JPEG; empty where it is not kept. Of real films it never is.
    """

    told: str
    picture: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class FilmDistance:
    """How far what the networks see of one film lies from the training films.

    Attributes
    ----------
    distance : float
        From the group of training films that it fits best, in standard deviations; at least 0.
    percentile : float
        Share of that group's training films that lie nearer, in percent, in [0, 100].
    group : str
        That group, e.g. ``simulated`` or ``real``.
    nearest : tuple of TrainingFilm
        The nearest of those that are kept, the nearest first.
    """

    distance: float
    percentile: float
    group: str
    nearest: tuple[TrainingFilm, ...] = ()

    @property
    def unlike(self) -> bool:
        """Whether it lies beyond the line."""
        return self.percentile > LINE


@dataclass(frozen=True)
class Group:
    """Training films of one kind.

    Attributes
    ----------
    mean : float32 array, shape (features,)
    distances : float32 array, shape (films,)
        Of its training films, ascending, each by a rule fitted without its patient.
    """

    mean: Array = field(repr=False)
    distances: Array = field(repr=False)


@dataclass(frozen=True)
class ViewRule:
    """The rule for the films of one view.

    Attributes
    ----------
    network : str
        Whose features are taken, of those that look at one film alone.
    tensors : tuple of str
        Tensors of its graph; the features are their means over the film, one after the other.
    axes : float32 array, shape (features, axes)
        Orthogonal directions of greatest variance within the groups.
    deviations : float32 array, shape (axes,)
        Standard deviation along each.
    rest : float
        Standard deviation along any direction besides.
    groups : mapping of str to Group
    kept : tuple of TrainingFilm
    places : float32 array, shape (kept, axes)
        Where those lie, in standard deviations along the axes from 0.
    """

    network: str
    tensors: tuple[str, ...]
    axes: Array = field(repr=False)
    deviations: Array = field(repr=False)
    rest: float
    groups: Mapping[str, Group]
    kept: tuple[TrainingFilm, ...] = field(default=(), repr=False)
    places: Array = field(default_factory=lambda: np.zeros((0, 0), np.float32), repr=False)

    def measure(self, features: Array) -> FilmDistance:
        """The distance of one film with these features, shape (features,)."""
        found = []
        for name, group in self.groups.items():
            distance = float(self.distances(features[np.newaxis], group.mean)[0])
            nearer = int(np.searchsorted(group.distances, distance))
            found.append((100.0 * nearer / len(group.distances), distance, name))
        percentile, distance, name = min(found)
        return FilmDistance(distance, percentile, name, self._nearest(features))

    def distances(self, features: Array, mean: Array) -> Array:
        """Distances of films with these features, shape (n, features), from a mean, shape (features,).

        Mahalanobis' distance (Lee et al., NeurIPS 2018) with the covariance of probabilistic principal
        components (Tipping and Bishop, JRSS B 1999;61:611), in which all directions besides the axes have
        the same variance.
        """
        centred = features - mean
        along = centred @ self.axes
        beside = np.maximum((centred**2).sum(axis=1) - (along**2).sum(axis=1), 0)
        squares = ((along / self.deviations) ** 2).sum(axis=1) + beside / np.float32(self.rest**2)
        return np.sqrt(squares)

    def place(self, features: Array) -> Array:
        """Where films with these features, shape (n, features), lie along the axes, shape (n, axes)."""
        return (features @ self.axes) / self.deviations

    def _nearest(self, features: Array) -> tuple[TrainingFilm, ...]:
        if not self.kept:
            return ()
        apart = ((self.places - self.place(features[np.newaxis])) ** 2).sum(axis=1)
        return tuple(self.kept[row] for row in np.argsort(apart)[:NEAREST])


@dataclass(frozen=True)
class DistanceRule:
    """What tells films that are unlike the training films, as it is kept with the weights.

    Attributes
    ----------
    views : mapping of View to ViewRule
        Views without a rule are not judged.
    fitted_on : str
        The films that it was fitted on, as one phrase.
    """

    views: Mapping[View, ViewRule]
    fitted_on: str

    def tensors(self, network: str) -> tuple[str, ...]:
        """The tensors of a network's graph that the rule needs."""
        wanted = [name for rule in self.views.values() if rule.network == network for name in rule.tensors]
        return tuple(dict.fromkeys(wanted))
