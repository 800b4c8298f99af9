"""The spine as the beam sees it: mineral summed along diverging rays, vertebra by vertebra.

The distance field of a vertebra is evaluated on a coarse grid that already follows the rays, then brought
to the detector's pitch slice by slice: a distance is nearly linear, so the bone's edge stays sharp.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from mvm_core.radiograph import View
from mvm_core.simulation.anatomy import Field, Vertebra, f32
from mvm_core.simulation.pathology import compression, focus_membership, uncompressed_height
from mvm_core.simulation.patient import TEXTURE, Patient

FILM_MM = (350.0, 250.0)
"""Height and width of a film at the detector."""

SOURCE_TO_DETECTOR = 1150.0
SOURCE_TO_PATIENT = {View.AP: 1000.0, View.LATERAL: 930.0}
_COARSE = 2.0
_SLICES = 2


@dataclass(frozen=True)
class Geometry:
    """Where things fall on a film.

    Attributes
    ----------
    view : View
    shape : tuple of int
        Rows and columns.
    mm_per_pixel : float
        At the detector.
    centre : tuple of float
        Column and row where the vertebra in question falls, in pixels.
    """

    view: View
    shape: tuple[int, int]
    mm_per_pixel: float
    centre: tuple[float, float]

    @property
    def magnification(self) -> float:
        """Of an object in the plane of the vertebra in question."""
        return SOURCE_TO_DETECTOR / SOURCE_TO_PATIENT[self.view]

    def to_film(self, across: Field, z: Field) -> tuple[Field, Field]:
        """Column and row of points in the plane of the vertebra in question, given in mm."""
        scale = f32(self.magnification / self.mm_per_pixel)
        return f32(self.centre[0]) + across * scale, f32(self.centre[1]) - z * scale


def film_geometry(patient: Patient, view: View, mm_per_pixel: float) -> Geometry:
    """Lay a film out around the vertebra in question."""
    rows, columns = (round(side / mm_per_pixel) for side in FILM_MM)
    across, down = patient.exposure.offset(view)
    return Geometry(
        view,
        (rows, columns),
        mm_per_pixel,
        (columns / 2 + across / mm_per_pixel, rows / 2 + down / mm_per_pixel),
    )


@dataclass(frozen=True)
class Projection:
    """Sums along the rays, on the film's grid, in mm of cortical bone.

    Attributes
    ----------
    bone : float32 array
        All mineral of the spine.
    intact : float32 array
        Mineral of the vertebra in question if its foci were not there.
    lost, added : float32 array
        Mineral that the foci took away and added.
    vertebra : float32 array
        Path through the vertebra in question, in mm.
    cortex_lost_mm3 : float
        Volume of cortical bone that is gone by more than half.
    """

    bone: Field
    intact: Field
    lost: Field
    added: Field
    vertebra: Field
    cortex_lost_mm3: float


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
    """Coarse fields of one vertebra, shape (depth, row, column)."""

    distance: Field
    focus: Field | None
    sclerosis: Field | None
    impaction: Field | None


def project(patient: Patient, geometry: Geometry) -> Projection:
    """Sum the mineral of the spine along the rays of one film."""
    sums = {name: np.zeros(geometry.shape, f32) for name in ("bone", "intact", "lost", "added", "vertebra")}
    cortex_lost = 0.0
    for row, vertebra in enumerate(patient.vertebrae):
        window = _window(vertebra, geometry)
        if min(window.shape) < 8:
            continue
        part, gone = _project_one(patient, row, window, geometry)
        area = np.s_[window.top : window.bottom, window.left : window.right]
        sums["bone"][area] += part["bone"]
        if row == patient.diseased:
            cortex_lost = gone
            for name in ("intact", "lost", "added", "vertebra"):
                sums[name][area] += part[name]
    return Projection(**sums, cortex_lost_mm3=cortex_lost)


def _window(vertebra: Vertebra, geometry: Geometry) -> _Window:
    size, (x, y, z) = vertebra.size, vertebra.centre
    lean = size.depth * 0.5 * np.sin(np.deg2rad(abs(vertebra.tilt)))
    up, down = size.height * 0.95 + lean + 3, size.height * 1.35 + lean + 6
    back = -vertebra.posterior_wall_y + 25 + vertebra.spinous_process
    half = size.width / 2 + vertebra.transverse_process + 2
    if geometry.view is View.AP:
        across, low, high, near, far = x, -half, half, y - back, y + size.depth * 0.5 + 3
    else:
        across, low, high, near, far = y, -back, size.depth * 0.55 + 4, x - half, x + half
    ahead = -(near + far) / 2 if geometry.view is View.AP else (near + far) / 2
    scale = SOURCE_TO_DETECTOR / (SOURCE_TO_PATIENT[geometry.view] + ahead) * 1.02 / geometry.mm_per_pixel
    column, row = geometry.centre
    rows, columns = geometry.shape
    edges_across = sorted(((across + low) * scale, (across + high) * scale))
    edges_down = sorted((-(z + up) * scale, -(z - down) * scale))
    return _Window(
        left=max(0, int(column + edges_across[0])),
        right=min(columns, int(column + edges_across[1]) + 1),
        top=max(0, int(row + edges_down[0])),
        bottom=min(rows, int(row + edges_down[1]) + 1),
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
    # The AP source stands in front of the patient, that of the lateral film at the right.
    ahead = -depth if geometry.view is View.AP else depth
    share = (f32(SOURCE_TO_PATIENT[geometry.view]) + ahead) / f32(SOURCE_TO_DETECTOR)
    if geometry.view is View.AP:
        return u * share, depth, -v * share
    return depth, u * share, -v * share


def _grids(patient: Patient, row: int, window: _Window, geometry: Geometry) -> _Grids:
    vertebra = patient.vertebrae[row]
    x, y, z = vertebra.to_local(*_ray_points(window, geometry))
    collapse = None
    if row == patient.diseased:
        collapse = patient.disease.collapse
    elif patient.second is not None and patient.second[0] == row:
        collapse = patient.second[1]
    left = None
    if collapse is not None:
        left = compression(vertebra, collapse, x, y)
        z = uncompressed_height(vertebra, collapse, z, left)
    distance = vertebra.distance(x, y, z)
    if left is not None:
        distance = distance * left
    focus = sclerosis = impaction = None
    if row == patient.diseased and patient.disease.foci:
        inside, noise = focus_membership(patient.disease, x, y, z)
        amount = f32(patient.disease.amount)
        kind = patient.disease.kind
        if kind != "blastic":
            focus = inside * amount * ((noise > 0) if kind == "mixed" else f32(1))
        if kind != "lytic":
            sclerosis = inside * amount * ((noise <= 0) if kind == "mixed" else f32(1))
    if collapse is not None and collapse.impaction_band:
        impaction = f32(0.9) * np.exp(-(((z - f32(vertebra.size.height * 0.32)) / f32(2.5)) ** 2))
    return _Grids(distance, focus, sclerosis, impaction)


def _project_one(
    patient: Patient, row: int, window: _Window, geometry: Geometry
) -> tuple[dict[str, Field], float]:
    vertebra, grids = patient.vertebrae[row], _grids(patient, row, window, geometry)
    spongy = f32(0.20 * (1 - 0.55 * patient.osteopenia) * vertebra.trabecular)
    cortical = f32(0.9 * (1 - 0.3 * patient.osteopenia))
    shell_mm = f32(0.55 + 0.35 * (1 - patient.osteopenia))
    step = f32(_COARSE / _SLICES)
    sums = {name: np.zeros(window.shape, f32) for name in ("bone", "intact", "lost", "added", "vertebra")}
    wanted = row == patient.diseased
    cortex_lost = 0.0
    near = grids.distance.reshape(len(grids.distance), -1).min(axis=1) < _COARSE

    def fine(field: Field) -> Field:
        return cv2.resize(field, window.shape[::-1], interpolation=cv2.INTER_LINEAR).astype(f32, copy=False)

    for depth in range(len(near) - 1):
        if not (near[depth] or near[depth + 1]):
            continue
        here, there = fine(grids.distance[depth]), fine(grids.distance[depth + 1])
        focus = fine(grids.focus[depth]) if grids.focus is not None else None
        sclerosis = fine(grids.sclerosis[depth]) if grids.sclerosis is not None else None
        impaction = fine(grids.impaction[depth]) if grids.impaction is not None else None
        for between in range(_SLICES):
            distance = here + (there - here) * f32(between / _SLICES)
            inside = np.clip(f32(0.5) - distance, 0, 1)
            core = np.clip(f32(0.5) - distance - shell_mm, 0, 1)
            shell = inside - core
            mineral = shell * cortical + core * spongy
            if wanted:
                sums["intact"] += mineral
                sums["vertebra"] += inside
            if focus is not None:
                gone = mineral * focus
                sums["lost"] += gone
                mineral = mineral - gone
                cortex_lost += float(shell[focus > 0.5].sum())
            if sclerosis is not None:
                dense = inside * sclerosis * f32(0.5)
                sums["added"] += dense
                mineral = mineral + dense
            if impaction is not None:
                mineral = mineral + core * impaction * f32(0.16)
            sums["bone"] += mineral
    for name in sums:
        sums[name] *= step
    sums["bone"] *= _texture(patient, row, window)
    pixel_area = (geometry.mm_per_pixel / geometry.magnification) ** 2
    return sums, cortex_lost * float(step) * pixel_area


def _texture(patient: Patient, row: int, window: _Window) -> Field:
    """Spongy bone's grain, and the vertical striation that osteopenia leaves."""
    noise = patient.stream(TEXTURE, row).standard_normal((64, 64)).astype(f32)
    size = window.shape[::-1]
    grain = cv2.resize(noise, size, interpolation=cv2.INTER_CUBIC)
    striation = cv2.resize(noise[:8], size, interpolation=cv2.INTER_CUBIC)
    return 1 + f32(0.035) * grain + f32(0.05 * patient.osteopenia) * striation
