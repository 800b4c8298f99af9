"""Every vertebra of a patient as one film shows it: what it has, where its body lies, how high it is."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mvm_core.cohort.levels import HEIGHT_COLUMNS, Corners, LevelRow, Middles
from mvm_core.radiograph import View
from mvm_core.simulation import deformation
from mvm_core.simulation.distance import as_field, f32
from mvm_core.simulation.geometry import Geometry
from mvm_core.simulation.morphometry import TYPICAL, UPPER
from mvm_core.simulation.other import OTHER
from mvm_core.simulation.overlay import field_corners
from mvm_core.simulation.pathology import Collapse, Disease, LevelDisease
from mvm_core.simulation.patient import Patient
from mvm_core.simulation.tissue import Field
from mvm_core.simulation.vertebra import Vertebra

Points = NDArray[np.float64]
NAMED = (*(name for name in UPPER if name.startswith("T")), *TYPICAL)
"""The vertebrae that the table lists: T1 to S1."""

_EDGE_MM = 0.5
"""What lies within this of the extreme edge of an endplate's shadow counts as its end."""

_SCLEROSIS_MM, _BEHIND_MM = 0.3, 5.0


@dataclass(frozen=True)
class _Body:
    """The endplates of one body, after collapse, on one film."""

    vertebra: Vertebra
    collapse: Collapse | None
    tilt: float
    geometry: Geometry

    def place(self, x: Field, y: Field, upper: bool) -> tuple[Field, Field, Field]:
        """Points of an endplate after collapse, in coordinates of the vertebra, in mm."""
        size = self.vertebra.size
        half = f32(0.5) * (f32(size.height) + f32(size.lordotic) * (f32(0.5) + y / f32(size.depth)))
        central = np.clip(1 - (x / f32(size.width / 2)) ** 2 - (y / f32(size.depth / 2)) ** 2, 0, 1)
        half = half - f32(self.vertebra.concavity) * np.sqrt(central)
        z = half if upper else -half
        if self.collapse is not None:
            left = deformation.height_left(self.vertebra, self.collapse, x, y, self.tilt)
            z = deformation.after_collapse(self.vertebra, self.collapse, z, left)
        return x, y, z

    def on_film(self, x: Field, y: Field, z: Field) -> Points:
        """Points of the vertebra on the film, shape (n, 2), in pixels."""
        return np.stack(self.geometry.points_to_film(*self.vertebra.to_patient(x, y, z)), axis=1).astype(
            float
        )

    def ends(self, upper: bool) -> Points:
        """Left and right end of an endplate's shadow, in pixels."""
        rim = self.on_film(*self.place(*self.vertebra.rim(upper), upper))
        along = rim @ self._direction()
        edge = _EDGE_MM * self.geometry.magnification / self.geometry.mm_per_pixel
        return np.stack(
            [rim[along <= along.min() + edge].mean(axis=0), rim[along >= along.max() - edge].mean(axis=0)]
        )

    def heights(self) -> tuple[list[float], list[float], Points]:
        """Heights in front, in the middle and behind: true, and as the film shows them, in mm.

        Last the middles of the upper and the lower endplate on the film, in pixels.
        """
        half = self.vertebra.size.depth / 2
        x, y = np.zeros(3, f32), as_field([half, 0.0, -half])
        upper, lower = self.place(x, y, True), self.place(x, y, False)
        ends = np.stack([self.on_film(*upper), self.on_film(*lower)])
        shadow = np.linalg.norm(ends[0] - ends[1], axis=1)
        scale = self.geometry.mm_per_pixel / self.geometry.magnification
        return (upper[2] - lower[2]).tolist(), (shadow * scale).tolist(), ends[:, 1]

    def _direction(self) -> NDArray[np.float64]:
        """Which way the body's width (AP) or depth (lateral) runs on the film."""
        step, nothing = as_field([-5.0, 5.0]), np.zeros(2, f32)
        x, y = (step, nothing) if self.geometry.view is View.AP else (nothing, step)
        start, end = self.on_film(x, y, nothing)
        return (end - start) / np.linalg.norm(end - start)


