"""How one patient's films are taken and processed, drawn without regard to the disease."""

import re
from dataclasses import dataclass, replace

import numpy as np

from mvm_core.radiograph import View
from mvm_core.simulation.sites import Site

MARGINS = ("top", "bottom", "left", "right")


@dataclass(frozen=True)
class Marker:
    """A side marker.

    Attributes
    ----------
    text : str
        ``R`` or ``L``.
    initials : str
        Of the technologist; empty where the marker has none.
    corner : {'top', 'bottom'}
    inset_mm : tuple of float
        Distance from the collimated edges, across and down.
    height_mm : float
        Of the letter.
    degrees : float
        Turn against the film.
    mirrored : bool
        Whether it lay on its face.
    """

    text: str
    initials: str
    corner: str
    inset_mm: tuple[float, float]
    height_mm: float
    degrees: float
    mirrored: bool


@dataclass(frozen=True)
class Frame:
    """The collimated field of one film and what is laid or written on it.

    Attributes
    ----------
    margins_mm : tuple of float
        Uncovered at the top, bottom, left and right.
    degrees : float
        Turn of the collimator.
    border : float
        Grey of the margins, 0 (black) to 1 (white).
    marker : Marker or None
    caption : str
        Text burned into a corner; empty for none.
    """

    margins_mm: tuple[float, ...]
    degrees: float
    border: float
    marker: Marker | None
    caption: str


@dataclass(frozen=True)
class Technique:
    """How the films of one patient are taken and processed.

    Attributes
    ----------
    kvp_shift : float
        Tube voltage against the site's usual one, in kV.
    dose, grid : float
        Detector dose and scatter against the site's usual ones.
    motion_mm : tuple of float
        Blur by focal spot and motion, AP and lateral, as a standard deviation.
    wide, coarse, medium, fine : float
        Gains of the processing, see `Processing`.
    gamma : float
        Exponent of the tone curve.
    black, white : float
        Shares of the film's pixels that the tone curve clips, dark and bright.
    ap, lateral : Frame
    """

    kvp_shift: float
    dose: float
    grid: float
    motion_mm: tuple[float, float]
    wide: float
    coarse: float
    medium: float
    fine: float
    gamma: float
    black: float
    white: float
    ap: Frame
    lateral: Frame

    def captioned(self, posture: str) -> "Technique":
        """The same with films that tell another posture where they tell one."""
        ap, lateral = (
            replace(frame, caption=re.sub("SUPINE|ERECT", posture, frame.caption))
            for frame in (self.ap, self.lateral)
        )
        return replace(self, ap=ap, lateral=lateral)

    def frame(self, view: View) -> Frame:
        """The frame of one view's film."""
        return self.ap if view is View.AP else self.lateral

    def motion(self, view: View) -> float:
        """Blur of one view's film before the detector, in mm."""
        return self.motion_mm[list(View).index(view)]


def draw_technique(site: Site, draw: np.random.Generator) -> Technique:
    """Draw the technique of one patient's two films."""
    processing = site.processing
    initials = "".join(draw.choice(list("ABDEHJKMNPST"), 2))
    return Technique(
        kvp_shift=float(np.clip(draw.normal(0, 2.5), site.kvp_shifts[0], site.kvp_shifts[-1])),
        dose=float(np.exp(draw.normal(0, 0.35))),
        grid=float(draw.uniform(0.8, 1.3)),
        motion_mm=(float(draw.uniform(0.12, 0.24)), float(draw.uniform(0.15, 0.36))),
        wide=draw.uniform(*processing.wide),
        coarse=draw.uniform(*processing.coarse),
        medium=draw.uniform(*processing.medium),
        fine=draw.uniform(*processing.fine),
        gamma=draw.uniform(*processing.gamma),
        black=draw.uniform(0.003, 0.04),
        white=draw.uniform(0.0002, 0.004),
        ap=_draw_frame(site, View.AP, initials, draw),
        lateral=_draw_frame(site, View.LATERAL, initials, draw),
    )


def _draw_frame(site: Site, view: View, initials: str, draw: np.random.Generator) -> Frame:
    habits = site.habits
    margins = draw.uniform(*habits.margin_mm, len(MARGINS))
    # Most films are open on a side or two.
    margins[draw.random(len(MARGINS)) < 0.35] = 0.0
    white = draw.random() < habits.white_border_share
    black = draw.uniform(0.0, 0.035)
    border = draw.uniform(0.93, 1.0) if white else black
    marker = _draw_marker(site, view, initials, draw)
    reads = draw.random()
    caption = ""
    if habits.annotated:
        pose = "SUPINE" if reads < 0.6 else "ERECT"
        caption = (
            f"{site.station}  {'AP' if view is View.AP else 'LL'} {pose}  EI {int(draw.integers(900, 2600))}"
        )
    return Frame(
        tuple(float(margin) for margin in margins),
        float(draw.normal(0, habits.tilt_degrees)),
        float(border),
        marker if draw.random() < 0.92 else None,
        caption,
    )


def _draw_marker(site: Site, view: View, initials: str, draw: np.random.Generator) -> Marker:
    plaque = site.habits.marker == "plaque"
    text = "L" if view is View.LATERAL or draw.random() < 0.35 else "R"
    return Marker(
        text=text,
        initials=initials if plaque else "",
        corner="top" if draw.random() < 0.7 else "bottom",
        inset_mm=(float(draw.uniform(6, 24)), float(draw.uniform(6, 60))),
        height_mm=float(draw.uniform(9, 13) if plaque else draw.uniform(13, 19)),
        degrees=float(draw.normal(0, 7) + (90 if draw.random() < 0.06 else 0)),
        mirrored=bool(draw.random() < 0.04),
    )
