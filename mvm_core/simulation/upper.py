"""What a tall film shows beyond the trunk: shoulders and arms, neck and head, hips and thighs.

Simple shapes: they are there so that the spine does not end in nothing.
"""

import cv2
import numpy as np
from numpy.typing import ArrayLike

from mvm_core.radiograph import View
from mvm_core.simulation.distance import as_field, capsule, f32
from mvm_core.simulation.geometry import Plane
from mvm_core.simulation.grains import Grains, join, spread
from mvm_core.simulation.patient import Patient
from mvm_core.simulation.spine import line_through
from mvm_core.simulation.tissue import Field

Point = tuple[float, float, float]
_CORTEX_MM, _MARROW = 2.6, 0.12
_GRAIN_MM2 = 0.5
_ARM_MM, _FOREARM_MM = 34.0, 27.0
_ROUND_MM = 14.0
_TRACHEA_MM = 9.0


def outline(
    patient: Patient, view: View, z: Field, half_width: Field, half_depth: Field
) -> tuple[Field, Field, Field]:
    """Half-width and half-depth of the outline, and how far off it lies, from the trunk to the neck."""
    at = {name: patient.vertebra(name).centre[2] for name in ("T6", "T3", "T1", "C7", "C5")}
    heights = [at["T6"], at["T3"], at["T1"], at["C7"] + 8, at["C5"]]
    shoulders = patient.habitus.half_width
    width = np.interp(z, heights, [0, shoulders * 1.24, shoulders * 1.12, 82, 58]).astype(f32)
    depth = np.interp(z, heights, [0, 96, 84, 66, 58]).astype(f32)
    share = np.clip((z - f32(at["T6"])) / f32(at["T3"] - at["T6"]), 0, 1)
    rising = np.clip((z - f32(at["T3"])) / f32(at["C7"] - at["T3"]), 0, 1)
    above = z > at["T3"]
    width = np.where(above, width, half_width * (1 - share) + f32(shoulders * 1.24) * share)
    depth = np.where(above, depth, half_depth * (1 - share) + f32(96) * share)
    spine_x, spine_y = line_through(patient.vertebrae, z[:, 0])
    off = spine_x if view is View.AP else spine_y - f32(8)
    smooth = max(1.0, _ROUND_MM / float(z[0, 0] - z[1, 0]))
    width, depth, off = (
        as_field(cv2.GaussianBlur(column, (1, 0), sigmaX=0.1, sigmaY=smooth)).reshape(-1, 1)
        for column in (width, depth, rising * off[:, np.newaxis])
    )
    return width, depth, off


def lung_room(patient: Patient, z: Field) -> Field:
    """How wide the chest is at a height against its full width: the lungs end in an apex above T1."""
    low, high = patient.vertebra("T7").centre[2], patient.vertebra("T1").centre[2] + 14
    share = np.clip((z - f32(low)) / f32(high - low), 0, 1)
    return np.maximum((1 - share ** f32(2.4)) ** f32(1 / 2.2), f32(1e-3))


def below_head(patient: Patient, z: Field) -> Field:
    """1 up to the neck, 0 behind the head."""
    return np.clip((f32(patient.vertebra("C3").centre[2] + 50) - z) / 40, 0, 1)


def soft_upper(patient: Patient, plane: Plane) -> Field:
    """Water of arms and head, less the air of the windpipe, in mm."""
    head = _off(patient.vertebra("C3").centre, 0, 28, 92)
    ap = plane.geometry.view is View.AP
    across, z = plane.at(float(head[1] if ap else head[0]))
    wide, deep = (76, 96) if ap else (96, 76)
    squared = ((across - f32(head[0 if ap else 1])) / f32(wide)) ** 2 + ((z - f32(head[2])) / f32(112)) ** 2
    total = f32(2 * deep) * np.sqrt(np.maximum(1 - squared, 0)) * f32(0.85)
    for number, (start, end) in enumerate(_arms(patient, plane.geometry.view)):
        radius = (_ARM_MM, _FOREARM_MM)[number % 2] * patient.habitus.half_width / 145
        total = total + _limb(plane, start, end, radius)
    return total - _trachea(patient, plane)


def hips(patient: Patient) -> Grains:
    """Hips and thighs, below the wings of the pelvis."""
    return _as_dense(join(_hips(patient)), patient)


