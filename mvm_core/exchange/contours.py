"""Evidence as lines of equal logits on its film."""

from dataclasses import dataclass, field

import contourpy
import numpy as np
from numpy.typing import NDArray

from mvm_core.examination import Examination
from mvm_core.models.reading import EvidenceMap
from mvm_core.radiograph import View

LOGITS = (-9.0, -6.0, -3.0, 3.0, 6.0, 9.0)
"""Where lines are drawn, the same for every film: above 0 for MVM, below for BVF."""


@dataclass(frozen=True)
class Contour:
    """One line of equal evidence.

    Attributes
    ----------
    logit : float
        One of `LOGITS`.
    points : float array, shape (n, 2)
        As (x, y) in film coordinates, in pixels; closed where the line does not end at the map's border.
    """

    logit: float
    points: NDArray[np.float64] = field(repr=False)


def contours_on(found: Examination, view: View) -> tuple[Contour, ...]:
    """Lines of the leading reading's evidence on one film; none where it says nothing of that film."""
    reading = found.reading
    evidence = reading.leading.evidence.get(view) if reading is not None else None
    if reading is None or evidence is None or view in reading.blank:
        return ()
    return contours(evidence)


def contours(evidence: EvidenceMap) -> tuple[Contour, ...]:
    """Lines of equal evidence: linear between the cells of the map, level beyond the outer ones."""
    values = np.pad(np.asarray(evidence.values, np.float64), 1, mode="edge")
    box = evidence.region.box
    x = _places(box.x0, box.width, values.shape[1] - 2)
    y = _places(box.y0, box.height, values.shape[0] - 2)
    lines = contourpy.contour_generator(x, y, values, name="serial")
    return tuple(
        Contour(logit, np.asarray(line, np.float64))
        for logit in LOGITS
        for line in lines.lines(logit)
        if len(line) > 1
    )


def _places(start: float, length: float, cells: int) -> NDArray[np.float64]:
    """Middles of the cells, and both ends of the map."""
    middles = start + (np.arange(cells) + 0.5) * length / cells
    return np.concatenate([[start], middles, [start + length]])
