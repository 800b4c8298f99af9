"""Which level each body of a chain is: naming the first names all, and the evidence of all is summed."""

from collections.abc import Sequence

import numpy as np
from scipy.special import softmax

from mvm_core.spine.chain import Link
from mvm_core.spine.spine import LEVELS


def name_chain(chain: Sequence[Link], last: str, temperature: float) -> tuple[tuple[str, ...], float]:
    """Name the bodies of a chain.

    Parameters
    ----------
    chain : sequence of Link
        From above.
    last : str
        The lowest level that is looked for in this view.
    temperature : float
        The summed log-probabilities are divided by it, since neighbours' errors go together.

    Returns
    -------
    names : tuple of str
        Empty where the chain is longer than the levels there are.
    probability : float
        That they are right, in [0, 1].
    """
    places = np.cumsum([0, *(link.steps for link in chain[1:])])
    known = LEVELS.index(last) + 1
    starts = range(known - int(places[-1]))
    if not starts:
        return (), 0.0
    evidence = np.array(
        [
            sum(float(link.body.levels[start + place]) for link, place in zip(chain, places, strict=True))
            for start in starts
        ]
    )
    posterior = softmax(evidence / temperature)
    start = int(np.argmax(posterior))
    return tuple(LEVELS[start + int(place)] for place in places), float(posterior[start])
