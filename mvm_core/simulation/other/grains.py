"""What the group ``other`` puts beside the vertebrae: bone between L5 and the sacrum, and cement."""

from collections.abc import Sequence

import numpy as np

from mvm_core.simulation import deformation
from mvm_core.simulation.distance import as_field, f32
from mvm_core.simulation.grains import Grains, spread
from mvm_core.simulation.pathology import Collapse, Focus
from mvm_core.simulation.patient import Patient
from mvm_core.simulation.vertebra import Vertebra

CEMENT = 1.5
"""Attenuation of bone cement with barium against cortical bone's; assumption: films show it whiter."""

_CEMENT_GRAINS_MM3 = 12.0
_WING_GRAINS = 14_000


def bones_and_cement(patient: Patient) -> list[Grains]:
    """All of it; empty where there is nothing."""
    parts = []
    for row, change in patient.changes.items():
        vertebra = patient.vertebrae[row]
        if change.cement:
            collapse = change.level.collapse if change.level is not None else None
            parts.append(_cement(vertebra, change.cement, collapse))
        for side, grown in zip((-1, 1), change.wings, strict=True):
            if grown:
                parts.append(_wing(patient, vertebra, side, grown))
    return parts


def _cement(vertebra: Vertebra, lobes: Sequence[Focus], collapse: Collapse | None) -> Grains:
    """Grains that fill the union of the lobes evenly, pressed flat as the body is."""
    reach = np.array([(lobe.x, lobe.y, lobe.z, 1.3 * lobe.radius) for lobe in lobes])
    low, high = (reach[:, :3] - reach[:, 3:]).min(axis=0), (reach[:, :3] + reach[:, 3:]).max(axis=0)
    number = int(np.prod(high - low) * _CEMENT_GRAINS_MM3)
    x, y, z = np.random.default_rng(0).uniform(low, high, (number, 3)).astype(f32).T
    # Lobes that touch flow together.
    filled = np.zeros(number, f32)
    for lobe in lobes:
        squared = (x - f32(lobe.x)) ** 2 + (y - f32(lobe.y)) ** 2 + (z - f32(lobe.z)) ** 2
        filled += np.exp(-squared / f32(lobe.radius**2))
    x, y, z = (as_field(axis[filled > np.exp(-1)]) for axis in (x, y, z))
    each = np.full(len(x), CEMENT / _CEMENT_GRAINS_MM3, f32)
    if collapse is not None:
        left = deformation.height_left(vertebra, collapse, x, y)
        z = deformation.after_collapse(vertebra, collapse, z, left)
    return Grains(*vertebra.to_patient(x, y, z), each)


def _wing(patient: Patient, vertebra: Vertebra, side: int, grown: float) -> Grains:
    """A broad transverse process that reaches down towards the wing of the sacrum, or into it."""
    sacrum, size = patient.sacrum, vertebra.size
    u, v = spread(_WING_GRAINS)
    # The outer edge is round.
    u = u * (1 - f32(0.3) * (2 * v - 1) ** 4)
    i = np.arange(len(u))
    through = f32(4.5) * np.sin(i * 2.3).astype(f32)
    root, reach = vertebra.pedicle_x * 0.9, vertebra.transverse_process + 8.0
    wall, behind = vertebra.posterior_wall_y, sacrum.posterior_wall_y
    upper = vertebra.to_patient(
        as_field(side * (root + reach * u)),
        as_field(wall - 7 - 4 * u + through),
        as_field(vertebra.pedicle_z + 3 - 4 * u + 3 * np.sin(2.5 * u)),
    )
    lower = sacrum.to_patient(
        as_field(side * (root + (reach + 6) * u)),
        as_field(behind + 3 + 6 * u + through),
        as_field(sacrum.size.height * 0.3 - 5 * u),
    )
    down = as_field(np.maximum(v * grown, v * 7.0 / (size.height + size.disc)))
    x, y, z = (a + (b - a) * down for a, b in zip(upper, lower, strict=True))
    rims = [np.exp(-away / f32(0.05)) for away in (v, 1 - v, 1 - u / np.maximum(u.max(), 1e-3))]
    area = reach * max(float(np.abs(upper[2] - lower[2]).mean()) * grown, 9.0)
    strength = (1 - 0.45 * patient.osteopenia) * patient.attenuation.spine
    volume = (f32(2.8) + f32(2.4) * sum(rims)) * f32(area / len(u) * strength)
    return Grains(as_field(x), as_field(y), as_field(z), as_field(volume))
