"""The weights folder: its manifest, checked against the files beside it."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mvm_core.errors import WeightsError
from mvm_core.imaging.preprocess import Preprocessing
from mvm_core.inference import SHIPPED
from mvm_core.language import gettext
from mvm_core.models.calibration import (
    BOTH,
    DiseaseCalibration,
    ReadingCalibration,
    parse_disease,
    parse_reading,
)
from mvm_core.models.notice import notice_of
from mvm_core.models.registry import NETWORKS, QUESTIONS, READING_NAMES
from mvm_core.models.second_scan import SecondScan, parse_second_scan

MANIFEST = "manifest.json"
PREDICTIONS = "predictions.csv"
REAL_FILMS = "real_films.json"
"""What ``real-check --implants --record`` writes into a weights folder."""

FORMAT = 1
SEEN_ON = ("ap", "lateral", BOTH)
"""Which films show a vertebra: the keys of the calibrations for disease."""

_SCANNING = ("ap", "lateral")


def default_weights() -> Path:
    """The folder named by the environment variable ``MVM_WEIGHTS``, else the shipped weights."""
    return Path(os.environ.get("MVM_WEIGHTS") or SHIPPED)


@dataclass(frozen=True)
class NetworkWeights:
    """One network of a weights folder.

    Attributes
    ----------
    biases : mapping of str to float
        By question, in the order of the outputs: what the mean of an evidence map lacks of its logit.
    graph : Path
        The one file that holds the network.
    tensors : Path or None
        The same numbers once more, as earlier versions wrote them; None where the manifest names none.
    """

    name: str
    preprocessing: Preprocessing
    biases: Mapping[str, float]
    output_stride: int
    graph: Path
    graph_sha256: str
    tensors: Path | None = None
    tensors_sha256: str | None = None

    @property
    def questions(self) -> tuple[str, ...]:
        """What the network answers, in the order of its outputs."""
        return tuple(self.biases)

    @property
    def bias(self) -> float:
        """That of the question for malignancy."""
        return self.biases["mvm"]


@dataclass(frozen=True)
class Weights:
    """A weights folder whose manifest has been read.

    Attributes
    ----------
    folder : Path
    identity : str
        SHA-256 of the manifest, which itself holds the sums of all other files.
    notice : str
        Shown with every result.
    simulated : bool
        Whether the networks were trained on simulated films.
    networks : mapping of str to NetworkWeights
    readings : mapping of str to ReadingCalibration
    disease : mapping of str to DiseaseCalibration
        Of the mean logit of disease of the AP and the lateral network, by the films that show a vertebra:
        ``ap``, ``lateral``, ``both``; empty where the networks are not asked for disease.
    second_scan : SecondScan or None
        What reads the levels beside them.
    predictions : Path or None
        Predictions on the cohort that the networks were trained and tested on.
    trained_on : mapping
        The manifest's own words on the training data.
    distance : Path or None
        The rule for distances from the training films.
    distance_sha256 : str
    real_films : int
        Without known disease, learnt from beside the simulated ones; 0 where the manifest names none.
    """

    folder: Path
    identity: str
    notice: str
    simulated: bool
    networks: Mapping[str, NetworkWeights]
    readings: Mapping[str, ReadingCalibration]
    disease: Mapping[str, DiseaseCalibration]
    second_scan: SecondScan | None
    predictions: Path | None
    trained_on: Mapping[str, Any]
    distance: Path | None = None
    distance_sha256: str = ""
    real_films: int = 0

    @property
    def learnt_from(self) -> str:
        """What the weights learnt from, for captions, in the language in use."""
        if not self.simulated:
            return gettext("weights")
        if not self.real_films:
            return gettext("weights trained on simulated films")
        return gettext("weights trained on simulated films, and on real ones without known disease")

    @property
    def asks_disease(self) -> bool:
        """Whether any reading answers for disease."""
        return any(own.disease is not None for own in self.readings.values())

    @property
    def preprocessing(self) -> Preprocessing:
        """How films become inputs, of the first network; maps of all are laid on its pixels."""
        return next(iter(self.networks.values())).preprocessing


def load_weights(folder: Path) -> Weights:
    """Read a weights folder's manifest and check every file it names against its SHA-256.

    Raises
    ------
    WeightsError
        If the folder, the manifest or a file is missing, malformed or differs from its sum.
    """
    path = folder / MANIFEST
    try:
        content = path.read_bytes()
    except OSError:
        raise WeightsError(
            str(path),
            gettext("there are no weights here"),
            gettext("train some, or name another folder with --weights"),
        ) from None
    try:
        weights = _parse(folder, content)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise WeightsError(
            str(path),
            gettext("the manifest is malformed ({error})", error=error),
            gettext("restore the weights folder from its source"),
        ) from None
    for network in weights.networks.values():
        check_sum(network.graph, network.graph_sha256)
        if network.tensors is not None and network.tensors_sha256 is not None:
            check_sum(network.tensors, network.tensors_sha256)
    if weights.second_scan is not None:
        check_sum(weights.second_scan.graph, weights.second_scan.graph_sha256)
    if weights.distance is not None:
        check_sum(weights.distance, weights.distance_sha256)
    return weights


def check_sum(path: Path, expected: str) -> None:
    """Compare a file with the SHA-256 that the manifest states.

    Raises
    ------
    WeightsError
        If the file is missing or differs.
    """
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        raise WeightsError(
            str(path), gettext("the file is missing"), gettext("restore the weights folder from its source")
        ) from None
    if found != expected:
        raise WeightsError(
            str(path),
            gettext("the file differs from the checksum in manifest.json"),
            gettext("restore the weights folder from its source"),
        )


def _parse(folder: Path, content: bytes) -> Weights:
    manifest = json.loads(content)
    if manifest["format"] != FORMAT:
        raise ValueError(f"format {manifest['format']}, expected {FORMAT}")
    networks = {name: _network(folder, name, entry) for name, entry in manifest["networks"].items()}
    unknown = set(networks) - set(NETWORKS)
    if unknown:
        raise ValueError(f"unknown network {sorted(unknown)[0]}")
    readings = {
        name: parse_reading(name, manifest["readings"][name])
        for name in READING_NAMES
        if name in manifest["readings"]
    }
    disease = {name: parse_disease(name, entry) for name, entry in manifest.get("disease", {}).items()}
    asked = [name for name in _SCANNING if name in networks and "disease" in networks[name].questions]
    if disease and not (set(disease) == set(SEEN_ON) and len(asked) == len(_SCANNING)):
        raise ValueError(f"calibrations for disease are of {', '.join(disease)}, its networks {asked}")
    predictions, distance = manifest.get("predictions"), manifest.get("distance")
    return Weights(
        folder=folder,
        identity=hashlib.sha256(content).hexdigest(),
        notice=notice_of(manifest),
        simulated=bool(manifest["trained_on"]["simulated"]),
        networks=networks,
        readings=readings,
        disease=disease,
        second_scan=_second_scan(folder, manifest["scan"]) if disease and "scan" in manifest else None,
        predictions=_inside(folder, predictions["file"]) if predictions else None,
        trained_on=manifest["trained_on"],
        distance=_inside(folder, distance["file"]) if distance else None,
        distance_sha256=str(distance["sha256"]) if distance else "",
        real_films=_real_films(manifest),
    )


def _real_films(manifest: Mapping[str, Any]) -> int:
    """The most real films that any network of a manifest learnt from."""
    own = manifest.get("training", {}).get("vertebrae", {}).get("train", {}).get("real_films", 0)
    return max(int(own), int(manifest.get("scan", {}).get("trained_on", {}).get("real_films", 0)))


def _network(folder: Path, name: str, entry: Mapping[str, Any]) -> NetworkWeights:
    twice = entry.get("safetensors")
    return NetworkWeights(
        name=name,
        preprocessing=Preprocessing(**entry["preprocessing"]),
        biases=_biases(name, entry),
        output_stride=int(entry["input"].get("output_stride", 32)),
        graph=_inside(folder, entry["onnx"]["file"]),
        graph_sha256=str(entry["onnx"]["sha256"]),
        tensors=_inside(folder, twice["file"]) if twice else None,
        tensors_sha256=str(twice["sha256"]) if twice else None,
    )


def _second_scan(folder: Path, entry: Mapping[str, Any]) -> SecondScan:
    return parse_second_scan(entry, _inside(folder, entry["onnx"]["file"]), _SCANNING)


def _biases(name: str, entry: Mapping[str, Any]) -> dict[str, float]:
    if "questions" not in entry:
        return {QUESTIONS[0]: float(entry["bias"])}
    biases = {question: float(told["bias"]) for question, told in entry["questions"].items()}
    if tuple(biases) != QUESTIONS[: len(biases)] or not biases:
        raise ValueError(f"questions of {name} are {', '.join(biases) or 'none'}")
    return biases


def _inside(folder: Path, name: str) -> Path:
    if Path(name).name != name:
        raise ValueError(f"file name {name!r} leads out of the folder")
    return folder / name
