"""Insertion and deletion: whether the reading follows the pixels that a map ranks first.

Petsiuk et al., BMVC 2018. Pixels are taken away into, or put back from, a blurred copy of the same input, in
the order of the map; the figure is the area under the probability of the side that the reading took, over
the share of pixels. Two maps that know nothing of the network are controls.

Once the disease is covered, nothing is left that a good map could take away: the rest of the curve lies at
what the blurred film gives. The same areas over the first pixels alone, as many as Samek et al. (IEEE TNNLS
2017) perturb, tell maps apart where the whole curve does not.
"""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from mvm_core.explain.cases import ReadCase, on_network
from mvm_core.imaging.preprocess import Region
from mvm_core.models import EvidenceMap, Weights
from mvm_core.models.engine import NetworkGraph
from mvm_core.models.inputs import network_inputs
from mvm_core.models.registry import NETWORKS, SINGLE_READINGS, Layout
from mvm_core.radiograph import View

STEPS = 20
"""Steps of each curve, of squared width: the disease fills few of the pixels, so the first ones count."""
FIRST = 0.16
"""Share of the pixels that the first part of a curve goes over."""

_BLUR = 1 / 16

Films = NDArray[np.float32]
Maps = dict[View, EvidenceMap]


@dataclass(frozen=True)
class Curves:
    """Areas under the two curves, in [0, 1]: a faithful map has a high insertion and a low deletion.

    Attributes
    ----------
    insertion, deletion : float
        Over all pixels.
    first_insertion, first_deletion : float
        Over the share `FIRST` of them that is ranked first, divided by it.
    """

    insertion: float
    deletion: float
    first_insertion: float
    first_deletion: float


def insertion_and_deletion(
    probability: Callable[[Films], NDArray[np.floating]], film: Films, ranking: NDArray[np.float32]
) -> Curves:
    """Both areas for one input and one ranking of its pixels.

    Parameters
    ----------
    probability : callable
        From inputs, shape (n, channels, height, width), to the probability of the side in question.
    film : float32 array, shape (channels, height, width)
    ranking : float32 array, shape (height, width)
        Pixels with the highest values go first.
    """
    blurred = np.stack([cv2.GaussianBlur(each, (0, 0), _BLUR * film.shape[1]) for each in film])
    order = np.argsort(-ranking.ravel(), kind="stable")
    place = np.empty(order.size, np.int64)
    place[order] = np.arange(order.size)
    shares = np.linspace(0, 1, STEPS + 1) ** 2
    first = place.reshape(ranking.shape)[np.newaxis] < (shares * order.size)[:, np.newaxis, np.newaxis]
    taken = first[:, np.newaxis]
    inserted = probability(np.where(taken, film, blurred).astype(np.float32))
    deleted = probability(np.where(taken, blurred, film).astype(np.float32))
    start = shares <= FIRST + 1e-9
    return Curves(
        float(np.trapezoid(inserted, shares)),
        float(np.trapezoid(deleted, shares)),
        float(np.trapezoid(inserted[start], shares[start]) / FIRST),
        float(np.trapezoid(deleted[start], shares[start]) / FIRST),
    )


class Faithfulness:
    """Insertion and deletion for the single readings of one set of weights."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._graphs = {name: NetworkGraph(network) for name, network in weights.networks.items()}
        self._controls: dict[tuple[str, str], dict[str, Curves]] = {}

    def figures(self, read: ReadCase, name: str, maps: Maps) -> dict[str, float]:
        """Areas of a map and of both controls, and by how much the map does better than each.

        Parameters
        ----------
        read : ReadCase
        name : str
            A single reading.
        maps : mapping of View to EvidenceMap
            Positive for MVM.

        Returns
        -------
        dict of str to float
            ``insertion``, ``deletion``, ``first_insertion``, ``first_deletion``, the same with ``_random``
            and ``_centre``, and the gains ``insertion_over_random``, ``first_deletion_under_centre`` etc.,
            positive where the map does better.
        """
        single = SINGLE_READINGS[name]
        film = network_inputs(read.pair, self._weights)[name]
        sign = 1.0 if read.reading.results[name].probability >= 0.5 else -1.0
        calibration = self._weights.readings[name]

        def probability(films: Films) -> NDArray[np.floating]:
            logits = self._graphs[single.network].logit(films)
            return expit(sign * (logits / calibration.temperature + calibration.offset))

        size = self._weights.networks[single.network].preprocessing.size_px
        signed = {view: EvidenceMap(np.float32(sign) * m.values, m.region) for view, m in maps.items()}
        ranking = _ranking(signed, read.reading.regions, name, size)
        key = (read.case.case_id, name)
        if any(case_id != read.case.case_id for case_id, _ in self._controls):
            self._controls.clear()
        if key not in self._controls:
            draw = np.random.default_rng(zlib.crc32(" ".join(key).encode()))
            noise = {
                view: EvidenceMap(draw.standard_normal(m.values.shape, np.float32), m.region)
                for view, m in maps.items()
            }
            rankings = {
                "_random": _ranking(noise, read.reading.regions, name, size),
                "_centre": _centre(name, size),
            }
            self._controls[key] = {
                suffix: insertion_and_deletion(probability, film, each) for suffix, each in rankings.items()
            }
        found = {"": insertion_and_deletion(probability, film, ranking), **self._controls[key]}
        figures = {
            f"{name}{suffix}": value
            for suffix, curves in found.items()
            for name, value in asdict(curves).items()
        }
        own = found[""]
        for control in ("random", "centre"):
            other = found[f"_{control}"]
            figures |= {
                f"insertion_over_{control}": own.insertion - other.insertion,
                f"deletion_under_{control}": other.deletion - own.deletion,
                f"first_insertion_over_{control}": own.first_insertion - other.first_insertion,
                f"first_deletion_under_{control}": other.first_deletion - own.first_deletion,
            }
        return figures


def _ranking(maps: Maps, regions: Mapping[View, Region], name: str, size: int) -> NDArray[np.float32]:
    """Values on the network's input; where both films share a grid, they share it here too."""
    single = SINGLE_READINGS[name]
    placed = [on_network(maps[view], regions[view], size) for view in single.views]
    side_by_side = NETWORKS[single.network].layout is Layout.SIDE_BY_SIDE
    return np.concatenate(placed, axis=1) if side_by_side else placed[0]


def _centre(name: str, size: int) -> NDArray[np.float32]:
    """A map that is highest in the middle of each film."""
    single = SINGLE_READINGS[name]
    away = np.abs(np.arange(size, dtype=np.float32) - (size - 1) / 2)
    one = -np.hypot(away[:, np.newaxis], away[np.newaxis])
    side_by_side = NETWORKS[single.network].layout is Layout.SIDE_BY_SIDE
    return np.concatenate([one] * len(single.views), axis=1) if side_by_side else one
