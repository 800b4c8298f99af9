"""The trained finder as files: the graph first, its manifest last."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from mvm_core.files import write_atomically
from mvm_core.spine.weights import FORMAT, MANIFEST
from mvm_core.training.export import export_graph, round_to_stored
from mvm_core.training.spine.network import SpineNetwork

GRAPH = "spine.onnx"
LEVEL_TEMPERATURE = 4.0


def write_finder(folder: Path, network: SpineNetwork, trained_on: Mapping[str, Any]) -> Path:
    """Write ``spine.onnx`` and ``spine.json``.

    Returns
    -------
    Path
        The manifest.

    Raises
    ------
    OutputError
        If the folder cannot be written to.
    """
    sides = {0: "n", 2: "rows", 3: "columns"}
    graph = export_graph(
        round_to_stored(network),
        torch.zeros(1, 1, 256, 128),
        {"canvas": sides},
        {"maps": {0: "n", 2: "cell_rows", 3: "cell_columns"}, "film": {0: "n"}},
        eight_bits=True,
    )
    write_atomically(folder / GRAPH, graph)
    manifest = {
        "format": FORMAT,
        "onnx": {"file": GRAPH, "sha256": hashlib.sha256(graph).hexdigest()},
        "level_temperature": LEVEL_TEMPERATURE,
        "trained_on": dict(trained_on),
    }
    return write_atomically(folder / MANIFEST, json.dumps(manifest, indent=2).encode())
