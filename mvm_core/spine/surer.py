"""Bodies that seem to have lost height, measured by several looks: a few pixels decide on their grade."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mvm_core.spine.chain import Link
from mvm_core.spine.corners import CloseLooks, Frame, Told, believed
from mvm_core.spine.look import Candidate
from mvm_core.spine.measures import heights, shares_lost
from mvm_core.spine.spine import middles_of

_SEEMS_LOST = 0.15
"""Share of height lost from which on a body, and its neighbours, are looked at again."""

_FRAMES = (
    Frame(mirrored=True),
    Frame(turned_degrees=3, smaller=1.06),
    Frame(turned_degrees=-3, smaller=0.95, mirrored=True),
    Frame(smaller=1.05),
    Frame(turned_degrees=-2, smaller=1.1, mirrored=True),
    Frame(turned_degrees=2, smaller=0.92),
    Frame(turned_degrees=4, mirrored=True),
    Frame(turned_degrees=-4),
)


def measured_surely(looks: CloseLooks, chain: Sequence[Link]) -> tuple[Link, ...]:
    """The chain, where bodies seem to have lost height with the mean of what several looks tell.

    Parameters
    ----------
    looks : CloseLooks
    chain : sequence of Link
        From above, bodies with the corners that a close look told.
    """
    again = _in_question(chain)
    if not again:
        return tuple(chain)
    bodies = [chain[place].body for place in again]
    told = [looks.tell([body.corners for body in bodies], frame) for frame in _FRAMES]
    surer = list(chain)
    for number, (place, body) in enumerate(zip(again, bodies, strict=True)):
        near = [each[number] for each in told if believed(each[number], body.corners)]
        surer[place] = replace(chain[place], body=_mean(body, near))
    return tuple(surer)


def _mean(body: Candidate, told: Sequence[Told]) -> Candidate:
    corners = np.mean([body.corners, *(each.corners for each in told)], axis=0)
    dents = [each.dents for each in told if each.dents is not None]
    if body.dents is None or not dents:
        return replace(body, corners=corners)
    upper, lower = np.mean([body.dents, *dents], axis=0).tolist()
    return replace(body, corners=corners, dents=(upper, lower))


def _in_question(chain: Sequence[Link]) -> list[int]:
    """Places of the bodies that seem to have lost height, and of their neighbours."""
    bodies = [link.body for link in chain]
    lost = shares_lost([heights(body.corners, middles_of(body.corners, body.dents)) for body in bodies])
    places = np.flatnonzero(lost >= _SEEMS_LOST).tolist()
    return sorted({near for place in places for near in (place - 1, place, place + 1)})
