"""Bodies that a chain lacks: looked for where its neighbours say that one should lie."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mvm_core.spine.chain import Link, joined
from mvm_core.spine.corners import CloseLooks, Corners, tilt_of
from mvm_core.spine.look import Candidate
from mvm_core.spine.spine import LEVELS, diagonal_of

BODY = 0.6
"""From which probability on a body is taken to lie where it was looked for."""

_MOST_BENT = np.deg2rad(12.0)
_WIDE = 1.5
"""Times the usual distance of two bodies' middles: a body may lie between two as far apart as this."""

_SAME = 0.35
"""Of the diagonal: two bodies whose middles lie nearer than this are one."""


def walked_on(looks: CloseLooks, chain: Sequence[Link], above: int, below: int) -> tuple[Link, ...]:
    """Go on from both ends of a chain as long as a close look finds a body there.

    Parameters
    ----------
    looks : CloseLooks
    chain : sequence of Link
        From above, two bodies or more.
    above, below : int
        How many bodies may be added at the upper and at the lower end.

    Returns
    -------
    tuple of Link
        Bodies that are added say nothing of their level.
    """
    walked = tuple(chain)
    for upper, most in ((True, above), (False, below)):
        for _ in range(most):
            body = _beyond(looks, walked, upper=upper)
            if body is None:
                break
            walked = _with_end(walked, body, upper=upper)
    return walked


def gaps_filled(looks: CloseLooks, chain: Sequence[Link]) -> tuple[Link, ...]:
    """Add the bodies that a close look finds between those of a chain, which has two or more, from above."""
    middles = np.array([link.body.centre for link in chain])
    pitches = np.hypot(*np.diff(middles, axis=0).T) / [link.steps for link in chain[1:]]
    usual = float(np.median(pitches))
    filled = [chain[0]]
    for link, pitch in zip(chain[1:], pitches, strict=True):
        above = filled[-1].body
        if link.steps == 2 or pitch > _WIDE * usual:
            between = _look_twice(looks, (above.corners + link.body.corners) / 2)
            if between is not None and not _meets(between, [above, link.body]):
                filled.append(Link(between, 1))
                link = replace(link, steps=1)
        filled.append(link)
    return tuple(filled)


def _beyond(looks: CloseLooks, chain: Sequence[Link], *, upper: bool) -> Candidate | None:
    last, before = (chain[0].body, chain[1].body) if upper else (chain[-1].body, chain[-2].body)
    gap = chain[1].steps if upper else chain[-1].steps
    rows, columns = looks.shape
    guessed = _next(last.corners, before.corners, gap)
    x, y = guessed.mean(axis=0)
    if not (0 < x < columns and 0 < y < rows):
        return None
    body = _look_twice(looks, guessed)
    if body is None or _meets(body, [link.body for link in chain]):
        return None
    way = (body, last) if upper else (last, body)
    return body if joined(*way) == 1 else None


def _with_end(chain: Sequence[Link], body: Candidate, *, upper: bool) -> tuple[Link, ...]:
    if upper:
        return (Link(body, 1), replace(chain[0], steps=1), *chain[1:])
    return (*chain, Link(body, 1))


def _next(last: Corners, before: Corners, gap: int) -> Corners:
    """Where the next body lies if the spine goes on as it came."""
    step = (last.mean(axis=0) - before.mean(axis=0)) / gap
    bent = (tilt_of(last) - tilt_of(before)) / gap
    bent = float(np.clip((bent + np.pi) % (2 * np.pi) - np.pi, -_MOST_BENT, _MOST_BENT))
    turn = np.array([[np.cos(bent), -np.sin(bent)], [np.sin(bent), np.cos(bent)]])
    middle = last.mean(axis=0)
    return np.asarray(middle + turn @ step + (last - middle) @ turn.T)


def _look_twice(looks: CloseLooks, guessed: Corners) -> Candidate | None:
    """A body found near a guessed place, framed anew for the second look."""
    (first,) = looks.tell([guessed])
    (second,) = looks.tell([first.corners])
    off = np.hypot(*(second.corners.mean(axis=0) - guessed.mean(axis=0)))
    if second.body < BODY or off > 0.5 * diagonal_of(guessed):
        return None
    return Candidate(second.body, second.corners, np.zeros(len(LEVELS)), second.dents)


def _meets(body: Candidate, others: Sequence[Candidate]) -> bool:
    reach = _SAME * diagonal_of(body.corners)
    return any(float(np.hypot(*(body.centre - other.centre))) < reach for other in others)
