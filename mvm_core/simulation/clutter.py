"""What does not belong to the spine but lies over it: calcified vessels, clips, electrodes, screws."""

from itertools import pairwise

import numpy as np

from mvm_core.simulation.distance import as_field, f32
from mvm_core.simulation.geometry import Geometry
from mvm_core.simulation.grains import Grains, join, splat, spread
from mvm_core.simulation.patient import Patient
from mvm_core.simulation.spine import line_through
from mvm_core.simulation.tissue import Field


def calcifications(patient: Patient, draw: np.random.Generator) -> Grains | None:
    """Plaques in the wall of the abdominal aorta, and flecks in the rib cartilage."""
    parts = []
    if patient.habitus.calcified_aorta:
        parts.append(_aorta(patient, draw))
    if patient.habitus.calcified_cartilage:
        for side in (-1, 1):
            number = 700
            middle = draw.uniform(-1, 1, (14, 3)) * (28, 6, 40)
            place = middle[draw.integers(0, 14, number)] + draw.normal(0, 2.2, (number, 3))
            x = side * (70 + place[:, 0])
            z = patient.vertebra("L1").centre[2] + place[:, 2] + 10
            y = 110 + place[:, 1]
            parts.append(Grains(as_field(x), as_field(y), as_field(z), np.full(number, 0.35, f32)))
    return join(parts) if parts else None


def _aorta(patient: Patient, draw: np.random.Generator) -> Grains:
    u, v = spread(9000)
    top, bottom = patient.vertebra("T12").centre[2], patient.vertebra("L4").centre[2]
    z = f32(top) + u * f32(bottom - top)
    spine_x, spine_y = line_through(patient.vertebrae, z)
    theta = f32(2 * np.pi) * v
    x = spine_x + 12 + 9.5 * np.cos(theta)
    y = spine_y + 31 + 9.5 * np.sin(theta)
    # Plaques: patches on the wall where two coarse waves agree, more of them further down.
    phase = draw.uniform(0, 6.28, 4)
    patch = np.sin(z / 7 + phase[0] + 2 * np.sin(theta + phase[1])) + np.sin(z / 11 + 3 * theta + phase[2])
    kept = (patch > draw.uniform(0.5, 1.5)) & (u > draw.uniform(0.05, 0.5))
    volume = np.full(int(kept.sum()), float(draw.uniform(0.5, 1.2)), f32)
    return Grains(x[kept].astype(f32), y[kept].astype(f32), z[kept], volume)


def metal(patient: Patient, geometry: Geometry, draw: np.random.Generator) -> Field | None:
    """Path through clips, electrodes with wires, and pedicle screws with rods, in mm; None without any."""
    habitus, parts = patient.habitus, []
    for x, y, z in habitus.clips:
        direction = draw.normal(0, 1, 3)
        direction *= 3.5 / np.linalg.norm(direction)
        parts.append(_rod(np.array([x, y, z]) - direction, np.array([x, y, z]) + direction, 0.55))
    for _ in range(habitus.leads):
        parts += _lead(patient, draw)
    if habitus.screws:
        parts += _construct(patient)
    return splat(parts, geometry, blur_px=1.0) if parts else None


def _rod(start: np.ndarray, end: np.ndarray, radius: float) -> Grains:
    axis = end - start
    length = float(np.linalg.norm(axis))
    number = max(200, int(radius * (length + radius) * 120))
    u, v = spread(number)
    side = np.cross(axis, (0.3, 0.9, 0.2))
    side /= np.linalg.norm(side)
    other = np.cross(axis / length, side)
    r = radius * np.sqrt(np.arange(1, number + 1) * 0.618034 % 1)
    theta = 2 * np.pi * v
    place = start + u[:, np.newaxis] * axis
    place = place + (r * np.cos(theta))[:, np.newaxis] * side + (r * np.sin(theta))[:, np.newaxis] * other
    volume = np.full(number, np.pi * radius**2 * length / number, f32)
    x, y, z = (as_field(axis) for axis in place.T)
    return Grains(x, y, z, volume)


def _lead(patient: Patient, draw: np.random.Generator) -> list[Grains]:
    front = patient.habitus.half_depth + 38
    start = np.array([draw.uniform(-95, 95), front, patient.vertebra("T9").centre[2] + draw.uniform(-40, 40)])
    parts = [_rod(start, start + np.array([0, 1.5, 0]), 5.0)]
    # The wire runs off over the chest in a loose curve.
    steps = 16
    turn = np.cumsum(draw.normal(0, 0.22, steps)) + draw.uniform(0.3, 2.8)
    points = start + np.cumsum(np.stack([np.cos(turn), np.zeros(steps), np.sin(turn)], 1) * 15, axis=0)
    points = np.vstack([start, points])
    parts += [_rod(a, b, 0.45) for a, b in pairwise(points)]
    return parts


def _construct(patient: Patient) -> list[Grains]:
    parts = []
    heads: dict[int, list[np.ndarray]] = {-1: [], 1: []}
    for name in patient.habitus.screws:
        vertebra = patient.vertebra(name)
        for side in (-1, 1):
            local = [
                (side * vertebra.pedicle_x * 1.15, vertebra.posterior_wall_y - 20, vertebra.pedicle_z + 1),
                (side * vertebra.pedicle_x * 0.62, vertebra.size.depth * 0.22, vertebra.pedicle_z - 2),
            ]
            head, tip = (
                np.concatenate(vertebra.to_patient(*(as_field([v]) for v in point))).astype(float)
                for point in local
            )
            parts += [_rod(head, tip, 2.6), _rod(head, head + (tip - head) * 0.16, 5.5)]
            heads[side].append(head)
    for side in (-1, 1):
        parts += [_rod(a, b, 2.75) for a, b in zip(heads[side][:-1], heads[side][1:], strict=True)]
    return parts
