"""The finder's graph and the manifest beside it: ``spine.json`` of a weights folder."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mvm_core.inference import graph_beside, malformed, read_manifest

MANIFEST = "spine.json"
FORMAT = 1
BESIDE = ("corners", "endplates", "levels")
"""Graphs that may lie beside the finder's own: their entries in the manifest."""

_WHAT = "the finder of vertebrae"


@dataclass(frozen=True)
class SpineWeights:
    """The finder of a weights folder.

    Attributes
    ----------
    graph : Path
    corners : Path or None
        The graph that tells corners closer, where there is one.
    endplates : Path or None
        The graph that tells the endplates of collapsed bodies finer, where there is one.
    levels : Path or None
        The graph that names the places of a straight spine, where there is one.
    identity : str
        SHA-256 of the manifest, which holds those of the graphs.
    level_temperature : float
        By which the summed evidence of bodies for their levels is divided before it becomes a probability.
    straight_temperature : float
        The same for evidence of the straight spine.
    level_reliability : float
        On what share of real films the levels were right, of those that all evidence agreed on: the greatest
        probability that levels are given. 1 where it was never measured.
    trained_on : mapping
        The manifest's own words on the training films.
    """

    graph: Path
    corners: Path | None
    endplates: Path | None
    levels: Path | None
    identity: str
    level_temperature: float
    straight_temperature: float
    level_reliability: float
    trained_on: Mapping[str, Any]


def load_spine_weights(folder: Path) -> SpineWeights:
    """Read ``spine.json`` and check the graphs that it names against their SHA-256.

    Raises
    ------
    WeightsError
        If either is missing, malformed or differs.
    """
    manifest = read_manifest(folder / MANIFEST, FORMAT, _WHAT)
    try:
        said = manifest.said
        temperature, trained_on = float(said["level_temperature"]), dict(said["trained_on"])
        reliability = float(said.get("level_reliability", 1.0))
        if not 0 < reliability <= 1:
            raise ValueError(f"level_reliability {reliability} is no share")
        corners, endplates, levels = (
            graph_beside(folder / MANIFEST, said[name]["onnx"], _WHAT) if said.get(name) is not None else None
            for name in BESIDE
        )
        straight = float(said["levels"]["temperature"]) if levels is not None else 1.0
    except (KeyError, TypeError, ValueError) as error:
        raise malformed(folder / MANIFEST, error) from None
    return SpineWeights(
        graph=manifest.graph,
        corners=corners,
        endplates=endplates,
        levels=levels,
        identity=manifest.identity,
        level_temperature=temperature,
        straight_temperature=straight,
        level_reliability=reliability,
        trained_on=trained_on,
    )


def files_of(folder: Path) -> tuple[Path, ...]:
    """The finder's files: its graphs, and the manifest last.

    Raises
    ------
    WeightsError
        If one is missing, malformed or differs.
    """
    weights = load_spine_weights(folder)
    graphs = (weights.graph, weights.corners, weights.endplates, weights.levels)
    return (*(graph for graph in graphs if graph is not None), folder / MANIFEST)
