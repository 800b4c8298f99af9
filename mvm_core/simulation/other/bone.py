"""Kinds that are seated in the bone: haemangioma, Paget's disease, cement, myeloma."""

from dataclasses import replace

import numpy as np

from mvm_core.simulation.other.change import Change, Spine, Spots
from mvm_core.simulation.pathology import Collapse, Focus, LevelDisease
from mvm_core.simulation.vertebra import Vertebra

MYELOMA_COLLAPSED = 0.47
"""Of patients at diagnosis (J Orthop 2023;38:62-67, 180 of 385)."""

LEAK_SHARE = 0.3
"""Of cemented vertebrae that show cement outside the body on films; assumption (CT finds more)."""


def haemangioma(spine: Spine, row: int, draw: np.random.Generator) -> Spine:
    """Few, thick vertical bars with mineral lost between them."""
    change = Change(
        "haemangioma",
        ("haemangioma",),
        spongy=draw.uniform(0.65, 1.0),
        stripes=draw.uniform(0.75, 1.2),
        stripes_mm=draw.uniform(3.2, 4.6),
    )
    return spine.with_vertebra(row, spine.vertebrae[row], change)


def paget(spine: Spine, row: int, draw: np.random.Generator) -> Spine:
    """An enlarged body in a thick frame, with a coarse weave or, in one of five, ivory."""
    vertebra, ivory = spine.vertebrae[row], draw.random() < 0.2
    size = vertebra.size
    larger = draw.uniform(1.08, 1.2)
    size = replace(
        size,
        width=size.width * larger,
        depth=size.depth * draw.uniform(1.05, 1.15),
        height=size.height + min(0.3 * size.disc, 2.0),
        pedicle_width=size.pedicle_width * larger,
    )
    change = Change(
        "paget",
        ("paget",),
        spongy=draw.uniform(3.0, 4.5) if ivory else draw.uniform(0.9, 1.6),
        cortex_mm=draw.uniform(0.9, 1.9),
        coarse=draw.uniform(0.15, 0.3) if ivory else draw.uniform(0.3, 0.5),
        stripes=0.2,
        stripes_mm=5.0,
    )
    # Flat walls: the waist is filled.
    return spine.with_vertebra(row, replace(vertebra, size=size, waist=vertebra.waist * 0.3), change)


def cemented(spine: Spine, row: int, draw: np.random.Generator) -> Spine:
    """Dense lobes in a collapsed body."""
    vertebra = spine.vertebrae[row]
    shape = str(draw.choice(("wedge", "biconcave", "crush"), p=(0.5, 0.25, 0.25)))
    share = draw.uniform(0.15, 0.45)
    leaks = draw.random() < LEAK_SHARE
    level = LevelDisease(
        "other",
        collapse=Collapse(shape, share, draw.uniform(0.7, 1.0) if shape == "crush" else 0.1),
    )
    change = Change(
        "cemented",
        ("cement", "cement-leak", f"collapse-{shape}") if leaks else ("cement", f"collapse-{shape}"),
        level=level,
        cement=_lobes(vertebra, draw) + (_leak(vertebra, draw) if leaks else ()),
    )
    return spine.with_vertebra(row, vertebra, change)


def _lobes(vertebra: Vertebra, draw: np.random.Generator) -> tuple[Focus, ...]:
    """Lobes on both sides, or on one; they are flattened with the body."""
    size, lobes = vertebra.size, []
    sides = (-1, 1) if draw.random() < 0.7 else (1 if draw.random() < 0.5 else -1,)
    for side in sides:
        middle = (side * draw.uniform(0.08, 0.2) * size.width, draw.uniform(0.0, 0.2) * size.depth, 0.0)
        for _ in range(int(draw.integers(6, 13))):
            radius = draw.uniform(1.5, 4.8)
            x, y, z = middle + draw.normal(0, (0.11 * size.width, 0.15 * size.depth, 0.18 * size.height))
            reach = size.height / 2 - radius - 1.5
            lobes.append(Focus(float(x), float(y), float(np.clip(z, -reach, reach)), radius))
    return tuple(lobes)


def _leak(vertebra: Vertebra, draw: np.random.Generator) -> tuple[Focus, ...]:
    """Cement in a disc, or in a vein beside the body."""
    size, steps = vertebra.size, np.arange(6)
    if draw.random() < 0.5:
        x, y = draw.uniform(-0.2, 0.2) * size.width, draw.uniform(0, 0.25) * size.depth
        return tuple(
            Focus(x + 2.0 * step, y + draw.normal(0, 1.0), -size.height / 2 - 2.5, 1.6) for step in steps
        )
    side = 1 if draw.random() < 0.5 else -1
    return tuple(
        Focus(side * (size.width / 2 + 1.5 + 0.6 * step), -2.0 * step, draw.normal(0, 1.0) + 2.0 * step, 1.3)
        for step in steps
    )


def myeloma(spine: Spine, row: int, draw: np.random.Generator) -> Spine:
    """Mineral lost in every vertebra, or punched-out holes in many; and a collapse in about half."""
    diffuse = draw.random() < 0.5
    thin, affected = draw.uniform(0.3, 0.55) if diffuse else draw.uniform(0.85, 1.0), draw.uniform(0.15, 0.5)
    # Few and large ones stand out; many lie over each other and are a loss throughout.
    number = (2, 4) if diffuse else (3, 7)
    collapsed = draw.random() < MYELOMA_COLLAPSED
    for i, vertebra in enumerate(spine.vertebrae):
        there = i == row
        holes = (
            _holes(vertebra, int(draw.integers(*number)), draw) if there or draw.random() < affected else ()
        )
        shape = str(draw.choice(("wedge", "biconcave", "crush"), p=(0.35, 0.4, 0.25)))
        share = draw.uniform(0.2, 0.5)
        level = None
        if there and collapsed:
            level = LevelDisease("other", collapse=Collapse(shape, share, 0.8 if shape == "crush" else 0.2))
        findings = ["myeloma"]
        findings += ["punched-out"] if holes else []
        findings += [f"collapse-{shape}"] if level is not None else []
        marks = (Spots(holes, hole=0.92, ragged=int(draw.integers(2**31))),) if holes else ()
        change = Change("myeloma", tuple(findings), spongy=thin, marks=marks, level=level)
        # What is thinned throughout stands out by its cortex alone.
        spine = spine.with_vertebra(i, replace(vertebra, sclerosis=vertebra.sclerosis * 0.5), change)
    return spine


def _holes(vertebra: Vertebra, number: int, draw: np.random.Generator) -> tuple[Focus, ...]:
    size = vertebra.size
    return tuple(
        Focus(
            draw.uniform(-0.42, 0.42) * size.width,
            draw.uniform(-0.42, 0.42) * size.depth,
            draw.uniform(-0.38, 0.38) * size.height,
            draw.uniform(4.5, 8.5),
        )
        for _ in range(number)
    )
