"""The patient with an intact spine, as the beam sees it."""

from dataclasses import dataclass

import numpy as np

from mvm_core.radiograph import View
from mvm_core.simulation.clutter import calcifications, metal
from mvm_core.simulation.distance import as_field, f32
from mvm_core.simulation.geometry import Geometry
from mvm_core.simulation.grains import Grains, join, splat
from mvm_core.simulation.other.grains import bones_and_cement
from mvm_core.simulation.patient import SURROUNDINGS, Patient
from mvm_core.simulation.projection import VertebraProjection, project_vertebra
from mvm_core.simulation.skeleton import pelvis, ribs
from mvm_core.simulation.tissue import Field, TissuePaths
from mvm_core.simulation.trunk import soft_parts
from mvm_core.simulation.upper import bones_upper, hips

_RIB_EVERY = 2


@dataclass(frozen=True)
class Body:
    """Paths through the patient without disease.

    Attributes
    ----------
    geometry : Geometry
    paths : TissuePaths
    lung : float32 array
        Path through lung, in mm.
    vertebrae : tuple of VertebraProjection or None
        As the patient's; None for those off the film.
    vertebral_body : tuple of float
        Left, top, right and bottom of the body of the vertebra in question, in pixels.
    """

    geometry: Geometry
    paths: TissuePaths
    lung: Field
    vertebrae: tuple[VertebraProjection | None, ...]
    vertebral_body: tuple[float, float, float, float]


def bones_around(patient: Patient) -> Grains:
    """The bones around the spine that lie alike for both films: ribs, pelvis, hips."""
    return join([ribs(patient), pelvis(patient), *([hips(patient)] if patient.hips else [])])


def project_body(patient: Patient, geometry: Geometry, around: Grains | None = None) -> Body:
    """Sum everything but the disease along the rays of one film.

    Parameters
    ----------
    around : Grains, optional
        What `bones_around` gives, where it is at hand.
    """
    place = list(View).index(geometry.view)
    soft = soft_parts(patient, geometry, patient.stream(SURROUNDINGS, place))
    bones = [around if around is not None else bones_around(patient)]
    if patient.tall:
        bones.append(bones_upper(patient, geometry.view))
    beside = bones_and_cement(patient)
    bone = splat(bones, geometry, every=_RIB_EVERY, blur_px=1.1)
    bone *= f32(patient.attenuation.bones)
    plaques = calcifications(patient, patient.stream(SURROUNDINGS, 2))
    if plaques is not None:
        bone += splat([plaques], geometry, blur_px=1.2)
    if beside:
        bone += splat(beside, geometry, blur_px=1.2)
    projections = []
    for row in range(len(patient.vertebrae)):
        projection = project_vertebra(patient, row, None, geometry)
        projections.append(projection)
        if projection is not None:
            bone[projection.area] += projection.bone
    paths = TissuePaths(
        soft=soft.soft * f32(patient.attenuation.soft),
        fat=soft.fat * f32(patient.attenuation.fat),
        bone=bone,
        metal=metal(patient, geometry, patient.stream(SURROUNDINGS, 3)),
        contrast=soft.contrast,
    )
    return Body(geometry, paths, soft.lung, tuple(projections), _vertebral_body(patient, geometry))


def _vertebral_body(patient: Patient, geometry: Geometry) -> tuple[float, float, float, float]:
    vertebra = patient.vertebrae[patient.row]
    half = [side / 2 for side in (vertebra.size.width, vertebra.size.depth, vertebra.size.height)]
    corners = np.array([[i, j, k] for i in (-1, 1) for j in (-1, 1) for k in (-1, 1)]) * half
    x, y, z = vertebra.to_patient(*(as_field(axis) for axis in corners.T))
    columns, rows = geometry.points_to_film(x, y, z)
    return float(columns.min()), float(rows.min()), float(columns.max()), float(rows.max())
