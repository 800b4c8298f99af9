"""What reads every level beside the AP and the lateral network, and what is asked of one to be diseased."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mvm_core.imaging.preprocess import Preprocessing
from mvm_core.models.registry import NETWORKS, Layout


@dataclass(frozen=True)
class Spared:
    """Levels that are intact by far by their films' mean: what looks at both at once is not asked about them.

    Attributes
    ----------
    below : float
        Mean of the films' logits.
    slope, intercept : float
        Of the logit that such levels usually have on both at once, from that mean: it counts for theirs.
    """

    below: float
    slope: float
    intercept: float


@dataclass(frozen=True)
class PairScan:
    """A network of the readings that looks at both films of a level at once, beside what reads each.

    Attributes
    ----------
    network : str
    coefficients : tuple of float
        Of the mean of the films' logits and of this network's: a level's logit is their weighted sum.
    spared : Spared or None
        About which levels it is not asked; None where it is about all.
    """

    network: str
    coefficients: tuple[float, float]
    spared: Spared | None = None

    def asks(self, mean: ArrayLike) -> NDArray[np.bool_]:
        """Whether the network is asked about levels of these means of the films' logits, shape (...)."""
        means = np.asarray(mean, np.float64)
        return means >= (-np.inf if self.spared is None else self.spared.below)

    def joined(self, mean: ArrayLike, of_pair: ArrayLike) -> NDArray[np.float64]:
        """The levels' logits.

        Parameters
        ----------
        mean : float array, shape (...)
            Of the logits of both films.
        of_pair : float array, shape (...)
            The network's own; of no account where it is not asked.
        """
        means, own = np.asarray(mean, np.float64), np.asarray(of_pair, np.float64)
        if self.spared is not None:
            usual = self.spared.slope * means + self.spared.intercept
            own = np.where(self.asks(means), own, usual)
        return np.asarray(self.coefficients[0] * means + self.coefficients[1] * own)


@dataclass(frozen=True)
class FilmPoint:
    """How the point for levels on both films follows the pair of films.

    Where most levels look less intact than usual, more is asked of one to count as diseased, and less where
    they look more so: the spine is its own control.

    Attributes
    ----------
    share : float
        Of the distance from the usual median by which the point moves, in [0, 1).
    median : float
        Of the levels' log odds of disease on a usual pair of films.
    settle : float
        Further levels from which on half of that share counts; of one level alone nothing does.
    """

    share: float
    median: float
    settle: float

    def shift(self, log_odds: Sequence[float]) -> float:
        """By how many log odds the point moves, from those of all levels that both films show."""
        further = len(log_odds) - 1
        if further < 1:
            return 0.0
        return self.share * (statistics.median(log_odds) - self.median) * further / (further + self.settle)


@dataclass(frozen=True)
class SecondScan:
    """A network for disease alone that reads every level beside the AP and the lateral network.

    Attributes
    ----------
    graph : Path
    graph_sha256 : str
    preprocessing : Preprocessing
    coefficients : mapping of str to tuple of float
        By view, of the logit of that view's own network and of this one: a level's logit is their weighted
        sum.
    pair : PairScan or None
    film : FilmPoint or None
    """

    graph: Path
    graph_sha256: str
    preprocessing: Preprocessing
    coefficients: Mapping[str, tuple[float, float]]
    pair: PairScan | None = None
    film: FilmPoint | None = None


def parse_second_scan(entry: Mapping[str, Any], graph: Path, views: Sequence[str]) -> SecondScan:
    """What a manifest says of how levels are read beside the networks of the views.

    Parameters
    ----------
    entry : mapping
        Its part ``scan``.
    graph : Path
        Of the network for disease alone.
    views : sequence of str
        That are read.

    Raises
    ------
    KeyError, TypeError, ValueError
        If `entry` is not of this kind, or a value is out of range.
    """
    told = entry["coefficients"]
    return SecondScan(
        graph,
        str(entry["onnx"]["sha256"]),
        Preprocessing(**entry["preprocessing"]),
        {view: _two_coefficients(told[view], f"the scan of {view} films") for view in views},
        _pair_scan(entry["pair"]) if "pair" in entry else None,
        _film_point(entry["film"]) if "film" in entry else None,
    )


def _pair_scan(entry: Mapping[str, Any]) -> PairScan:
    name = str(entry["network"])
    if name not in NETWORKS or NETWORKS[name].layout is Layout.SINGLE:
        raise ValueError(f"{name} does not look at both films at once")
    spared = _spared(entry["spared"]) if "spared" in entry else None
    return PairScan(name, _two_coefficients(entry["coefficients"], "the scan of both films"), spared)


def _spared(entry: Mapping[str, Any]) -> Spared:
    found = Spared(*(float(entry[part]) for part in ("below", "slope", "intercept")))
    if not all(math.isfinite(value) for value in (found.below, found.slope, found.intercept)):
        raise ValueError("of which levels both films are not read at once is not finite")
    return found


def _film_point(entry: Mapping[str, Any]) -> FilmPoint:
    found = FilmPoint(*(float(entry[part]) for part in ("share", "median", "settle")))
    if not (0 <= found.share < 1 and math.isfinite(found.median) and 0 <= found.settle < math.inf):
        raise ValueError("how the point follows the films is out of range")
    return found


def _two_coefficients(told: Sequence[float], of: str) -> tuple[float, float]:
    first, second = (float(value) for value in told)
    if not (math.isfinite(first) and math.isfinite(second)):
        raise ValueError(f"coefficients of {of} are not finite")
    return first, second
