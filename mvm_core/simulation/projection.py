"""The spine as the beam sees it: mineral summed along diverging rays, vertebra by vertebra.

The distance field of a vertebra is evaluated on a coarse grid that already follows the rays, then brought
to the detector's pitch slice by slice, where there is bone: a distance is nearly linear, so the bone's edge
stays sharp.
"""

from collections.abc import Iterator
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
_REACH_MM = 0.5
"""A ray's share of a slice falls from 1 to 0 over this distance on both sides of the surface."""

_TRABECULAR, _CORTICAL = 0.13, 1.0
_BODY_SHELL_MM, _ARCH_SHELL_MM, _PROCESS_SHELL_MM, _ENDPLATE_MM = 0.30, 0.62, 0.42, 0.22
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
    times: int

    @property
    def shape(self) -> tuple[int, int]:
        return self.bottom - self.top, self.right - self.left

    @property
    def coarse(self) -> tuple[int, int]:
        """Rows and columns of the coarse grid, of which each cell covers `times` pixels a side."""
        rows, columns = self.shape
        return -(-rows // self.times), -(-columns // self.times)


@dataclass(frozen=True)
class _Grids:
    """Coarse fields of one vertebra, shape (depth, row, column); None where all is usual or healthy."""

    distance: Field
    shell_mm: Field
    strength: Field | None = None
    focus: Field | None = None
    sclerosis: Field | None = None
    impaction: Field | None = None
    pressed: Field | None = None
    cleft: Field | None = None
    mineral: Mineral | None = None

    @property
    def plain(self) -> bool:
        """Whether the bone is as it grew."""
        changes = (self.focus, self.sclerosis, self.impaction, self.pressed, self.cleft, self.mineral)
        return all(change is None for change in changes)


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
    grids = _grids(vertebra, disease, change, window, geometry, patient.attenuation.arches)
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
        times=max(1, round(_COARSE / geometry.mm_per_pixel)),
    )


def _ray_points(window: _Window, geometry: Geometry) -> tuple[Field, Field, Field]:
    """Patient coordinates of a coarse grid that follows the rays, shape (depth, row, column)."""
    rows, columns = window.coarse
    column = window.left + (np.arange(columns) + 0.5) * window.times
    row = window.top + (np.arange(rows) + 0.5) * window.times
    depths = np.arange(window.nearest, window.farthest + _COARSE, _COARSE)
    depth, v, u = np.meshgrid(depths.astype(f32), row.astype(f32), column.astype(f32), indexing="ij")
    across, z = geometry.from_film(u, v, depth)
    return (across, depth, z) if geometry.view is View.AP else (depth, across, z)


