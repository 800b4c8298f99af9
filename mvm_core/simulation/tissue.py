"""What the beam passes through on its way to the detector."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]


@dataclass(frozen=True)
class TissuePaths:
    """Path of each ray through each tissue, in mm, shape as the film.

    Attributes
    ----------
    soft : float32 array
        Muscle, organs and blood, at density 1.05 g/cm3.
    fat : float32 array
        Adipose tissue.
    bone : float32 array
        Mineral summed, as solid cortical bone of density 1.9 g/cm3.
    metal : float32 array or None
        Titanium.
    contrast : float32 array or None
        Barium suspension in the bowel.
    """

    soft: Field
    fat: Field
    bone: Field
    metal: Field | None = None
    contrast: Field | None = None

    def each(self, change: Callable[[Field], Field]) -> "TissuePaths":
        """The same with every path that is there changed."""
        return TissuePaths(
            change(self.soft),
            change(self.fat),
            change(self.bone),
            None if self.metal is None else change(self.metal),
            None if self.contrast is None else change(self.contrast),
        )
