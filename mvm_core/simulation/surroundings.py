"""What lies around the spine: trunk, lungs, gas, psoas, ribs, pelvis and the wall of the aorta."""

import cv2
import numpy as np

from mvm_core.radiograph import View
from mvm_core.simulation.anatomy import NAMES, Field, f32
from mvm_core.simulation.patient import Patient
from mvm_core.simulation.projection import Geometry

_HALF_WIDTH, _HALF_DEPTH = 165.0, 115.0
_FRONT_OF_SPINE = 35.0


def soft_tissue(patient: Patient, geometry: Geometry, draw: np.random.Generator) -> Field:
    """Path through soft tissue, in mm of water, shape as the film; lungs and gas are left out of it."""
    across, z = _plane(geometry)
    half_width, half_depth = f32(_HALF_WIDTH * patient.girth), f32(_HALF_DEPTH * patient.girth)
    diaphragm = patient.vertebra("T12").centre[2]
    if geometry.view is View.AP:
        path = 2 * half_depth * np.sqrt(np.clip(1 - (across / half_width) ** 2, 0, 1))
        dome = diaphragm + 25 + 10 * np.cos(across / 35)
        mediastinum = f32(28 + draw.normal(0, 4))
        lung = np.clip((np.abs(across) - mediastinum) / 18, 0, 1)
        lung = lung * np.clip((135 - np.abs(across)) / 25, 0, 1) * half_depth * f32(1.15)
    else:
        front = across - f32(_FRONT_OF_SPINE)
        path = f32(1.84) * half_width * np.sqrt(np.clip(1 - (front / half_depth) ** 2, 0, 1))
        dome = diaphragm + 40 - ((across - 60) / 60) ** 2 * 25
        lung = np.clip((across + 10) / 35, 0, 1) * np.clip((130 - across) / 40, 0, 1) * half_width
        behind = np.clip((-across - 20) / 20, 0, 1) * np.clip((across + 75) / 20, 0, 1) * 60
        lung = lung + behind
    above = np.clip((z - dome) / 4, 0, 1)
    path = path - lung * above * f32(patient.exposure.aeration)
    if geometry.view is View.AP:
        path = path + _psoas(across, z, diaphragm)
    path = path - _gas(patient, geometry.view, across, z)
    for size_px, depth_mm in ((40, 5.0), (12, 2.0)):
        path = path + _mottle(geometry.shape, size_px, draw) * f32(depth_mm)
    return np.maximum(path, 8).astype(f32)


def other_bone(patient: Patient, geometry: Geometry, draw: np.random.Generator) -> Field:
    """Path through ribs, pelvis and a calcified aorta, in mm of cortical bone, shape as the film."""
    bone = cv2.GaussianBlur(_ribs(patient, geometry), (0, 0), 0.48 / geometry.mm_per_pixel)
    bone = bone + _pelvis(patient, geometry)
    if patient.calcified_aorta:
        across, z = _plane(geometry)
        top = patient.vertebra("T12").centre[2]
        wall = np.clip(1 - np.abs(across - (18 if geometry.view is View.AP else 38)), 0, 1)
        wall = wall * np.clip((top - z) / 30, 0, 1) * np.clip((z - top + 130) / 30, 0, 1)
        flecks = cv2.resize(draw.random((20, 3)).astype(f32), geometry.shape[::-1]) > 0.45
        bone = bone + cv2.GaussianBlur(
            (wall * flecks).astype(f32), (0, 0), 0.6 / geometry.mm_per_pixel
        ) * f32(1.2)
    return bone


def _plane(geometry: Geometry) -> tuple[Field, Field]:
    rows, columns = geometry.shape
    scale = geometry.mm_per_pixel / geometry.magnification
    across = ((np.arange(columns) - geometry.centre[0]) * scale).astype(f32)[np.newaxis, :]
    z = (-(np.arange(rows) - geometry.centre[1]) * scale).astype(f32)[:, np.newaxis]
    return across, z


def _psoas(across: Field, z: Field, diaphragm: float) -> Field:
    below = np.clip(diaphragm - z, 0, 200)
    muscle = np.zeros(np.broadcast_shapes(across.shape, z.shape), f32)
    for side in (-1, 1):
        offset = np.abs(side * across - (25 + below * f32(0.22)))
        muscle += 12 * np.clip(1 - offset / (10 + below * f32(0.08)), 0, 1) * np.clip(below / 20, 0, 1)
    return muscle


