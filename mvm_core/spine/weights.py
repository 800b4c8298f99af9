"""The finder's graph and the manifest beside it: ``spine.json`` of a weights folder."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mvm_core.inference import malformed, read_manifest

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
    manifest = read_manifest(folder / MANIFEST, FORMAT, "the finder of vertebrae")
    try:
        temperature, trained_on = float(manifest.said["level_temperature"]), dict(manifest.said["trained_on"])
    except (KeyError, TypeError, ValueError) as error:
        raise malformed(folder / MANIFEST, error) from None
    return SpineWeights(manifest.graph, manifest.identity, temperature, trained_on)
