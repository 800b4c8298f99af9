"""The trained finder as files: the graph first, its manifest last."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from mvm_core.cohort.marked_films import part_of, read_marked
from mvm_core.errors import WeightsError
from mvm_core.files import write_atomically
from mvm_core.finding import score_finding
from mvm_core.radiograph import View
from mvm_core.spine import Finder
from mvm_core.spine.corners import CLOSE, FINE
from mvm_core.spine.straight import COLUMNS as STRAIGHT_COLUMNS
from mvm_core.spine.straight import PLACE_ROWS
from mvm_core.spine.weights import BESIDE, FORMAT, MANIFEST, load_spine_weights
from mvm_core.training.export import export_graph, round_to_stored
from mvm_core.training.spine.corner_network import CornerNetwork
from mvm_core.training.spine.level_network import LevelNetwork
from mvm_core.training.spine.network import SpineNetwork

GRAPH = "spine.onnx"
LEVEL_TEMPERATURE = 8.0
STRAIGHT_TEMPERATURE = 3.0
"""Likeliest on the real AP films of the tune part."""

_LOOKS = {"corners": (CLOSE, True), "endplates": (FINE, False)}
"""What each graph of looks takes, and whether its largest kernels are stored in eight bits."""


def measure_reliability(folder: Path, real: Path) -> float | None:
    """On what share of real films the levels are right; kept in the manifest.

    Parameters
    ----------
    real : Path
        Folder of marked real films, of which the AP films of the tune part count: neither learnt from nor
        judged by.

    Returns
    -------
    float or None
        None, and the manifest stays, where the levels of no film or of none of them are right.
    """
    films = [film for film in part_of(read_marked(real), "tune") if film.view is View.AP]
    found = score_finding(films, Finder(load_spine_weights(folder)))
    known = [film for film in found if film.found]
    right = sum(2 * film.right_levels > film.found for film in known)
    if not right:
        return None
    manifest = json.loads((folder / MANIFEST).read_bytes())
    manifest["level_reliability"] = round(right / len(known), 3)
    manifest["level_reliability_of"] = f"{right} of {len(known)} real films, AP"
    write_atomically(folder / MANIFEST, json.dumps(manifest, indent=2).encode())
    return right / len(known)


def write_finder(folder: Path, network: SpineNetwork, trained_on: Mapping[str, Any]) -> Path:
    """Write ``spine.onnx`` and ``spine.json``; graphs beside an earlier finder of the folder stay.

    Returns
    -------
    Path
        The manifest.

    Raises
    ------
    OutputError
        If the folder cannot be written to.
    """
    # asked before the graph that the earlier manifest names is written over
    beside = _beside(folder)
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
        **beside,
    }
    return write_atomically(folder / MANIFEST, json.dumps(manifest, indent=2).encode())


def _beside(folder: Path) -> dict[str, Any]:
    """What a folder's manifest says of the graphs beside the finder, none where it is not whole."""
    try:
        load_spine_weights(folder)
    except WeightsError:
        return {}
    earlier = json.loads((folder / MANIFEST).read_bytes())
    return {name: earlier[name] for name in BESIDE if name in earlier}


def add_looks(
    folder: Path, network: CornerNetwork, trained_on: Mapping[str, Any], name: str = "corners"
) -> Path:
    """Write a graph of looks beside a finder and name it in its ``spine.json``; gives the manifest.

    Parameters
    ----------
    name : {'corners', 'endplates'}

    Raises
    ------
    WeightsError
        If the folder holds no finder.
    OutputError
        If it cannot be written to.
    """
    size, eight_bits = _LOOKS[name]
    graph = export_graph(
        round_to_stored(network),
        torch.zeros(1, 1, size.rows, size.columns),
        {"look": {0: "n"}},
        {"corners": {0: "n"}, "body": {0: "n"}},
        eight_bits=eight_bits,
    )
    return _add(folder, name, graph, {"trained_on": dict(trained_on)})


def add_levels(folder: Path, network: LevelNetwork, trained_on: Mapping[str, Any]) -> Path:
    """Write ``levels.onnx`` beside a finder and name it in its ``spine.json``; gives the manifest.

    Raises
    ------
    WeightsError
        If the folder holds no finder.
    OutputError
        If it cannot be written to.
    """
    graph = export_graph(
        round_to_stored(network),
        torch.zeros(1, 1, 8 * PLACE_ROWS, STRAIGHT_COLUMNS),
        {"picture": {0: "n", 2: "rows"}},
        {"levels": {0: "n", 1: "places"}},
        eight_bits=True,
    )
    return _add(
        folder, "levels", graph, {"temperature": STRAIGHT_TEMPERATURE, "trained_on": dict(trained_on)}
    )


def _add(folder: Path, name: str, graph: bytes, said: Mapping[str, Any]) -> Path:
    load_spine_weights(folder)
    file = f"{name}.onnx"
    write_atomically(folder / file, graph)
    manifest = json.loads((folder / MANIFEST).read_bytes())
    manifest[name] = {"onnx": {"file": file, "sha256": hashlib.sha256(graph).hexdigest()}, **said}
    return write_atomically(folder / MANIFEST, json.dumps(manifest, indent=2).encode())
