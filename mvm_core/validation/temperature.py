"""The temperature that turns a network's logit into a probability."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize_scalar

from mvm_core.validation._checks import two_classes

LOWEST, HIGHEST = 0.05, 20.0


def fit_temperature(labels: ArrayLike, logits: ArrayLike) -> float:
    """Fit T so that sigmoid(logit / T) has the least log loss.

    Parameters
    ----------
    labels : array, shape (n,)
        1 for the positive class, else 0.
    logits : array, shape (n,)
        Finite.

    Returns
    -------
    float
        T in [0.05, 20]. Logits that separate the classes entirely give the lowest, logits that say
        nothing the highest.

    Raises
    ------
    ValidationError
        If labels or logits are unfit, or there is only one class.

    Notes
    -----
    Guo et al., On calibration of modern neural networks, ICML 2017. The loss is convex in 1/T, so the
    bounded search finds the one minimum.
    """
    positive, values = two_classes(labels, logits, "logits")
    margins = np.where(positive, values, -values)

    def log_loss(log_temperature: float) -> float:
        return float(np.logaddexp(0.0, -margins / np.exp(log_temperature)).mean())

    bounds = (float(np.log(LOWEST)), float(np.log(HIGHEST)))
    inner = minimize_scalar(log_loss, bounds=bounds, method="bounded", options={"xatol": 1e-10})
    best = min((inner.x, *bounds), key=log_loss)
    return float(np.clip(np.exp(best), LOWEST, HIGHEST))