def level_rows(
    patient: Patient, disease: Disease, geometry: Geometry, among: Collection[int] | None = None
) -> tuple[LevelRow, ...]:
    """A row for each vertebra of which the film shows something.

    Parameters
    ----------
    among : collection of int, optional
        Indices of the vertebrae that are asked for, if not all.
    """
    frame = patient.technique.frame(geometry.view)
    rows, columns = geometry.shape
    film = np.array([(0, 0), (columns, 0), (columns, rows), (0, rows)], float)
    field = field_corners(geometry.shape, frame, geometry.mm_per_pixel)
    found = []
    for row, vertebra in enumerate(patient.vertebrae):
        if vertebra.name not in NAMED or (among is not None and row not in among):
            continue
        level, change = disease.levels.get(row), patient.changes.get(row)
        label = level.label if level is not None else OTHER if change is not None else "intact"
        if level is None and change is not None:
            level = change.level
        body = _Body(
            vertebra,
            level.collapse if level is not None else None,
            level.tilt if level is not None else 0.0,
            geometry,
        )
        upper, lower = body.ends(True), body.ends(False)
        corners = np.stack([upper[0], upper[1], lower[1], lower[0]])
        visible = round(_area(_clipped(_clipped(corners, film), field)) / _area(corners), 3)
        if visible == 0:
            continue
        true, seen, middles = body.heights()
        found.append(
            LevelRow(
                patient.request.case_id,
                geometry.view,
                vertebra.name,
                label,
                tuple(dict.fromkeys(findings(patient, disease, row))),
                _as_corners(corners),
                **dict(zip(HEIGHT_COLUMNS, (round(height, 2) for height in (*true, *seen)), strict=True)),
                visible=visible,
                middles=_as_middles(middles),
            )
        )
    return tuple(found)


def findings(patient: Patient, disease: Disease, row: int) -> Iterator[str]:
    """What a vertebra has, a word each; the first ones are of the disease."""
    vertebra, level = patient.vertebrae[row], disease.levels.get(row)
    if level is not None:
        yield from _of_disease(vertebra, level)
    if row == patient.row:
        others = {each.label for other, each in disease.levels.items() if other != row}
        further = {"bvf": "further-fracture", "mvm": "further-metastasis"}
        yield from (word for label, word in further.items() if label in others)
    if row in patient.changes:
        yield from patient.changes[row].findings
    if vertebra.spurs or (level is not None and level.spurs):
        yield "spur"
    if vertebra.sclerosis > _SCLEROSIS_MM:
        yield "sclerosis"


def _of_disease(vertebra: Vertebra, level: LevelDisease) -> Iterator[str]:
    if level.label == "bvf":
        yield "acute" if level.acute else "old"
    if level.collapse is not None:
        yield f"collapse-{level.collapse.shape}"
    if level.foci:
        yield f"focus-{level.kind}"
    behind = [focus.y < vertebra.posterior_wall_y - _BEHIND_MM for focus in level.foci]
    if level.pedicle is not None:
        yield f"pedicle-{level.pedicle.sign}"
    there = {
        "occult": level.occult,
        "lopsided": level.lopsided,
        "band": level.band,
        "cleft": level.cleft,
        "body": level.diffuse != 0 or not all(behind),
        "posterior-elements": any(behind),
        "diffuse": level.diffuse != 0,
        "mass": level.mass is not None,
        "haematoma": level.haematoma > 0,
        "epidural": level.epidural,
        "bulge": level.bulge > 0,
        "fragment": level.fragment > 0,
        "fracture-spur": bool(level.spurs),
    }
    yield from (name for name, found in there.items() if found)


def _as_corners(corners: Points) -> Corners:
    a, b, c, d = ((round(float(x), 2), round(float(y), 2)) for x, y in corners)
    return a, b, c, d


def _as_middles(middles: Points) -> Middles:
    upper, lower = ((round(float(x), 2), round(float(y), 2)) for x, y in middles)
    return upper, lower


def _area(polygon: Points) -> float:
    if len(polygon) < 3:
        return 0.0
    x, y = polygon.T
    return float(abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2)


def _clipped(polygon: Points, window: Points) -> Points:
    """The part of a polygon inside a convex window (Sutherland and Hodgman), both clockwise on the film."""
    for start, end in zip(window, np.roll(window, -1, axis=0), strict=True):
        if not len(polygon):
            break
        edge = end - start
        offset = polygon - start
        inside = edge[0] * offset[:, 1] - edge[1] * offset[:, 0]
        kept = []
        for here, there, d_here, d_there in zip(
            polygon, np.roll(polygon, -1, axis=0), inside, np.roll(inside, -1), strict=True
        ):
            if d_here >= 0:
                kept.append(here)
            if (d_here >= 0) != (d_there >= 0):
                kept.append(here + (there - here) * d_here / (d_here - d_there))
        polygon = np.array(kept).reshape(-1, 2)
    return polygon
