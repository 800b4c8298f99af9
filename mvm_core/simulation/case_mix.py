"""What is wrong with the patients of each site: primary tumours, levels, how old fractures are.

Site a has the shares of `frequencies`; those of b and c lie to either side of them, as hospitals differ. All
of it is an assumption. The findings of a fracture or a metastasis are as frequent as `frequencies` says
everywhere, apart from what follows from the primary tumour.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mvm_core.simulation.frequencies import ACUTE_SHARE, PRIMARIES


@dataclass(frozen=True)
class CaseMix:
    """What is wrong with the patients of a site.

    Attributes
    ----------
    primaries : mapping of str to mapping of str to float
        Shares of the primary tumours by sex.
    acute_share : float
        Of benign fractures.
    severities : tuple of float
        Shares of small, middling and large metastases.
    thoracic : float
        How often a thoracic vertebra is the one in question, against the format's usual.
    foci : {'ragged', 'lobed'}
        Balls with an uneven edge, or lobes that have grown together.
    """

    primaries: Mapping[str, Mapping[str, float]]
    acute_share: float
    severities: tuple[float, float, float]
    thoracic: float
    foci: str

    def level_shares(self, levels: tuple[str, ...], usual: tuple[float, ...]) -> NDArray[np.float64]:
        """How often each level is the one in question, from a format's usual shares."""
        weights = np.array([self.thoracic if level.startswith("T") else 1.0 for level in levels]) * usual
        return np.asarray(weights / weights.sum())


USUAL_MIX = CaseMix(PRIMARIES, ACUTE_SHARE, (0.3, 0.4, 0.3), 1.0, "ragged")

CASE_MIXES: Mapping[str, CaseMix] = {
    "a": USUAL_MIX,
    # A cancer centre: more lung and kidney, large foci, fractures seen early.
    "b": CaseMix(
        {
            "F": {"breast": 0.36, "lung": 0.34, "kidney": 0.10, "other": 0.20},
            "M": {"prostate": 0.28, "lung": 0.38, "kidney": 0.14, "other": 0.20},
        },
        0.75,
        (0.2, 0.4, 0.4),
        1.2,
        "ragged",
    ),
    # A general hospital: more breast and prostate, small foci, many old fractures, further down.
    "c": CaseMix(
        {
            "F": {"breast": 0.50, "lung": 0.22, "kidney": 0.06, "other": 0.22},
            "M": {"prostate": 0.40, "lung": 0.28, "kidney": 0.08, "other": 0.24},
        },
        0.55,
        (0.4, 0.4, 0.2),
        0.8,
        "lobed",
    ),
    "r": USUAL_MIX,
    "v": USUAL_MIX,
}
