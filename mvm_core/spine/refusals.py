"""Why no vertebra is named on a film."""

from collections.abc import Sequence

from mvm_core.language import gettext_noop
from mvm_core.radiograph import CERVICAL, OBLIQUE, Radiograph, View
from mvm_core.spine.chain import Link, weight_of
from mvm_core.spine.look import Look
from mvm_core.spine.spine import Scale

NO_SPINE = gettext_noop("no spine is seen on it")
TOO_FEW = gettext_noop("fewer than two vertebrae are seen on it")
TOO_SMALL = gettext_noop(
    "by its pixel size its vertebrae are as small as those of a neck or of a small child, and not known here"
)
NECK = gettext_noop("it says of itself that it shows the cervical spine, which is not known here")
TURNED = gettext_noop("it is not clear whether it is an AP or a lateral film; it may be an oblique one")
SAID_OBLIQUE = gettext_noop(
    "it says of itself that it is an oblique film, and only AP and lateral ones are known here"
)

NOT_LEARNT = frozenset({TOO_SMALL, NECK, TURNED, SAID_OBLIQUE})
"""A spine, but none of those that were learnt from."""

LEAST_BODIES = 2
LEAST_SPINE = 0.5
"""Probability from which on a spine is taken to be on a film."""

_LEAST_MEAN = 0.42
_SURE_OF_VIEW = 0.985
"""Of 365 proper films (125 real) the least sure lies at 0.997, of 24 simulated lumbar ones taken 38 or 45
degrees aside 13 lie below."""

_SMALLEST = 0.6
"""Stated pixel size over the vertebral ruler's. On 550 simulated films of ages 4 to 95, 92 of children, it is
less in one; on 84 cut off below T2, on which levels were named all the same, it is less in 67."""
_SMALL = 0.8


def not_seen(first: Look, chain: Sequence[Link]) -> str | None:
    """Why a film shows no spine, by the first look at it and the chain of bodies seen; None where it does."""
    if first.spine < LEAST_SPINE:
        return NO_SPINE
    if len(chain) < LEAST_BODIES:
        return TOO_FEW
    if weight_of(chain) / len(chain) < _LEAST_MEAN:
        return NO_SPINE
    return None


def oblique(film: Radiograph, lateral: float, view: View | None) -> str | None:
    """Refuse by what a film says of itself, and where its view is neither known nor clear."""
    if film.unsuited == OBLIQUE:
        return SAID_OBLIQUE
    return TURNED if view is None and sure_of_view(lateral) < _SURE_OF_VIEW else None


def sure_of_view(lateral: float) -> float:
    """Probability of the likelier view, by that of the lateral one."""
    return max(lateral, 1 - lateral)


def neck(film: Radiograph, ruler: Scale | None) -> str | None:
    """Refuse by size; by what a film says of itself too, unless its size speaks against it."""
    share = None
    if film.mm_per_pixel is not None and ruler is not None and ruler.mm_per_pixel is not None:
        share = film.mm_per_pixel / ruler.mm_per_pixel
    if film.unsuited == CERVICAL and (share is None or share < _SMALL):
        return NECK
    return TOO_SMALL if share is not None and share < _SMALLEST else None
