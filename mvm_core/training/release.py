"""Writing a weights folder: every file first, its manifest last."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mvm_core.cohort import Cohort
from mvm_core.files import write_atomically
from mvm_core.imaging.preprocess import Preprocessing
from mvm_core.language import gettext_noop
from mvm_core.models.calibration import DiseaseCalibration, ReadingCalibration, calibration_as_dict
from mvm_core.models.reading import OperatingPoints
from mvm_core.models.registry import NETWORKS, Layout
from mvm_core.models.weights import FORMAT, MANIFEST, PREDICTIONS
from mvm_core.training.export import round_to_stored, to_onnx
from mvm_core.training.networks import EvidenceNetwork

SIMULATED_NOTICE = gettext_noop("Weights trained on simulated films; not a medical device.")
REAL_NOTICE = gettext_noop(
    "Weights trained on simulated films, and on real ones without known disease; not a medical device."
)
OWN_NOTICE = gettext_noop("Weights trained on the user's own films; not a medical device.")


@dataclass(frozen=True)
class ExportedNetwork:
    """One network as its file, and what the manifest says of it."""

    name: str
    preprocessing: Preprocessing
    output_stride: int
    biases: Mapping[str, float]
    graph: bytes


def export_network(
    name: str,
    network: EvidenceNetwork,
    preprocessing: Preprocessing,
    output_stride: int = 32,
    graph: bytes | None = None,
) -> ExportedNetwork:
    """Round a trained network to its stored precision and serialise it.

    Where `graph` is given, it is the network's ONNX file, written before.
    """
    rounded = round_to_stored(network)
    size = preprocessing.size_px
    width = 2 * size if NETWORKS[name].layout is Layout.SIDE_BY_SIDE else size
    return ExportedNetwork(
        name=name,
        preprocessing=preprocessing,
        output_stride=output_stride,
        biases=dict(zip(rounded.questions, rounded.head.bias.detach().tolist(), strict=True)),
        graph=to_onnx(rounded, size, width) if graph is None else graph,
    )


def untuned(readings: tuple[str, ...]) -> dict[str, ReadingCalibration]:
    """Calibrations that change nothing, for reading the tune split itself."""
    # What networks are not asked is not answered, whatever stands here.
    disease = DiseaseCalibration(1.0, 0.0, 0.0)
    return {name: ReadingCalibration(1.0, OperatingPoints(0.5, 0.5), disease=disease) for name in readings}


def write_weights(
    folder: Path,
    networks: list[ExportedNetwork],
    readings: Mapping[str, ReadingCalibration],
    *,
    cohort: Cohort,
    training: dict[str, Any],
    scan: Mapping[str, DiseaseCalibration] | None = None,
    predictions: bytes | None = None,
) -> Path:
    """Write a weights folder; until the manifest is there, it does not load.

    Parameters
    ----------
    scan : mapping of str to DiseaseCalibration, optional
        By the films that show a vertebra, for reading every level of a film.

    Returns
    -------
    Path
        The manifest.
    """
    # A manifest of earlier weights must not vouch for the files to come.
    (folder / MANIFEST).unlink(missing_ok=True)
    entries = {network.name: _write_network(folder, network) for network in networks}
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "notice": notice_of(cohort, training),
        "trained_on": _describe(cohort),
        "networks": entries,
        "readings": {name: calibration_as_dict(calibration) for name, calibration in readings.items()},
        "training": training,
    }
    if scan:
        manifest["disease"] = {name: asdict(calibration) for name, calibration in scan.items()}
    if predictions is not None:
        manifest["predictions"] = _write(folder / PREDICTIONS, predictions)
    return write_atomically(folder / MANIFEST, json.dumps(manifest, indent=2).encode())


def notice_of(cohort: Cohort, training: Mapping[str, Any]) -> str:
    """What every place that shows a result says of the weights."""
    if not cohort.simulated:
        return OWN_NOTICE
    learnt = training.get("vertebrae", {}).get("train", {})
    return REAL_NOTICE if learnt.get("real") else SIMULATED_NOTICE


def _write_network(folder: Path, network: ExportedNetwork) -> dict[str, Any]:
    definition, size = NETWORKS[network.name], network.preprocessing.size_px
    return {
        "input": {
            "layout": definition.layout.value,
            "views": [view.value for view in definition.views],
            "channels": definition.channels,
            "height": size,
            "width": 2 * size if definition.layout is Layout.SIDE_BY_SIDE else size,
            "output_stride": network.output_stride,
        },
        "preprocessing": asdict(network.preprocessing),
        "questions": {question: {"bias": bias} for question, bias in network.biases.items()},
        "onnx": _write(folder / f"{network.name}.onnx", network.graph),
    }


def _write(path: Path, content: bytes) -> dict[str, str]:
    write_atomically(path, content)
    return {"file": path.name, "sha256": hashlib.sha256(content).hexdigest()}


def _describe(cohort: Cohort) -> dict[str, Any]:
    splits = dict.fromkeys(case.split for case in cohort.cases)
    return {
        "simulated": cohort.simulated,
        "sites": list(cohort.sites),
        "fingerprint": cohort.fingerprint,
        "simulator_version": cohort.simulator_version,
        "patients": {
            split: {
                label: sum(case.label == label for case in cohort.split(split)) for label in ("mvm", "bvf")
            }
            for split in splits
        },
    }
