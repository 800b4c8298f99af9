"""Signed distances, in mm, negative inside; the building stones of bones."""

import numpy as np
from numpy.typing import ArrayLike

from mvm_core.simulation.tissue import Field

f32 = np.float32
Number = float | np.float32


def as_field(values: ArrayLike) -> Field:
    """Numbers as a float32 array."""
    return np.asarray(values, dtype=f32)


def capsule(
    point: tuple[Field, ...], start: tuple[Number, ...], end: tuple[Number, ...], radius: Number
) -> Field:
    """Distance to a rod with round ends, in as many dimensions as the point has."""
    axis = [f32(e) - f32(s) for s, e in zip(start, end, strict=True)]
    offset = [p - f32(s) for p, s in zip(point, start, strict=True)]
    along = offset[0] * axis[0]
    for o, a in zip(offset[1:], axis[1:], strict=True):
        along = along + o * a
    along = np.clip(along / f32(sum(a * a for a in axis)), 0, 1)
    squared = (offset[0] - along * axis[0]) ** 2
    for o, a in zip(offset[1:], axis[1:], strict=True):
        squared = squared + (o - along * a) ** 2
    return np.sqrt(squared) - f32(radius)


def plate(flat: Field, across: Field, half_thickness: Number, rounding: Number = 1.0) -> Field:
    """Distance to a plate: an outline given by `flat`, `half_thickness` to both sides of ``across = 0``."""
    a, b = flat + f32(rounding), np.abs(across) - f32(half_thickness - rounding)
    outside = np.hypot(np.maximum(a, 0), np.maximum(b, 0))
    return np.minimum(np.maximum(a, b), 0) + outside - f32(rounding)


def smooth_union(a: Field, b: Field, reach: Number) -> Field:
    """Union with a fillet of some `reach` mm."""
    blend = np.clip(f32(0.5) + (b - a) * f32(0.5 / reach), 0, 1)
    return b + (a - b) * blend - f32(reach) * blend * (1 - blend)


def rotate(a: Field, b: Field, degrees: Number) -> tuple[Field, Field]:
    """Rotate a plane's coordinates."""
    cosine, sine = f32(np.cos(np.deg2rad(degrees))), f32(np.sin(np.deg2rad(degrees)))
    return cosine * a - sine * b, sine * a + cosine * b
