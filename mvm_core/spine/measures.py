"""Measures of vertebral bodies from six points on a lateral film, or four: heights, tilts, lopsidedness.

Six-point morphometry: the corners and the middles of both endplates (Wu CY, Li J, Jergas M, Genant HK:
Comparison of semiquantitative and quantitative techniques for the assessment of prevalent and incident
vertebral fractures. Osteoporos Int 1995;5:354-70). Where the corners alone are known the middle height is
that between straight endplates. Everything here is as exact as the points are.

Height lost and its grades are those of Genant HK, Wu CY, van Kuijk C, Nevitt MC: Vertebral fracture
assessment using a semiquantitative technique. J Bone Miner Res 1993;8:1137-48. There the grades are told by
eye; here by the share alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mvm_core.radiograph import View
from mvm_core.spine.spine import LEVELS, Spine, Vertebra

PLACES = {View.AP: ("left", "middle", "right"), View.LATERAL: ("front", "middle", "behind")}
"""Where heights are taken on each view's films; left and right as seen on the upright film."""

GENANT = (0.20, 0.25, 0.40)
"""From which share of height lost on a body has Genant's grades 1, 2 and 3."""

WITHOUT_LOWER_ENDPLATE = LEVELS[-1]
"""The sacrum, which has no height to measure."""

Points = NDArray[np.float64]


@dataclass(frozen=True)
class Measures:
    """What is measured of one body on one film.

    Attributes
    ----------
    level : str
    heights_px : mapping of str to float
        By place, as in `PLACES`, in pixels.
    heights_mm : mapping of str to float, or None
        The same in mm at the detector; None where no scale is known.
    upper_tilt, lower_tilt : float
        Of the endplates against the upright film's horizontal in degrees, positive where the right end lies
        lower.
    lopsided : float
        Angle between the endplates in degrees, 0 or more: on an AP film a sideways collapse, on a lateral one
        a wedge.
    lost : float or None
        Share of height lost against the mean of the two neighbours, at the place where most is lost; None
        where one of them is not seen, since bodies grow from above.
    genant : int or None
        Grade 0 to 3; None on AP films and where no share is told.
    """

    level: str
    heights_px: Mapping[str, float]
    heights_mm: Mapping[str, float] | None
    upper_tilt: float
    lower_tilt: float
    lopsided: float
    lost: float | None
    genant: int | None


def measure(spine: Spine) -> tuple[Measures, ...]:
    """Measure every body of a film from above but S1, which has no lower endplate."""
    bodies = [vertebra for vertebra in spine.vertebrae if vertebra.level != WITHOUT_LOWER_ENDPLATE]
    heights = {vertebra.level: heights_of(vertebra, spine) for vertebra in bodies}
    scale = spine.scale.mm_per_pixel
    measured = []
    for vertebra in bodies:
        here = heights[vertebra.level]
        upper, lower = tilts(vertebra.corners, spine.turned_degrees)
        lost = share_lost(here, _neighbours(vertebra.level, heights))
        graded = lost is not None and spine.view is View.LATERAL
        measured.append(
            Measures(
                level=vertebra.level,
                heights_px=here,
                heights_mm={place: scale * height for place, height in here.items()} if scale else None,
                upper_tilt=upper,
                lower_tilt=lower,
                lopsided=abs(_turn(lower - upper)),
                lost=lost,
                genant=genant_grade(lost) if graded and lost is not None else None,
            )
        )
    return tuple(measured)


def heights_of(vertebra: Vertebra, spine: Spine) -> dict[str, float]:
    """Heights of a body by place in pixels; a lateral film faces left unless it is mirrored."""
    first, middle, last = heights(vertebra.corners, vertebra.middles)
    if spine.view is View.LATERAL and spine.mirrored:
        first, last = last, first
    return dict(zip(PLACES[spine.view], (first, middle, last), strict=True))


def heights(corners: Points, middles: Points | None = None) -> tuple[float, float, float]:
    """Heights of a body at its left side, in its middle and at its right side, in pixels.

    Parameters
    ----------
    corners : float array, shape (4, 2)
        Upper left, upper right, lower right, lower left.
    middles : float array, shape (2, 2), optional
        Of the upper and the lower endplate; straight ones where not given.
    """
    left, right = corners[3] - corners[0], corners[2] - corners[1]
    middle = (left + right) / 2 if middles is None else middles[1] - middles[0]
    return float(np.hypot(*left)), float(np.hypot(*middle)), float(np.hypot(*right))


def tilts(corners: Points, turned_degrees: int = 0) -> tuple[float, float]:
    """Tilts of the upper and the lower endplate in degrees, positive where the right end lies lower.

    Parameters
    ----------
    corners : float array, shape (4, 2)
    turned_degrees : int
        How far the film is turned clockwise against upright.
    """
    ends = (corners[1] - corners[0], corners[2] - corners[3])
    upper, lower = (_turn(float(np.degrees(np.arctan2(y, x))) - turned_degrees) for x, y in ends)
    return upper, lower


def share_lost(here: Mapping[str, float], neighbours: Sequence[Mapping[str, float]]) -> float | None:
    """Share of height lost against the mean of the neighbours, at the place where most is lost, in [0, 1].

    Returns
    -------
    float or None
        None unless there is a neighbour on both sides, and where the neighbours have no height.
    """
    if len(neighbours) < 2:
        return None
    usual = {place: float(np.mean([each[place] for each in neighbours])) for place in here}
    if min(usual.values()) <= 0:
        return None
    return max(0.0, max(1 - here[place] / usual[place] for place in here))


def shares_lost(tall: Sequence[tuple[float, float, float]]) -> NDArray[np.float64]:
    """`share_lost` of each body of a row; 0 where it lacks a neighbour, or nothing tells.

    Parameters
    ----------
    tall : sequence of tuple of float
        `heights` of the bodies from above.

    Returns
    -------
    float array, shape (n,)
    """
    named = [dict(zip(PLACES[View.AP], each, strict=True)) for each in tall]
    lost = np.zeros(len(named))
    for place in range(1, len(named) - 1):
        lost[place] = share_lost(named[place], (named[place - 1], named[place + 1])) or 0.0
    return lost


def genant_grade(lost: float) -> int:
    """Genant's grade, 0 to 3, of a share of height lost."""
    return sum(lost >= threshold for threshold in GENANT)


def _neighbours(level: str, heights: Mapping[str, Mapping[str, float]]) -> list[Mapping[str, float]]:
    """The heights of the levels right above and below, as far as they are seen."""
    place = LEVELS.index(level)
    around = [LEVELS[near] for near in (place - 1, place + 1) if 0 <= near < len(LEVELS)]
    return [heights[name] for name in around if name in heights]


def _turn(degrees: float) -> float:
    """The same angle in (-180, 180]."""
    return 180.0 - (180.0 - degrees) % 360.0
