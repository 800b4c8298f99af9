"""Which level each body of a chain is: naming the first names all, and the evidence of all is summed."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray

from mvm_core.language import gettext
from mvm_core.logits import softmax
from mvm_core.radiograph import View
from mvm_core.spine.chain import Link
from mvm_core.spine.spine import LEVELS, Vertebra
from mvm_core.spine.straight import FIRSTS

LAST = {View.AP: "L5", View.LATERAL: "S1"}
"""The lowest level that is looked for in each view."""

_DOUBTFUL_LEVEL = 0.7
_SURE_OF_BODY = 0.5


@dataclass(frozen=True)
class Naming:
    """The names of a chain's bodies.

    Attributes
    ----------
    names : tuple of str or None
        From above; empty where the chain is longer than the levels there are, None for a body beyond them.
    probability : float
        That they are right, in [0, 1].
    second : tuple of str or None
        The next likeliest names; empty where there is one way alone.
    second_probability : float
    """

    names: tuple[str | None, ...] = ()
    probability: float = 0.0
    second: tuple[str | None, ...] = ()
    second_probability: float = 0.0


def name_chain(
    chain: Sequence[Link],
    last: str,
    temperature: float,
    firsts: NDArray[np.float64] | None = None,
) -> Naming:
    """Name the bodies of a chain.

    Parameters
    ----------
    chain : sequence of Link
        From above.
    last : str
        The lowest level that is looked for in this view.
    temperature : float
        The summed log-probabilities are divided by it, since neighbours' errors go together.
    firsts : float array, optional
        Evidence for each of `FIRSTS` by a look at the straight spine, see `first_level`; else that of bodies
        alone is taken.
    """
    places = np.cumsum([0, *(link.steps for link in chain[1:])])
    known = LEVELS.index(last) + 1
    if firsts is None:
        starts = range(known - int(places[-1]))
        evidence = [
            sum(float(link.body.levels[start + place]) for link, place in zip(chain, places, strict=True))
            for start in starts
        ]
    else:
        starts, evidence = FIRSTS, list(firsts)
    if not starts:
        return Naming()
    posterior = softmax(np.array(evidence) / temperature)
    ways = [
        (_names(int(starts[way]) + places, known), float(posterior[way]))
        for way in np.argsort(-posterior)[:2]
    ]
    second = ways[1] if len(ways) > 1 else ((), 0.0)
    return Naming(*ways[0], *second)


def _names(levels: NDArray[np.intp], known: int) -> tuple[str | None, ...]:
    return tuple(LEVELS[level] if 0 <= level < known else None for level in levels)


def within_levels(
    chain: Sequence[Link], names: Sequence[str | None]
) -> tuple[tuple[Link, ...], tuple[str, ...]]:
    """The bodies of a chain that have a name, and their names."""
    kept = [(link, name) for link, name in zip(chain, names, strict=True) if name is not None]
    return tuple(link for link, _ in kept), tuple(name for _, name in kept)


def name_vertebrae(
    chain: tuple[Link, ...],
    view: View,
    temperature: float,
    reliability: float = 1.0,
    firsts: NDArray[np.float64] | None = None,
) -> tuple[tuple[Vertebra, ...], tuple[str, ...]]:
    """Name the bodies of a chain and say what is doubtful about it.

    Parameters
    ----------
    chain : sequence of Link
        From above.
    temperature : float
        See `name_chain`.
    reliability : float
        How often the naming that all evidence agrees on is right, in (0, 1]: a body too many or too few at an
        end is no doubt that the chain itself can tell.
    firsts : float array, optional
        See `name_chain`.

    Returns
    -------
    vertebrae : tuple of Vertebra
        From above; of a chain longer than the levels there are, the likeliest part.
    doubts : tuple of str
        One sentence each.
    """
    part = chain if firsts is not None else _longest_named(chain, LAST[view])
    naming = name_chain(part, LAST[view], temperature, firsts)
    kept, names = within_levels(part, naming.names)
    found = tuple(
        Vertebra(
            name,
            reliability * naming.probability,
            link.body.probability,
            link.body.corners,
            # Real AP films have no marks of dents to learn from or to judge by.
            link.body.dents if view is View.LATERAL else None,
        )
        for name, link in zip(names, kept, strict=True)
    )
    doubts = []
    if len(part) < len(chain) and min(link.body.probability for link in chain) >= _SURE_OF_BODY:
        doubts.append(
            gettext(
                "More vertebrae are seen than there are from T1 to {last}: there may be a sixth lumbar "
                "or a thirteenth thoracic one, so count the levels from a landmark before you name one.",
                last=LAST[view],
            )
        )
    if naming.probability < _DOUBTFUL_LEVEL:
        doubts.append(_between(naming))
    return found, tuple(doubts)


def _longest_named(chain: tuple[Link, ...], last: str) -> tuple[Link, ...]:
    """The part of a chain that there are levels for: where it is longer, the likeliest named one."""
    known = LEVELS.index(last) + 1
    places = np.cumsum([0, *(link.steps for link in chain[1:])])
    starts = [start for start in range(len(chain)) if places[start] + known <= places[-1] + 1]

    def part(start: int) -> tuple[Link, ...]:
        links = [link for link, at in zip(chain, places, strict=True) if 0 <= at - places[start] < known]
        return tuple(links)

    def evidence(links: Sequence[Link]) -> float:
        at = np.cumsum([0, *(link.steps for link in links[1:])])
        return sum(
            float(link.body.levels[place]) + log(link.body.probability)
            for link, place in zip(links, at, strict=True)
        )

    return max((part(start) for start in starts), key=evidence) if places[-1] + 1 > known else chain


def _between(naming: Naming) -> str:
    """That the lowest vertebra may be another, and so all others too."""
    said = gettext("The levels are uncertain ({probability:.0%} sure)", probability=naming.probability)
    if naming.second and naming.names[-1] and naming.second[-1]:
        said = gettext(
            "The levels are uncertain: the lowest vertebra may be {lowest} ({probability:.0%}) or "
            "{other} ({second_probability:.0%})",
            lowest=naming.names[-1],
            probability=naming.probability,
            other=naming.second[-1],
            second_probability=naming.second_probability,
        )
    return gettext(
        "{said}; a rib or a lumbar vertebra more or less shifts them all. Count them from a "
        "landmark before you name one.",
        said=said,
    )