def _grids(
    vertebra: Vertebra,
    disease: LevelDisease | None,
    change: Change | None,
    window: _Window,
    geometry: Geometry,
    arches: float,
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
    strength = None if arches == 1 else as_field(1 + f32(arches - 1) * _behind(vertebra, y))
    mineral = None
    if change is not None:
        mineral = change.mineral(vertebra, x, y, z, shell)
        shell = mineral.shell_mm
    if disease is None:
        return _Grids(distance, shell, strength, mineral=mineral)
    focus, sclerosis = deformation.changed_mineral(vertebra, disease, x, y, z)
    band = deformation.impaction(vertebra, z) * f32(_BAND) if disease.band else None
    pressed = cleft = None
    if left is not None:
        # Pressed into less height, the same mineral stands denser.
        pressed = as_field((1 / left - 1) * f32(_PRESSED))
        cleft = deformation.cleft(vertebra, x, y, z) if disease.cleft else None
    return _Grids(distance, shell, strength, focus, sclerosis, band, pressed, cleft, mineral)


def _shell_mm(vertebra: Vertebra, y: Field, z: Field) -> Field:
    """Thickness of the cortex: thin walls, firmer endplates, thick arches, thinner spinous processes."""
    behind = _behind(vertebra, y)
    half = f32(vertebra.size.height / 2)
    near_endplate = np.clip(1 - (half - np.abs(z)) / f32(4.0), 0, 1)
    endplate = f32(_ENDPLATE_MM + vertebra.sclerosis) * near_endplate
    if vertebra.sacral:
        endplate = endplate * (z > 0) - f32(_BODY_SHELL_MM * 0.9) * (z < 0)
    on_process = np.clip((f32(vertebra.lamina_y - 5) - y) / f32(6.0), 0, 1)
    arch = f32(_ARCH_SHELL_MM) + f32(_PROCESS_SHELL_MM - _ARCH_SHELL_MM) * on_process
    return (f32(_BODY_SHELL_MM) + endplate) * (1 - behind) + arch * behind


def _behind(vertebra: Vertebra, y: Field) -> Field:
    """1 behind the body, 0 in it."""
    return np.clip((f32(vertebra.posterior_wall_y) - y) / f32(4.0), 0, 1)


def spongy_mineral(patient: Patient, vertebra: Vertebra) -> float:
    """Cortical bone, in mm, that attenuates as 1 mm of a vertebra's spongy bone."""
    strength = patient.attenuation.spine * patient.attenuation.spongy
    return _TRABECULAR * (1 - 0.6 * patient.osteopenia) * vertebra.trabecular * strength


def _sum(patient: Patient, vertebra: Vertebra, grids: _Grids, window: _Window) -> dict[str, Field]:
    strength = patient.attenuation.spine
    spongy = f32(spongy_mineral(patient, vertebra))
    cortical = f32(_CORTICAL * (1 - 0.25 * patient.osteopenia) * strength)
    thick = f32(1.15 - 0.4 * patient.osteopenia)
    rows, columns = (side * window.times for side in window.coarse)
    sums = {name: np.zeros((rows, columns), f32) for name in _NAMES}
    plain = grids.plain
    for plane, depth, cells in _planes(grids.distance):
        fine = _Fine(cells, window.times)
        distance = fine.of(plane)
        inside = np.clip(f32(_REACH_MM) - distance, 0, 1)
        core = np.clip(f32(_REACH_MM) - distance - fine.of(grids.shell_mm[depth]) * thick, 0, 1)
        if grids.strength is not None:
            inside, core = (part * fine.of(grids.strength[depth]) for part in (inside, core))
        sums["vertebra"][fine.area] += inside
        if plain:
            sums["core"][fine.area] += core
            continue
        shell_mineral, core_mineral = (inside - core) * cortical, core * spongy
        for name, added in _changed(grids, fine, depth, inside, core, shell_mineral, core_mineral, strength):
            sums[name][fine.area] += added
    if plain:
        sums["shell"] = (sums["vertebra"] - sums["core"]) * cortical
        sums["core"] *= spongy
    if grids.focus is None and grids.sclerosis is None:
        sums["intact"] = sums["shell"] + sums["core"]
    step = f32(_COARSE / _SLICES)
    return {name: field[: window.shape[0], : window.shape[1]] * step for name, field in sums.items()}


@dataclass(frozen=True)
class _Fine:
    """Some cells of the coarse grid, and how they are brought to the detector's pitch."""

    cells: tuple[slice, slice]
    times: int

    @property
    def area(self) -> tuple[slice, slice]:
        """The pixels that they cover."""
        down, across = self.cells
        return (
            slice(down.start * self.times, down.stop * self.times),
            slice(across.start * self.times, across.stop * self.times),
        )

    def of(self, plane: Field) -> Field:
        """A plane of the coarse grid on these pixels."""
        part = plane[self.cells]
        size = part.shape[1] * self.times, part.shape[0] * self.times
        return as_field(cv2.resize(part, size, interpolation=cv2.INTER_LINEAR))


def _planes(distance: Field) -> Iterator[tuple[Field, int, tuple[slice, slice]]]:
    """Planes across the beam, `_SLICES` a step: distances, the step's index, and the cells near bone."""
    for depth in range(len(distance) - 1):
        here, there = distance[depth], distance[depth + 1]
        for between in range(_SLICES):
            plane = here + (there - here) * f32(between / _SLICES) if between else here
            near = plane < _REACH_MM
            rows, columns = np.flatnonzero(near.any(axis=1)), np.flatnonzero(near.any(axis=0))
            if len(rows):
                # The cells around them take part in the interpolation.
                yield (
                    plane,
                    depth,
                    (
                        slice(max(0, int(rows[0]) - 1), min(plane.shape[0], int(rows[-1]) + 2)),
                        slice(max(0, int(columns[0]) - 1), min(plane.shape[1], int(columns[-1]) + 2)),
                    ),
                )


def _changed(
    grids: _Grids,
    fine: _Fine,
    depth: int,
    inside: Field,
    core: Field,
    shell_mineral: Field,
    core_mineral: Field,
    strength: float,
) -> Iterator[tuple[str, Field]]:
    """What one plane of a changed vertebra adds to the sums."""

    def there(field: Field | None) -> Field | None:
        return None if field is None else fine.of(field[depth])

    focus, sclerosis = there(grids.focus), there(grids.sclerosis)
    band, pressed, cleft = there(grids.impaction), there(grids.pressed), there(grids.cleft)
    if grids.mineral is not None:
        other = grids.mineral
        loosened, built, gone = (fine.of(field[depth]) for field in (other.spongy, other.dense, other.gone))
        shell_mineral = shell_mineral * (1 - gone)
        core_mineral = core_mineral * loosened * (1 - gone)
        yield "extra", inside * built * (1 - gone) * f32(strength)
    impacted = core_mineral * band if band is not None else None
    if pressed is not None:
        core_mineral = core_mineral * (1 + pressed)
    if impacted is not None:
        yield "banded", impacted
        core_mineral = core_mineral + impacted
    if cleft is not None:
        yield "gas", core * cleft
        core_mineral = core_mineral * (1 - cleft)
    if focus is not None or sclerosis is not None:
        yield "intact", shell_mineral + core_mineral
    if focus is not None:
        yield "lost", (shell_mineral + core_mineral) * focus
        shell_mineral, core_mineral = shell_mineral * (1 - focus), core_mineral * (1 - focus)
    if sclerosis is not None:
        dense = core * sclerosis * f32(_SCLEROTIC * strength)
        yield "added", dense
        yield "extra", dense
    yield "shell", shell_mineral
    yield "core", core_mineral
