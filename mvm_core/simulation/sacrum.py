"""The sacrum below its first body, as grains: fused bodies, wings, holes with their arches, crest, coccyx.

Coordinates are those of the first sacral body, in mm: x to the patient's left, y forward, z up. Widths,
depths and curve are assumptions after usual adults.
"""

from dataclasses import dataclass

import numpy as np

from mvm_core.simulation.distance import as_field, f32
from mvm_core.simulation.grains import Grains, join, spread
from mvm_core.simulation.patient import SACRUM, Patient
from mvm_core.simulation.tissue import Field

_BODIES_MM = (23.0, 20.0, 17.0, 15.0)
"""Heights of S2 to S5."""

_COCCYX_MM = 26.0
_CURVE_DEGREES = (50.0, 75.0)
"""By how much its lower end is turned forward against its first body."""

_BODY_GRAINS, _WING_GRAINS, _CREST_GRAINS = 70_000, 120_000, 10_000
_CORTEX_MM, _SPONGY, _WING_SPONGY = 0.75, 0.14, 0.12
_POWER = 2 / 2.6
_DISC_MM = (1.5, 4.5)
_WITH_DISC = 0.75
_LINE_MM, _LINE = 0.8, 0.6
"""Half thickness of what is left of the endplates, and their mineral per mm of bone."""


@dataclass(frozen=True)
class _Shape:
    """One patient's sacrum.

    Attributes
    ----------
    turned : float
        By how much its lower end is turned forward, in degrees.
    size : float
        Against the usual one.
    discs : tuple of float
        Heights of what is left of discs above S2, S3, S4, S5 and the coccyx, in mm; 0 where nothing is.
    width, depth : float
        Of the first sacral body, in mm.
    top : float
        Where the bone below the first body begins, in mm.
    """

    turned: float
    size: float
    discs: tuple[float, ...]
    width: float
    depth: float
    top: float

    @property
    def length(self) -> float:
        """Along its middle, with the coccyx, in mm."""
        return self.size * (sum(_BODIES_MM) + _COCCYX_MM)

    def middle(self, along: Field) -> tuple[Field, Field, Field]:
        """Its middle line at some mm from its upper end: y, z, and how far it is turned there, in radians."""
        steps = np.linspace(0, self.length, 200)
        angle = np.deg2rad(self.turned) * (steps / self.length) ** 1.4
        step = steps[1]
        y, z = np.cumsum(np.sin(angle)) * step, self.top - np.cumsum(np.cos(angle)) * step
        return tuple(as_field(np.interp(along, steps, line)) for line in (y, z, angle))  # type: ignore[return-value]

    def seams(self) -> list[float]:
        """Where bodies are fused, in mm from its upper end; the first is that of S1 and S2."""
        return [self.size * sum(_BODIES_MM[:row]) for row in range(len(_BODIES_MM) + 1)]


def sacrum(patient: Patient) -> Grains:
    """The bone below the first sacral body."""
    draw, s1 = patient.stream(SACRUM), patient.sacrum
    shape = _Shape(
        turned=draw.uniform(*_CURVE_DEGREES),
        size=float(np.clip(draw.normal(1, 0.07), 0.8, 1.2)) * s1.size.width / 50.0,
        discs=tuple(
            draw.uniform(*_DISC_MM) * share if draw.random() < _WITH_DISC * share else 0.0
            for share in (1.0, 0.5, 0.3, 0.3, 0.6)
        ),
        width=s1.size.width,
        depth=s1.size.depth,
        top=-s1.size.height * 0.42,
    )
    dense = patient.density_around
    parts = [make(shape, f32(dense)) for make in (_bodies, _wings, _crest)]
    return join(Grains(*s1.to_patient(part.x, part.y, part.z), part.volume) for part in parts)


def _halves(shape: _Shape, along: Field) -> tuple[Field, Field]:
    """Half width and half depth of the bodies."""
    share = along / f32(shape.length)
    knots = (0.0, 0.24, 0.5, 0.74, 0.8, 1.0)
    wide = np.interp(share, knots, (0.42, 0.33, 0.26, 0.20, 0.14, 0.05)) * shape.width
    deep = np.interp(share, knots, (0.46, 0.34, 0.25, 0.18, 0.15, 0.07)) * shape.depth
    return as_field(wide), as_field(deep)


