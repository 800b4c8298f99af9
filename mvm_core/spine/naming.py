"""Which level each body of a chain is: naming the first names all, and the evidence of all is summed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import softmax

from mvm_core.radiograph import View
from mvm_core.spine.chain import Link
from mvm_core.spine.spine import LEVELS, Vertebra

_LAST = {View.AP: "L5", View.LATERAL: "S1"}
_DOUBTFUL_LEVEL = 0.7
_SURE_OF_BODY = 0.5


@dataclass(frozen=True)
class Naming:
    """The names of a chain's bodies.

    Attributes
    ----------
    names : tuple of str
        From above; empty where the chain is longer than the levels there are.
    probability : float
        That they are right, in [0, 1].
    second : tuple of str
        The next likeliest names; empty where there is one way alone.
    second_probability : float
    """

    names: tuple[str, ...] = ()
    probability: float = 0.0
    second: tuple[str, ...] = ()
    second_probability: float = 0.0


def name_chain(chain: Sequence[Link], last: str, temperature: float) -> Naming:
    """Name the bodies of a chain.

    Parameters
    ----------
    chain : sequence of Link
        From above.
    last : str
        The lowest level that is looked for in this view.
    temperature : float
        The summed log-probabilities are divided by it, since neighbours' errors go together.
    """
    places = np.cumsum([0, *(link.steps for link in chain[1:])])
    known = LEVELS.index(last) + 1
    starts = range(known - int(places[-1]))
    if not starts:
        return Naming()
    evidence = np.array(
        [
            sum(float(link.body.levels[start + place]) for link, place in zip(chain, places, strict=True))
            for start in starts
        ]
    )
    posterior = softmax(evidence / temperature)
    ways = [
        (tuple(LEVELS[int(start) + int(place)] for place in places), float(posterior[start]))
        for start in np.argsort(-posterior)[:2]
    ]
    second = ways[1] if len(ways) > 1 else ((), 0.0)
    return Naming(*ways[0], *second)


def name_vertebrae(
    chain: tuple[Link, ...], view: View, temperature: float
) -> tuple[tuple[Vertebra, ...], tuple[str, ...]]:
    """Name the bodies of a chain and say what is doubtful about it.

    Parameters
    ----------
    chain : sequence of Link
        From above.
    temperature : float
        See `name_chain`.

    Returns
    -------
    vertebrae : tuple of Vertebra
        From above; of a chain longer than the levels there are, the weaker end is left out.
    doubts : tuple of str
        One sentence each.
    """
    naming, kept = name_chain(chain, _LAST[view], temperature), chain
    while kept and not naming.names:
        kept = kept[1:] if kept[0].body.probability < kept[-1].body.probability else kept[:-1]
        naming = name_chain(kept, _LAST[view], temperature)
    found = tuple(
        Vertebra(name, naming.probability, link.body.probability, link.body.corners)
        for name, link in zip(naming.names, kept, strict=True)
    )
    doubts = []
    if len(kept) < len(chain) and min(link.body.probability for link in chain) >= _SURE_OF_BODY:
        doubts.append(
            f"More vertebrae are seen than there are from T1 to {_LAST[view]}: there may be a sixth lumbar "
            "or a thirteenth thoracic one, so count the levels from a landmark before you name one."
        )
    if naming.probability < _DOUBTFUL_LEVEL:
        doubts.append(_between(naming))
    return found, tuple(doubts)


def _between(naming: Naming) -> str:
    """That the lowest vertebra may be another, and so all others too."""
    said = f"The levels are uncertain ({naming.probability:.0%} sure)"
    if naming.second:
        said = (
            f"The levels are uncertain: the lowest vertebra may be {naming.names[-1]} "
            f"({naming.probability:.0%}) or {naming.second[-1]} ({naming.second_probability:.0%})"
        )
    return (
        f"{said}; a rib or a lumbar vertebra more or less shifts them all. Count them from a landmark "
        "before you name one."
    )
