"""The vertebral ruler: the size of a pixel from the distances between named vertebrae."""

from itertools import pairwise

import numpy as np

from mvm_core.language import gettext_noop
from mvm_core.radiograph import View
from mvm_core.spine.spine import LEVELS, Scale, Vertebra

RULER = gettext_noop("vertebral ruler")

_MEANS_MM = (20.7, 20.96, 20.95, 21.58, 21.99, 22.47, 23.33, 23.98, 25.38, 27.26, 29.65, 32.31, 34.54, 35.79)
_DISTANCE_MM = dict(zip(LEVELS, (*_MEANS_MM, 36.49, 36.25), strict=False))
"""From the centre of a body to that of the next one below, in mm: means of up to 1,995 CTs (points of the
VID data set, ImFusion GmbH, CC BY-SA 4.0)."""

_PERSON = 0.072
"""Standard deviation of these distances over people, as a share (same source)."""

_MAGNIFICATION = {View.AP: 1.15, View.LATERAL: 1.23}
_MAGNIFICATION_ERROR = 0.04
"""Of the spine at the detector, at usual distances of tube, patient and detector; and how far it varies."""

_LEAST_PAIRS = 2


def measure(vertebrae: tuple[Vertebra, ...], view: View) -> Scale | None:
    """Tell mm per pixel at the detector; None from fewer than three neighbouring vertebrae.

    The median over the pairs of neighbours is taken, so that one misplaced or crushed body does little.
    """
    ratios = []
    for above, below in pairwise(vertebrae):
        if LEVELS.index(below.level) != LEVELS.index(above.level) + 1 or above.level not in _DISTANCE_MM:
            continue
        pixels = float(np.hypot(*(np.array(below.centre) - np.array(above.centre))))
        if pixels > 0:
            ratios.append(_DISTANCE_MM[above.level] / pixels)
    if len(ratios) < _LEAST_PAIRS:
        return None
    measured = float(np.median(ratios))
    scatter = float(np.std(np.log(ratios))) / np.sqrt(len(ratios))
    error = float(np.sqrt(_PERSON**2 + _MAGNIFICATION_ERROR**2 + scatter**2))
    return Scale(measured * _MAGNIFICATION[view], RULER, error)
