"""Angles of the whole spine on one film: Cobb angles on AP films, kyphosis and lordosis on lateral ones."""

from dataclasses import dataclass

import numpy as np

from mvm_core.language import gettext_noop
from mvm_core.radiograph import View
from mvm_core.spine.cobb import LEAST_VERTEBRAE, cobb_curves
from mvm_core.spine.measures import tilts
from mvm_core.spine.spine import LEVELS, Spine

_CURVES = (
    gettext_noop("main Cobb angle"),
    gettext_noop("proximal Cobb angle"),
    gettext_noop("lower Cobb angle"),
)
_SAGITTAL = ((gettext_noop("thoracic kyphosis"), "T5", "T12"), (gettext_noop("lumbar lordosis"), "L1", "S1"))


@dataclass(frozen=True)
class Angle:
    """One angle of a spine.

    Attributes
    ----------
    name : str
        ``main``, ``proximal`` or ``lower`` Cobb angle, ``thoracic kyphosis`` or ``lumbar lordosis``.
    upper, lower : str
        The levels that it is measured between.
    degrees : float
        Cobb angles 0 or more; a negative kyphosis is a lordosis, and the other way round.
    """

    name: str
    upper: str
    lower: str
    degrees: float


def angles(spine: Spine, film_height: float) -> tuple[Angle, ...]:
    """Measure the angles that a film shows.

    On AP films the three Cobb angles of `cobb_curves`, from three vertebrae on. On lateral films the thoracic
    kyphosis from the upper endplate of T5 to the lower one of T12 (Lenke et al., J Bone Joint Surg Am
    2001;83:1169-81), and the lumbar lordosis from the upper endplate of L1 to that of S1, each where both
    its levels are seen.

    Parameters
    ----------
    film_height : float
        Of the film as stored, in pixels.

    Returns
    -------
    tuple of Angle
        Empty for a film that lies turned, whose corners are not those of an upright one.
    """
    if spine.turned_degrees:
        return ()
    if spine.view is View.LATERAL:
        return _sagittal(spine)
    bodies = [each for each in spine.vertebrae if each.level != LEVELS[-1]]
    if len(bodies) < LEAST_VERTEBRAE:
        return ()
    curves = cobb_curves(np.array([each.corners for each in bodies]), film_height)
    return tuple(
        Angle(
            name,
            bodies[curve.upper].level,
            bodies[curve.lower].level,
            curve.degrees,
        )
        for name, curve in zip(_CURVES, curves, strict=True)
    )


def _sagittal(spine: Spine) -> tuple[Angle, ...]:
    found = []
    # A film that faces left shows the front at its left.
    facing = -1.0 if spine.mirrored else 1.0
    for name, upper, lower in _SAGITTAL:
        above, below = spine.by_level.get(upper), spine.by_level.get(lower)
        if above is None or below is None:
            continue
        from_above = tilts(above.corners)[0]
        # The sacrum's lower end is no endplate.
        to_below = tilts(below.corners)[0 if lower == LEVELS[-1] else 1]
        bent_forward = facing * (to_below - from_above)
        found.append(Angle(name, upper, lower, bent_forward if "kyphosis" in name else -bent_forward))
    return tuple(found)
