"""What a disease changes on one film, and where."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from mvm_core.radiograph import View
from mvm_core.simulation.body import Body
from mvm_core.simulation.distance import as_field, f32
from mvm_core.simulation.geometry import Geometry, Plane
from mvm_core.simulation.other import OTHER
from mvm_core.simulation.pathology import Disease, Focus
from mvm_core.simulation.patient import Patient
from mvm_core.simulation.projection import VertebraProjection, project_vertebra
from mvm_core.simulation.tissue import Field, TissuePaths

_VISIBLE_MM = 0.25
_MASS_IN_LUNG, _MASS_IN_FAT = 0.74, 0.15
_LEAST_RIM_MM = 0.2


@dataclass(frozen=True)
class DiseaseOnFilm:
    """The disease as one film shows it.

    Attributes
    ----------
    paths : TissuePaths
        Of the patient with the disease.
    lesion_mask, vertebra_mask : bool array
        As in `SimulatedFilm`.
    vertebra : VertebraProjection or None
        The vertebra in question with its disease; None without, or off the film.
    mass, rim : float32 array or None
        Water that a mass and a rim of blood at the vertebra in question add to the beam, in mm.
    mineral_lost : float
        Share of the vertebra's mineral that foci took away.
    lesion_mm : float
        Diameter, in the patient, of the circle as large as the lesion.
    """

    paths: TissuePaths = field(repr=False)
    lesion_mask: NDArray[np.bool_] = field(repr=False)
    vertebra_mask: NDArray[np.bool_] = field(repr=False)
    mineral_lost: float
    lesion_mm: float
    vertebra: VertebraProjection | None = field(default=None, repr=False)
    mass: Field | None = field(default=None, repr=False)
    rim: Field | None = field(default=None, repr=False)


def disease_on_film(patient: Patient, disease: Disease, body: Body, geometry: Geometry) -> DiseaseOnFilm:
    """Put a disease into the patient and sum again what it changes."""
    shape, own = geometry.shape, body.vertebrae[patient.row]
    lesion, vertebra = np.zeros(shape, bool), np.zeros(shape, bool)
    if own is not None:
        vertebra[own.area] = own.vertebra > 1.0
    if disease.label == OTHER:
        # It is part of the patient, not laid over: the body of the vertebra stands for it.
        lesion = vertebra & _window(body.vertebral_body, shape)
        pixel = (geometry.mm_per_pixel / geometry.magnification) ** 2
        across = float(2 * np.sqrt(lesion.sum() * pixel / np.pi))
        return DiseaseOnFilm(body.paths, lesion, vertebra, 0.0, across)
    if not disease.levels:
        return DiseaseOnFilm(body.paths, lesion, vertebra, 0.0, 0.0)
    bone, soft = body.paths.bone.copy(), body.paths.soft.copy()
    shown, own_mass, own_rim = None, None, None
    for row, level in disease.levels.items():
        before, after = body.vertebrae[row], project_vertebra(patient, row, level, geometry)
        if before is None or after is None:
            continue
        bone[after.area] += after.bone - before.bone
        soft[after.area] -= after.gas
        mass = _mass(patient, row, level.mass, body, geometry) if level.mass is not None else None
        rim = _rim(patient, row, level.haematoma, body, geometry) if level.haematoma else None
        for added in (mass, rim):
            if added is not None:
                soft += added
        if row == patient.row:
            shown, own_mass, own_rim = after, mass, rim
    if shown is not None:
        vertebra[shown.area] = shown.vertebra > 1.0
        lesion[shown.area] = shown.lost + shown.added > _VISIBLE_MM
        if not lesion.any() or disease.label == "bvf":
            lesion = vertebra & _window(body.vertebral_body, shape)
    pixel = (geometry.mm_per_pixel / geometry.magnification) ** 2
    return DiseaseOnFilm(
        paths=replace(body.paths, bone=np.maximum(bone, 0), soft=np.maximum(soft, 1)),
        lesion_mask=lesion,
        vertebra_mask=vertebra,
        mineral_lost=shown.mineral_lost if shown is not None else 0.0,
        lesion_mm=float(2 * np.sqrt(lesion.sum() * pixel / np.pi)),
        vertebra=shown,
        mass=own_mass,
        rim=own_rim,
    )


def _mass(patient: Patient, row: int, mass: Focus, body: Body, geometry: Geometry) -> Field:
    """Water that a soft mass adds to the beam: much where it displaces lung, little in fat."""
    x, y, z = patient.vertebrae[row].to_patient(*(as_field([value]) for value in (mass.x, mass.y, mass.z)))
    ap = geometry.view is View.AP
    across, height = Plane(geometry, 1).at(float(y[0] if ap else x[0]))
    squared = ((across - (x[0] if ap else y[0])) / f32(mass.radius)) ** 2
    upwards = ((height - z[0]) / f32(mass.radius * 1.4)) ** 2
    area = _shown(upwards < 1, squared < 1)
    chord = f32(2 * mass.radius) * np.sqrt(np.maximum(1 - (squared[:, area[1]] + upwards[area[0]]), 0))
    return _displacing(chord, area, body)


def _rim(patient: Patient, row: int, thickness: float, body: Body, geometry: Geometry) -> Field:
    """Water that a rim of blood around a body adds to the beam, thickest at mid height."""
    vertebra, ap = patient.vertebrae[row], geometry.view is View.AP
    size, (x, y, z) = vertebra.size, vertebra.centre
    across, height = Plane(geometry, 1).at(y if ap else x)
    thick = f32(thickness) * np.exp(-(((height - f32(z)) / f32(0.6 * size.height)) ** 2))
    half, deep = (size.width / 2, size.depth / 2) if ap else (size.depth / 2, size.width / 2)
    offset = across - f32(x if ap else y)
    area = _shown(thick > _LEAST_RIM_MM, np.abs(offset) < half + thickness)
    thick, offset = thick[area[0]], offset[:, area[1]]
    outer = np.sqrt(np.maximum(1 - (offset / (f32(half) + thick)) ** 2, 0)) * (f32(deep) + thick)
    inner = np.sqrt(np.maximum(1 - (offset / f32(half)) ** 2, 0)) * f32(deep)
    return _displacing(as_field(2 * (outer - inner)), area, body)


def _shown(rows: NDArray[np.bool_], columns: NDArray[np.bool_]) -> tuple[slice, slice]:
    """The part of the film from the first to the last row and column."""
    down, across = (np.flatnonzero(each) for each in (rows, columns))
    if not (len(down) and len(across)):
        return slice(0, 0), slice(0, 0)
    return slice(int(down[0]), int(down[-1]) + 1), slice(int(across[0]), int(across[-1]) + 1)


def _displacing(water: Field, area: tuple[slice, slice], body: Body) -> Field:
    """Of soft tissue in the way what counts: nearly all of it in lung, little in fat."""
    in_lung = np.clip(body.lung[area] / 30, 0, 1)
    found = np.zeros(body.lung.shape, f32)
    found[area] = water * (_MASS_IN_FAT + (_MASS_IN_LUNG - _MASS_IN_FAT) * in_lung)
    return found


def _window(edges: tuple[float, float, float, float], shape: tuple[int, int]) -> NDArray[np.bool_]:
    left, top, right, bottom = (max(0, round(edge)) for edge in edges)
    window = np.zeros(shape, bool)
    window[top:bottom, left:right] = True
    return window
