"""What is said of one vertebra when all levels are read."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mvm_core.radiograph import View


@dataclass(frozen=True)
class DiseaseResult:
    """What is said of one vertebra.

    Attributes
    ----------
    probability : float
        That anything is wrong with it, in [0, 1].
    point : float
        From which probability on it counts as diseased.
    logit : float
        What the probability is calibrated from.
    logits : mapping of View to float
        Of each film that shows it: the weighted sum over what reads it.
    of_pair : float or None
        The logit of what looks at both films at once; None where nothing does, or was asked.
    means : mapping of View to mapping of str to float32 array, shape (channels,)
        Of the inner tensors that the view's rule for distances from the training films asks of its network;
        empty without a rule, or where another network is asked.
    """

    probability: float
    point: float
    logit: float
    logits: Mapping[View, float] = field(default_factory=dict)
    of_pair: float | None = None
    means: Mapping[View, Mapping[str, NDArray[np.float32]]] = field(default_factory=dict, repr=False)

    @property
    def diseased(self) -> bool:
        """Whether the vertebra counts as diseased."""
        return self.probability >= self.point