def bones_upper(patient: Patient, view: View) -> Grains:
    """Head, shoulder girdle, and arms as they lie for a view."""
    parts = _head(patient)
    cortex = 1.6 * patient.attenuation.clavicles
    shoulders = patient.habitus.half_width
    t2, t3, t6 = (np.array(patient.vertebra(name).centre) for name in ("T2", "T3", "T6"))
    for side in (-1, 1):
        joint = _shoulder(patient, side)
        medial = _off(t3, side * 16, 92, -22)
        bend = _off((medial + joint) / 2, 0, 12, 12)
        parts += [_tube(medial, bend, 5.0, cortex), _tube(bend, _off(joint, -side * 8, 10, 18), 5.0, cortex)]
        # The scapula: a thin blade with thicker edges.
        inner, tip = _off(t2, side * 62, -38, -8), _off(t6, side * shoulders * 0.62, -42, -22)
        parts += [_blade(inner, tip, _off(joint, -side * 20, -12, -10)), _ball(joint, 23.0)]
        parts.append(_tube(inner, _off(joint, -side * 8, -14, 14), 3.0, 1.2))
    for start, end in _arms(patient, view):
        parts.append(_tube(np.array(start), np.array(end), 11.0))
    return _as_dense(join(parts), patient)


def _as_dense(grains: Grains, patient: Patient) -> Grains:
    dense = patient.density_around
    return Grains(grains.x, grains.y, grains.z, grains.volume * f32(dense))


def _shoulder(patient: Patient, side: int) -> np.ndarray:
    t2 = patient.vertebra("T2").centre
    return np.array([t2[0] * 0.5 + side * (patient.habitus.half_width * 1.06), 8.0, t2[2] - 14])


def _arms(patient: Patient, view: View) -> list[tuple[Point, Point]]:
    """Upper arms and forearms: hanging in an AP film, raised forward in a lateral one."""
    bones, pose = [], patient.habitus.arms
    lift = pose.lift if view is View.LATERAL else 0.0
    for side in (-1, 1):
        joint = _shoulder(patient, side)
        out = side * pose.out_mm
        elbow = _off(joint, out, 10 + 220 * lift, -290 + 200 * lift)
        hand = _off(elbow, 0.4 * out, 60 + 60 * lift, -230 + 400 * lift)
        bones += [_pair(joint, elbow), _pair(elbow, hand)]
    return bones


def _off(place: ArrayLike, x: float, y: float, z: float) -> np.ndarray:
    """A point a little off another."""
    return np.asarray(place) + np.array([x, y, z])


def _pair(start: np.ndarray, end: np.ndarray) -> tuple[Point, Point]:
    return tuple(map(float, start)), tuple(map(float, end))  # type: ignore[return-value]


def _limb(plane: Plane, start: Point, end: Point, radius: float) -> Field:
    """Path through a limb, taken at its middle depth, in mm."""
    ap = plane.geometry.view is View.AP
    across, z = plane.at((start[1] + end[1]) / 2 if ap else (start[0] + end[0]) / 2)
    axis = 0 if ap else 1
    off = capsule((across, z), (start[axis], start[2]), (end[axis], end[2]), 0.0)
    return 2 * np.sqrt(np.maximum(f32(radius**2) - off**2, 0))


def _trachea(patient: Patient, plane: Plane) -> Field:
    ap = plane.geometry.view is View.AP
    across, z = plane.at(0.0)
    x, y = line_through(patient.vertebrae, z[:, 0])
    middle = (x if ap else y + f32(34))[:, np.newaxis]
    low, high = patient.vertebra("T4").centre[2], patient.vertebra("C3").centre[2]
    here = np.clip((z - f32(low)) / 8, 0, 1) * np.clip((f32(high) - z) / 8, 0, 1)
    squared = ((across - middle) / f32(_TRACHEA_MM)) ** 2
    return as_field(2 * _TRACHEA_MM * np.sqrt(np.maximum(1 - squared, 0)) * here)


def _head(patient: Patient) -> list[Grains]:
    c3 = np.array(patient.vertebra("C3").centre)
    skull = _shell(_off(c3, 0, 28, 104), (72, 92, 82), 1.8)
    face = _filled(_off(c3, 0, 66, 62), (56, 46, 50), 8.0)
    jaw, chin = [_off(c3, side * 46, 24, 32) for side in (-1, 1)], _off(c3, 0, 92, 6)
    return [skull, face, *(_tube(angle, chin, 9.0) for angle in jaw)]


def _hips(patient: Patient) -> list[Grains]:
    s1, parts = np.array(patient.sacrum.centre), []
    thigh = (230.0, -20.0) if patient.stance.posture == "sitting" else (4.0, -240.0)
    for side in (-1, 1):
        head = _off(s1, side * 90, 18, -104)
        trochanter = _off(head, side * 42, -12, -26)
        seat, pubis = _off(head, -side * 22, -22, -58), _off(s1, side * 9, 62, -132)
        parts += [
            _ball(head, 24.0),
            _tube(head, trochanter, 15.0),
            _tube(trochanter, _off(trochanter, -side * 12, *thigh), 14.0, 5.0),
            _tube(_off(head, -side * 20, 0, 6), seat, 13.0),
            _tube(_off(head, -side * 16, 16, -6), pubis, 9.0),
            _tube(seat, _off(pubis, 0, 0, -14), 8.0),
        ]
    return parts


