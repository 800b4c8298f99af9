"""The shape of one vertebra as a signed distance field.

Coordinates, in mm: x to the patient's left, y forward, z up; the origin is the centre of the body.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mvm_core.simulation.distance import as_field, capsule, f32, plate, rotate, smooth_union
from mvm_core.simulation.morphometry import Size
from mvm_core.simulation.tissue import Field

RIM_POWER, RIM_BEHIND = 2.4, 1.25
"""The outline of an endplate: a superellipse, longer behind, where the posterior wall cuts it off."""

WALL_HOLLOW_MM = 1.2
"""How far the posterior wall is hollowed at the midline."""

_RIM_POINTS = 240
_PEDICLE_TOP = {"L1": 0.44, "L2": 0.44, "L3": 0.43, "L4": 0.35, "L5": 0.35}
"""Upper edge of the pedicles above the middle of the body, as a share of its height."""

_TRANSVERSE_UP_MM = {"L4": 1.4, "L5": -0.8}
_UPPER_FACET = {"L4": (20.5, 0.39), "L5": (17.0, 0.44)}
"""How far behind the posterior wall the upper facets end, in mm, and how high, as a share of the height."""

_LOWER_FACET = {"L1": (0.70, 0.93), "L2": (0.68, 0.91), "L4": (0.75, 0.85), "L5": (0.76, 0.85)}
"""How far apart the lower facets end, as a share of the pedicles' distance, and how low."""

_SPINOUS_FOOT = {"L1": 0.50, "L2": 0.53, "L3": 0.49, "L5": 0.55}
"""How low the spinous process ends below the middle of the body, as a share of its height."""

Triple = tuple[float, float, float]
Near = NDArray[np.bool_]

_MARGIN_MM, _FAR_MM = 4.0, 5.0
"""Distances are worked out up to about the first, beyond it the second is given."""


