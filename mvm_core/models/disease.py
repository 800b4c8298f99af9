"""Whether anything is wrong with a vertebra: the question before that for metastasis or fracture."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mvm_core.errors import WeightsError
from mvm_core.imaging.preprocess import Preprocessing, cut, network_input, region_of_interest
from mvm_core.inference import SHIPPED, Graph, GraphManifest, malformed, read_manifest
from mvm_core.language import gettext
from mvm_core.models import weights as readings
from mvm_core.models.calibration import BOTH, DiseaseCalibration, parse_disease
from mvm_core.models.reader import Reader
from mvm_core.models.weights import SEEN_ON, Weights
from mvm_core.radiograph import Box, Radiograph, View

MANIFEST = "disease.json"
FORMAT = 1

_BATCH = 4
"""Vertebrae read at once: more of them no longer fit the processor's cache."""

_SIDE_BY_SIDE = 2

_Glance: TypeAlias = tuple[NDArray[np.float32], Mapping[str, NDArray[np.float32]]]
"""Logits of a batch, shape (n, outputs), and means of inner tensors, each of shape (n, channels)."""


@dataclass(frozen=True)
class ScanNetwork:
    """What reads the films of one view.

    Attributes
    ----------
    graph : Path
    preprocessing : Preprocessing
    output : int
        Which of the graph's outputs is the logit of disease.
    """

    graph: Path
    preprocessing: Preprocessing
    output: int = 0


@dataclass(frozen=True)
class DiseaseWeights:
    """What tells diseased vertebrae from intact ones in a weights folder.

    Attributes
    ----------
    networks : mapping of View to mapping of ScanNetwork to float
        What reads the films of a view, each with the coefficient of its logit in their sum: one network for
        both views, the AP and the lateral network of the readings, or all three.
    identity : str
        SHA-256 of the manifest, which holds those of the graphs.
    calibrations : mapping of str to DiseaseCalibration
        By `SEEN_ON`.
    trained_on : mapping
        The manifest's own words on the training films.
    """

    networks: Mapping[View, Mapping[ScanNetwork, float]]
    identity: str
    calibrations: Mapping[str, DiseaseCalibration]
    trained_on: Mapping[str, Any]

    @property
    def folder(self) -> Path:
        """The weights folder."""
        return next(iter(self.networks[View.AP])).graph.parent


@dataclass(frozen=True)
class DiseaseResult:
    """What is said of one vertebra.

    Attributes
    ----------
    probability : float
        That anything is wrong with it, in [0, 1].
    point : float
        From which probability on it counts as diseased.
    logits : mapping of View to float
        Of each film that shows it: the weighted sum over what reads it.
    means : mapping of View to mapping of str to float32 array, shape (channels,)
        Of the inner tensors that the view's rule for distances from the training films asks of its network;
        empty without a rule, or where another network is asked.
    """

    probability: float
    point: float
    logits: Mapping[View, float] = field(default_factory=dict)
    means: Mapping[View, Mapping[str, NDArray[np.float32]]] = field(default_factory=dict, repr=False)

    @property
    def diseased(self) -> bool:
        """Whether the vertebra counts as diseased."""
        return self.probability >= self.point


