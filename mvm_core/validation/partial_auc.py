"""Area under a part of the ROC curve."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from mvm_core.errors import ValidationError
from mvm_core.validation.roc import Floats, roc_curve


@dataclass(frozen=True)
class PartialAuc:
    """Area under a part of the ROC curve.

    Attributes
    ----------
    raw : float
        The area; at most the width of the range.
    corrected : float or None
        McClish's: 0.5 for chance, 1 for perfect. None where the curve is below the diagonal, for which
        the correction is not defined.
    """

    raw: float
    corrected: float | None


def partial_auc(
    labels: ArrayLike,
    scores: ArrayLike,
    low: float = 0.9,
    high: float = 1.0,
    focus: Literal["specificity", "sensitivity"] = "specificity",
) -> PartialAuc:
    """Area under the ROC curve over a range of specificity or of sensitivity.

    Parameters
    ----------
    labels : array, shape (n,)
        1 for the positive class, else 0.
    scores : array, shape (n,)
        Finite.
    low, high : float
        The range, within [0, 1].
    focus : str
        Which rate the range is of.

    Raises
    ------
    ValidationError
        If labels or scores are unfit, there is only one class, or the range is empty.

    Notes
    -----
    The correction is McClish's, Medical Decision Making 1989;9:190, as in pROC.
    """
    if not 0 <= low < high <= 1:
        raise ValidationError(f"range {low} to {high}", "it is empty or outside 0 to 1", "give low < high")
    curve = roc_curve(labels, scores)
    if focus == "specificity":
        x, y = 1 - curve.specificity, curve.sensitivity
    else:
        x, y = (1 - curve.sensitivity)[::-1], curve.specificity[::-1]
    start, stop = 1 - high, 1 - low
    inside = (x > start) & (x < stop)
    # at a step of the curve the range takes in the side that lies within it
    first = _height(x, y, start, upper=True)
    last = _height(x, y, stop, upper=False)
    raw = float(
        np.trapezoid(
            np.concatenate([[first], y[inside], [last]]), np.concatenate([[start], x[inside], [stop]])
        )
    )
    chance, perfect = (stop**2 - start**2) / 2, stop - start
    corrected = (1 + (raw - chance) / (perfect - chance)) / 2
    return PartialAuc(raw, corrected if raw >= chance else None)


def _height(x: Floats, y: Floats, at: float, upper: bool) -> float:
    """Height of a rising step curve at `at`: the upper or lower end of a step, else interpolated."""
    here = np.flatnonzero(np.isclose(x, at, rtol=0, atol=1e-12))
    if here.size:
        return float(y[here[-1] if upper else here[0]])
    return float(np.interp(at, x, y))
