"""Soft parts of the trunk: wall, lungs, heart, kidneys, psoas, breasts, bowel.

Large parts are closed shapes whose chords along a ray are known; they are summed on a thinned grid, seen at
the depth where they lie.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from mvm_core.radiograph import View
from mvm_core.simulation.distance import as_field, f32
from mvm_core.simulation.geometry import Geometry, Plane
from mvm_core.simulation.habitus import Pocket
from mvm_core.simulation.patient import Patient
from mvm_core.simulation.spine import line_through
from mvm_core.simulation.tissue import Field
from mvm_core.simulation.upper import below_head, lung_room, outline, soft_upper

_EVERY = 2
_MIDDLE_Y = 20.0
_POWER = 2.5
_LUNG_AIR, _MOST_AIR = 0.74, 0.92
_ACROSS, _STEEPER, _ALONG = 0.0055, 1.6e-6, 0.0075
"""How a dome falls off from its top: across in 1/mm and 1/mm3 (flat, then steep), front to back in 1/mm."""


@dataclass(frozen=True)
class SoftParts:
    """Paths on the film's grid, in mm; `lung` is the path through lung."""

    soft: Field
    fat: Field
    contrast: Field | None
    lung: Field


@dataclass(frozen=True)
class _Ellipsoid:
    x: float
    y: float
    z: float
    wide: float
    deep: float
    tall: float

    def chord(self, plane: Plane) -> tuple[Field, float]:
        """Half of the chord along each ray, and the depth of its middle."""
        ap = plane.geometry.view is View.AP
        depth, middle = (self.y, self.x) if ap else (self.x, self.y)
        half, along = (self.wide, self.deep) if ap else (self.deep, self.wide)
        across, z = plane.at(depth)
        squared = ((across - f32(middle)) / f32(half)) ** 2 + ((z - f32(self.z)) / f32(self.tall)) ** 2
        return f32(along) * np.sqrt(np.maximum(1 - squared, 0)), depth


def soft_parts(patient: Patient, geometry: Geometry, draw: np.random.Generator) -> SoftParts:
    """Sum the soft parts of the trunk along the rays of one film."""
    plane, body = Plane(geometry, _EVERY), patient.habitus
    soft, fat, lung = _wall_and_lungs(patient, plane)
    if patient.tall:
        soft = np.maximum(soft + soft_upper(patient, plane), f32(0))
    breathing = lung * f32(min(_LUNG_AIR * body.aeration * patient.attenuation.lung, _MOST_AIR))
    soft = soft - breathing + _vessels(patient, plane, draw) * (lung > 15)
    abdomen = np.clip(1 - lung / 20, 0, 1)
    soft = soft + abdomen * (_organs(patient, plane) + _loops(plane, draw))
    if body.breast:
        for side in (-1, 1):
            z = patient.vertebra("T10").centre[2] + 5.0
            front = _MIDDLE_Y + body.half_depth - 4
            breast = _Ellipsoid(
                side * 78.0, front, z, body.breast * 1.05, body.breast * 0.55, body.breast * 0.85
            )
            half, _ = breast.chord(plane)
            soft, fat = soft + half * f32(0.5), fat + half * f32(0.7)
    gas, contrast = _bowel(patient, plane, draw)
    soft = np.maximum(soft - gas * abdomen, f32(4))
    shape = geometry.shape

    def whole(field: Field) -> Field:
        rows, columns = shape[0] + shape[0] % _EVERY, shape[1] + shape[1] % _EVERY
        return cv2.resize(field, (columns, rows))[: shape[0], : shape[1]].astype(f32, copy=False)

    return SoftParts(
        whole(soft), whole(np.maximum(fat, 0)), whole(contrast) if contrast is not None else None, whole(lung)
    )


def _overlap(a: Field, b: Field, low: Field | float, high: Field | float) -> Field:
    return np.maximum(np.minimum(b, high) - np.maximum(a, low), 0)