class DiseaseReader:
    """Reads vertebrae, each on the films that show it; may be used from several threads.

    Make it with `DiseaseReader.open`, which shares the graphs within the process.
    """

    def __init__(self, weights: DiseaseWeights, reader: Reader | None = None) -> None:
        self.weights = weights
        self._networks = list(dict.fromkeys(network for own in weights.networks.values() for network in own))
        shared = reader.graphs if reader is not None else {}
        # Batches side by side use the processors better than threads within each.
        self._own = {each: Graph(each.graph) for each in self._networks if each.graph not in shared}
        self._glances = {
            each: partial(_glance, self._own[each]) if each in self._own else shared[each.graph].glance
            for each in self._networks
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
        self, films: Mapping[View, Radiograph], places: Sequence[Mapping[View, Box]]
    ) -> list[DiseaseResult]:
        """Read vertebrae, each on all the films that show it.

        Parameters
        ----------
        films : mapping of View to Radiograph
        places : sequence of mapping of View to Box
            For each vertebra a box on each film that shows it.
        """
        asked = [(row, view) for row, boxes in enumerate(places) for view in boxes]
        logits: list[dict[View, float]] = [{} for _ in places]
        means: list[dict[View, Mapping[str, NDArray[np.float32]]]] = [{} for _ in places]
        coefficients = self.weights.networks
        parts = [
            (network, part)
            for network in self._networks
            for part in _in_parts([(row, view) for row, view in asked if network in coefficients[view]])
        ]

        def run(network: ScanNetwork, part: Sequence[tuple[int, View]]) -> _Glance:
            films_cut = [_input(films[view], places[row][view], network.preprocessing) for row, view in part]
            return self._glances[network](np.stack(films_cut)[:, np.newaxis])

        answers = self._pool.map(lambda each: run(*each), parts)
        for (network, part), (found, of_tensors) in zip(parts, answers, strict=True):
            for place, (row, view) in enumerate(part):
                logit = float(found[place, network.output])
                logits[row][view] = logits[row].get(view, 0.0) + coefficients[view][network] * logit
                if of_tensors:
                    means[row][view] = {name: mean[place] for name, mean in of_tensors.items()}
        return [replace(self.result(own), means=seen) for own, seen in zip(logits, means, strict=True)]

    def result(self, logits: Mapping[View, float]) -> DiseaseResult:
        """The result from the logits of one vertebra on each film that shows it.

        Raises
        ------
        ValueError
            If no film shows it.
        """
        if not logits:
            raise ValueError("a vertebra is read on one film or two")
        seen_on = BOTH if len(logits) == len(View) else next(iter(logits)).value
        calibration = self.weights.calibrations[seen_on]
        mean = sum(logits.values()) / len(logits)
        return DiseaseResult(calibration.probability(mean), calibration.point, dict(logits))


def _glance(graph: Graph, films: NDArray[np.float32]) -> _Glance:
    (found,) = graph.run(("logit",), {"film": films})
    return found.reshape(len(films), -1), {}


def _in_parts(asked: Sequence[tuple[int, View]]) -> Iterator[Sequence[tuple[int, View]]]:
    for start in range(0, len(asked), _BATCH):
        yield asked[start : start + _BATCH]


def _input(film: Radiograph, box: Box, settings: Preprocessing) -> NDArray[np.float32]:
    region = region_of_interest(film, box, settings.region_mm)
    return network_input(cut(film.pixels, region, settings.size_px), settings)


@lru_cache(maxsize=4)
def _open_scan(folder: Path, identity: str) -> DiseaseReader:
    reader = Reader.open(folder)
    return DiseaseReader(scan_weights(reader.weights), reader)


def scan_weights(weights: Weights) -> DiseaseWeights:
    """The AP and the lateral network of a weights folder, and what reads beside them, as what tells disease.

    Raises
    ------
    WeightsError
        If they are not asked for disease.
    """
    if not weights.disease:
        raise WeightsError(
            str(weights.folder),
            gettext("its networks are not asked for disease"),
            gettext("train some with intact levels"),
        )
    second = weights.second_scan
    networks = {}
    for view in View:
        own = weights.networks[view.value]
        first = ScanNetwork(own.graph, own.preprocessing, own.questions.index("disease"))
        networks[view] = {first: 1.0}
        if second is not None:
            coefficients = second.coefficients[view.value]
            beside = ScanNetwork(second.graph, second.preprocessing)
            networks[view] = dict(zip((first, beside), coefficients, strict=True))
    return DiseaseWeights(networks, weights.identity, weights.disease, weights.trained_on)


@lru_cache(maxsize=4)
def _open_shared(folder: Path, changed: int) -> DiseaseReader:
    return DiseaseReader(load_disease_weights(folder))


def load_disease_weights(folder: Path) -> DiseaseWeights:
    """Read ``disease.json`` and check the graph that it names against its SHA-256.

    Raises
    ------
    WeightsError
        If either is missing, malformed or differs.
    """
    manifest = read_manifest(folder / MANIFEST, FORMAT, "the network for disease")
    try:
        return _parse(manifest)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise malformed(folder / MANIFEST, error) from None


def _parse(manifest: GraphManifest) -> DiseaseWeights:
    calibrations = {key: parse_disease(key, manifest.said["calibrations"][key]) for key in SEEN_ON}
    network = ScanNetwork(manifest.graph, Preprocessing(**manifest.said["preprocessing"]))
    return DiseaseWeights(
        networks={view: {network: 1.0} for view in View},
        identity=manifest.identity,
        calibrations=calibrations,
        trained_on=dict(manifest.said["trained_on"]),
    )
