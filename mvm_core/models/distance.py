"""How unlike the training films what the networks see is: a distance with its percentile among them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mvm_core.language import gettext_noop
from mvm_core.radiograph import View

LINE = 99.0
"""Percentile among the training films beyond which a film counts as unlike them."""

NEAREST = 3
"""So many training films are shown beside a film."""

UNLIKE = gettext_noop("Unlike what these weights were trained on")

_LEAST = np.float32(1e-6)

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
        At the stage of the network where it lies furthest off: 0 as the median of the training films, 1 as
        their 90th percentile, on a logarithmic scale.
    percentile : float
        Share of the training films that lie nearer, in percent, in [0, 100].
    nearest : tuple of TrainingFilm
        The nearest of those that are kept, the nearest first.
    """

    distance: float
    percentile: float
    nearest: tuple[TrainingFilm, ...] = ()

    @property
    def unlike(self) -> bool:
        """Whether it lies beyond the line."""
        return self.percentile > LINE


@dataclass(frozen=True)
class Stage:
    """One stage of a network, whose features are the means of its channels over the film.

    Attributes
    ----------
    tensor : str
        Its output in the network's graph.
    whitening : float32 array, shape (channels, channels)
        Brings deviations from a mean to unit covariance.
    means : float32 array, shape (groups, channels)
        Of each group of training films: simulated ones, real ones.
    middle, spread : float
        Of the logarithm of the training films' distances: the median, and from there to the 90th percentile.
    """

    tensor: str
    whitening: Array = field(repr=False)
    means: Array = field(repr=False)
    middle: float = 0.0
    spread: float = 1.0

    def score(self, features: Array) -> Array:
        """How far films lie off, 0 at the median of the training films and 1 at their 90th percentile.

        Mahalanobis' distance from the nearest group's mean, with one covariance for all groups (Lee et al.,
        NeurIPS 2018).

        Parameters
        ----------
        features : float32 array, shape (n, channels)
        """
        apart = (features[:, np.newaxis] - self.means) @ self.whitening
        distances = np.sqrt((apart**2).sum(axis=2)).min(axis=1)
        return (np.log(np.maximum(distances, _LEAST)) - np.float32(self.middle)) / np.float32(self.spread)


@dataclass(frozen=True)
class ViewRule:
    """The rule for the films of one view.

    Attributes
    ----------
    network : str
        Whose features are taken, of those that look at one film alone.
    stages : tuple of Stage
    scores : float32 array, shape (films,)
        Of the training films, ascending, each by a rule fitted without its patient.
    kept : tuple of TrainingFilm
    places : float32 array, shape (kept, channels)
        Where those lie at the last stage, whitened.
    """

    network: str
    stages: tuple[Stage, ...]
    scores: Array = field(repr=False)
    kept: tuple[TrainingFilm, ...] = field(default=(), repr=False)
    places: Array = field(default_factory=lambda: np.zeros((0, 0), np.float32), repr=False)

    @property
    def tensors(self) -> tuple[str, ...]:
        """The tensors that the features are taken from."""
        return tuple(stage.tensor for stage in self.stages)

    def measure(self, means: Mapping[str, Array]) -> FilmDistance:
        """The distance of one film from the means of its tensors, each of shape (channels,)."""
        score = float(max(stage.score(means[stage.tensor][np.newaxis])[0] for stage in self.stages))
        nearer = int(np.searchsorted(self.scores, score))
        return FilmDistance(score, 100.0 * nearer / len(self.scores), self._nearest(means))

    def _nearest(self, means: Mapping[str, Array]) -> tuple[TrainingFilm, ...]:
        if not self.kept:
            return ()
        last = self.stages[-1]
        apart = ((self.places - means[last.tensor] @ last.whitening) ** 2).sum(axis=1)
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
