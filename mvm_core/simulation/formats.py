"""Formats of films: how large they are, what they are centred on, and how far the tube stands away.

Sizes are those of the plates in use: 35 x 43 cm and smaller for single films; whole-spine films are stitched
to 36 x 91 cm and often stored cut down to the spine.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mvm_core.radiograph import View
from mvm_core.simulation.geometry import FILM_MM, STANDARD_BEAM, Beam

LEVELS = ("T10", "T11", "T12", "L1", "L2", "L3", "L4", "L5")
_LEVEL_SHARES = (0.08, 0.12, 0.19, 0.22, 0.15, 0.11, 0.08, 0.05)
_TOWARDS_JUNCTION = 0.6
_FULL_PLATE_SHARE = 0.4
"""Of whole-spine films: stored as stitched, not cut down to the spine."""


_CUT_OFF_SHARE = 0.08
"""Of patients of whom one film is centred so badly that the spine comes to lie at its edge; assumption."""


@dataclass(frozen=True)
class Format:
    """One format.

    Attributes
    ----------
    name : str
    code : str
        Stands in the names of cases; empty for the standard format.
    levels : tuple of str
        Which vertebrae can be the one in question.
    shares : tuple of float
        How often each of them is.
    upper : bool
        Whether T1 to T3, neck, head and arms are drawn.
    beam : Beam
    coarser : float
        Pixels against the site's usual ones.
    """

    name: str
    code: str
    levels: tuple[str, ...]
    shares: tuple[float, ...]
    upper: bool = False
    beam: Beam = STANDARD_BEAM
    coarser: float = 1.0


@dataclass(frozen=True)
class Positioning:
    """What of the patient falls on the two films.

    Attributes
    ----------
    ap, lateral : tuple of float
        Where the vertebra in question lies off the middle of the film, in mm, across and down.
    ap_mm, lateral_mm : tuple of float
        Height and width of the film.
    beam : Beam
    coarser : float
        Pixels against the site's usual ones.
    """

    ap: tuple[float, float]
    lateral: tuple[float, float]
    ap_mm: tuple[float, float] = FILM_MM[View.AP]
    lateral_mm: tuple[float, float] = FILM_MM[View.LATERAL]
    beam: Beam = STANDARD_BEAM
    coarser: float = 1.0

    def offset(self, view: View) -> tuple[float, float]:
        """The offset of one view's film."""
        return self.ap if view is View.AP else self.lateral

    def film_mm(self, view: View) -> tuple[float, float]:
        """Height and width of one view's film."""
        return self.ap_mm if view is View.AP else self.lateral_mm


def _even(levels: Sequence[str]) -> tuple[float, ...]:
    return (1 / len(levels),) * len(levels)


_LOWER_THORACIC = ("T6", "T7", "T8", "T9", "T10", "T11")
FORMATS: Mapping[str, Format] = {
    each.name: each
    for each in (
        Format("standard", "", LEVELS, _LEVEL_SHARES),
        Format(
            "whole-spine",
            "w",
            ("T6", "T7", "T8", "T9", *LEVELS),
            (0.04, 0.05, 0.05, 0.06, *(0.8 * share for share in _LEVEL_SHARES)),
            upper=True,
            beam=Beam(1800.0, 1600.0, 1540.0),
            coarser=1.25,
        ),
        Format("thoracic", "t", _LOWER_THORACIC, _even(_LOWER_THORACIC), upper=True),
        Format("lumbar", "l", LEVELS[2:], _even(LEVELS[2:])),
        Format("coned", "c", LEVELS, _LEVEL_SHARES),
    )
}
MIXED = "mixed"
MIXED_SHARES = {"standard": 0.25, "whole-spine": 0.3, "thoracic": 0.15, "lumbar": 0.2, "coned": 0.1}
"""How often each format is drawn where formats are mixed."""