def _wall_and_lungs(patient: Patient, plane: Plane) -> tuple[Field, Field, Field]:
    body = patient.habitus
    ap = plane.geometry.view is View.AP
    across, z = plane.at(_MIDDLE_Y if ap else 0.0)
    waist, hip = patient.vertebra("L3").centre[2], patient.vertebra("S1").centre[2]
    flare = f32(0.12) * np.clip((z - f32(waist)) / 130, 0, 1.2) ** 2
    flare = flare + f32(0.15) * np.clip((f32(waist) - z) / f32(max(waist - hip, 60)), 0, 1.5)
    half_width = f32(body.half_width) * (1 + flare)
    half_depth = f32(body.half_depth) * (1 + f32(0.3) * flare)
    fat, off, room = as_field(body.fat), as_field(0), as_field(1)
    if patient.tall:
        half_width, half_depth, off = outline(patient, plane.geometry.view, z, half_width, half_depth)
        fat = fat * np.minimum(half_depth / f32(body.half_depth), 1)
        room = lung_room(patient, z)
    if ap:
        outer = _superellipse(across - off, half_width, half_depth)
        inner = _superellipse(across - off, half_width - fat, half_depth - f32(0.8) * fat)
    else:
        middle = across - f32(_MIDDLE_Y) - off
        outer = _superellipse(middle, half_depth, half_width)
        inner = _superellipse(middle, half_depth - f32(0.8) * fat, half_width - fat)
    chest_width, chest_depth = half_width - f32(body.fat + 10), half_depth - f32(0.8 * body.fat + 12)
    if patient.tall:
        waist_width = f32(body.half_width - body.fat - 10)
        outer, inner = (wall * below_head(patient, z) for wall in (outer, inner))
        chest_width = np.minimum(chest_width, waist_width) * room
        chest_depth = np.maximum(chest_depth, f32(30)) * room
    lungs = _lungs_ap if ap else _lungs_lateral
    return 2 * inner, 2 * (outer - inner), lungs(patient, plane, across, z, chest_width, chest_depth)


def _superellipse(across: Field, half_across: Field, half_along: Field) -> Field:
    share = np.minimum(np.abs(across / half_across), 1)
    return half_along * (1 - share ** f32(_POWER)) ** f32(1 / _POWER)


def _dome_top(patient: Patient, side: int) -> float:
    top = patient.vertebra("T11").centre[2] + patient.habitus.dome
    return top - (patient.habitus.dome_left if side > 0 else 0.0)


def _heart(patient: Patient, plane: Plane) -> tuple[Field, float]:
    """Half of the chord through the heart, and the depth of its middle."""
    size, base = patient.habitus.heart, _dome_top(patient, 1)
    ventricles = _Ellipsoid(36.0, 76.0, base + 4 * size, 50 * size, 44 * size, 40 * size)
    atria = _Ellipsoid(6.0, 76.0, base + 26 * size, 42 * size, 40 * size, 46 * size)
    left, depth = ventricles.chord(plane)
    return np.maximum(left, atria.chord(plane)[0]), depth


def _lungs_ap(
    patient: Patient, plane: Plane, across: Field, z: Field, chest_width: Field, chest_depth: Field
) -> Field:
    spine_x, spine_y = line_through(patient.vertebrae, z[:, 0])
    spine_x, spine_y = spine_x[:, np.newaxis], spine_y[:, np.newaxis]
    total = np.zeros(np.broadcast_shapes(across.shape, z.shape), f32)
    reach = chest_depth * np.sqrt(np.maximum(1 - (across / chest_width) ** 2, 0))
    column = 25 * np.maximum(1 - ((across - spine_x) / 33) ** 2, 0)
    # Oesophagus and aorta: the aorta's left edge runs down beside the spine.
    aorta = 27 + 3 * np.sin((z - f32(_dome_top(patient, 1))) / 38)
    half = (aorta + 5) * f32(patient.attenuation.great_vessels)
    vessels = np.maximum(1 - ((across - spine_x - 8) / half) ** 2, 0) * 44
    heart, heart_y = _heart(patient, plane)
    for side in (-1, 1):
        top, x0, y0 = f32(_dome_top(patient, side)), f32(side * 74), f32(_MIDDLE_Y + 10)
        squared = (across - x0) ** 2
        height = top - f32(_ACROSS) * squared - f32(_STEEPER) * squared**2 - z
        dome = np.sqrt(np.maximum(height / f32(_ALONG), 0))
        for low, high in ((_MIDDLE_Y - reach, y0 - dome), (y0 + dome, _MIDDLE_Y + reach)):
            length = np.maximum(high - low, 0)
            # No lung behind the spine.
            length = length - _overlap(low, high, spine_y - 4 * column, spine_y + column) * (column > 0)
            length = length - _overlap(low, high, 48 - vessels, 48 + vessels) * (vessels > 0)
            length = length - _overlap(low, high, heart_y - heart, heart_y + heart) * (heart > 0)
            total += np.maximum(length, 0) * (across * side > 0)
    return total


