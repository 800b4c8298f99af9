"""How disease changes the space and the mineral of one vertebra, point by point, in its coordinates."""

from collections.abc import Sequence

import numpy as np

from mvm_core.simulation.distance import capsule, f32
from mvm_core.simulation.pathology import Collapse, Focus, LevelDisease, Pedicle
from mvm_core.simulation.tissue import Field
from mvm_core.simulation.vertebra import Vertebra

LEAST_HEIGHT = 0.25
"""A body is never pressed flatter than this share of its height."""

_RIM_SHARE = {"wedge": 0.63, "posterior": 0.63, "biconcave": 0.15, "crush": 0.95}
"""How much of the loss there is at the sides of the rim."""

_PEDICLE_DENSE = 0.9


def height_left(vertebra: Vertebra, collapse: Collapse, x: Field, y: Field, tilt: float = 0.0) -> Field:
    """Height left at each place of the body, as a share in (0, 1]; 1 behind the posterior wall.

    Parameters
    ----------
    x, y : float32 array
        Coordinates of the vertebra, in mm.
    tilt : float
        How far the upper endplate comes down sideways, in degrees; positive: at the patient's left.
    """
    size, wall = vertebra.size, vertebra.posterior_wall_y
    across, forward = x / f32(size.width / 2), np.clip((y - f32(wall)) / f32(size.depth), 0, 1)
    if collapse.shape == "wedge":
        profile = f32(1.1) * forward ** f32(0.8)
    elif collapse.shape == "posterior":
        profile = f32(1.1) * (1 - forward) ** f32(0.8)
    elif collapse.shape == "biconcave":
        middle = 1 - across**2 - (2 * forward - 1) ** 2
        profile = f32(1.05) * np.sqrt(np.clip(middle, 0, 1)) + f32(0.15)
    else:
        profile = f32(0.95) * np.clip(forward * 4, 0, 1)
    profile = np.maximum(profile, f32(collapse.posterior))
    # Buckled, not planed.
    profile = profile + f32(0.05) * np.sin(x * f32(0.35) + f32(collapse.share * 40)) * np.cos(y * f32(0.3))
    lost = f32(collapse.share) * profile
    if tilt:
        steep = np.tan(np.deg2rad(tilt)) * size.width / 2 / size.height
        # Where the rim is hardly pressed in, the higher side stays and the lower one comes down twice as far.
        spare = max(0.0, abs(steep) - collapse.share * _RIM_SHARE[collapse.shape])
        lost = lost + f32(steep) * np.clip(across, -1, 1) + f32(spare)
    # The posterior wall itself goes with the body; what lies behind it stays.
    behind = np.clip((y - f32(wall - 2.0)) / f32(2.5), 0, 1)
    return 1 - (1 - np.clip(1 - lost, f32(LEAST_HEIGHT), 1)) * behind


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


def unevenness(ragged: int, x: Field, y: Field, z: Field) -> Field:
    """Smooth noise over some millimetres, about in [-4, 4]; the same seed gives the same noise."""
    draw = np.random.default_rng(ragged)
    noise = np.zeros_like(x)
    for _ in range(8):
        wave = draw.normal(0, 1, 3)
        wave *= draw.uniform(0.25, 0.75) / np.linalg.norm(wave)
        phase = draw.uniform(0, 2 * np.pi)
        noise += np.sin(f32(wave[0]) * x + f32(wave[1]) * y + f32(wave[2]) * z + f32(phase))
    return noise


def membership(foci: Sequence[Focus], noise: Field, x: Field, y: Field, z: Field) -> Field:
    """How far each point lies inside a focus with an edge ragged by the noise, in [0, 1]."""
    distance = np.full_like(x, np.inf)
    for focus in foci:
        to_centre = np.sqrt((x - f32(focus.x)) ** 2 + (y - f32(focus.y)) ** 2 + (z - f32(focus.z)) ** 2)
        # A small focus has a small edge.
        edge = noise * f32(min(0.7, 0.09 * focus.radius))
        distance = np.minimum(distance, to_centre - f32(focus.radius) + edge)
    return np.clip(f32(0.5) - distance / f32(2.5), 0, 1)


