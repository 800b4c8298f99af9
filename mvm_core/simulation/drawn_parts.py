"""Foci, masses, blood and spurs of one vertebra, drawn in its coordinates."""

import numpy as np

from mvm_core.simulation.pathology import Focus
from mvm_core.simulation.vertebra import Spur, Vertebra

_RIM_MM = {"mvm": (3.9, 1.7), "bvf": (5.6, 2.5)}
"""Soft tissue along the spine at a fracture (10.12998/wjcc.v13.i20.103627)."""


def focus_in_body(vertebra: Vertebra, radius: float, draw: np.random.Generator) -> Focus:
    """A focus in the body."""
    size = vertebra.size
    return Focus(
        x=draw.uniform(-0.38, 0.38) * size.width,
        y=draw.uniform(-0.42, 0.35) * size.depth,
        z=draw.uniform(-0.28, 0.28) * size.height,
        radius=radius,
    )


def focus_behind(vertebra: Vertebra, radius: float, draw: np.random.Generator) -> Focus:
    """A focus in the lamina or the spinous process."""
    return Focus(
        x=draw.uniform(-1, 1) * vertebra.pedicle_x,
        y=vertebra.lamina_y - draw.uniform(0, 14),
        z=-vertebra.size.height * draw.uniform(0, 0.5),
        radius=radius,
    )


def mass_beside(vertebra: Vertebra, severity: int, draw: np.random.Generator) -> Focus:
    """A mass on one side of the body; larger with the severity."""
    side, size = (1 if draw.random() < 0.5 else -1), vertebra.size
    return Focus(
        x=side * size.width * draw.uniform(0.35, 0.6),
        y=draw.uniform(-0.4, 0.2) * size.depth,
        z=draw.normal(0, 3),
        radius=draw.uniform(11, 17) + 2.0 * severity,
    )


def rim_mm(group: str, draw: np.random.Generator) -> float:
    """Thickness of the rim of blood around a body, in mm."""
    return float(np.clip(draw.normal(*_RIM_MM[group]), 1.0, 14.0))


def fracture_spurs(draw: np.random.Generator) -> tuple[Spur, ...]:
    """What grows at the rim of an old fracture."""
    return tuple(
        Spur(np.pi / 2 + draw.normal(0, 0.6), bool(draw.random() < 0.7), draw.uniform(1.5, 4.5))
        for _ in range(int(draw.integers(1, 4)))
    )