def _lungs_lateral(
    patient: Patient, plane: Plane, across: Field, z: Field, chest_width: Field, chest_depth: Field
) -> Field:
    _, spine_y = line_through(patient.vertebrae, z[:, 0])
    total = np.zeros(np.broadcast_shapes(across.shape, z.shape), f32)
    forward = (across - f32(_MIDDLE_Y)) / chest_depth
    reach = chest_width * np.sqrt(np.maximum(1 - forward**2, 0))
    ahead = np.maximum(across - spine_y[:, np.newaxis], 0)
    column = np.sqrt(np.maximum(f32(25**2) - ahead**2, 0))
    vessels = np.sqrt(np.maximum(1 - ((across - 48) / 42) ** 2, 0)) * 24
    middle = np.maximum(np.maximum(column, vessels), 4)
    heart, heart_x = _heart(patient, plane)
    for side in (-1, 1):
        top, x0, y0 = f32(_dome_top(patient, side)), f32(74), f32(_MIDDLE_Y + 10)
        height = top - f32(_ALONG) * (across - y0) ** 2 - z
        # Where the flat and the steep fall-off together use up the height.
        root = np.sqrt(f32(_ACROSS**2) + 4 * f32(_STEEPER) * np.maximum(height, 0))
        dome = np.sqrt((root - f32(_ACROSS)) / f32(2 * _STEEPER))
        for low, high in ((middle, x0 - dome), (x0 + dome, reach)):
            low, high = np.maximum(low, middle), np.minimum(high, reach)
            length = np.maximum(high - low, 0)
            if side > 0:
                length = length - _overlap(low, high, heart_x - heart, heart_x + heart) * (heart > 0)
            total += np.maximum(length, 0)
    return total


def _organs(patient: Patient, plane: Plane) -> Field:
    """Kidneys, liver's edge, psoas against the fat around them, as more or less water in the beam."""
    extra = np.zeros(plane.shape, f32)
    l2 = patient.vertebra("L2").centre
    for side in (-1, 1):
        z = l2[2] + (12 if side > 0 else 0)
        for grow, weight in ((1.0, 0.16), (1.16, -0.10)):
            half, _ = _Ellipsoid(side * 60 + l2[0], -18, z, 28 * grow, 24 * grow, 54 * grow).chord(plane)
            extra += half * f32(2 * weight)
    liver = _Ellipsoid(-70, 50, patient.vertebra("T12").centre[2] - 8, 92, 78, 78)
    spleen = _Ellipsoid(92, -5, patient.vertebra("T12").centre[2], 30, 45, 48)
    for organ in (liver, spleen):
        extra += organ.chord(plane)[0] * f32(0.13)
    return extra + _psoas(patient, plane) + _column(patient, plane)


def _column(patient: Patient, plane: Plane) -> Field:
    """Discs, ligaments and the muscles behind are denser than the fat around them."""
    across, z = plane.at(0.0)
    middle = line_through(patient.vertebrae, z[:, 0])[0 if plane.geometry.view is View.AP else 1][
        :, np.newaxis
    ]
    column = np.sqrt(np.maximum(1 - ((across - middle) / 23) ** 2, 0)) * 5
    if plane.geometry.view is View.AP:
        column = column + np.clip((52 - np.abs(across - middle)) / 14, 0, 1) * 4
    return column * below_head(patient, z) if patient.tall else column


def _psoas(patient: Patient, plane: Plane) -> Field:
    across, z = plane.at(0.0)
    spine_x, spine_y = line_through(patient.vertebrae, z[:, 0])
    below = np.clip(f32(patient.vertebra("T12").centre[2]) - z, 0, 230)
    here = np.clip(below / 15, 0, 1)
    if plane.geometry.view is View.LATERAL:
        half = 10 + below * f32(0.05)
        middle = spine_y[:, np.newaxis] - 2 + below * f32(0.08)
        return np.sqrt(np.maximum(1 - ((across - middle) / half) ** 2, 0)) * here * f32(5)
    muscle = np.zeros(plane.shape, f32)
    for side in (-1, 1):
        half = 9 + below * f32(0.075)
        offset = side * (across - spine_x[:, np.newaxis]) - (22 + below * f32(0.20))
        muscle += np.sqrt(np.maximum(1 - (offset / half) ** 2, 0)) * here * (5 + below * f32(0.03))
    return muscle


def _loops(plane: Plane, draw: np.random.Generator) -> Field:
    """Bowel and fat in alternation: a cloudiness of several sizes, in mm of water."""
    cloud = np.zeros(plane.shape, f32)
    step = plane.geometry.mm_per_pixel * plane.every
    for size_mm, depth_mm in ((45.0, 4.5), (18.0, 2.6), (7.0, 1.1)):
        cloud += _noise(plane.shape, size_mm / step, draw) * f32(depth_mm)
    return cloud


