"""What tells diseased vertebrae from intact ones in a weights folder."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mvm_core.errors import WeightsError
from mvm_core.imaging.preprocess import Preprocessing
from mvm_core.inference import GraphManifest, malformed, read_manifest
from mvm_core.language import gettext
from mvm_core.models.calibration import DiseaseCalibration, parse_disease
from mvm_core.models.registry import NETWORKS, Layout
from mvm_core.models.second_scan import FilmPoint, PairScan
from mvm_core.models.weights import SEEN_ON, Weights
from mvm_core.radiograph import View

MANIFEST = "disease.json"
FORMAT = 1


@dataclass(frozen=True)
class ScanNetwork:
    """What reads the films of one view.

    Attributes
    ----------
    graph : Path
    preprocessing : Preprocessing
    output : int
        Which of the graph's outputs is the logit of disease.
    """

    graph: Path
    preprocessing: Preprocessing
    output: int = 0


@dataclass(frozen=True)
class PairNetwork:
    """What looks at both films of a level at once, beside what reads each.

    Attributes
    ----------
    network : ScanNetwork
    layout : Layout
        How it takes the films.
    scan : PairScan
        What its logit counts beside those of the films, and about which levels it is asked.
    """

    network: ScanNetwork
    layout: Layout
    scan: PairScan


@dataclass(frozen=True)
class DiseaseWeights:
    """What tells diseased vertebrae from intact ones in a weights folder.

    Attributes
    ----------
    networks : mapping of View to mapping of ScanNetwork to float
        What reads the films of a view, each with the coefficient of its logit in their sum: one network for
        both views, the AP and the lateral network of the readings, or all three.
    identity : str
        SHA-256 of the manifest, which holds those of the graphs.
    calibrations : mapping of str to DiseaseCalibration
        By `SEEN_ON`.
    trained_on : mapping
        The manifest's own words on the training films.
    pair : PairNetwork or None
        What looks at both films of a level at once.
    film : FilmPoint or None
        How the point for levels on both films follows the films.
    """

    networks: Mapping[View, Mapping[ScanNetwork, float]]
    identity: str
    calibrations: Mapping[str, DiseaseCalibration]
    trained_on: Mapping[str, Any]
    pair: PairNetwork | None = None
    film: FilmPoint | None = None

    @property
    def folder(self) -> Path:
        """The weights folder."""
        return next(iter(self.networks[View.AP])).graph.parent


def scan_weights(weights: Weights) -> DiseaseWeights:
    """The AP and the lateral network of a weights folder, and what reads beside them, as what tells disease.

    Raises
    ------
    WeightsError
        If they are not asked for disease.
    """
    if not weights.disease:
        raise WeightsError(
            str(weights.folder),
            gettext("its networks are not asked for disease"),
            gettext("train some with intact levels"),
        )
    second = weights.second_scan
    networks = {}
    for view in View:
        own = weights.networks[view.value]
        first = ScanNetwork(own.graph, own.preprocessing, own.questions.index("disease"))
        networks[view] = {first: 1.0}
        if second is not None:
            coefficients = second.coefficients[view.value]
            beside = ScanNetwork(second.graph, second.preprocessing)
            networks[view] = dict(zip((first, beside), coefficients, strict=True))
    pair = second.pair if second is not None else None
    return DiseaseWeights(
        networks,
        weights.identity,
        weights.disease,
        weights.trained_on,
        pair_network(weights, pair) if pair is not None else None,
        second.film if second is not None else None,
    )


def pair_network(weights: Weights, scan: PairScan) -> PairNetwork:
    """A network of a weights folder that takes both films, as what tells disease.

    Raises
    ------
    WeightsError
        If the folder holds no such network, or it is not asked for disease.
    """
    own = weights.networks.get(scan.network)
    if own is None or "disease" not in own.questions:
        raise WeightsError(
            str(weights.folder),
            gettext("its networks are not asked for disease"),
            gettext("train some with intact levels"),
        )
    network = ScanNetwork(own.graph, own.preprocessing, own.questions.index("disease"))
    return PairNetwork(network, NETWORKS[scan.network].layout, scan)


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
    calibrations = {key: parse_disease(key, manifest.said["calibrations"][key]) for key in SEEN_ON}
    network = ScanNetwork(manifest.graph, Preprocessing(**manifest.said["preprocessing"]))
    return DiseaseWeights(
        networks={view: {network: 1.0} for view in View},
        identity=manifest.identity,
        calibrations=calibrations,
        trained_on=dict(manifest.said["trained_on"]),
    )