def lobes(foci: Sequence[Focus], seed: int) -> tuple[Focus, ...]:
    """The lobes that foci consist of: some five smaller balls in and around the place of each.

    Together they are about as large as the focus; the same seed gives the same lobes.
    """
    draw = np.random.default_rng(seed)
    found = []
    for focus in foci:
        number = int(draw.integers(4, 7))
        towards = draw.normal(0, 1, (number, 3))
        towards *= 0.55 * focus.radius / np.linalg.norm(towards, axis=1, keepdims=True)
        for (x, y, z), share in zip(towards.tolist(), draw.uniform(0.45, 0.7, number).tolist(), strict=True):
            found.append(Focus(focus.x + x, focus.y + y, focus.z + z, focus.radius * share))
    return tuple(found)


def pedicle_membership(vertebra: Vertebra, pedicle: Pedicle, x: Field, y: Field, z: Field) -> Field:
    """How far each point lies in what disease makes of a pedicle, in [0, 1]."""
    if pedicle.sign == "infiltrated":
        return np.zeros_like(x)
    size, wall = vertebra.size, vertebra.posterior_wall_y
    side, up = vertebra.pedicle_x, vertebra.pedicle_z
    x = x if pedicle.left else -x
    flat = f32(size.pedicle_width / size.pedicle_height)
    radius = size.pedicle_width / 2 + (4.0 if pedicle.sign == "hidden" else 1.5)
    distance = capsule((x, y, z * flat), (side, wall + 2.0, up * flat), (side, wall - 9.0, up * flat), radius)
    if pedicle.sign == "partial":
        # The inner half goes first.
        distance = np.maximum(distance, x - f32(side))
    return np.clip(f32(0.5) - distance / f32(1.5), 0, 1)


def changed_mineral(
    vertebra: Vertebra, disease: LevelDisease, x: Field, y: Field, z: Field
) -> tuple[Field | None, Field | None]:
    """Share of the mineral that is lost, and of the space that is dense, at each point."""
    if not (disease.foci or disease.pedicle or disease.diffuse):
        return None, None
    lost, dense = np.zeros_like(x), np.zeros_like(x)
    noise = unevenness(disease.ragged, x, y, z)
    if disease.foci:
        foci, edge = disease.foci, noise
        if disease.lobed:
            foci, edge = lobes(foci, disease.ragged), np.zeros_like(noise)
        inside = membership(foci, edge, x, y, z) * f32(disease.amount)
        if disease.kind != "blastic":
            lost = inside * (noise > 0) if disease.kind == "mixed" else inside
        if disease.kind != "lytic":
            dense = inside * (noise <= 0) if disease.kind == "mixed" else inside
    if disease.diffuse:
        uneven = f32(abs(disease.diffuse)) * np.clip(1 + f32(0.35) * noise, 0, 2)
        if disease.diffuse < 0:
            lost = np.maximum(lost, np.minimum(uneven, 1))
        else:
            dense = np.maximum(dense, np.minimum(uneven, 1))
    if disease.pedicle is not None:
        pedicle = pedicle_membership(vertebra, disease.pedicle, x, y, z)
        if disease.pedicle.sign == "hidden":
            dense = np.maximum(dense, pedicle * f32(_PEDICLE_DENSE))
        else:
            lost = np.maximum(lost, pedicle)
    return lost if lost.any() else None, dense if dense.any() else None


def impaction(vertebra: Vertebra, z: Field) -> Field:
    """Density of the impaction band below the upper endplate, 0 to 1."""
    return np.exp(-(((z - f32(vertebra.size.height * 0.33)) / f32(2.2)) ** 2))


def cleft(vertebra: Vertebra, x: Field, y: Field, z: Field) -> Field:
    """How far each point lies in the gas-filled cleft, in [0, 1]."""
    size = vertebra.size
    squared = (x / f32(size.width * 0.33)) ** 2 + ((y - f32(size.depth * 0.1)) / f32(size.depth * 0.33)) ** 2
    squared = squared + ((z - f32(size.height * 0.22)) / f32(2.4)) ** 2
    return np.clip((1 - np.sqrt(squared)) * f32(3.0) + f32(0.5), 0, 1)
