"""Logits and probabilities, as in `scipy.special`, whose import takes longer than all else of a reading."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def expit(x: ArrayLike) -> NDArray[Any]:
    """The probability of a logit, in [0, 1], of the same kind of floats; small ones keep their digits."""
    values = np.asarray(x)
    small = np.exp(-np.abs(values))
    return np.where(values >= 0, np.ones_like(small), small) / (1 + small)


def logit(p: ArrayLike) -> Floats:
    """The logit of a probability; infinite at 0 and 1."""
    values = np.asarray(p, np.float64)
    with np.errstate(divide="ignore"):
        return np.log(values) - np.log1p(-values)


def log_softmax(x: ArrayLike) -> Floats:
    """Logarithms of the probabilities that are proportional to exp(x), shape (n,)."""
    values = np.asarray(x, np.float64)
    values = values - values.max()
    return values - np.log(np.exp(values).sum())


def softmax(x: ArrayLike) -> Floats:
    """The probabilities that are proportional to exp(x), shape (n,)."""
    return np.exp(log_softmax(x))
