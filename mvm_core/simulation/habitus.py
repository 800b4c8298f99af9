"""Trunk and organs of one patient, and what else lies in the beam; drawn without regard to the disease."""

from dataclasses import dataclass

import numpy as np

from mvm_core.simulation.morphometry import NAMES


@dataclass(frozen=True)
class Pocket:
    """A pocket of bowel gas or contrast, an ellipsoid in patient coordinates, in mm.

    `wide` is its half-width across, `tall` its half-height, `contrast` whether barium fills it.
    """

    x: float
    y: float
    z: float
    wide: float
    tall: float
    contrast: bool = False


@dataclass(frozen=True)
class Stool:
    """Stool in the colon: a speckled ellipsoid, in mm."""

    x: float
    y: float
    z: float
    radius: float


@dataclass(frozen=True)
class Arms:
    """How far the elbows stand out, in mm, and how high they are raised for a lateral film, about 1."""

    out_mm: float
    lift: float


@dataclass(frozen=True)
class Build:
    """Who is drawn.

    Attributes
    ----------
    spread, least, most : float
        Standard deviation and limits of the girth.
    growth : float
        Size against that of an adult.
    """

    spread: float = 0.11
    least: float = 0.78
    most: float = 1.35
    growth: float = 1.0


USUAL_BUILD = Build()


@dataclass(frozen=True)
class Habitus:
    """Build of the trunk, in mm where not said otherwise.

    Attributes
    ----------
    half_width, half_depth : float
        Of the trunk at the waist.
    fat : float
        Thickness under the skin.
    breast : float
        Radius of a breast; 0 in men.
    dome : float
        Height of the right diaphragm's dome above the middle of T11.
    dome_left : float
        How much lower the left dome stands.
    aeration : float
        Air in the lungs against the usual.
    heart : float
        Size against the usual.
    rib_density : float
        Mineral of ribs and pelvis against the usual.
    pockets : tuple of Pocket
    stool : tuple of Stool
    calcified_aorta, calcified_cartilage : bool
    clips : tuple of (float, float, float)
        Places of surgical clips.
    leads : int
        Electrodes of an electrocardiogram with their wires.
    screws : tuple of str
        Vertebrae with pedicle screws.
    arms : Arms
    """

    half_width: float
    half_depth: float
    fat: float
    breast: float
    dome: float
    dome_left: float
    aeration: float
    heart: float
    rib_density: float
    pockets: tuple[Pocket, ...]
    stool: tuple[Stool, ...]
    calcified_aorta: bool
    calcified_cartilage: bool
    clips: tuple[tuple[float, float, float], ...]
    leads: int
    screws: tuple[str, ...]
    arms: Arms = Arms(20.0, 0.7)


def draw_habitus(
    sex: str,
    age: int,
    level: str,
    implant_share: float,
    draw: np.random.Generator,
    *,
    build: Build = USUAL_BUILD,
) -> Habitus:
    """Draw a trunk; `level` is the vertebra in question, which bears no screws."""
    row = NAMES.index(level)
    girth = float(np.clip(draw.normal(1, build.spread), build.least, build.most))
    wide = (138 if sex == "F" else 148) * build.growth
    fat = float(np.clip(draw.normal(18 if sex == "F" else 14, 5) + 55 * (girth - 1), 5, 50))
    # Heights are given against the vertebra in question, which is the origin.
    t11 = (row - NAMES.index("T11")) * 30.0
    breast = float(draw.uniform(45, 70)) if sex == "F" and draw.random() < 0.8 else 0.0
    dome = draw.normal(34, 13)
    return Habitus(
        half_width=wide * girth,
        half_depth=(106 if sex == "F" else 112) * build.growth * girth**1.2,
        fat=fat,
        breast=breast,
        dome=dome,
        dome_left=draw.uniform(4, 18),
        aeration=draw.uniform(0.8, 1.1),
        heart=draw.uniform(0.85, 1.25),
        rib_density=draw.uniform(0.75, 1.15),
        pockets=_draw_pockets(t11, draw),
        stool=tuple(
            Stool(
                side * draw.uniform(75, 110),
                draw.uniform(10, 60),
                t11 - draw.uniform(110, 250),
                draw.uniform(16, 30),
            )
            for side in draw.choice((-1, 1), int(draw.integers(1, 6))).tolist()
        ),
        calcified_aorta=bool(draw.random() < np.clip(0.35 + (age - 69) * 0.02, 0.03, 0.85)),
        calcified_cartilage=bool(draw.random() < 0.3),
        clips=_draw_clips(t11, draw),
        leads=int(draw.integers(1, 4)) if draw.random() < 0.1 else 0,
        screws=_draw_screws(row, implant_share, draw),
    )


def _draw_pockets(t11: float, draw: np.random.Generator) -> tuple[Pocket, ...]:
    pockets = []
    contrast = bool(draw.random() < 0.04)
    if draw.random() < 0.75:
        # The stomach's bubble below the left dome.
        pockets.append(
            Pocket(
                draw.uniform(45, 85),
                60,
                t11 + draw.uniform(-25, 0),
                draw.uniform(18, 38),
                draw.uniform(12, 24),
            )
        )
    for side, share in ((-1, 0.75), (1, 0.75)):
        if draw.random() > share:
            continue
        x, z = side * draw.uniform(80, 115), t11 - draw.uniform(70, 120)
        for _ in range(int(draw.integers(2, 7))):
            pockets.append(
                Pocket(x + draw.normal(0, 5), 40, z, draw.uniform(12, 22), draw.uniform(9, 17), contrast)
            )
            z -= draw.uniform(14, 24)
    if draw.random() < 0.6:
        # The transverse colon sags between the flexures.
        start, sag, low = draw.uniform(-90, -20), draw.uniform(10, 60), t11 - draw.uniform(60, 110)
        for step in range(int(draw.integers(3, 9))):
            x = start + step * draw.uniform(17, 24)
            z = low - sag * (1 - (x / 100) ** 2)
            pockets.append(Pocket(x, 85, z, draw.uniform(10, 17), draw.uniform(10, 18), contrast))
    for _ in range(int(draw.integers(1, 8))):
        pockets.append(
            Pocket(
                draw.normal(0, 45),
                draw.uniform(40, 95),
                t11 - draw.uniform(90, 260),
                draw.uniform(5, 15),
                draw.uniform(4, 10),
            )
        )
    return tuple(pockets)


def _draw_clips(t11: float, draw: np.random.Generator) -> tuple[tuple[float, float, float], ...]:
    if draw.random() > 0.08:
        return ()
    x, y, z = draw.uniform(-70, -30), draw.uniform(30, 70), t11 - draw.uniform(20, 60)
    return tuple(
        (x + draw.normal(0, 9), y + draw.normal(0, 9), z + draw.normal(0, 9))
        for _ in range(int(draw.integers(2, 6)))
    )


def _draw_screws(row: int, share: float, draw: np.random.Generator) -> tuple[str, ...]:
    if draw.random() >= share:
        return ()
    length = int(draw.integers(2, 4))
    last = len(NAMES)
    starts = [
        start
        for start in range(NAMES.index("T9"), last - length + 1)
        if not start - 1 <= row <= start + length
    ]
    start = int(draw.choice(starts))
    return NAMES[start : start + length]
