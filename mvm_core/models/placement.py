"""Where on the films the cells of a network's last feature maps lie."""

import dataclasses
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from mvm_core.imaging.preprocess import Region
from mvm_core.models.reading import EvidenceMap
from mvm_core.models.registry import NETWORKS, Layout, SingleReading
from mvm_core.radiograph import View


def evidence_by_view(
    single: SingleReading, evidence: NDArray[np.float32], regions: Mapping[View, Region], size_px: int
) -> dict[View, EvidenceMap]:
    """Lay a network's grid of cells on the film or films that it looked at.

    Parameters
    ----------
    single : SingleReading
    evidence : float32 array, shape (h, w)
        One value a cell.
    regions : mapping of View to Region
        The square that the network saw of each film.
    size_px : int
        Side of that square in pixels of the network's input.
    """
    parts = [evidence] * len(single.views)
    if NETWORKS[single.network].layout is Layout.SIDE_BY_SIDE:
        parts = np.split(evidence, len(single.views), axis=1)
    return {
        view: EvidenceMap(part, _seen_by(part, regions[view], size_px))
        for view, part in zip(single.views, parts, strict=True)
    }


def _seen_by(evidence: NDArray[np.float32], region: Region, size_px: int) -> Region:
    """Place a grid of evidence where its cells look.

    EfficientNet-B0 halves the film by convolutions padded alike on all sides, so that each cell's field of
    view is centred on the first pixel of its share of the film, not on the middle of it.
    """
    shift = region.side * (0.5 / len(evidence) - 0.5 / size_px)
    return dataclasses.replace(region, x0=region.x0 - shift, y0=region.y0 - shift)
