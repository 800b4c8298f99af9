"""From bodies that may be there to those that make one spine: the best way down through them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mvm_core.spine.look import Candidate

_ACCEPT = 0.30
"""A body adds to a chain what its probability lies above this."""

_SHORTEST, _LONGEST = 0.6, 4.2
_MISSING = 2.3
_BENT_DEGREES = 65.0
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
    costs, steps = _joints(order, order)
    best = np.array([body.probability - _ACCEPT for body in order])
    before = [-1] * len(order)
    for j in range(1, len(order)):
        through = best[:j] - costs[:j, j] + best[j]
        i = int(np.argmax(through))
        if through[i] > best[j]:
            best[j], before[j] = through[i], i
    chain: list[Link] = []
    at = int(np.argmax(best))
    while at >= 0:
        above = before[at]
        chain.append(Link(order[at], int(steps[above, at]) if above >= 0 else 1))
        at = above
    return tuple(reversed(chain))


def weight_of(chain: Sequence[Link]) -> float:
    """Sum of the probabilities of a chain's bodies."""
    return sum(link.body.probability for link in chain)


def joined(above: Candidate, below: Candidate) -> int | None:
    """How many levels below one body the other lies in the same spine; None where it cannot."""
    costs, steps = _joints([above], [below])
    return int(steps[0, 0]) if np.isfinite(costs[0, 0]) else None


def _joints(
    above: Sequence[Candidate], below: Sequence[Candidate]
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Cost of going from each body to each below, infinite where it cannot be; the levels between."""
    uppers, lowers = (np.array([body.centre for body in bodies]) for bodies in (above, below))
    down, down_below = (np.array([body.down for body in bodies]) for bodies in (above, below))
    way = lowers[np.newaxis] - uppers[:, np.newaxis]
    heights, heights_below = np.hypot(*down.T)[:, np.newaxis], np.hypot(*down_below.T)[np.newaxis]
    distance = np.hypot(way[..., 0], way[..., 1]) / np.maximum((heights + heights_below) / 2, 1e-6)
    bent = np.maximum(_angles(down[:, np.newaxis], way), _angles(down_below[np.newaxis], way))
    steps = np.where(distance < _MISSING, 1, 2)
    unlike = np.abs(np.log(np.maximum(heights, 1e-6) / np.maximum(heights_below, 1e-6)))
    uneven = np.abs(np.log(np.maximum(distance, 1e-6) / steps / 1.35))
    costs = 0.25 * (bent / _BENT_DEGREES) ** 2 + 0.25 * unlike + 0.2 * uneven + _COST_OF_GAP * (steps - 1)
    can_be = (distance > _SHORTEST) & (distance < _LONGEST) & (bent <= _BENT_DEGREES)
    return np.where(can_be, costs, np.inf), steps


def _angles(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Angles between vectors (..., 2) in degrees."""
    lengths = np.hypot(one[..., 0], one[..., 1]) * np.hypot(other[..., 0], other[..., 1])
    cosines = (one * other).sum(axis=-1) / np.maximum(lengths, 1e-9)
    return np.asarray(np.degrees(np.arccos(np.clip(cosines, -1, 1))))
