"""The spine as the beam sees it: mineral summed along diverging rays, vertebra by vertebra.

The distance field of a vertebra is evaluated on a coarse grid that already follows the rays, then brought
to the detector's pitch slice by slice: a distance is nearly linear, so the bone's edge stays sharp.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from mvm_core.radiograph import View
from mvm_core.simulation import deformation
from mvm_core.simulation.distance import as_field, f32
from mvm_core.simulation.geometry import Geometry
from mvm_core.simulation.other.change import Change, Mineral
from mvm_core.simulation.pathology import LevelDisease
from mvm_core.simulation.patient import Patient
from mvm_core.simulation.tissue import Field
from mvm_core.simulation.trabeculae import texture
from mvm_core.simulation.vertebra import Vertebra

_COARSE = 1.7
_SLICES = 2
_TRABECULAR, _CORTICAL = 0.13, 1.0
_BODY_SHELL_MM, _ARCH_SHELL_MM, _ENDPLATE_MM = 0.30, 0.62, 0.22
_SCLEROTIC = 0.40
_BAND, _PRESSED = 0.55, 0.45
_NAMES = ("shell", "core", "extra", "intact", "lost", "added", "vertebra", "gas", "banded")


@dataclass(frozen=True)
class VertebraProjection:
    """Sums along the rays over the part of a film that a vertebra falls on.

    Attributes
    ----------
    area : tuple of slice
        Rows and columns of the film.
    bone : float32 array
        Mineral, in mm of cortical bone.
    intact : float32 array
        Mineral if the foci were not there.
    lost, added : float32 array
        Mineral that the foci took away and added.
    vertebra : float32 array
        Path through the vertebra, in mm.
    gas : float32 array
        Path through gas in a cleft, in mm.
    banded : float32 array
        Mineral that stands in the way because of an impaction band.
    spongy, grain : float32 array
        Mineral of the spongy bone, and by how much its grain varies it.
    mineral_lost : float
        Share of the vertebra's mineral that the foci took away.
    """

    area: tuple[slice, slice]
    bone: Field
    intact: Field
    lost: Field
    added: Field
    vertebra: Field
    gas: Field
    banded: Field
    spongy: Field
    grain: Field
    mineral_lost: float


@dataclass(frozen=True)
class _Window:
    """The part of a film that one vertebra can fall on, and the depths that it spans, in mm."""

    left: int
    right: int
    top: int
    bottom: int
    nearest: float
    farthest: float

    @property
    def shape(self) -> tuple[int, int]:
        return self.bottom - self.top, self.right - self.left


@dataclass(frozen=True)
class _Grids:
    """Coarse fields of one vertebra, shape (depth, row, column); None where disease has no part in it."""

    distance: Field
    shell_mm: Field
    focus: Field | None = None
    sclerosis: Field | None = None
    impaction: Field | None = None
    pressed: Field | None = None
    cleft: Field | None = None
    mineral: Mineral | None = None


def project_vertebra(
    patient: Patient, row: int, disease: LevelDisease | None, geometry: Geometry
) -> VertebraProjection | None:
    """Sum the mineral of one vertebra along the rays, with or without disease.

    Returns
    -------
    VertebraProjection or None
        None where the vertebra does not fall on the film.
    """
    vertebra = patient.vertebrae[row]
    window = _window(vertebra, geometry)
    if min(window.shape) < 8:
        return None
    change = patient.changes.get(row)
    if disease is None and change is not None:
        disease = change.level
    if disease is not None:
        vertebra = disease.deform(vertebra)
    grids = _grids(vertebra, disease, change, window, geometry)
    sums = _sum(patient, vertebra, grids, window)
    spongy = sums["core"] * texture(patient, row, geometry, window.shape)
    return VertebraProjection(
        area=(slice(window.top, window.bottom), slice(window.left, window.right)),
        bone=sums["shell"] + spongy + sums["extra"],
        intact=sums["intact"],
        lost=sums["lost"],
        added=sums["added"],
        vertebra=sums["vertebra"],
        gas=sums["gas"],
        banded=sums["banded"],
        spongy=sums["core"],
        grain=spongy - sums["core"],
        mineral_lost=float(sums["lost"].sum() / max(float(sums["intact"].sum()), 1.0)),
    )


def _window(vertebra: Vertebra, geometry: Geometry) -> _Window:
    (left, behind, low), (right, front, high) = vertebra.reach()
    ap = geometry.view is View.AP
    (start, end), (near, far) = ((left, right), (behind, front)) if ap else ((behind, front), (left, right))
    corners = [
        geometry.to_film(as_field(across), as_field(height), as_field(depth))
        for across in (start, end)
        for height in (low, high)
        for depth in (near, far)
    ]
    columns, rows = [float(c) for c, _ in corners], [float(r) for _, r in corners]
    height_px, width_px = geometry.shape
    return _Window(
        left=int(np.clip(min(columns), 0, width_px)),
        right=int(np.clip(max(columns) + 1, 0, width_px)),
        top=int(np.clip(min(rows), 0, height_px)),
        bottom=int(np.clip(max(rows) + 1, 0, height_px)),
        nearest=near,
        farthest=far,
    )


def _ray_points(window: _Window, geometry: Geometry) -> tuple[Field, Field, Field]:
    """Patient coordinates of a coarse grid that follows the rays, shape (depth, row, column)."""
    step = geometry.mm_per_pixel
    rows, columns = (max(3, int(side * step / _COARSE)) for side in window.shape)
    across = window.left + (np.arange(columns) + 0.5) * window.shape[1] / columns - geometry.centre[0]
    down = window.top + (np.arange(rows) + 0.5) * window.shape[0] / rows - geometry.centre[1]
    depths = np.arange(window.nearest, window.farthest + _COARSE, _COARSE)
    depth, v, u = np.meshgrid(
        depths.astype(f32), (down * step).astype(f32), (across * step).astype(f32), indexing="ij"
    )
    share = geometry.share(depth)
    if geometry.view is View.AP:
        return u * share, depth, -v * share
    return depth, u * share, -v * share


def _grids(
    vertebra: Vertebra,
    disease: LevelDisease | None,
    change: Change | None,
    window: _Window,
    geometry: Geometry,
) -> _Grids:
    x, y, z = vertebra.to_local(*_ray_points(window, geometry))
    collapse = disease.collapse if disease is not None else None
    left = None
    if collapse is not None:
        left = deformation.height_left(vertebra, collapse, x, y, disease.tilt if disease is not None else 0.0)
        z = deformation.before_collapse(vertebra, collapse, z, left)
    distance = vertebra.distance(x, y, z)
    if left is not None:
        distance = distance * left
    if vertebra.sacral and not vertebra.whole_sacrum:
        # The first sacral body has no lower endplate: it goes over into the sacrum.
        distance = distance + f32(3.5) * np.clip(-z / f32(vertebra.size.height * 0.5), 0, 1) ** 2
    shell = _shell_mm(vertebra, y, z)
    mineral = None
    if change is not None:
        mineral = change.mineral(vertebra, x, y, z, shell)
        shell = mineral.shell_mm
    if disease is None:
        return _Grids(distance, shell, mineral=mineral)
    focus, sclerosis = deformation.changed_mineral(vertebra, disease, x, y, z)
    band = deformation.impaction(vertebra, z) * f32(_BAND) if disease.band else None
    pressed = cleft = None
    if left is not None:
        # Pressed into less height, the same mineral stands denser.
        pressed = as_field((1 / left - 1) * f32(_PRESSED))
        cleft = deformation.cleft(vertebra, x, y, z) if disease.cleft else None
    return _Grids(distance, shell, focus, sclerosis, band, pressed, cleft, mineral)


def _shell_mm(vertebra: Vertebra, y: Field, z: Field) -> Field:
    """Thickness of the cortex: thin walls, firmer endplates, thick arches."""
    behind = np.clip((f32(vertebra.posterior_wall_y) - y) / f32(4.0), 0, 1)
    half = f32(vertebra.size.height / 2)
    near_endplate = np.clip(1 - (half - np.abs(z)) / f32(4.0), 0, 1)
    endplate = f32(_ENDPLATE_MM + vertebra.sclerosis) * near_endplate
    if vertebra.sacral:
        endplate = endplate * (z > 0) - f32(_BODY_SHELL_MM * 0.9) * (z < 0)
    return (f32(_BODY_SHELL_MM) + endplate) * (1 - behind) + f32(_ARCH_SHELL_MM) * behind


def spongy_mineral(patient: Patient, vertebra: Vertebra) -> float:
    """Cortical bone, in mm, that attenuates as 1 mm of a vertebra's spongy bone."""
    strength = patient.attenuation.spine
    return _TRABECULAR * (1 - 0.6 * patient.osteopenia) * vertebra.trabecular * strength


