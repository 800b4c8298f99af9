"""What a disease changes on one film, and where."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import cv2
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

SIGN_LOSS = 0.5
SIGN_DIAMETER_MM = 10.0
CORTEX_BREAK_MM3 = 40.0
"""From which loss the flag is *sign*: share of mineral in the beam over a diameter, or cortex gone."""

_VISIBLE_MM = 0.25
_MASS_IN_LUNG, _MASS_IN_FAT = 0.74, 0.15


@dataclass(frozen=True)
class DiseaseOnFilm:
    """The disease as one film shows it.

    Attributes
    ----------
    paths : TissuePaths
        Of the patient with the disease.
    lesion_mask, vertebra_mask : bool array
        As in `SimulatedFilm`.
    share_lost : float32 array or None
        Share of the mineral of the vertebra in question that is lost in each ray; None without foci.
    cortex_lost_mm3 : float
        Volume of cortical bone that foci destroyed.
    mineral_lost : float
        Share of the vertebra's mineral that foci took away.
    lesion_mm : float
        Diameter, in the patient, of the circle as large as the lesion.
    """

    paths: TissuePaths = field(repr=False)
    lesion_mask: NDArray[np.bool_] = field(repr=False)
    vertebra_mask: NDArray[np.bool_] = field(repr=False)
    share_lost: Field | None = field(repr=False)
    cortex_lost_mm3: float
    mineral_lost: float
    lesion_mm: float


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
        return DiseaseOnFilm(body.paths, lesion, vertebra, None, 0.0, 0.0, across)
    if not disease.levels:
        return DiseaseOnFilm(body.paths, lesion, vertebra, None, 0.0, 0.0, 0.0)
    bone, soft = body.paths.bone.copy(), body.paths.soft.copy()
    share_lost, cortex_lost, mineral_lost = None, 0.0, 0.0
    for row, level in disease.levels.items():
        before, after = body.vertebrae[row], project_vertebra(patient, row, level, geometry)
        if before is None or after is None:
            continue
        bone[after.area] += after.bone - before.bone
        soft[after.area] -= after.gas
        if level.mass is not None:
            soft += _mass(patient, row, level.mass, body, geometry)
        if row != patient.row:
            continue
        vertebra[after.area] = after.vertebra > 1.0
        lesion[after.area] = after.lost + after.added > _VISIBLE_MM
        if not level.foci:
            lesion = vertebra & _window(body.vertebral_body, shape)
        share_lost = _share_lost(after, shape)
        cortex_lost, mineral_lost = after.cortex_lost_mm3, after.mineral_lost
    pixel = (geometry.mm_per_pixel / geometry.magnification) ** 2
    return DiseaseOnFilm(
        paths=replace(body.paths, bone=np.maximum(bone, 0), soft=np.maximum(soft, 1)),
        lesion_mask=lesion,
        vertebra_mask=vertebra,
        share_lost=share_lost,
        cortex_lost_mm3=cortex_lost,
        mineral_lost=mineral_lost,
        lesion_mm=float(2 * np.sqrt(lesion.sum() * pixel / np.pi)),
    )


def has_sign(shown: Iterable[DiseaseOnFilm], mm_per_pixel: float) -> bool:
    """Whether a metastasis shows a radiographic sign in one of its films, computed from the bone."""
    across = max(1, round(SIGN_DIAMETER_MM / mm_per_pixel))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (across, across))
    for each in shown:
        if each.cortex_lost_mm3 >= CORTEX_BREAK_MM3:
            return True
        if each.share_lost is not None:
            lost = (each.share_lost >= SIGN_LOSS).astype(np.uint8)
            if cv2.erode(lost, disc).any():
                return True
    return False


def _share_lost(projection: VertebraProjection, shape: tuple[int, int]) -> Field:
    share = np.zeros(shape, f32)
    share[projection.area] = projection.lost / np.maximum(projection.intact, 0.5)
    return share


def _mass(patient: Patient, row: int, mass: Focus, body: Body, geometry: Geometry) -> Field:
    """Water that a soft mass adds to the beam: much where it displaces lung, little in fat."""
    x, y, z = patient.vertebrae[row].to_patient(*(as_field([value]) for value in (mass.x, mass.y, mass.z)))
    ap = geometry.view is View.AP
    across, height = Plane(geometry, 1).at(float(y[0] if ap else x[0]))
    squared = ((across - (x[0] if ap else y[0])) / f32(mass.radius)) ** 2
    squared = squared + ((height - z[0]) / f32(mass.radius * 1.4)) ** 2
    chord = f32(2 * mass.radius) * np.sqrt(np.maximum(1 - squared, 0))
    in_lung = np.clip(body.lung / 30, 0, 1)
    return chord * (f32(_MASS_IN_FAT) + f32(_MASS_IN_LUNG - _MASS_IN_FAT) * in_lung)


def _window(edges: tuple[float, float, float, float], shape: tuple[int, int]) -> NDArray[np.bool_]:
    left, top, right, bottom = (max(0, round(edge)) for edge in edges)
    window = np.zeros(shape, bool)
    window[top:bottom, left:right] = True
    return window
