"""What the group ``other`` puts beside the vertebrae: bone between L5 and the sacrum, and cement."""

from collections.abc import Sequence

import numpy as np

from mvm_core.simulation.distance import as_field, f32
from mvm_core.simulation.pathology import Focus
from mvm_core.simulation.patient import Patient
from mvm_core.simulation.skeleton import Grains, spread
from mvm_core.simulation.vertebra import Vertebra

CEMENT = 1.5
"""Attenuation of bone cement with barium against cortical bone's; assumption: films show it whiter."""

_CEMENT_GRAINS_MM3 = 6.0
_WING_GRAINS = 14_000


def bones_and_cement(patient: Patient) -> list[Grains]:
    """All of it; empty where there is nothing."""
    parts = []
    for row, change in patient.changes.items():
        vertebra = patient.vertebrae[row]
        if change.cement:
            parts.append(_cement(vertebra, change.cement))
        for side, grown in zip((-1, 1), change.wings, strict=True):
            if grown:
                parts.append(_wing(patient, vertebra, side, grown))
    return parts


def _cement(vertebra: Vertebra, lobes: Sequence[Focus]) -> Grains:
    """Grains that fill the union of the lobes evenly."""
    centres = np.array([(lobe.x, lobe.y, lobe.z) for lobe in lobes])
    radii = np.array([lobe.radius for lobe in lobes])
    low, high = (centres - radii[:, None]).min(axis=0), (centres + radii[:, None]).max(axis=0)
    volume = float(np.prod(high - low))
    draw = np.random.default_rng(0)
    points = draw.uniform(low, high, (int(volume * _CEMENT_GRAINS_MM3), 3))
    inside = (np.linalg.norm(points[:, None] - centres, axis=2) < radii).any(axis=1)
    x, y, z = (as_field(axis) for axis in points[inside].T)
    each = np.full(len(x), CEMENT / _CEMENT_GRAINS_MM3, f32)
    return Grains(*vertebra.to_patient(x, y, z), each)


def _wing(patient: Patient, vertebra: Vertebra, side: int, grown: float) -> Grains:
    """A broad transverse process that reaches down to the wing of the sacrum."""
    below = patient.sacrum
    u, v = spread(_WING_GRAINS)
    size = vertebra.size
    # From the pedicle outwards; its foot spreads along the sacrum's wing.
    start = vertebra.pedicle_x * 0.9
    x = f32(start) + u * f32(vertebra.transverse_process + 10 * grown)
    top = f32(vertebra.pedicle_z + 2) + f32(4) * u
    foot = np.clip(u * 2.2, 0, 1) * f32((size.height * 0.5 + size.disc + 7) * grown)
    z = top - v * (f32(7) + foot)
    thick = f32(9) * np.sin(np.arange(len(u)) * 2.3).astype(f32)
    y = f32(vertebra.posterior_wall_y - 5) + thick * f32(0.5)
    edge = np.exp(-v / f32(0.06)) + np.exp(-(1 - v) / f32(0.06)) + np.exp(-(1 - u) / f32(0.06))
    area = (vertebra.transverse_process + 10 * grown) * (7 + float(foot.mean()))
    strength = 1 - 0.45 * patient.osteopenia
    volume = (f32(1.6) + f32(2.6) * edge) * f32(area / len(u) * strength * patient.attenuation.spine)
    joined = as_field(side * x), as_field(y), as_field(z)
    placed = vertebra.to_patient(*joined)
    # What has grown on follows the sacrum where it meets it.
    lean = np.clip(v * f32(grown), 0, 1) * f32(0.5)
    return Grains(
        as_field(placed[0]), as_field(placed[1] + lean * f32(below.centre[1] - vertebra.centre[1])),
        as_field(placed[2]), as_field(volume),
    )  # fmt: skip