def _tube(start: np.ndarray, end: np.ndarray, radius: float, cortex: float = _CORTEX_MM) -> Grains:
    """A long bone: a cortex around marrow."""
    axis = end - start
    length = float(np.linalg.norm(axis))
    number = max(400, int(2 * np.pi * radius * length / _GRAIN_MM2))
    along, around = spread(number)
    side = np.cross(axis, (0.31, 0.55, 0.77))
    side /= np.linalg.norm(side)
    other = np.cross(axis / length, side)
    i = np.arange(number)
    marrow = i % 4 == 0
    reach = np.where(marrow, np.sqrt(i * 0.618034 % 1), 1.0) * radius
    # Ends flare, as at joints.
    reach = reach * (1 + 0.25 * np.exp(-np.minimum(along, 1 - along) * length / 14))
    theta = 2 * np.pi * around
    place = start + along[:, np.newaxis] * axis
    place = (
        place + (reach * np.cos(theta))[:, np.newaxis] * side + (reach * np.sin(theta))[:, np.newaxis] * other
    )
    cortex = min(cortex, radius / 2)
    shell = 2 * np.pi * radius * cortex * length / max(int((~marrow).sum()), 1)
    core = _MARROW * np.pi * radius**2 * length / max(int(marrow.sum()), 1)
    x, y, z = (as_field(values) for values in place.T)
    return Grains(x, y, z, as_field(np.where(marrow, core, shell)))


def _ball(centre: np.ndarray, radius: float) -> Grains:
    number = int(4 * np.pi * radius**2 / _GRAIN_MM2)
    u, v = spread(number)
    i = np.arange(number)
    marrow = i % 2 == 0
    reach = np.where(marrow, (i * 0.618034 % 1) ** (1 / 3), 1.0) * radius
    up, theta = 2 * u - 1, 2 * np.pi * v
    flat = np.sqrt(1 - up**2)
    place = centre + reach[:, np.newaxis] * np.stack([flat * np.cos(theta), flat * np.sin(theta), up], axis=1)
    shell = 4 * np.pi * radius**2 * 0.9 / max(int((~marrow).sum()), 1)
    core = 0.2 * 4 / 3 * np.pi * radius**3 / max(int(marrow.sum()), 1)
    x, y, z = (as_field(values) for values in place.T)
    return Grains(x, y, z, as_field(np.where(marrow, core, shell)))


def _blade(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> Grains:
    """A thin triangle, thicker towards the edge from b to c."""
    u, v = spread(30_000)
    fold = u + v > 1
    u, v = np.where(fold, 1 - u, u), np.where(fold, 1 - v, v)
    u, v = u[:, np.newaxis], v[:, np.newaxis]
    place = a + u * (b - a) + v * (c - a) + np.array([0, -10, 0]) * np.sin(np.pi * (u + v))
    area = float(np.linalg.norm(np.cross(b - a, c - a))) / 2
    thick = 0.9 + 5.0 * np.exp(-(1 - u - v) / 0.05) + 2.0 * np.exp(-v / 0.04)
    x, y, z = (as_field(values) for values in place.T)
    return Grains(x, y, z, as_field(thick[:, 0] * area / len(u)))


def _filled(centre: np.ndarray, radii: tuple[float, float, float], path: float) -> Grains:
    """A clump of bones and cavities, `path` mm of mineral through its middle."""
    draw = np.random.default_rng(0)
    unit = draw.normal(0, 0.42, (40_000, 3))
    lumps = draw.normal(0, 0.45, (60, 3))
    unit[::2] = lumps[draw.integers(0, 60, 20_000)] + draw.normal(0, 0.07, (20_000, 3))
    place = centre + unit * radii
    x, y, z = (as_field(values) for values in place.T)
    return Grains(x, y, z, np.full(len(unit), 2.2 * radii[0] * radii[2] * path / len(unit), f32))


def _shell(centre: np.ndarray, radii: tuple[float, float, float], thick: float) -> Grains:
    a, b, c = radii
    number = 60_000
    u, v = spread(number)
    up, theta = 2 * u - 1, 2 * np.pi * v
    flat = np.sqrt(1 - up**2)
    unit = np.stack([flat * np.cos(theta), flat * np.sin(theta), up], axis=1)
    place = centre + unit * radii
    area = 4 * np.pi * (((a * b) ** 1.6 + (a * c) ** 1.6 + (b * c) ** 1.6) / 3) ** (1 / 1.6)
    x, y, z = (as_field(values) for values in place.T)
    return Grains(x, y, z, np.full(number, area * thick / number, f32))
