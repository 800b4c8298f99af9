"""Ribs and pelvis of a patient from the clouds of an anatomy."""

from collections.abc import Callable

import numpy as np

from mvm_core.simulation.anatomy.clouds import Cloud
from mvm_core.simulation.anatomy.library import Anatomy
from mvm_core.simulation.distance import as_field, f32, rotate
from mvm_core.simulation.grains import Grains, join
from mvm_core.simulation.morphometry import ALL_TYPICAL
from mvm_core.simulation.patient import Patient
from mvm_core.simulation.tissue import Field
from mvm_core.simulation.vertebra import Vertebra

_RIB_CORTEX_MM, _RIB_TRABECULAR = 0.55, 0.10
_PELVIS_CORTEX_MM, _PELVIS_TRABECULAR = 0.6, 0.07
_CAGE_SHARE = 0.93
"""Half-width of the chest's bones against that of the trunk."""

_Place = Callable[[Field, Field, Field], tuple[Field, Field, Field]]


def surface_rib(vertebra: Vertebra, side: int, patient: Patient, anatomy: Anatomy) -> Grains:
    """The rib of a thoracic vertebra: 1 for the left one, -1 for the right one."""
    cloud, size = anatomy.ribs[int(vertebra.name[1:]), side], vertebra.size
    wide = _CAGE_SHARE * patient.habitus.half_width / anatomy.chest_half_width
    tall = size.height / ALL_TYPICAL[vertebra.name].height
    scale = (wide, (wide + tall) / 2, tall)
    joint = (side * size.width * 0.42, -size.depth * 0.36, size.height * 0.30)
    head = vertebra.to_patient(*(as_field([value]) for value in joint))

    def place(x: Field, y: Field, z: Field) -> tuple[Field, Field, Field]:
        # A rib goes along with the turns of its vertebra, not with its kyphosis.
        x, y, z = (axis * f32(times) for axis, times in zip((x, y, z), scale, strict=True))
        x, y = rotate(x, y, vertebra.yaw)
        x, z = rotate(x, z, vertebra.roll)
        return x + head[0], y + head[1], z + head[2]

    return _grains(cloud, place, patient, float(np.cbrt(np.prod(scale))), _RIB_CORTEX_MM, _RIB_TRABECULAR)


def surface_pelvis(patient: Patient, anatomy: Anatomy) -> Grains:
    """The hip bones, at the sacrum."""
    sacrum = patient.sacrum
    shapes = anatomy.bones["S1"]
    marks = shapes[0].landmarks
    scale = (sacrum.size.width / marks.width + sacrum.size.depth / marks.depth) / 2

    def place(x: Field, y: Field, z: Field) -> tuple[Field, Field, Field]:
        return sacrum.to_patient(x * f32(scale), y * f32(scale), z * f32(scale))

    return _grains(anatomy.pelvis, place, patient, scale, _PELVIS_CORTEX_MM, _PELVIS_TRABECULAR)


def _grains(
    cloud: Cloud, place: _Place, patient: Patient, scale: float, cortex_mm: float, trabecular: float
) -> Grains:
    dense = patient.density_around
    parts = [
        (cloud.cortex, cloud.area * scale**2 * cortex_mm * dense),
        (cloud.marrow, cloud.volume * scale**3 * trabecular * dense),
    ]
    return join(
        Grains(*place(*(as_field(axis) for axis in points.T)), np.full(len(points), volume, f32))
        for points, volume in parts
    )
