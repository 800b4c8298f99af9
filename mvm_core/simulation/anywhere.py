"""Sites ``r`` and ``v``: films from nowhere in particular, for training alone.

Beam, detector, processing and the attenuation of each structure are drawn far beyond what any institution
has; at ``v`` the parts of a bone against each other, too. That is what carried networks trained on rendered
films over to real ones (Tobin et al., IROS 2017, for the idea; Unberath et al., Int J Comput Assist Radiol
Surg 2019, and Gao et al., Nat Mach Intell 2023, for radiographs).
"""

from dataclasses import dataclass, replace

import numpy as np

from mvm_core.simulation.sites import Detector, Habits, Processing, Site
from mvm_core.simulation.technique import Technique, draw_technique

NOWHERE = ("r", "v")
_OF_ALL_BONES = "v"


@dataclass(frozen=True)
class Attenuation:
    """How strongly structures attenuate, against what they do in people.

    Attributes
    ----------
    spine, bones : float
        The vertebrae, and all other bones.
    soft, fat, lung : float
    spongy : float
        Spongy bone of the vertebrae, times `spine`.
    arches : float
        What lies behind the vertebral bodies, times `spine`.
    clavicles : float
        Their cortex, times `bones`.
    great_vessels : float
        Their width beside the spine.
    """

    spine: float = 1.0
    bones: float = 1.0
    soft: float = 1.0
    fat: float = 1.0
    lung: float = 1.0
    spongy: float = 1.0
    arches: float = 1.0
    clavicles: float = 1.0
    great_vessels: float = 1.0


TRUE_ATTENUATION = Attenuation()


def draw_anywhere(base: Site, draw: np.random.Generator) -> Site:
    """Draw an institution of its own for a patient."""
    low, high = np.sort(draw.uniform(0.15, 1.0, 2))
    return replace(
        base,
        grid=draw.uniform(0.03, 0.4),
        detector=Detector(
            phosphor="CsI" if draw.random() < 0.5 else "BaFBr",
            phosphor_mm=draw.uniform(0.12, 0.5),
            mm_per_pixel=base.mm_per_pixel,
            blur_mm=draw.uniform(0.08, 0.45),
            quanta_per_mm2=float(np.exp(draw.uniform(np.log(3_000), np.log(120_000)))),
        ),
        processing=Processing(
            wide=_point(low),
            coarse=_point(high),
            medium=_point(draw.uniform(0.7, 2.0)),
            fine=_point(draw.uniform(0.5, 3.2)),
            equalise=draw.uniform(0, 0.8),
            gamma=_point(float(np.clip(np.exp(draw.normal(0, 0.4)), 0.5, 2.3))),
            toe=draw.uniform(0, 1),
        ),
        habits=_draw_habits(base, draw),
        osteopenia_shift=draw.uniform(-0.4, 0.4),
    )


def draw_wide_technique(site: Site, draw: np.random.Generator) -> Technique:
    """Draw the technique of one patient's two films."""
    usual = draw_technique(site, draw)
    return replace(
        usual,
        kvp_shift=draw.uniform(site.kvp_shifts[0], site.kvp_shifts[-1]),
        motion_mm=(draw.uniform(0.1, 0.6), draw.uniform(0.1, 0.8)),
        black=float(np.exp(draw.uniform(np.log(0.001), np.log(0.15)))),
        white=float(np.exp(draw.uniform(np.log(0.0001), np.log(0.04)))),
    )


def draw_attenuation(site: str, draw: np.random.Generator) -> Attenuation:
    """Draw how strongly structures attenuate at one of `NOWHERE`."""
    spine, bones = np.exp(draw.normal(0, (0.3, 0.5)))
    drawn = Attenuation(
        spine=float(np.clip(spine, 0.5, 1.9)),
        bones=float(np.clip(bones, 0.25, 2.2)),
        soft=draw.uniform(0.7, 1.2),
        fat=draw.uniform(0.4, 1.4),
        lung=draw.uniform(0.5, 1.15),
    )
    if site != _OF_ALL_BONES:
        return drawn
    # Of the young, bodies are as bright as their arches, and the mediastinum lies wide around them.
    return replace(
        drawn,
        spongy=float(np.exp(draw.uniform(np.log(0.6), np.log(2.6)))),
        arches=draw.uniform(0.15, 1.1),
        clavicles=draw.uniform(0.15, 1.1),
        great_vessels=draw.uniform(0.9, 2.2),
    )


def _draw_habits(base: Site, draw: np.random.Generator) -> Habits:
    return replace(
        base.habits,
        margin_mm=(0.0, draw.uniform(0, 45)),
        tilt_degrees=draw.uniform(0, 2.5),
        white_border_share=0.3,
        marker="lead" if draw.random() < 0.5 else "plaque",
        annotated=bool(draw.random() < 0.4),
    )


def _point(value: float) -> tuple[float, float]:
    return float(value), float(value)
