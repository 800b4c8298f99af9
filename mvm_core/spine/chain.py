"""From bodies that may be there to those that make one spine: the best way down through them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mvm_core.spine.look import Candidate

_ACCEPT = 0.30
"""A body adds to a chain what its probability lies above this."""

_LONGEST = 4.2
_MISSING = 2.3
_BENT_DEGREES = 50.0
_COST_OF_GAP = 0.35


@dataclass(frozen=True)
class Link:
    """One body of a chain, and how many levels lie between it and the one above (1: the next)."""

    body: Candidate
    steps: int


def best_chain(candidates: Sequence[Candidate]) -> tuple[Link, ...]:
    """Choose the bodies that make one spine.

    Each body leads to one below it, in the direction of its own axis, at one vertebra's distance (at
    two where one was missed), of about the same size; the chain with the greatest sum is taken.

    Returns
    -------
    tuple of Link
        From above; empty where there is no candidate.
    """
    order = sorted(candidates, key=lambda body: float(body.centre[1]))
    if not order:
        return ()
    best = [body.probability - _ACCEPT for body in order]
    before: list[tuple[int, int] | None] = [None] * len(order)
    for j, below in enumerate(order):
        for i in range(j):
            joint = _joint(order[i], below)
            if joint is None:
                continue
            cost, steps = joint
            total = best[i] + below.probability - _ACCEPT - cost
            if total > best[j]:
                best[j], before[j] = total, (i, steps)
    chain: list[Link] = []
    at: int | None = int(np.argmax(best))
    while at is not None:
        link = before[at]
        chain.append(Link(order[at], link[1] if link else 1))
        at = link[0] if link else None
    return tuple(reversed(chain))


def joined(above: Candidate, below: Candidate) -> int | None:
    """How many levels below one body the other lies in the same spine; None where it cannot."""
    joint = _joint(above, below)
    return joint[1] if joint is not None else None


def _joint(above: Candidate, below: Candidate) -> tuple[float, int] | None:
    """Cost of going from one body to the next, and the levels between them; None where it cannot be."""
    way = below.centre - above.centre
    heights = float(np.hypot(*above.down)), float(np.hypot(*below.down))
    height = max(sum(heights) / 2, 1e-6)
    distance = float(np.hypot(*way)) / height
    if not 0.6 < distance < _LONGEST:
        return None
    bent = max(_angle(above.down, way), _angle(below.down, way))
    if bent > _BENT_DEGREES:
        return None
    steps = 1 if distance < _MISSING else 2
    unlike = abs(np.log(max(heights[0], 1e-6) / max(heights[1], 1e-6)))
    uneven = abs(np.log(distance / steps / 1.35))
    cost = 0.25 * (bent / _BENT_DEGREES) ** 2 + 0.25 * unlike + 0.2 * uneven + _COST_OF_GAP * (steps - 1)
    return float(cost), steps


def _angle(a: np.ndarray, b: np.ndarray) -> float:
    cosine = float(a @ b) / max(float(np.hypot(*a) * np.hypot(*b)), 1e-9)
    return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))
