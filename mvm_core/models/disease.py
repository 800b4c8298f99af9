"""Whether anything is wrong with a vertebra: the question before that for metastasis or fracture."""

import math
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from mvm_core.errors import WeightsError
from mvm_core.imaging.preprocess import Preprocessing, cut, network_input, region_of_interest
from mvm_core.inference import SHIPPED, Graph
from mvm_core.language import gettext
from mvm_core.logits import expit, logit
from mvm_core.models import weights as readings
from mvm_core.models.calibration import BOTH
from mvm_core.models.disease_result import DiseaseResult
from mvm_core.models.disease_weights import (
    MANIFEST,
    DiseaseWeights,
    PairNetwork,
    ScanNetwork,
    load_disease_weights,
    scan_weights,
)
from mvm_core.models.inputs import assemble
from mvm_core.models.reader import Reader
from mvm_core.radiograph import Box, Radiograph, View

_BATCH = 4
"""Vertebrae read at once: more of them no longer fit the processor's cache."""

_PAIRS = 2
"""Pairs of films looked at at once, likewise."""

_SIDE_BY_SIDE = 2

_Glance: TypeAlias = tuple[NDArray[np.float32], Mapping[str, NDArray[np.float32]]]
"""Logits of a batch, shape (n, outputs), and means of inner tensors, each of shape (n, channels)."""

_Inputs: TypeAlias = Mapping[tuple[int, View, Preprocessing], NDArray[np.float32]]
"""What the networks see of each place: shape (size, size)."""


@dataclass
class _Seen:
    """What each film alone says of a vertebra, as `DiseaseResult` has it."""

    logits: dict[View, float] = field(default_factory=dict)
    means: dict[View, Mapping[str, NDArray[np.float32]]] = field(default_factory=dict)


