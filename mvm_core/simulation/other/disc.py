"""Kinds that are seated at discs and endplates: discitis, nodes, Scheuermann, limbus, wear."""

from dataclasses import dataclass, replace

import numpy as np

from mvm_core.simulation.other.change import Change, Endplate, Limbus, Mark, Spine, Spots
from mvm_core.simulation.other.moves import bend, narrow
from mvm_core.simulation.pathology import Focus
from mvm_core.simulation.vertebra import Spur, Vertebra


@dataclass(frozen=True)
class SchmorlNode:
    """A Schmorl's node: the disc pressed into an endplate; place and depth in mm."""

    x: float
    y: float
    upper: bool
    depth: float


def discitis(spine: Spine, row: int, draw: np.random.Generator) -> Spine:
    """Two neighbouring endplates eaten away, the disc between them lost; old ones are sclerosed."""
    old = draw.random() < 0.5
    eroded, forward = draw.uniform(2.5, 5.5), draw.uniform(0.0, 0.7)
    spine = narrow(spine, row, draw.uniform(0.15, 0.35), eroded_mm=0.9 * eroded)
    for i, upper in ((row, False), (row + 1, True)):
        mark = Endplate(
            upper,
            eroded_mm=eroded * draw.uniform(0.7, 1.2),
            dense=draw.uniform(0.12, 0.3) if old else draw.uniform(0.0, 0.08),
            depth_mm=draw.uniform(6, 10),
            forward=forward,
            ragged=int(draw.integers(2**31)),
        )
        change = Change("discitis", ("discitis", "erosion", "disc-narrow"), marks=(mark,))
        spine = spine.with_vertebra(i, replace(spine.vertebrae[i], sclerosis=0.0), change)
    if draw.random() < 0.5:
        spine = bend(spine, row, draw.uniform(3, 10))
    return spine


def schmorl(spine: Spine, row: int, draw: np.random.Generator) -> Spine:
    """Discs that have sunk into both endplates, walled off by dense bone."""
    vertebra = spine.vertebrae[row]
    nodes = _nodes(vertebra, int(draw.integers(2, 5)), (4.5, 8.5), draw)
    mark = _sunk(vertebra, nodes, draw.uniform(0.25, 0.5), draw)
    return spine.with_vertebra(row, vertebra, Change("schmorl", ("schmorl",), marks=(mark,)))


def scheuermann(spine: Spine, row: int, draw: np.random.Generator) -> Spine:
    """Three to five wedged bodies with uneven endplates, narrow discs and a round back."""
    first = max(0, row - int(draw.integers(1, 3)))
    last = min(first + int(draw.integers(3, 6)), len(spine.vertebrae) - 2)
    for i in range(first, last):
        vertebra, wedge = spine.vertebrae[i], draw.uniform(5.0, 9.0)
        flatter = vertebra.size.depth * np.tan(np.deg2rad(wedge))
        nodes = _nodes(vertebra, int(draw.integers(1, 4)), (2.5, 5.5), draw)
        size = replace(
            vertebra.size,
            lordotic=vertebra.size.lordotic - flatter,
            depth=vertebra.size.depth * draw.uniform(1.02, 1.1),
        )
        marks: list[Mark] = [_sunk(vertebra, nodes, draw.uniform(0.15, 0.4), draw)]
        marks += [
            Endplate(
                upper,
                eroded_mm=draw.uniform(0.8, 2.2),
                dense=draw.uniform(0.05, 0.18),
                depth_mm=draw.uniform(2.5, 4.5),
                forward=draw.uniform(0.2, 0.7),
                ragged=int(draw.integers(2**31)),
            )
            for upper in (False, True)
        ]
        change = Change("scheuermann", ("scheuermann", "wedge", "schmorl", "erosion"), marks=tuple(marks))
        spine = spine.with_vertebra(i, replace(vertebra, size=size), change)
        spine = bend(narrow(spine, i, draw.uniform(0.55, 0.85)), i, 0.6 * wedge)
    return spine


def limbus(spine: Spine, row: int, draw: np.random.Generator) -> Spine:
    """A front corner left free, with dense edges."""
    upper = bool(draw.random() < 0.8)
    corner = Limbus(
        upper, draw.uniform(8, 12), draw.uniform(6, 10), draw.uniform(2.0, 3.5), int(draw.integers(2**31))
    )
    change = Change("limbus", ("limbus",), marks=(corner,))
    return spine.with_vertebra(row, spine.vertebrae[row], change)


def degenerative(spine: Spine, row: int, draw: np.random.Generator) -> Spine:
    """A disc worn down, dense endplates on both sides of it, spurs, and dense facet joints."""
    spine = narrow(spine, row, draw.uniform(0.15, 0.45))
    forward, lopsided = draw.uniform(-0.4, 0.8), draw.choice((-1.0, 1.0))
    for i, upper in ((row, False), (row + 1, True)):
        vertebra = spine.vertebrae[i]
        spurs = tuple(
            Spur(np.pi / 2 + lopsided * draw.normal(0.3, 0.9), upper, draw.uniform(3.0, 6.5))
            for _ in range(int(draw.integers(2, 5)))
        )
        mark = Endplate(
            upper,
            eroded_mm=draw.uniform(0.0, 1.0),
            dense=draw.uniform(0.18, 0.45),
            depth_mm=draw.uniform(5, 12),
            forward=forward,
            ragged=int(draw.integers(2**31)),
        )
        facets = Spots(_facets(vertebra, upper), dense=draw.uniform(0.15, 0.4))
        change = Change(
            "degenerative",
            ("degenerative", "endplate-sclerosis", "facet-sclerosis", "disc-narrow"),
            marks=(mark, facets),
        )
        spine = spine.with_vertebra(i, replace(vertebra, spurs=(*vertebra.spurs, *spurs)), change)
    return spine


def _nodes(
    vertebra: Vertebra, number: int, depth_mm: tuple[float, float], draw: np.random.Generator
) -> tuple[SchmorlNode, ...]:
    size, first = vertebra.size, bool(draw.random() < 0.5)
    return tuple(
        SchmorlNode(
            draw.uniform(-0.25, 0.25) * size.width,
            draw.uniform(-0.25, 0.2) * size.depth,
            first if i == 0 else not first if i == 1 else bool(draw.random() < 0.5),
            draw.uniform(*depth_mm),
        )
        for i in range(number)
    )


def _sunk(
    vertebra: Vertebra, nodes: tuple[SchmorlNode, ...], dense: float, draw: np.random.Generator
) -> Spots:
    """Disc that has sunk into the bone as far as a node is deep, and dense bone around it."""
    half, places = vertebra.size.height / 2 - vertebra.concavity, []
    for node in nodes:
        radius = node.depth * draw.uniform(0.8, 1.5)
        z = (half - node.depth + radius) * (1 if node.upper else -1)
        # Longer from side to side than from front to back.
        places += [Focus(node.x + shift * radius, node.y, z, radius) for shift in (-0.8, 0.0, 0.8)]
    return Spots(tuple(places), hole=1.0, walled=dense, ragged=int(draw.integers(2**31)))


def _facets(vertebra: Vertebra, upper: bool) -> tuple[Focus, ...]:
    """Where the joints with the neighbour above or below lie."""
    height, wall = vertebra.size.height, vertebra.posterior_wall_y
    z = vertebra.pedicle_z + 0.4 * height if upper else -0.75 * height
    return tuple(
        Focus(side * vertebra.pedicle_x * (1.05 if upper else 0.8), wall - 15.0, z, 6.5) for side in (-1, 1)
    )