def draw_positioning(
    name: str, centres: Mapping[str, tuple[float, float, float]], level: str, draw: np.random.Generator
) -> Positioning:
    """Draw sizes and centring of both films.

    Parameters
    ----------
    name : str
        One of `FORMATS`.
    centres : mapping of str to (float, float, float)
        Centres of the bodies by level, in patient coordinates, in mm.
    level : str
        The vertebra in question.
    draw : Generator
    """
    if name == "standard":
        # Films are centred between the thoracolumbar junction and the vertebra in question.
        down = 1.15 * _TOWARDS_JUNCTION * centres["L1"][2]
        return Positioning(
            ap=(draw.normal(0, 10), down + draw.normal(0, 12)),
            lateral=(draw.normal(8, 10), down + draw.normal(0, 12)),
        )
    wanted = FORMATS[name]
    plans = {view: _PLANS[name](view, wanted.beam, centres, level, draw) for view in View}
    if draw.random() < _CUT_OFF_SHARE:
        view = View.AP if draw.random() < 0.5 else View.LATERAL
        plans[view] = _cut_off(plans[view], wanted.beam.magnification(view), draw)
    (ap, ap_mm), (lateral, lateral_mm) = plans[View.AP], plans[View.LATERAL]
    return Positioning(ap, lateral, ap_mm, lateral_mm, wanted.beam, wanted.coarser)


def _cut_off(plan: "_Plan", times: float, draw: np.random.Generator) -> "_Plan":
    """The film shifted until its edge runs through the spine, or close by."""
    (_, down), film_mm = plan
    side = 1 if draw.random() < 0.5 else -1
    return (side * (film_mm[1] / 2 - times * draw.uniform(20, 45)), down), film_mm


_Plan = tuple[tuple[float, float], tuple[float, float]]
_Centres = Mapping[str, tuple[float, float, float]]


def _centred(view: View, beam: Beam, middle: NDArray[np.float64], film_mm: tuple[float, float]) -> _Plan:
    """Put a point of the patient into the middle of a film."""
    times = beam.magnification(view)
    across = middle[0] if view is View.AP else middle[1]
    return (-float(across) * times, float(middle[2]) * times), film_mm


def _whole_spine(view: View, beam: Beam, centres: _Centres, level: str, draw: np.random.Generator) -> _Plan:
    times, tilted = beam.magnification(view), 12.0 if view is View.AP else 20.0
    places = np.array([place for name, place in centres.items() if name[0] in "TLS"])
    middle = (places.min(axis=0) + places.max(axis=0)) / 2 + (draw.normal(0, tilted), draw.normal(15, 10), 0)
    if draw.random() < _FULL_PLATE_SHARE:
        film_mm = (910.0, 360.0)
        middle[2] = centres["S1"][2] - draw.uniform(60, 130) + 0.5 * film_mm[0] / times
        return _centred(view, beam, middle, film_mm)
    top, bottom = centres["T1"][2] + draw.uniform(20, 130), centres["S1"][2] - draw.uniform(25, 120)
    middle[2] = (top + bottom) / 2
    return _centred(view, beam, middle, (min(910.0, (top - bottom) * times), draw.uniform(230, 360)))


def _thoracic(view: View, beam: Beam, centres: _Centres, level: str, draw: np.random.Generator) -> _Plan:
    middle = np.add(centres["T7"], (draw.normal(0, 10), draw.normal(25, 12), draw.normal(0, 14)))
    return _centred(view, beam, middle, (draw.uniform(390, 430), draw.uniform(200, 350)))


def _lumbar(view: View, beam: Beam, centres: _Centres, level: str, draw: np.random.Generator) -> _Plan:
    middle = np.add(centres["L3"], (draw.normal(0, 10), draw.normal(0, 12), draw.normal(8, 12)))
    if view is View.LATERAL and draw.random() < 0.4:
        # As wide as high, down to the hips.
        middle[2] -= draw.uniform(0, 40)
        return _centred(view, beam, middle, (draw.uniform(380, 430), draw.uniform(300, 430)))
    return _centred(view, beam, middle, (draw.uniform(340, 430), draw.uniform(180, 350)))


def _coned(view: View, beam: Beam, centres: _Centres, level: str, draw: np.random.Generator) -> _Plan:
    middle = np.add(centres[level], draw.normal(0, 8, 3))
    return _centred(view, beam, middle, (draw.uniform(130, 240), draw.uniform(110, 180)))


_PLANS = {"whole-spine": _whole_spine, "thoracic": _thoracic, "lumbar": _lumbar, "coned": _coned}
