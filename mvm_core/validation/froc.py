"""Several findings a film: sensitivity against false alarms a film (free-response ROC)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mvm_core.errors import ValidationError
from mvm_core.validation._checks import two_classes


@dataclass(frozen=True)
class FrocCurve:
    """A free-response ROC curve.

    Attributes
    ----------
    thresholds : float array, shape (n,)
        Falling; from each one on a place counts as flagged.
    sensitivity : float array, shape (n,)
        Share of the diseased places that are flagged, in [0, 1].
    false_alarms : float array, shape (n,)
        Places flagged without disease, over the films.
    films : int
    diseased : int
        Places with disease, those that were never looked at included.
    """

    thresholds: NDArray[np.float64]
    sensitivity: NDArray[np.float64]
    false_alarms: NDArray[np.float64]
    films: int
    diseased: int

    def sensitivity_at(self, false_alarms: float) -> float:
        """The greatest sensitivity at no more than so many false alarms a film; 0 where there is none."""
        reached = self.sensitivity[self.false_alarms <= false_alarms]
        return float(reached.max()) if reached.size else 0.0


def froc_curve(diseased: ArrayLike, scores: ArrayLike, films: int, missed: int = 0) -> FrocCurve:
    """Work out the curve (Bunch et al., J Appl Photogr Eng 1978;4:166-71).

    Parameters
    ----------
    diseased : bool array, shape (n,)
        Of each place that was looked at.
    scores : float array, shape (n,)
    films : int
        Films, or pairs of films, that the places lie on; those without any place included.
    missed : int
        Diseased places that were not looked at, and so are never flagged.

    Raises
    ------
    ValidationError
        If the places are all diseased or all intact, a score is not finite, or there is no film.
    """
    positive, values = two_classes(diseased, scores)
    if films < 1 or missed < 0:
        raise ValidationError("films", "there is none", "give the number of films")
    thresholds = np.unique(values)[::-1]
    order = np.sort(values[positive]), np.sort(values[~positive])
    hit, alarms = (len(own) - np.searchsorted(own, thresholds, side="left") for own in order)
    total = int(positive.sum()) + missed
    return FrocCurve(thresholds, hit / total, alarms / films, films, total)
