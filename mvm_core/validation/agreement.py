"""How far two readers, or a reader and the reference standard, agree beyond chance."""

import numpy as np
from numpy.typing import ArrayLike

from mvm_core.errors import ValidationError


def cohen_kappa(one: ArrayLike, other: ArrayLike, *, weighted: bool = False) -> float | None:
    """Cohen's kappa of two gradings (Cohen, Educ Psychol Meas 1960;20:37-46).

    Parameters
    ----------
    one, other : array of int, shape (n,)
        The grades of the same cases.
    weighted : bool
        Whether a difference counts by its size (linear weights; Cohen, Psychol Bull 1968;70:213-20), or any
        one wholly.

    Returns
    -------
    float or None
        At most 1; 0 where the agreement is that of chance; None where both give one and the same grade to
        every case, which leaves nothing beyond chance.

    Raises
    ------
    ValidationError
        If the two differ in shape or hold no case.
    """
    first, second = np.asarray(one), np.asarray(other)
    if first.shape != second.shape or first.ndim != 1 or not first.size:
        raise ValidationError("grades", "not one grade of each reader for each case", "give the same cases")
    grades = np.union1d(first, second)
    counts = np.array([[np.sum((first == a) & (second == b)) for b in grades] for a in grades]) / first.size
    apart = np.abs(grades[:, np.newaxis] - grades).astype(float)
    cost = apart if weighted else np.sign(apart)
    by_chance = float((cost * np.outer(counts.sum(axis=1), counts.sum(axis=0))).sum())
    return None if by_chance == 0 else 1 - float((cost * counts).sum()) / by_chance
