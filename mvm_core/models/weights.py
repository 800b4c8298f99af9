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
from mvm_core.models.reading import OperatingPoints
from mvm_core.models.registry import NETWORKS, READING_NAMES, SINGLE_READINGS

MANIFEST = "manifest.json"
FORMAT = 1
SHIPPED = Path(__file__).resolve().parents[2] / "weights"


def default_weights() -> Path:
    """The folder named by the environment variable ``MVM_WEIGHTS``, else the shipped weights."""
    return Path(os.environ.get("MVM_WEIGHTS") or SHIPPED)


@dataclass(frozen=True)
class NetworkWeights:
    """One network of a weights folder."""

    name: str
    preprocessing: Preprocessing
    bias: float
    graph: Path
    graph_sha256: str
    tensors: Path
    tensors_sha256: str


@dataclass(frozen=True)
class ReadingCalibration:
    """How a reading's logit becomes a probability and a zone; ensembles have no temperature."""

    temperature: float | None
    points: OperatingPoints


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
    predictions : Path or None
        Predictions on the cohort that the networks were trained and tested on.
    trained_on : mapping
        The manifest's own words on the training data.
    """

    folder: Path
    identity: str
    notice: str
    simulated: bool
    networks: Mapping[str, NetworkWeights]
    readings: Mapping[str, ReadingCalibration]
    predictions: Path | None
    trained_on: Mapping[str, Any]


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
            str(path), "there are no weights here", "train some, or name another folder with --weights"
        ) from None
    try:
        weights = _parse(folder, content)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise WeightsError(
            str(path), f"the manifest is malformed ({error})", "restore the folder from its source"
        ) from None
    for network in weights.networks.values():
        check_sum(network.graph, network.graph_sha256)
        check_sum(network.tensors, network.tensors_sha256)
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
            str(path), "the file is missing", "restore the weights folder from its source"
        ) from None
    if found != expected:
        raise WeightsError(
            str(path),
            "the file differs from the checksum in manifest.json",
            "restore the weights folder from its source",
        )


def _parse(folder: Path, content: bytes) -> Weights:
    manifest = json.loads(content)
    if manifest["format"] != FORMAT:
        raise ValueError(f"format {manifest['format']}, expected {FORMAT}")
    networks = {
        name: NetworkWeights(
            name=name,
            preprocessing=Preprocessing(**entry["preprocessing"]),
            bias=float(entry["bias"]),
            graph=_inside(folder, entry["onnx"]["file"]),
            graph_sha256=str(entry["onnx"]["sha256"]),
            tensors=_inside(folder, entry["safetensors"]["file"]),
            tensors_sha256=str(entry["safetensors"]["sha256"]),
        )
        for name, entry in manifest["networks"].items()
    }
    unknown = set(networks) - set(NETWORKS)
    if unknown:
        raise ValueError(f"unknown network {sorted(unknown)[0]}")
    readings = {
        name: _calibration(name, manifest["readings"][name])
        for name in READING_NAMES
        if name in manifest["readings"]
    }
    predictions = manifest.get("predictions")
    return Weights(
        folder=folder,
        identity=hashlib.sha256(content).hexdigest(),
        notice=str(manifest["notice"]),
        simulated=bool(manifest["trained_on"]["simulated"]),
        networks=networks,
        readings=readings,
        predictions=_inside(folder, predictions["file"]) if predictions else None,
        trained_on=manifest["trained_on"],
    )


def _calibration(name: str, entry: Mapping[str, Any]) -> ReadingCalibration:
    temperature = float(entry["temperature"]) if name in SINGLE_READINGS else None
    if temperature is not None and not temperature > 0:
        raise ValueError(f"temperature of {name} is not positive")
    points = OperatingPoints(float(entry["high_sensitivity"]), float(entry["high_specificity"]))
    if not 0 <= points.high_sensitivity <= points.high_specificity <= 1:
        raise ValueError(f"operating points of {name} are out of order")
    return ReadingCalibration(temperature, points)


def _inside(folder: Path, name: str) -> Path:
    if Path(name).name != name:
        raise ValueError(f"file name {name!r} leads out of the folder")
    return folder / name
