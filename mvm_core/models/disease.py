"""Whether anything is wrong with a vertebra: the question before that for metastasis or fracture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from mvm_core.imaging.preprocess import Preprocessing, cut, network_input, region_of_interest
from mvm_core.inference import Graph, GraphManifest, malformed, own_or_shipped, read_manifest
from mvm_core.radiograph import Box, Radiograph, View

MANIFEST = "disease.json"
FORMAT = 1
SEEN_ON = ("ap", "lateral", "both")
"""Which films show a vertebra: the keys of the calibrations."""

_BATCH = 8
_THREADS = 2


@dataclass(frozen=True)
class DiseaseCalibration:
    """How the mean logit over the films that show a vertebra becomes a probability, and what counts.

    Probability = sigmoid(logit / temperature + offset); from `point` up a vertebra counts as diseased.
    """

    temperature: float
    offset: float
    point: float

    def probability(self, logit: float) -> float:
        """The calibrated probability of a mean logit."""
        return float(expit(logit / self.temperature + self.offset))


@dataclass(frozen=True)
class DiseaseWeights:
    """The disease network of a weights folder.

    Attributes
    ----------
    graph : Path
    identity : str
        SHA-256 of the manifest, which holds that of the graph.
    preprocessing : Preprocessing
    calibrations : mapping of str to DiseaseCalibration
        By `SEEN_ON`.
    trained_on : mapping
        The manifest's own words on the training films.
    """

    graph: Path
    identity: str
    preprocessing: Preprocessing
    calibrations: Mapping[str, DiseaseCalibration]
    trained_on: Mapping[str, Any]


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
        Of each film that shows it.
    """

    probability: float
    point: float
    logits: Mapping[View, float] = field(default_factory=dict)

    @property
    def diseased(self) -> bool:
        """Whether the vertebra counts as diseased."""
        return self.probability >= self.point


class DiseaseReader:
    """Reads vertebrae with one network for both views; may be used from several threads.

    Make it with `DiseaseReader.open`, which shares the graph within the process.
    """

    def __init__(self, weights: DiseaseWeights) -> None:
        self.weights = weights
        self._graph = Graph(weights.graph, _THREADS)

    @classmethod
    def open(cls, folder: Path | None = None) -> "DiseaseReader":
        """Open the disease network of a weights folder; the shipped one where the folder holds none.

        Raises
        ------
        WeightsError
            If its files are missing or damaged.
        """
        return _open_shared(*own_or_shipped(folder, MANIFEST))

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
        inputs = [self._input(films[view], places[row][view]) for row, view in asked]
        logits: list[dict[View, float]] = [{} for _ in places]
        for (row, view), logit in zip(asked, self._run(inputs), strict=True):
            logits[row][view] = logit
        return [self.result(found) for found in logits]

    def result(self, logits: Mapping[View, float]) -> DiseaseResult:
        """The result from the logits of one vertebra on each film that shows it.

        Raises
        ------
        ValueError
            If no film shows it.
        """
        if not logits:
            raise ValueError("a vertebra is read on one film or two")
        seen_on = "both" if len(logits) == len(View) else next(iter(logits)).value
        calibration = self.weights.calibrations[seen_on]
        mean = sum(logits.values()) / len(logits)
        return DiseaseResult(calibration.probability(mean), calibration.point, dict(logits))

    def _input(self, film: Radiograph, box: Box) -> NDArray[np.float32]:
        settings = self.weights.preprocessing
        region = region_of_interest(film, box, settings.region_mm)
        return network_input(cut(film.pixels, region, settings.size_px), settings)

    def _run(self, inputs: Sequence[NDArray[np.float32]]) -> list[float]:
        logits: list[float] = []
        for start in range(0, len(inputs), _BATCH):
            batch = np.stack(inputs[start : start + _BATCH])[:, np.newaxis]
            (found,) = self._graph.run(("logit",), {"film": batch})
            logits.extend(float(value) for value in found)
        return logits


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
    given = manifest.said["calibrations"]
    calibrations = {
        key: DiseaseCalibration(**{part: float(value) for part, value in given[key].items()})
        for key in SEEN_ON
    }
    if any(not each.temperature > 0 for each in calibrations.values()):
        raise ValueError("a temperature is not positive")
    return DiseaseWeights(
        graph=manifest.graph,
        identity=manifest.identity,
        preprocessing=Preprocessing(**manifest.said["preprocessing"]),
        calibrations=calibrations,
        trained_on=dict(manifest.said["trained_on"]),
    )