@dataclass(frozen=True)
class Spur:
    """An osteophyte on the rim of an endplate.

    Attributes
    ----------
    direction : float
        Where on the rim, in radians; 0 is the patient's left, pi / 2 the front.
    upper : bool
        On the upper endplate, else on the lower.
    length : float
        In mm.
    """

    direction: float
    upper: bool
    length: float


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
    concavity : float
        Depth of the endplates' hollow, in mm.
    transverse_process, spinous_process : float
        Lengths in mm.
    trabecular : float
        Density of the spongy bone against the patient's mean.
    asymmetry : float
        How much the two transverse processes differ, about in [-1, 1].
    sclerosis : float
        Thickening of the endplates, in mm.
    spurs : tuple of Spur
    bulge : float
        How far the posterior wall bulges into the canal, in mm (disease).
    fragment : float
        How far the upper posterior corner is pushed into the canal, in mm (disease).
    sacral : bool
        Whether it goes over into the sacrum below.
    """

    name: str
    size: Size
    centre: tuple[float, float, float]
    tilt: float
    yaw: float
    roll: float
    waist: float
    concavity: float
    transverse_process: float
    spinous_process: float
    trabecular: float
    asymmetry: float = 0.0
    sclerosis: float = 0.0
    spurs: tuple[Spur, ...] = ()
    bulge: float = 0.0
    fragment: float = 0.0
    sacral: bool = False

    @property
    def lumbar(self) -> bool:
        """Whether pedicles and processes have lumbar shape (the sacrum is drawn so too)."""
        return self.name[0] in "LS"

    @property
    def pedicle_x(self) -> float:
        """Distance of the pedicles' axes from the midline, in mm."""
        return (self.size.canal_width + self.size.pedicle_width) / 2

    @property
    def pedicle_z(self) -> float:
        """Height of the pedicles' axes above the middle of the body, in mm."""
        return (
            self.size.height * _PEDICLE_TOP.get(self.name, 0.46 if self.lumbar else 0.5)
            - self.size.pedicle_height * 0.5
        )

    @property
    def posterior_wall_y(self) -> float:
        """Position of the posterior wall, in mm (negative: behind the centre)."""
        return -self.size.depth / 2

    @property
    def lamina_y(self) -> float:
        """Position of the inner face of the laminae at the midline, in mm."""
        return self.posterior_wall_y - self.size.canal_depth

    def to_local(self, x: Field, y: Field, z: Field) -> tuple[Field, Field, Field]:
        """Turn patient coordinates into those of the vertebra, in mm."""
        x, y, z = (axis - f32(c) for axis, c in zip((x, y, z), self.centre, strict=True))
        x, z = rotate(x, z, -self.roll)
        y, z = rotate(y, z, self.tilt)
        x, y = rotate(x, y, -self.yaw)
        return x, y, z

    def to_patient(self, x: Field, y: Field, z: Field) -> tuple[Field, Field, Field]:
        """Turn coordinates of the vertebra into the patient's, in mm."""
        x, y = rotate(x, y, self.yaw)
        y, z = rotate(y, z, -self.tilt)
        x, z = rotate(x, z, self.roll)
        return x + f32(self.centre[0]), y + f32(self.centre[1]), z + f32(self.centre[2])

    @property
    def whole_sacrum(self) -> bool:
        """Whether the bone goes on below the first sacral body."""
        return False

    def distance(self, x: Field, y: Field, z: Field) -> Field:
        """Approximate distance to the bone's surface in mm, negative inside; local coordinates."""
        across = np.abs(x)
        body = _where(self._near_body(across, y, z), self.body, x, y, z)
        posterior = _where(self._near_posterior(across, y, z), self._posterior, across, x, y, z)
        return smooth_union(body, posterior, 2.5)

    def _near_body(self, across: Field, y: Field, z: Field) -> Near:
        """Where the body lies, with a margin."""
        size, longest = self.size, max((spur.length for spur in self.spurs), default=0.0)
        margin = _MARGIN_MM + longest
        back = self.posterior_wall_y - self.bulge - self.fragment - margin
        near = (across < f32(size.width / 2 + margin)) & (y > f32(back))
        near &= y < f32(size.depth / 2 + margin)
        near &= np.abs(z) < f32((size.height + abs(size.lordotic)) / 2 + _MARGIN_MM)
        return near

    def _near_posterior(self, across: Field, y: Field, z: Field) -> Near:
        """Where pedicles, arch and processes lie, with a margin."""
        size, side, lamina, margin = self.size, self.pedicle_x, self.lamina_y, f32(_MARGIN_MM)
        rods = list(self._facets())
        wide = max(side + size.pedicle_width / 2, *(max(a[0], b[0]) + radius for a, b, radius, _ in rods))
        back = min(lamina - 8, *(min(a[1], b[1]) - radius for a, b, radius, _ in rods))
        low = min(min(a[2], b[2]) - radius for a, b, radius, _ in rods)
        high = max(max(a[2], b[2]) + radius for a, b, radius, _ in rods)
        arch = (across < wide + margin) & (y > back - margin) & (z > low - margin) & (z < high + margin)
        tip = self._transverse_tip()
        long = tip[0] + abs(self.asymmetry) * 0.12 * self.transverse_process + 8
        middle = (tip[2] + self.pedicle_z * 0.35) / 2
        wing = (across < long + margin) & (y > tip[1] - 8 - margin) & (np.abs(z - f32(middle)) < 11 + margin)
        foot = self._spinous_foot()
        keel = (across < 10 + margin) & (y < lamina + margin) & (y > foot[0] - 12 - margin)
        keel &= (z > foot[1] - 12 - margin) & (z < high)
        ahead = y < f32(self.posterior_wall_y + 4 + size.pedicle_width / 2 + margin)
        return np.asarray(ahead & (arch | wing | keel))

    def body(self, x: Field, y: Field, z: Field) -> Field:
        """Distance to the surface of the body alone."""
        size = self.size
        wall_y = f32(self.posterior_wall_y)
        half = f32(0.5) * (f32(size.height) + f32(size.lordotic) * (f32(0.5) + y / f32(size.depth)))
        level = np.clip(z / half, -1.3, 1.3)
        narrow = 1 - f32(self.waist) * np.maximum(0, 1 - level**2)
        across, forward = x / f32(size.width / 2), y / f32(size.depth / 2)
        spur = self._spurs(x, y, z, half)
        half_width, half_depth = f32(size.width / 2) * narrow + spur, f32(size.depth / 2) * narrow + spur
        front = np.maximum(y, 0) / half_depth
        behind = np.minimum(y, 0) / (half_depth * f32(RIM_BEHIND))
        radius = (np.abs(x / half_width) ** f32(RIM_POWER) + np.abs(front + behind) ** f32(RIM_POWER)) ** f32(
            1 / RIM_POWER
        )
        wall = (radius - 1) * np.minimum(half_width, half_depth)
        hollow = f32(WALL_HOLLOW_MM) * np.maximum(0, 1 - across**2) - f32(self.bulge) * np.maximum(
            0, 1 - across**2
        ) * (np.maximum(0, 1 - (z / half) ** 2))
        if self.fragment:
            corner = np.exp(-(((z / half - f32(0.65)) / f32(0.35)) ** 2)) * np.maximum(0, 1 - across**2)
            hollow = hollow - f32(self.fragment) * corner
        back = (wall_y + hollow) + f32(0.08 * size.depth) * np.maximum(0, 1 - level**2) * f32(0.5) - y
        wall = np.maximum(wall, back)
        central = np.clip(1 - across**2 - forward**2, 0, 1)
        # The lower endplate is hollow towards the back, the upper one in the middle.
        dish = f32(self.concavity) * np.sqrt(central)
        endplate = np.abs(z) - (half - dish)
        rounding = f32(1.3)
        wall, endplate = wall + rounding, endplate + rounding
        outside = np.hypot(np.maximum(wall, 0), np.maximum(endplate, 0))
        return np.minimum(np.maximum(wall, endplate), 0) + outside - rounding

    def rim(self, upper: bool) -> tuple[Field, Field]:
        """Outline of an endplate, in order: x and y, in mm."""
        size, angle = self.size, np.linspace(0, 2 * np.pi, _RIM_POINTS, endpoint=False)
        across, forward = (
            np.sign(wave) * np.abs(wave) ** (2 / RIM_POWER) for wave in (np.cos(angle), np.sin(angle))
        )
        y = size.depth / 2 * forward * np.where(forward < 0, RIM_BEHIND, 1.0)
        wall = self.posterior_wall_y + WALL_HOLLOW_MM * (1 - across**2)
        return as_field(size.width / 2 * across), as_field(np.maximum(y, wall))

    def reach(self) -> tuple[Triple, Triple]:
        """Lowest and highest corner of a box around the vertebra, in patient coordinates, in mm."""
        size, (x, y, z) = self.size, self.centre
        lean = (size.depth * 0.5 + 14) * np.sin(np.deg2rad(abs(self.tilt)))
        lean += size.width * 0.5 * np.sin(np.deg2rad(abs(self.roll)))
        up, down = size.height * 1.05 + lean + 4, size.height * 1.65 + lean + 6
        if self.lumbar:
            down = size.height * 1.15 + lean + 8
        back = size.depth * 0.5 + size.canal_depth + 10 + self.spinous_process
        half = max(self.pedicle_x + self.transverse_process + 5, size.width / 2 + 8)
        half += back * np.sin(np.deg2rad(abs(self.yaw))) * 0.7
        return (x - half, y - back - 3, z - down), (x + half, y + size.depth * 0.5 + 8, z + up)

    def _spurs(self, x: Field, y: Field, z: Field, half: Field) -> Field:
        total = np.zeros_like(x)
        for spur in self.spurs:
            to_rim = (z - half if spur.upper else z + half) / f32(2.2)
            along = (x * f32(np.cos(spur.direction)) + y * f32(np.sin(spur.direction))) / np.maximum(
                np.hypot(x, y), f32(1)
            )
            total += f32(spur.length) * np.exp(-(to_rim**2)) * np.maximum(along, 0) ** 4
        return total

    def _facets(self) -> Iterator[tuple[Triple, Triple, float, float]]:
        """Articular processes of one side, upper and lower: where they start and end, radius, fillet."""
        wall, side, up, height = self.posterior_wall_y, self.pedicle_x, self.pedicle_z, self.size.height
        if not self.lumbar:
            yield (side * 0.95, wall - 11, up), (side * 0.80, wall - 13, up + height * 0.42), 3.2, 1.8
            yield (side * 0.85, wall - 14, up - 6), (side * 0.72, wall - 17.5, -height * 0.80), 3.2, 1.8
            return
        back, top = _UPPER_FACET.get(self.name, (21.8, 0.45))
        # Where pedicles stand wide apart the facets do not follow them all the way.
        facet = min(side * 1.05, self.size.width * 0.41)
        wide = 5.5 if self.name == "L5" else 6.1
        yield (min(side * 0.95, facet), wall - 12, up), (facet, wall - back, height * top), wide, 2.0
        apart, low = _LOWER_FACET.get(self.name, (0.78, 0.93))
        yield (side * (apart + 0.02), wall - 14, up - 6), (side * apart, wall - 17.5, -height * low), 5.0, 5.0

    def _posterior(self, across: Field, x: Field, y: Field, z: Field) -> Field:
        size, wall, side = self.size, self.posterior_wall_y, self.pedicle_x
        height, lamina, up = size.height, self.lamina_y, self.pedicle_z
        flat = f32(size.pedicle_width / size.pedicle_height)
        pedicle = capsule(
            (across, y, z * flat),
            (side * 0.97, wall + 4, up * flat),
            (side, wall - 9, (up - 1) * flat),
            size.pedicle_width / 2,
        )
        # Laminae: slabs from the pedicle's root to the midline, sloping like shingles.
        slope = z * f32(1.0) - (up - f32(0.12) * height)
        leaning = y + slope * f32(0.04 if self.lumbar else 0.30)
        flank = capsule((across, leaning), (side * 0.92, wall - 11.0), (0.0, lamina - 3.5), 3.0)
        tall = height * (0.40 if self.lumbar else 0.50)
        middle = f32(up - tall * (0.75 if self.lumbar else 0.6))
        laminae = plate(flank, z - middle, tall, 2.0)
        distance = smooth_union(pedicle, laminae, 2.0)
        for start, end, radius, fillet in self._facets():
            distance = smooth_union(distance, capsule((across, y, z), start, end, radius), fillet)
        # The sides differ, as they do in people.
        flip = f32(self.asymmetry) * np.sign(x)
        longer = f32(1) + f32(0.12) * flip
        flatten = f32(0.62 if self.lumbar else 1.0)
        tip = self._transverse_tip()
        along = np.clip((across - f32(side)) / f32(self.transverse_process), 0, 1)
        stem = f32(2.9 if self.lumbar else 4.0) - f32(0.9 if self.lumbar else -0.4) * along
        if self.name in ("L4", "L5"):
            stem = stem + f32(1.6 if self.name == "L5" else 0.5)
        wave = f32(0.7) * np.sin(across * f32(0.55) + flip * 2) + f32(1.6) * flip * along
        transverse = (
            capsule(
                (across / longer, y, (z - wave) * flatten),
                (side * 0.98, wall - 9, up * 0.35 * flatten),
                (tip[0], tip[1], tip[2] * flatten),
                0.0,
            )
            - stem
        )
        distance = smooth_union(distance, transverse, 1.8)
        return smooth_union(distance, self._spinous(across, y, z), 6.5 if self.lumbar else 2.0)

    def _spinous(self, across: Field, y: Field, z: Field) -> Field:
        """The spinous process: thin at its neck and above, thick at its end and below."""
        height, lamina, foot = self.size.height, self.lamina_y, self._spinous_foot()
        start, radius, flat = (lamina - 4.0, -height * 0.15), 4.8, 1.0
        if self.lumbar:
            start, radius, flat = (lamina - 5.0, -height * 0.20), 7.6, 0.72
        # Uneven edges, as muscles leave them.
        wave = f32(0.6) * np.sin(z * f32(0.42) + f32(3 * self.asymmetry)) + f32(0.5) * np.sin(y * f32(0.35))
        outline = capsule((y, z * f32(flat)), (start[0], start[1] * flat), (foot[0], foot[1] * flat), radius)
        along = np.clip((f32(start[0]) - y) / f32(start[0] - foot[0]), 0, 1.2)
        axis = f32(start[1]) + f32(foot[1] - start[1]) * along
        below = np.clip((axis - z) / f32(radius / flat), -1, 1)
        outline = outline + wave * along
        thick = f32(2.2 if self.lumbar else 2.4) + f32(1.8 if self.lumbar else 1.2) * along**2
        thick = thick + f32(1.0 if self.lumbar else 0.6) * below
        # A lens in cross-section: full in the middle, thin at its edges.
        edge = f32(2.5 if self.lumbar else 5.0)
        lens = across - thick * np.sqrt(np.clip(-outline / edge, 0, 1)) + f32(0.4)
        return np.maximum(outline, lens * f32(0.8))

    def _transverse_tip(self) -> Triple:
        """Where the axis of a transverse process ends, on one side."""
        up = self.pedicle_z * 0.5 + _TRANSVERSE_UP_MM.get(self.name, 0.0)
        back = self.posterior_wall_y - (13 if self.lumbar else 24)
        return self.pedicle_x + self.transverse_process, back, up

    def _spinous_foot(self) -> tuple[float, float]:
        """Where the axis of the spinous process ends: y and z."""
        back, height = self.lamina_y - 4, self.size.height
        if self.lumbar:
            return back - self.spinous_process, -height * _SPINOUS_FOOT.get(self.name, 0.47)
        drop = 0.85 if self.name in ("T11", "T12") else 1.45
        return back - self.spinous_process * 0.75, -height * drop


def _where(near: Near, distance: Callable[..., Field], *axes: Field) -> Field:
    """Distances where something is near, a large one elsewhere."""
    found = np.full(near.shape, _FAR_MM, f32)
    found[near] = distance(*(axis[near] for axis in axes))
    return found
