"""The trained disease network as files, calibrated on the tune split."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from mvm_core.calibrations import DISEASE_SPECIFICITY
from mvm_core.files import write_atomically
from mvm_core.imaging.preprocess import Preprocessing
from mvm_core.models.calibration import BOTH, DiseaseCalibration
from mvm_core.models.disease_weights import FORMAT, MANIFEST
from mvm_core.radiograph import View
from mvm_core.training.disease.patches import VertebraPatch
from mvm_core.training.disease.samples import plain_patch
from mvm_core.training.export import round_to_stored, to_onnx
from mvm_core.training.networks import EvidenceNetwork
from mvm_core.validation.fitting import fit_detection

GRAPH = "disease.onnx"
_BATCH = 32


def score(
    network: EvidenceNetwork, patches: Sequence[VertebraPatch], preprocessing: Preprocessing
) -> NDArray[np.float64]:
    """Logits of patches as they are, shape (n,)."""
    device = next(network.parameters()).device
    logits = []
    with torch.inference_mode():
        for start in range(0, len(patches), _BATCH):
            films = np.stack([plain_patch(patch, preprocessing) for patch in patches[start : start + _BATCH]])
            logits.append(network(torch.from_numpy(films)[:, None].to(device))[0][:, 0].cpu().numpy())
    return np.concatenate(logits).astype(float) if logits else np.zeros(0)


def calibrate_disease(
    patches: Sequence[VertebraPatch], logits: NDArray[np.float64]
) -> dict[str, DiseaseCalibration]:
    """Fit probability and point for vertebrae seen on the AP film, on the lateral one, and on both.

    Where both show a vertebra, its mean logit counts. Vertebrae of real films, none of which is known to be
    diseased, take part in the point of their view.
    """
    alone: dict[str, list[tuple[bool, float]]] = {view.value: [] for view in View}
    by_vertebra: dict[tuple[str, str], list[tuple[bool, float]]] = {}
    for patch, logit in zip(patches, logits, strict=True):
        found = (patch.diseased, float(logit))
        alone[patch.view.value].append(found)
        by_vertebra.setdefault((patch.case, patch.level), []).append(found)
    both = [
        (films[0][0], float(np.mean([logit for _, logit in films])))
        for films in by_vertebra.values()
        if len(films) == len(View)
    ]
    return {name: _fitted(pairs, DISEASE_SPECIFICITY[name]) for name, pairs in {**alone, BOTH: both}.items()}


def _fitted(pairs: Sequence[tuple[bool, float]], target: float) -> DiseaseCalibration:
    labels, scores = zip(*pairs, strict=True)
    fitted = fit_detection(labels, scores, target_specificity=target)
    return DiseaseCalibration(fitted.temperature, fitted.offset, fitted.point)


def write_disease(
    folder: Path,
    network: EvidenceNetwork,
    preprocessing: Preprocessing,
    tune: Sequence[VertebraPatch],
    trained_on: Mapping[str, Any],
) -> Path:
    """Write ``disease.onnx`` and ``disease.json``; gives the manifest.

    Raises
    ------
    OutputError
        If the folder cannot be written to.
    """
    rounded = round_to_stored(network)
    calibrations = calibrate_disease(tune, score(rounded, tune, preprocessing))
    graph = to_onnx(rounded, preprocessing.size_px, preprocessing.size_px)
    write_atomically(folder / GRAPH, graph)
    manifest = {
        "format": FORMAT,
        "onnx": {"file": GRAPH, "sha256": hashlib.sha256(graph).hexdigest()},
        "preprocessing": asdict(preprocessing),
        "calibrations": {name: asdict(each) for name, each in calibrations.items()},
        "trained_on": dict(trained_on),
    }
    return write_atomically(folder / MANIFEST, json.dumps(manifest, indent=2).encode())
