"""How disease changes the space and the mineral of one vertebra, point by point, in its coordinates."""

from collections.abc import Sequence

import numpy as np

from mvm_core.simulation.distance import f32
from mvm_core.simulation.pathology import Collapse, Focus
from mvm_core.simulation.tissue import Field
from mvm_core.simulation.vertebra import Vertebra

LEAST_HEIGHT = 0.25
"""A body is never pressed flatter than this share of its height."""


def height_left(vertebra: Vertebra, collapse: Collapse, x: Field, y: Field) -> Field:
    """Height left at each place of the body, as a share in (0, 1]; 1 behind the posterior wall."""
    size, wall = vertebra.size, vertebra.posterior_wall_y
    across, forward = x / f32(size.width / 2), np.clip((y - f32(wall)) / f32(size.depth), 0, 1)
    if collapse.shape == "wedge":
        profile = f32(1.1) * forward ** f32(0.8)
    elif collapse.shape == "biconcave":
        middle = 1 - across**2 - (2 * forward - 1) ** 2
        profile = f32(1.05) * np.sqrt(np.clip(middle, 0, 1)) + f32(0.15)
    else:
        profile = f32(0.95) * np.clip(forward * 4, 0, 1)
    profile = np.maximum(profile, f32(collapse.posterior))
    profile = profile * (1 + f32(collapse.sideways) * np.clip(across, -1, 1))
    # Buckled, not planed.
    profile = profile + f32(0.05) * np.sin(x * f32(0.35) + f32(collapse.share * 40)) * np.cos(y * f32(0.3))
    # The posterior wall itself goes with the body; what lies behind it stays.
    behind = np.clip((y - f32(wall - 2.0)) / f32(2.5), 0, 1)
    return 1 - (1 - np.clip(1 - f32(collapse.share) * profile, f32(LEAST_HEIGHT), 1)) * behind


def before_collapse(vertebra: Vertebra, collapse: Collapse, z: Field, left: Field) -> Field:
    """Where a point of the collapsed vertebra lay before the collapse, in mm along z."""
    height = f32(vertebra.size.height)
    if collapse.shape == "biconcave":
        return np.where(np.abs(z) < height, z / left, z)
    # The lower endplate holds; everything above it comes down.
    low = -height / 2
    return low + np.maximum(z - low, 0) / left + np.minimum(z - low, 0)


def after_collapse(vertebra: Vertebra, collapse: Collapse, z: Field, left: Field) -> Field:
    """Where a point of the vertebra lies after the collapse, in mm along z."""
    height = f32(vertebra.size.height)
    if collapse.shape == "biconcave":
        return np.where(np.abs(z) * left < height, z * left, z)
    low = -height / 2
    return low + np.maximum(z - low, 0) * left + np.minimum(z - low, 0)


def membership(foci: Sequence[Focus], ragged: int, x: Field, y: Field, z: Field) -> tuple[Field, Field]:
    """How far each point lies inside a focus, in [0, 1], and the noise that ragged its edge."""
    draw = np.random.default_rng(ragged)
    noise = np.zeros_like(x)
    for _ in range(8):
        wave = draw.normal(0, 1, 3)
        wave *= draw.uniform(0.25, 0.75) / np.linalg.norm(wave)
        phase = draw.uniform(0, 2 * np.pi)
        noise += np.sin(f32(wave[0]) * x + f32(wave[1]) * y + f32(wave[2]) * z + f32(phase))
    distance = np.full_like(x, np.inf)
    for focus in foci:
        to_centre = np.sqrt((x - f32(focus.x)) ** 2 + (y - f32(focus.y)) ** 2 + (z - f32(focus.z)) ** 2)
        distance = np.minimum(distance, to_centre - f32(focus.radius) + noise * f32(0.7))
    return np.clip(f32(0.5) - distance / f32(2.5), 0, 1), noise


def impaction(vertebra: Vertebra, z: Field) -> Field:
    """Density of the impaction band below the upper endplate, 0 to 1."""
    return np.exp(-(((z - f32(vertebra.size.height * 0.33)) / f32(2.2)) ** 2))


def cleft(vertebra: Vertebra, x: Field, y: Field, z: Field) -> Field:
    """How far each point lies in the gas-filled cleft, in [0, 1]."""
    size = vertebra.size
    squared = (x / f32(size.width * 0.33)) ** 2 + ((y - f32(size.depth * 0.1)) / f32(size.depth * 0.33)) ** 2
    squared = squared + ((z - f32(size.height * 0.22)) / f32(2.4)) ** 2
    return np.clip((1 - np.sqrt(squared)) * f32(3.0) + f32(0.5), 0, 1)
