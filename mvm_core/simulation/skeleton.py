"""Bones around the spine as clouds of evenly spread grains: ribs, pelvis, sacrum."""

import numpy as np

from mvm_core.simulation.anatomy.bones import surface_pelvis, surface_rib
from mvm_core.simulation.distance import as_field, f32, rotate
from mvm_core.simulation.grains import Grains, join, spread
from mvm_core.simulation.patient import Patient
from mvm_core.simulation.sacrum import sacrum
from mvm_core.simulation.tissue import Field
from mvm_core.simulation.vertebra import Vertebra

_SPACING_MM = 0.5
_RIB_CORTEX_MM, _RIB_TRABECULAR = 0.55, 0.35
_CAGE = {
    "T1": 54,
    "T2": 72,
    "T3": 86,
    "T4": 96,
    "T5": 106,
    "T6": 114,
    "T7": 121,
    "T8": 126,
    "T9": 129,
    "T10": 130,
    "T11": 127,
    "T12": 120,
}
_RIB_ENDS_AT_DEGREES = {"T10": 48.0, "T11": -18.0, "T12": -40.0}


def ribs(patient: Patient) -> Grains:
    """The ribs of the vertebrae that are drawn, both sides."""
    anatomy = patient.anatomy
    parts = [
        surface_rib(vertebra, side, patient, anatomy)
        if anatomy is not None and anatomy.ribs
        else _rib(vertebra, side, patient)
        for row, vertebra in enumerate(patient.vertebrae)
        if vertebra.name.startswith("T") and not patient.ribless(row)
        for side in (-1, 1)
    ]
    return join(parts)


def _rib(vertebra: Vertebra, side: int, patient: Patient) -> Grains:
    size, habitus = vertebra.size, patient.habitus
    end = np.deg2rad(_RIB_ENDS_AT_DEGREES.get(vertebra.name, 66.0))
    cage = _CAGE[vertebra.name] * habitus.half_width / 140
    deep = cage * 0.68
    length = cage * (end + 1.75)
    number = int(length * 34 / _SPACING_MM**2)
    s, around = spread(number)
    t = np.linspace(0, 1, 200).astype(f32)
    angle = f32(-1.75) + (f32(end) + f32(1.75)) * t
    start = vertebra.to_patient(
        as_field([side * size.width * 0.36]),
        as_field([-size.depth * 0.5 - 1]),
        as_field([size.height * 0.30]),
    )
    blend = np.clip(t / f32(0.24), 0, 1)
    blend = blend * blend * (3 - 2 * blend)
    bow = np.sin(np.clip(angle + f32(np.pi / 2), 0, None) * f32(1.2))
    across = vertebra.centre[0] * 0.4 + side * f32(cage) * np.cos(angle)
    x = (1 - blend) * start[0] + blend * across
    y = (
        (1 - blend) * start[1]
        + blend * f32(24 + 0.15 * vertebra.centre[1])
        + blend * f32(deep) * np.sin(angle)
    )
    turned = patient.stance.turned
    if turned:
        ahead = f32(24 + 0.15 * vertebra.centre[1]) + f32(deep) * np.sin(angle)
        to_x, to_y = rotate(across, ahead, turned)
        x, y = x + blend * (to_x - across), y + blend * (to_y - ahead)
    steep = {"T11": 0.42, "T12": 0.48}.get(vertebra.name, 0.33)
    z = start[2] + 3 * bow - f32(steep) * f32(cage) * np.clip(angle + f32(1.35), 0, None) ** f32(1.15)
    line = np.stack([x, y, z])
    tangent = np.gradient(line, axis=1)
    tangent /= np.linalg.norm(tangent, axis=0)
    # Across the rib: outwards from the chest, and along its height.
    outward = np.stack([*rotate(side * np.cos(angle), np.sin(angle), turned), np.zeros_like(angle)])
    outward -= (outward * tangent).sum(0) * tangent
    outward /= np.linalg.norm(outward, axis=0)
    upward = np.cross(tangent, outward, axis=0)
    theta = f32(2 * np.pi) * around
    # A third of the grains fill the marrow space.
    i = np.arange(number)
    marrow = i % 4 == 0
    radius = np.where(marrow, np.sqrt((i * 0.618034) % 1) * 0.9, 1.0).astype(f32)
    taper = np.clip((1 - s) / f32(0.03), 0.6, 1) * (f32(0.75) + f32(0.25) * np.clip(s / f32(0.2), 0, 1))
    tall = radius * np.cos(theta) * f32(6.2 if vertebra.name != "T12" else 4.6) * taper
    thick = radius * np.sin(theta) * f32(3.4) * taper
    at, out, up = (_along(s, axis) for axis in (line, outward, upward))
    place = at + thick * out + tall * up
    shell_volume = _RIB_CORTEX_MM * length * 31 / max(int((~marrow).sum()), 1)
    marrow_volume = _RIB_TRABECULAR * length * 10 / max(int(marrow.sum()), 1)
    dense = patient.density_around
    volume = np.where(marrow, marrow_volume, shell_volume) * dense * np.clip((1 - s) / f32(0.09), 0.25, 1)
    x, y, z = (as_field(axis) for axis in place)
    return Grains(x, y, z, as_field(volume))


def _along(share: Field, points: Field) -> Field:
    """Points between those given at even steps, shape (3, n), at shares of the way in [0, 1]."""
    step = share * f32(points.shape[1] - 1)
    before = np.minimum(step.astype(np.intp), points.shape[1] - 2)
    rest = step - before.astype(f32)
    points = points.astype(f32, copy=False)
    return as_field(points[:, before] * (1 - rest) + points[:, before + 1] * rest)


def pelvis(patient: Patient) -> Grains:
    """Iliac wings with their crest and the sacrum below S1."""
    if patient.anatomy is not None:
        return surface_pelvis(patient, patient.anatomy)
    return join([_wing(patient, -1), _wing(patient, 1), sacrum(patient)])


def _wing(patient: Patient, side: int) -> Grains:
    s1 = patient.sacrum.centre
    wide = patient.habitus.half_width / 140
    along, down = spread(110_000)

    def bow(points: list[tuple[float, float, float]], t: Field) -> np.ndarray:
        a, b, c = (np.array(point)[:, np.newaxis] for point in points)
        return a * (1 - t) ** 2 + 2 * b * t * (1 - t) + c * t**2

    crest = bow([(44, -52, 8), (112, -48, 86), (132 * wide, 52, 0)], along)
    foot = bow([(52, -34, -66), (74, -16, -118), (100, 34, -112)], along)
    x, y, z = crest * (1 - down) + foot * down
    x = x + f32(6) * np.sin(down * np.pi)
    area = 150.0 * 120.0
    rim = np.exp(-down / f32(0.035)) + np.exp(-along / f32(0.05)) * f32(0.6)
    brim = np.exp(-(((down - 0.93) / 0.05) ** 2)) * f32(1.5)
    thickness = f32(1.3) + f32(4.5) * rim + brim + f32(1.5) * np.exp(-((along - f32(0.72)) ** 2) / f32(0.01))
    dense = patient.density_around
    volume = thickness * f32(area / len(along) * dense)
    i = np.arange(len(along))
    z = z + s1[2] + 4 + 0.5 * np.sin(i)
    x = side * x.astype(f32)
    if patient.stance.turned:
        x, y = rotate(x, y, patient.stance.turned)
    return Grains((f32(s1[0]) + x).astype(f32), (y + s1[1]).astype(f32), z.astype(f32), volume.astype(f32))