def _sum(patient: Patient, vertebra: Vertebra, grids: _Grids, window: _Window) -> dict[str, Field]:
    strength = patient.attenuation.spine
    spongy = f32(spongy_mineral(patient, vertebra))
    cortical = f32(_CORTICAL * (1 - 0.25 * patient.osteopenia) * strength)
    thick = f32(1.15 - 0.4 * patient.osteopenia)
    step = f32(_COARSE / _SLICES)
    sums = {name: np.zeros(window.shape, f32) for name in _NAMES}
    near = grids.distance.reshape(len(grids.distance), -1).min(axis=1) < _COARSE

    def fine(field: Field, depth: int) -> Field:
        resized = cv2.resize(field[depth], window.shape[::-1], interpolation=cv2.INTER_LINEAR)
        return resized.astype(f32, copy=False)

    def fine_if_any(field: Field | None, depth: int) -> Field | None:
        return None if field is None else fine(field, depth)

    for depth in range(len(near) - 1):
        if not (near[depth] or near[depth + 1]):
            continue
        here, there = fine(grids.distance, depth), fine(grids.distance, depth + 1)
        shell_mm = fine(grids.shell_mm, depth)
        focus, sclerosis = fine_if_any(grids.focus, depth), fine_if_any(grids.sclerosis, depth)
        band, pressed = fine_if_any(grids.impaction, depth), fine_if_any(grids.pressed, depth)
        cleft, other = fine_if_any(grids.cleft, depth), grids.mineral
        if other is not None:
            loosened, built, gone = (fine(field, depth) for field in (other.spongy, other.dense, other.gone))
        for between in range(_SLICES):
            distance = here + (there - here) * f32(between / _SLICES)
            inside = np.clip(f32(0.5) - distance, 0, 1)
            core = np.clip(f32(0.5) - distance - shell_mm * thick, 0, 1)
            shell = inside - core
            sums["vertebra"] += inside
            shell_mineral, core_mineral = shell * cortical, core * spongy
            if other is not None:
                shell_mineral = shell_mineral * (1 - gone)
                core_mineral = core_mineral * loosened * (1 - gone)
                sums["extra"] += inside * built * (1 - gone) * f32(strength)
            if band is not None:
                impacted = core_mineral * band
                sums["banded"] += impacted
            if pressed is not None:
                core_mineral = core_mineral * (1 + pressed)
            if band is not None:
                core_mineral = core_mineral + impacted
            if cleft is not None:
                sums["gas"] += core * cleft
                core_mineral = core_mineral * (1 - cleft)
            if focus is not None or sclerosis is not None:
                sums["intact"] += shell_mineral + core_mineral
            if focus is not None:
                sums["lost"] += (shell_mineral + core_mineral) * focus
                shell_mineral, core_mineral = shell_mineral * (1 - focus), core_mineral * (1 - focus)
            if sclerosis is not None:
                dense = core * sclerosis * f32(_SCLEROTIC * strength)
                sums["added"] += dense
                sums["extra"] += dense
            sums["shell"] += shell_mineral
            sums["core"] += core_mineral
    if grids.focus is None and grids.sclerosis is None:
        sums["intact"] = sums["shell"] + sums["core"]
    for name in sums:
        sums[name] *= step
    return sums