def _noise(shape: tuple[int, int], size_px: float, draw: np.random.Generator) -> Field:
    rows, columns = (max(3, round(side / size_px)) for side in shape)
    coarse = draw.standard_normal((rows, columns)).astype(f32)
    return cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC).astype(f32, copy=False)


def _bowel(patient: Patient, plane: Plane, draw: np.random.Generator) -> tuple[Field, Field | None]:
    """Path through gas, and through contrast if any, in mm."""
    body, step = patient.habitus, plane.geometry.mm_per_pixel * plane.every
    rough = _noise(plane.shape, 12 / step, draw) * f32(0.14) + _noise(plane.shape, 5 / step, draw) * f32(0.07)
    gas, contrast = np.zeros(plane.shape, f32), np.zeros(plane.shape, f32)
    for pocket in body.pockets:
        filled = contrast if pocket.contrast else gas
        area, path = _pocket(pocket, plane, rough)
        # Pockets side by side are one lumen.
        filled[area] = np.maximum(filled[area], path)
    speckle = f32(0.8) * _noise(plane.shape, 2.2 / step, draw) + f32(0.7) * _noise(
        plane.shape, 5.0 / step, draw
    )
    for stool in body.stool:
        half, _ = _Ellipsoid(stool.x, stool.y, stool.z, stool.radius, stool.radius, stool.radius * 1.5).chord(
            plane
        )
        gas += half * f32(0.22) * np.clip(speckle + f32(0.2), 0, 1.5)
    return gas, contrast * f32(0.12) if any(pocket.contrast for pocket in body.pockets) else None


def _pocket(pocket: Pocket, plane: Plane, rough: Field) -> tuple[tuple[slice, slice], Field]:
    """The part of the plane that a pocket falls on, and the path through it."""
    ap = plane.geometry.view is View.AP
    depth, middle = (pocket.y, pocket.x) if ap else (pocket.x, pocket.y)
    across, z = plane.at(depth)
    across = ((across - f32(middle)) / f32(pocket.wide)) ** 2
    z = ((z - f32(pocket.z)) / f32(pocket.tall)) ** 2
    most = 1 + float(rough.max())
    down, wide = (np.flatnonzero(squared < most) for squared in (z[:, 0], across[0]))
    if not (len(down) and len(wide)):
        return np.s_[0:0, 0:0], np.zeros((0, 0), f32)
    area = np.s_[int(down[0]) : int(down[-1]) + 1, int(wide[0]) : int(wide[-1]) + 1]
    left = np.maximum(1 + rough[area] - (across[:, area[1]] + z[area[0]]), 0)
    return area, f32(1.5 * min(pocket.wide, pocket.tall)) * np.sqrt(left)


def _vessels(patient: Patient, plane: Plane, draw: np.random.Generator) -> Field:
    """Vessels of the lungs: branches that leave the hila, in mm of water."""
    canvas = np.zeros(plane.shape, f32)
    ap = plane.geometry.view is View.AP
    top = patient.vertebra("T7").centre[2]
    for width_mm in (4.0, 2.6, 1.7, 1.0):
        drawn = np.zeros(plane.shape, np.uint8)
        lines = []
        for _ in range(round(60 / width_mm)):
            side = 1 if draw.random() < 0.5 else -1
            along = np.linspace(0.08, 1, 14)
            down = np.deg2rad(draw.uniform(-15, 100))
            length = draw.uniform(40, 80) * (4.5 / width_mm) ** 0.45
            x = side * (38 + along * length * np.cos(down) * 1.0) + draw.normal(0, 3, 14).cumsum() * 0.6
            y = 35 + along * length * draw.uniform(-0.9, 0.9)
            z = top - along * length * np.sin(down) + draw.normal(0, 3, 14).cumsum() * 0.6
            columns, rows = plane.geometry.points_to_film(x.astype(f32), y.astype(f32), z.astype(f32))
            lines.append(np.round(np.stack([columns, rows], axis=1) / plane.every * 8).astype(np.int32))
        pixels = max(1, round(width_mm * (1.15 if ap else 1.2) / (plane.geometry.mm_per_pixel * plane.every)))
        cv2.polylines(drawn, lines, False, 255, pixels, cv2.LINE_AA, 3)
        canvas += cv2.GaussianBlur(drawn, (0, 0), 0.9).astype(f32) * f32(width_mm * 0.9 / 255)
    return canvas