def _bodies(shape: _Shape, dense: np.float32) -> Grains:
    s, around = spread(_BODY_GRAINS)
    along = s * f32(shape.length)
    wide, deep = _halves(shape, along)
    i = np.arange(len(s))
    marrow = i % 2 == 0
    radius = np.where(marrow, np.sqrt((i * 0.618034) % 1) * 0.97, 1.0).astype(f32)
    theta = f32(2 * np.pi) * around
    across, ahead = (np.sign(wave) * np.abs(wave) ** f32(_POWER) for wave in (np.cos(theta), np.sin(theta)))
    y, z, angle = shape.middle(along)
    # Each body is a little hollow between its seams.
    seams = np.array(shape.seams())
    nearest = np.abs(along[:, np.newaxis] - seams).min(axis=1)
    waist = 1 - f32(0.07) * np.clip(nearest / f32(7.0), 0, 1)
    x = across * wide * radius * waist
    off = ahead * deep * radius * waist
    y, z = y + off * np.cos(angle), z + off * np.sin(angle)
    share = f32(shape.length / (len(s) / 2))
    # At its sides a body goes over into the wings.
    shell = f32(_CORTEX_MM * np.pi) * (wide + deep) * share * (1 - f32(0.85) * np.cos(theta) ** 4 * (s < 0.6))
    spongy = f32(_SPONGY * np.pi * 1.1) * wide * deep * share
    volume = np.where(marrow, spongy, shell)
    within = radius < 0.85
    for seam, disc in zip(seams, shape.discs, strict=True):
        to = np.abs(along - f32(seam))
        lines = np.exp(-(((to - f32(disc / 2)) / f32(_LINE_MM)) ** 2)) * f32(_LINE / _SPONGY)
        volume = volume * np.where(marrow, 1 + lines, 1)
        if disc:
            volume = volume * (1 - f32(0.85) * within * (to < f32(disc / 2 - 0.3)))
    return Grains(as_field(x), as_field(y), as_field(z), as_field(volume * dense))


def _wings(shape: _Shape, dense: np.float32) -> Grains:
    """The parts beside the bodies, front and back, with the holes between them and the arches above those."""
    u, share = spread(_WING_GRAINS)
    long = shape.size * sum(_BODIES_MM)
    across = 2 * u - 1
    along = share * f32(long)
    half = f32(shape.width / 50) * (f32(13) + f32(43) * (1 - share) ** f32(0.9))
    x = across * half
    y, z, angle = shape.middle(along)
    # As even as where they lie, and not in step with it.
    kind, depth = (np.arange(len(u)) * 0.618034) % 1, (np.arange(len(u)) * 0.41421356) % 1
    within = kind < 1 / 3
    sheet = np.where(within, depth * 2 - 1, np.sign(kind - 2 / 3))
    thick = f32(4) + f32(9) * (1 - share)
    off = f32(-7) - f32(9) * across**2 * (1 - share) + thick * sheet
    y, z = y + off * np.cos(angle), z + off * np.sin(angle) + f32(7) * across**2 * (1 - share)
    area = 2 * half * f32(long / len(u))
    mineral = np.where(within, f32(3 * _WING_SPONGY) * 2 * thick, f32(3 * _CORTEX_MM))
    rim = f32(3.0) * np.exp(-(((1 - np.abs(across)) * half / 3) ** 2))
    mineral = mineral + rim
    for row, seam in enumerate(shape.seams()[:4]):
        column = f32(shape.width / 50) * f32(19.5 - 2.2 * row)
        down, to = along - f32(seam + 1.0), np.abs(np.abs(x) - column)
        hole = np.exp(-(((to / 5.0) ** 2 + (down / 4.0) ** 2) ** 2))
        arch = np.exp(-(((np.hypot(to / 1.3, down) - 5.5) / 1.0) ** 2)) * (down < 0)
        mineral = mineral * (1 - f32(0.85) * hole) + f32(3.5) * arch
    of_bodies, _ = _halves(shape, along)
    inside = np.abs(x) < of_bodies * 0.9
    return Grains(as_field(x), as_field(y), as_field(z), as_field(mineral * area * dense * ~inside))


def _crest(shape: _Shape, dense: np.float32) -> Grains:
    """The back wall of the canal and the crest on it, a tubercle for each body."""
    u, share = spread(_CREST_GRAINS)
    long = shape.size * sum(_BODIES_MM[:3])
    along = share * f32(long) - f32(4)
    y, z, angle = shape.middle(np.maximum(along, 0))
    z = z - np.minimum(along, 0)
    _, deep = _halves(shape, np.maximum(along, 0))
    i = np.arange(len(u))
    keel = i % 2 == 0
    canal = f32(15) - f32(9) * share
    tall = (f32(9) - f32(4) * share) * (0.6 + 0.4 * np.cos(2 * np.pi * along / f32(20.0 * shape.size)))
    x = np.where(keel, (2 * u - 1) * 2.5, (2 * u - 1) * (15 - 7 * share))
    off = -deep - canal - np.where(keel, tall * ((i * 0.618034) % 1), 1.5 - 3 * (2 * u - 1) ** 2)
    y, z = y + off * np.cos(angle), z + off * np.sin(angle)
    volume = np.where(keel, 0.30 * 5 * tall, 1.8 * 2 * (15 - 7 * share)) * f32(2 * long / len(u))
    return Grains(as_field(x), as_field(y), as_field(z), as_field(volume * dense))