class DiseaseReader:
    """Reads vertebrae, each on the films that show it; may be used from several threads.

    Make it with `DiseaseReader.open`, which shares the graphs within the process.
    """

    def __init__(self, weights: DiseaseWeights, reader: Reader | None = None) -> None:
        self.weights = weights
        self._single = list(dict.fromkeys(network for own in weights.networks.values() for network in own))
        pair = [weights.pair.network] if weights.pair is not None else []
        networks = dict.fromkeys((*self._single, *pair))
        shared = reader.graphs if reader is not None else {}
        # Batches side by side use the processors better than threads within each.
        self._own = {each: Graph(each.graph) for each in networks if each.graph not in shared}
        self._glances = {
            each: partial(_glance, self._own[each]) if each in self._own else shared[each.graph].glance
            for each in networks
        }
        self._pool = ThreadPoolExecutor(_SIDE_BY_SIDE, "disease")

    @classmethod
    def open(cls, folder: Path | None = None) -> "DiseaseReader":
        """Open what a weights folder tells disease by.

        Its AP and lateral networks where they are asked for disease; else its network for disease; the
        shipped weights where it holds neither.

        Raises
        ------
        WeightsError
            If its files are missing or damaged.
        """
        for path in ((folder or SHIPPED).resolve(), SHIPPED):
            if (path / readings.MANIFEST).is_file():
                weights = Reader.open(path).weights
                if weights.disease:
                    return _open_scan(weights.folder, weights.identity)
            if (path / MANIFEST).is_file():
                return _open_shared(path, (path / MANIFEST).stat().st_mtime_ns)
        raise WeightsError(
            str(SHIPPED),
            gettext("nothing there tells disease"),
            gettext("restore the folder from its source"),
        )

    def load(self) -> None:
        """Load what only the scan of all levels runs; raises `WeightsError` where it cannot."""
        for graph in self._own.values():
            graph.load()

    def read(
        self,
        films: Mapping[View, Radiograph],
        places: Sequence[Mapping[View, Box]],
        beside: Sequence[DiseaseResult] = (),
    ) -> list[DiseaseResult]:
        """Read vertebrae, each on all the films that show it.

        Parameters
        ----------
        films : mapping of View to Radiograph
        places : sequence of mapping of View to Box
            For each vertebra a box on each film that shows it.
        beside : sequence of DiseaseResult, optional
            Of all levels of these films, where they were read before; else the vertebrae asked for are all.
        """
        inputs = self._inputs(films, places)
        seen = self._on_films(places, inputs)
        together = self._together([each.logits for each in seen], inputs)
        results = [
            replace(self.result(each.logits, together.get(row)), means=each.means)
            for row, each in enumerate(seen)
        ]
        return self._by_films(results, beside or results)

    def _on_films(self, places: Sequence[Mapping[View, Box]], inputs: _Inputs) -> list[_Seen]:
        """What each film alone says of the vertebrae, in batches side by side."""
        found = [_Seen() for _ in places]
        coefficients = self.weights.networks
        asked = [(row, view) for row, boxes in enumerate(places) for view in boxes]
        parts = [
            (network, part)
            for network in self._single
            for part in _in_parts([each for each in asked if network in coefficients[each[1]]])
        ]

        def run(network: ScanNetwork, part: Sequence[tuple[int, View]]) -> _Glance:
            own = [inputs[row, view, network.preprocessing] for row, view in part]
            return self._glances[network](np.stack(own)[:, np.newaxis])

        answers = self._pool.map(lambda each: run(*each), parts)
        for (network, part), (logits, of_tensors) in zip(parts, answers, strict=True):
            for place, (row, view) in enumerate(part):
                weighted = coefficients[view][network] * float(logits[place, network.output])
                found[row].logits[view] = found[row].logits.get(view, 0.0) + weighted
                if of_tensors:
                    found[row].means[view] = {name: mean[place] for name, mean in of_tensors.items()}
        return found

    def _together(self, logits: Sequence[Mapping[View, float]], inputs: _Inputs) -> dict[int, float]:
        """The logits of what looks at both films at once, by row, of the vertebrae that it is asked about."""
        pair = self.weights.pair
        if pair is None:
            return {}
        settings = pair.network.preprocessing

        def run(row: int) -> float:
            ap, lateral = (inputs[row, view, settings] for view in View)
            return float(self._of_pairs(pair, [(ap, lateral)])[0])

        rows = [row for row, own in enumerate(logits) if len(own) == len(View) and pair.scan.asks(_mean(own))]
        return dict(zip(rows, self._pool.map(run, rows), strict=True))

    def _by_films(
        self, results: Sequence[DiseaseResult], levels: Sequence[DiseaseResult]
    ) -> list[DiseaseResult]:
        """The results with the points that hold on films of these levels."""
        film, both = self.weights.film, self.weights.calibrations[BOTH]
        if film is None:
            return list(results)
        seen = [both.log_odds(level.logit) for level in levels if len(level.logits) == len(View)]
        point = float(expit(logit(both.point) + film.shift(seen)))
        return [replace(own, point=point) if len(own.logits) == len(View) else own for own in results]

    def of_pairs(
        self, pairs: Sequence[tuple[NDArray[np.float32], NDArray[np.float32]]]
    ) -> NDArray[np.float64]:
        """The logits of what looks at both films at once.

        Parameters
        ----------
        pairs : sequence of two float32 arrays, shape (size, size)
            The AP and the lateral film of a vertebra, cut and preprocessed by `vertebra_input`.

        Returns
        -------
        float array, shape (n,)

        Raises
        ------
        ValueError
            If the weights have nothing that looks at both.
        """
        pair = self.weights.pair
        if pair is None:
            raise ValueError("nothing in these weights looks at both films at once")
        parts = [pairs[start : start + _PAIRS] for start in range(0, len(pairs), _PAIRS)]
        return np.concatenate([np.empty(0), *self._pool.map(partial(self._of_pairs, pair), parts)])

    def _of_pairs(
        self, pair: PairNetwork, pairs: Sequence[tuple[NDArray[np.float32], NDArray[np.float32]]]
    ) -> NDArray[np.float64]:
        films = np.stack([assemble(list(each), pair.layout) for each in pairs])
        found, _ = self._glances[pair.network](films)
        return np.asarray(found[:, pair.network.output], np.float64)

    def result(self, logits: Mapping[View, float], of_pair: float | None = None) -> DiseaseResult:
        """The result from the logits of one vertebra on each film that shows it.

        Parameters
        ----------
        logits : mapping of View to float
        of_pair : float, optional
            That of what looks at both films at once, where the weights have such and it is asked.

        Raises
        ------
        ValueError
            If no film shows it, or the logit of both at once is missing where it is asked for.
        """
        if not logits:
            raise ValueError("a vertebra is read on one film or two")
        seen_on = BOTH if len(logits) == len(View) else next(iter(logits)).value
        calibration, pair = self.weights.calibrations[seen_on], self.weights.pair
        score = _mean(logits)
        if pair is not None and seen_on == BOTH:
            if of_pair is None and pair.scan.asks(score):
                raise ValueError("this vertebra is also read on both films at once")
            score = float(pair.scan.joined(score, math.nan if of_pair is None else of_pair))
        return DiseaseResult(calibration.probability(score), calibration.point, score, dict(logits), of_pair)

    def _inputs(self, films: Mapping[View, Radiograph], places: Sequence[Mapping[View, Box]]) -> _Inputs:
        """What the networks see of each place, cut once for all that see it alike."""
        pair = self.weights.pair
        wanted = dict.fromkeys(
            (row, view, network.preprocessing)
            for row, boxes in enumerate(places)
            for view in boxes
            for network in (*self.weights.networks[view], *([pair.network] if pair is not None else ()))
        )
        cut_out = self._pool.map(
            lambda each: vertebra_input(films[each[1]], places[each[0]][each[1]], each[2]), wanted
        )
        return dict(zip(wanted, cut_out, strict=True))


def _mean(logits: Mapping[View, float]) -> float:
    return sum(logits.values()) / len(logits)


def _glance(graph: Graph, films: NDArray[np.float32]) -> _Glance:
    (found,) = graph.run(("logit",), {"film": films})
    return found.reshape(len(films), -1), {}


def _in_parts(asked: Sequence[tuple[int, View]]) -> Iterator[Sequence[tuple[int, View]]]:
    for start in range(0, len(asked), _BATCH):
        yield asked[start : start + _BATCH]


def vertebra_input(film: Radiograph, box: Box, settings: Preprocessing) -> NDArray[np.float32]:
    """What a network sees of a vertebra, shape (size, size)."""
    region = region_of_interest(film, box, settings.region_mm)
    return network_input(cut(film.pixels, region, settings.size_px), settings)


@lru_cache(maxsize=4)
def _open_scan(folder: Path, identity: str) -> DiseaseReader:
    reader = Reader.open(folder)
    return DiseaseReader(scan_weights(reader.weights), reader)


@lru_cache(maxsize=4)
def _open_shared(folder: Path, changed: int) -> DiseaseReader:
    return DiseaseReader(load_disease_weights(folder))
