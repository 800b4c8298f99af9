"""Cases of a cohort for the scorecard: films, reading, and the truth on the networks' own pixels."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from mvm_core.cohort import Case
from mvm_core.errors import FilmError
from mvm_core.evaluation import read_case
from mvm_core.explain.catalogue import Direction
from mvm_core.explain.off_centre import off_centre
from mvm_core.imaging.preprocess import Preprocessing, Region, cut
from mvm_core.models import EvidenceMap, Reader, Reading
from mvm_core.radiograph import FilmPair, View

SIZES = ("up to 15 mm", "15 to 25 mm", "over 25 mm")
_SIZE_EDGES_MM = (15.0, 25.0)

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Truth:
    """Where the disease lies, for each film, on the pixels that the networks see.

    Attributes
    ----------
    lesion, vertebra : mapping of View to bool array, shape (size_px, size_px)
    lesion_mm : float or None
        Diameter at the detector of the circle as large as the lesion, on the film that shows more of it; None
        where the pixel spacing is unknown.
    """

    lesion: Mapping[View, Mask] = field(repr=False)
    vertebra: Mapping[View, Mask] = field(repr=False)
    lesion_mm: float | None

    @property
    def size(self) -> str:
        """The lesion's class of size, one of `SIZES`; empty where unknown."""
        if not self.lesion_mm:
            return ""
        return SIZES[int(np.searchsorted(_SIZE_EDGES_MM, self.lesion_mm, "left"))]


@dataclass(frozen=True)
class ReadCase:
    """One case, read."""

    case: Case
    pair: FilmPair
    reading: Reading
    truth: Truth

    @property
    def direction(self) -> Direction:
        """The side that is true of the case."""
        return Direction(self.case.label)


def open_case(case: Case, reader: Reader) -> ReadCase:
    """Read a case's films and masks, the squares off the level as `off_centre` moves them.

    Raises
    ------
    FilmError
        If a film or a mask cannot be read.
    """
    pair = off_centre(read_case(case), case.case_id)
    reading = reader.read(pair)
    settings = reader.weights.preprocessing
    lesion, vertebra, diameters = {}, {}, []
    for view in pair.views:
        film, region = pair.film(view), reading.regions[view]
        if film is None:
            continue
        full = _mask(case.lesion_mask(view), film.shape)
        lesion[view] = _on_network(full, region, settings)
        vertebra[view] = _on_network(_mask(case.vertebra_mask(view), film.shape), region, settings)
        if film.mm_per_pixel is not None:
            diameters.append(2 * np.sqrt(full.sum() / np.pi) * film.mm_per_pixel)
    truth = Truth(lesion, vertebra, float(max(diameters)) if diameters else None)
    return ReadCase(case, pair, reading, truth)


def on_network(evidence: EvidenceMap, region: Region, size_px: int) -> NDArray[np.float32]:
    """Place a map on the pixels that a network sees, as it is placed on the film.

    Returns
    -------
    float32 array, shape (size_px, size_px)
    """
    scale = size_px / region.side
    placed = Region(
        (evidence.region.x0 - region.x0) * scale,
        (evidence.region.y0 - region.y0) * scale,
        evidence.region.side * scale,
        to_scale=True,
        pointed_at=True,
    )
    return EvidenceMap(evidence.values, placed).on_film((size_px, size_px))


def _on_network(mask: Mask, region: Region, settings: Preprocessing) -> Mask:
    return cut(mask.astype(np.float32), region, settings.size_px) >= 0.5


def _mask(path: Path | None, shape: tuple[int, int]) -> Mask:
    if path is None:
        return np.zeros(shape, np.bool_)
    try:
        read = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_GRAYSCALE)
    except (OSError, cv2.error):
        read = None
    if read is None or read.shape != shape:
        raise FilmError(
            path.name, "it is no mask of its film's size", "write it as an 8-bit PNG of that size"
        )
    return np.asarray(read > 127)