def _gas(patient: Patient, view: View, across: Field, z: Field) -> Field:
    gas = np.zeros(np.broadcast_shapes(across.shape, z.shape), f32)
    for bubble in patient.gas:
        middle = bubble.x if view is View.AP else bubble.y
        squared = ((across - f32(middle)) / f32(bubble.radius * bubble.stretch)) ** 2
        squared = squared + ((z - f32(bubble.z)) / f32(bubble.radius)) ** 2
        edge = 1 + f32(0.15) * np.sin(across / 6 + f32(bubble.x)) + f32(0.15) * np.cos(z / 7 + f32(bubble.z))
        gas += f32(1.28 * bubble.radius) * np.sqrt(np.clip(edge - squared, 0, 1))
    return gas


def _mottle(shape: tuple[int, int], size_px: int, draw: np.random.Generator) -> Field:
    coarse = draw.standard_normal((shape[0] // (2 * size_px) + 2, shape[1] // (2 * size_px) + 2))
    return cv2.resize(coarse.astype(f32), shape[::-1], interpolation=cv2.INTER_CUBIC).astype(f32, copy=False)


def _ribs(patient: Patient, geometry: Geometry) -> Field:
    ribs = np.zeros(geometry.shape, f32)
    lengths = {"T11": 0.45, "T12": 0.28}
    outer, inner = (max(1, int(mm / geometry.mm_per_pixel)) for mm in (10.0, 7.5))
    for vertebra in patient.vertebrae:
        if vertebra.lumbar:
            continue
        x, y, z = vertebra.centre
        along = np.linspace(0, lengths.get(vertebra.name, 1.0), 60)
        for side in (-1, 1):
            if geometry.view is View.AP:
                across = x + side * (vertebra.size.width * 0.4 + 125 * np.sin(along * 2.2))
            else:
                back = 45 * np.sin(np.minimum(along * 4, np.pi / 2))
                across = y - vertebra.size.depth * 0.5 - 10 - back + along * 190 + side * 4
            down = z + 4 - along * 75 + 8 * np.sin(along * 6)
            line = _points(geometry, across, down)
            for width, depth in ((outer, 2.6), (inner, -1.4)):
                drawn = np.zeros(geometry.shape, np.uint8)
                cv2.polylines(drawn, [line], False, 255, width, cv2.LINE_AA, 3)
                ribs += drawn.astype(f32) * f32(depth / 255)
    return ribs * f32(patient.exposure.rib_density)


def _pelvis(patient: Patient, geometry: Geometry) -> Field:
    z = patient.vertebrae[NAMES.index("S1")].centre[2]
    if geometry.view is View.AP:
        half = [(38, 5), (70, 38), (115, 50), (145, 25), (140, -60), (60, -90), (42, -45)]
        outlines = [[(side * x, z + down) for x, down in half] for side in (-1, 1)]
    else:
        outline = [(-30, 25), (0, 48), (45, 38), (70, -20), (40, -100), (-40, -100)]
        outlines = [[(x, z + down) for x, down in outline]]
    pelvis = np.zeros(geometry.shape, f32)
    blur = 2.4 / geometry.mm_per_pixel
    for corners in outlines:
        filled = np.zeros(geometry.shape, np.uint8)
        across, down = np.array(corners).T
        cv2.fillPoly(filled, [_points(geometry, across, down)], 255, cv2.LINE_AA, 3)
        edge = cv2.Canny(filled, 50, 100).astype(f32) / 255
        pelvis += cv2.GaussianBlur(filled.astype(f32) / 255, (0, 0), blur) * f32(3.0)
        pelvis += cv2.GaussianBlur(edge, (0, 0), blur * 0.4) * f32(4.0)
    return pelvis


def _points(geometry: Geometry, across: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Film points in OpenCV's fixed point with three fractional bits."""
    columns, rows = geometry.to_film(across.astype(f32), z.astype(f32))
    return np.round(np.stack([columns, rows], axis=1) * 8).astype(np.int32)
