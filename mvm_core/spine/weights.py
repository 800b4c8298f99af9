"""The finder's graph and the manifest beside it: ``spine.json`` of a weights folder."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mvm_core.errors import WeightsError

MANIFEST = "spine.json"
FORMAT = 1


@dataclass(frozen=True)
class SpineWeights:
    """The finder of a weights folder.

    Attributes
    ----------
    graph : Path
    identity : str
        SHA-256 of the manifest, which holds that of the graph.
    level_temperature : float
        By which the summed evidence for a chain's levels is divided before it becomes a probability.
    trained_on : mapping
        The manifest's own words on the training films.
    """

    graph: Path
    identity: str
    level_temperature: float
    trained_on: Mapping[str, Any]


def load_spine_weights(folder: Path) -> SpineWeights:
    """Read ``spine.json`` and check the graph that it names against its SHA-256.

    Raises
    ------
    WeightsError
        If either is missing, malformed or differs.
    """
    path = folder / MANIFEST
    try:
        content = path.read_bytes()
        manifest = json.loads(content)
        if manifest["format"] != FORMAT:
            raise ValueError(f"format {manifest['format']}, expected {FORMAT}")
        name, expected = str(manifest["onnx"]["file"]), str(manifest["onnx"]["sha256"])
        if Path(name).name != name:
            raise ValueError(f"file name {name!r} leads out of the folder")
        graph = folder / name
        found = hashlib.sha256(graph.read_bytes()).hexdigest()
        temperature, trained_on = float(manifest["level_temperature"]), dict(manifest["trained_on"])
    except OSError as error:
        raise WeightsError(
            str(error.filename), "the finder of vertebrae is missing", "restore the folder from its source"
        ) from None
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise WeightsError(
            str(path), f"the manifest is malformed ({error})", "restore the folder from its source"
        ) from None
    if found != expected:
        raise WeightsError(
            str(graph), f"the file differs from the checksum in {MANIFEST}", "restore it from its source"
        )
    return SpineWeights(graph, hashlib.sha256(content).hexdigest(), temperature, trained_on)
