"""The shape of the spine: sizes by level, and each vertebra as a signed distance field.

Coordinates of a vertebra, in mm: x to the patient's left, y forward, z up; the origin is the centre of
the body. Sizes follow the measurements of Panjabi et al. (Spine 1991;16:888-901 and 1992;17:299-306),
rounded.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]
Point = tuple[float | np.float32, float | np.float32, float | np.float32]
f32 = np.float32


@dataclass(frozen=True)
class Size:
    """Sizes of one vertebra and the disc above it, in mm."""

    width: float
    depth: float
    height: float
    disc: float
    pedicle_width: float
    pedicle_height: float


TYPICAL: dict[str, Size] = {
    "T6": Size(26.0, 25.0, 19.0, 4.0, 4.5, 11.0),
    "T7": Size(27.5, 26.0, 20.0, 4.0, 4.7, 12.0),
    "T8": Size(29.0, 27.0, 20.5, 4.5, 5.0, 12.5),
    "T9": Size(30.0, 28.0, 21.0, 4.5, 5.5, 13.5),
    "T10": Size(32.0, 29.0, 22.5, 5.0, 6.3, 14.5),
    "T11": Size(35.0, 30.0, 23.5, 5.5, 7.5, 16.5),
    "T12": Size(39.0, 31.0, 25.0, 6.5, 7.5, 16.0),
    "L1": Size(42.0, 33.0, 27.0, 8.0, 8.0, 15.5),
    "L2": Size(44.0, 34.5, 28.0, 9.0, 8.5, 15.0),
    "L3": Size(46.0, 35.0, 28.5, 10.0, 10.0, 14.5),
    "L4": Size(48.0, 35.5, 28.5, 11.0, 12.5, 14.5),
    "L5": Size(50.0, 35.5, 28.0, 10.0, 15.0, 14.0),
    "S1": Size(52.0, 34.0, 30.0, 8.0, 16.0, 16.0),
}
NAMES = tuple(TYPICAL)

TILT_DEGREES: dict[str, float] = dict(
    zip(NAMES, (18.0, 15.0, 12.0, 9.0, 6.0, 4.0, 2.0, 2.0, 3.0, 0.0, -8.0, -20.0, -38.0), strict=True)
)
"""Forward tilt of each body against the horizontal, standing: thoracic kyphosis, lumbar lordosis."""

POSTERIOR_WALL = 0.43
"""Distance of the posterior wall behind the centre of the body, as a share of its depth."""


@dataclass(frozen=True)
class Vertebra:
    """One vertebra of one patient.

    Attributes
    ----------
    name : str
    size : Size
    centre : tuple of float
        In patient coordinates, in mm; the origin is the centre of the vertebra in question.
    tilt, yaw, roll : float
        Forward tilt, rotation about the vertical, sideways tilt, in degrees.
    waist : float
        Narrowing at mid height, as a share of the width.
    transverse_process, spinous_process : float
        Lengths in mm.
    trabecular : float
        Density of the spongy bone against the patient's mean.
    """

    name: str
    size: Size
    centre: tuple[float, float, float]
    tilt: float
    yaw: float
    roll: float
    waist: float
    transverse_process: float
    spinous_process: float
    trabecular: float

    @property
    def lumbar(self) -> bool:
        """Whether pedicles and processes have lumbar shape (the sacrum is drawn so too)."""
        return not self.name.startswith("T")

    @property
    def pedicle_x(self) -> float:
        """Distance of the pedicles from the midline, in mm."""
        if self.lumbar:
            return self.size.width * 0.5 - self.size.pedicle_width * 0.55
        return self.size.width * 0.36

    @property
    def posterior_wall_y(self) -> float:
        """Position of the posterior wall, in mm (negative: behind the centre)."""
        return -self.size.depth * POSTERIOR_WALL

    def to_local(self, x: Field, y: Field, z: Field) -> tuple[Field, Field, Field]:
        """Turn patient coordinates into those of the vertebra, in mm."""
        x, y, z = (axis - f32(c) for axis, c in zip((x, y, z), self.centre, strict=True))
        x, z = _rotate(x, z, -self.roll)
        y, z = _rotate(y, z, self.tilt)
        x, y = _rotate(x, y, -self.yaw)
        return x, y, z

    def distance(self, x: Field, y: Field, z: Field) -> Field:
        """Approximate distance to the bone's surface in mm, negative inside; local coordinates."""
        size, wall, side = self.size, self.posterior_wall_y, self.pedicle_x
        height, lamina = size.height, self.posterior_wall_y - 19.0
        across = np.abs(x)
        flat = f32(size.pedicle_width / size.pedicle_height)
        pedicle = _capsule(
            (across, y, z * flat),
            (side, wall + 3, height * 0.22 * flat),
            (side * 0.93, wall - 11, height * 0.20 * flat),
            size.pedicle_width / 2,
        )
        distance = _smooth_union(self._body(x, y, z), pedicle, 2.0)
        for start, end, radius in (
            ((side * 0.9, wall - 13, height * 0.05), (2.5, lamina - 3, -height * 0.28), 3.2),
            ((side * 0.98, wall - 13, height * 0.2), (side * 1.05, wall - 15, height * 0.66), 4.0),
            ((side * 0.9, wall - 14, 0.0), (side * 0.85, wall - 17, -height * 0.75), 3.8),
            (
                (side * 1.05, wall - 12, height * 0.15),
                (side + self.transverse_process, wall - (15 if self.lumbar else 22), height * 0.2),
                3.0,
            ),
        ):
            distance = _smooth_union(distance, _capsule((across, y, z), start, end, radius), 1.5)
        drop = -height * (0.25 if self.lumbar else 0.75)
        spinous = _capsule(
            (across * f32(1.6), y, z),
            (0.0, lamina - 3, -height * 0.15),
            (0.0, lamina - 3 - self.spinous_process, drop),
            4.3,
        )
        return _smooth_union(distance, spinous, 1.5)

    def _body(self, x: Field, y: Field, z: Field) -> Field:
        half_height = f32(self.size.height / 2)
        narrow = 1 - f32(self.waist) * np.maximum(0, 1 - (z / half_height) ** 2)
        half_width, half_depth = f32(self.size.width / 2) * narrow, f32(self.size.depth / 2) * narrow
        radius = np.sqrt((x / half_width) ** 2 + (y / half_depth) ** 2)
        wall = (radius - 1) * np.minimum(half_width, half_depth)
        wall = np.maximum(wall, -(y - f32(self.posterior_wall_y)))
        endplate = np.abs(z) - (half_height - f32(1.3) * np.clip(1 - radius**2, 0, 1))
        rounding = f32(1.5)
        wall, endplate = wall + rounding, endplate + rounding
        outside = np.hypot(np.maximum(wall, 0), np.maximum(endplate, 0))
        return np.minimum(np.maximum(wall, endplate), 0) + outside - rounding


def _rotate(a: Field, b: Field, degrees: float) -> tuple[Field, Field]:
    cosine, sine = f32(np.cos(np.deg2rad(degrees))), f32(np.sin(np.deg2rad(degrees)))
    return cosine * a - sine * b, sine * a + cosine * b


def _capsule(
    point: tuple[Field, Field, Field],
    start: Point,
    end: Point,
    radius: float,
) -> Field:
    axis = [e - s for s, e in zip(start, end, strict=True)]
    offset = [p - f32(s) for p, s in zip(point, start, strict=True)]
    along = sum(o * f32(a) for o, a in zip(offset, axis, strict=True)) / f32(sum(a * a for a in axis))
    along = np.clip(along, 0, 1)
    squared = sum((o - along * f32(a)) ** 2 for o, a in zip(offset, axis, strict=True))
    return np.sqrt(squared) - f32(radius)


def _smooth_union(a: Field, b: Field, reach: float) -> Field:
    blend = np.clip(f32(0.5) + (b - a) * f32(0.5 / reach), 0, 1)
    return b + (a - b) * blend - f32(reach) * blend * (1 - blend)
