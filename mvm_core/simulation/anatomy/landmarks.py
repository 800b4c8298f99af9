"""Where the body of a vertebra lies in its surface, how it is turned, and how large it is.

All of it is read from the shape: the body is where the largest ball fits in; the canal is the gap behind it;
endplates are what rays from the middle of the body reach above and below.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from mvm_core.errors import SimulationError
from mvm_core.simulation.anatomy.surfaces import Points, Surface
from mvm_core.simulation.anatomy.volume import Volume, signed_distance
from mvm_core.simulation.morphometry import TYPICAL

RIM_POINTS = 96
_STEP_MM = 0.25
_REACH_MM = 45.0
_TURNS = 3
_SACRAL_SLOPE_DEGREES = 40.0
_FOOTPRINT = 0.6
"""Share of the body's radius over which an endplate is sampled for its tilt."""

_UNDER_RIM_MM = 2.0
_BEHIND_WALL_MM = (3.0, 4.0, 5.0, 6.0, 7.0, 8.0)
_LEAST_CANAL_MM = 4.0
_UPSIDE_DOWN_MM = 1.0


@dataclass(frozen=True)
class Landmarks:
    """Sizes of the bone of one vertebra in its own frame, in mm.

    The frame: x to the left, y forward, z up; the origin in the middle of the body, whose endplates are
    alike tilted against z = 0.

    Attributes
    ----------
    width, depth : float
        Of the body, mean of its endplates.
    front, behind : float
        Height of the body at its anterior and its posterior wall.
    concavity : float
        How far the endplates lie below their rims in the middle.
    pedicle_x, pedicle_z : float
        Of the middle of the pedicles.
    pedicle_width, pedicle_height : float
    canal_depth : float
    rims : float array, shape (2, n, 2)
        Outline of the upper and the lower endplate: x and y.
    """

    width: float
    depth: float
    front: float
    behind: float
    concavity: float
    pedicle_x: float
    pedicle_z: float
    pedicle_width: float
    pedicle_height: float
    canal_depth: float
    rims: Points = field(repr=False)

    def half_height(self, y: Points) -> Points:
        """Half of the height at a place between the walls."""
        share = np.clip(0.5 + y / self.depth, 0, 1)
        return np.asarray(0.5 * (self.behind + (self.front - self.behind) * share))


@dataclass(frozen=True)
class Frame:
    """A vertebra's own frame in that of its file: ``own = turn @ (file - middle)``."""

    turn: Points
    middle: Points

    def own(self, points: Points) -> Points:
        """Points of the file in the vertebra's own frame."""
        return np.asarray((points - self.middle) @ self.turn.T)

    def file(self, points: Points) -> Points:
        """Points of the vertebra's own frame in that of the file."""
        return np.asarray(points @ self.turn + self.middle)


@dataclass(frozen=True)
class _Probe:
    """Rays through a volume in the frame of a vertebra."""

    volume: Volume
    frame: Frame

    def distance(self, points: Points) -> Points:
        x, y, z = np.moveaxis(self.frame.file(points).astype(np.float32), -1, 0)
        return np.asarray(self.volume.at(x, y, z), float)

    def reach(self, start: Points, towards: Points, into_bone: bool = False) -> Points:
        """How far from each start it is to the first surface; NaN where there is none.

        Parameters
        ----------
        start, towards : float arrays, shape (n, 3)
        into_bone : bool
            Whether the rays start outside the bone.
        """
        steps = np.arange(0, _REACH_MM, _STEP_MM)
        depth = self.distance(start[:, np.newaxis] + steps[:, np.newaxis] * towards[:, np.newaxis])
        if into_bone:
            depth = -depth
        hit = depth > 0
        first = hit.argmax(1)
        rows = np.arange(len(start))
        before, after = depth[rows, np.maximum(first - 1, 0)], depth[rows, first]
        share = np.where(first > 0, before / np.where(before == after, 1, before - after), 0)
        found = np.where(first > 0, (first - 1 + share) * _STEP_MM, 0.0)
        return np.where(hit.any(1), found, np.nan)


def find_frame(surface: Surface, volume: Volume, sacrum: bool) -> Frame:
    """Find how a vertebra (or the first sacral body) is turned in its file, and where its middle is.

    Raises
    ------
    SimulationError
        If the surface has no body with a canal behind it, or is upside down.
    """
    lateral = lateral_axis(surface.vertices)
    middle, radius = _fattest(volume, lateral)
    find_axes = _sacral_axes if sacrum else _axes
    forward, up, sign = find_axes(surface.vertices, middle, lateral)
    if forward == lateral or sign == 0:
        raise no_body(surface.file)
    ahead, above = np.eye(3)[forward] * sign, np.eye(3)[up]
    if sacrum:
        slope = np.deg2rad(_SACRAL_SLOPE_DEGREES)
        ahead, above = (
            np.cos(slope) * ahead - np.sin(slope) * above,
            np.sin(slope) * ahead + np.cos(slope) * above,
        )
    frame = Frame(np.stack([np.cross(above, ahead), ahead, above]), middle)
    for _ in range(_TURNS):
        frame = _levelled(_Probe(volume, frame), radius, sacrum, surface.file)
    if not sacrum and _pedicle_height(_Probe(volume, frame), radius) < -_UPSIDE_DOWN_MM:
        raise SimulationError(
            str(surface.file),
            "it is upside down: its pedicles leave the lower half of the body",
            f"turn it so that up is towards greater {'xyz'[up]}",
        )
    return frame


def lateral_axis(vertices: Points) -> int:
    """The axis across which a surface is most alike its mirror image."""
    points = vertices[:: max(1, len(vertices) // 3000)]
    tree, off = cKDTree(points), []
    for axis in range(3):
        middle = (points[:, axis].min() + points[:, axis].max()) / 2
        mirrored = points.copy()
        mirrored[:, axis] = 2 * middle - mirrored[:, axis]
        off.append(tree.query(mirrored)[0].mean())
    return int(np.argmin(off))


def _fattest(volume: Volume, lateral: int) -> tuple[Points, float]:
    """Middle and radius of the largest ball inside, of those near the midline."""
    depth = -ndimage.gaussian_filter(volume.distance, 1.0)
    low, high = volume.bounds
    middle = (low + high)[lateral] / 2
    places = volume.origin[lateral] + np.arange(depth.shape[lateral]) * volume.pitch
    off = np.abs(places - middle) > 0.12 * (high - low)[lateral]
    np.moveaxis(depth, lateral, 0)[off] = -np.inf
    best = np.unravel_index(int(depth.argmax()), depth.shape)
    place = np.asarray(best, float) * volume.pitch + volume.origin
    place[lateral] = middle
    return place, float(depth[best])


def _axes(vertices: Points, middle: Points, lateral: int) -> tuple[int, int, float]:
    """Which axis of the file runs forward and which up, and which way forward is."""
    lopsided = (vertices.max(0) - middle) - (middle - vertices.min(0))
    lopsided[lateral] = 0
    forward = int(np.argmax(np.abs(lopsided)))
    up = 3 - lateral - forward
    # Processes lie behind.
    return forward, up, -float(np.sign(lopsided[forward]))


def _sacral_axes(vertices: Points, middle: Points, lateral: int) -> tuple[int, int, float]:
    """The same of a sacrum: it is longer than deep, and curved, so that its front is told by its base."""
    extents = np.ptp(vertices, axis=0)
    extents[lateral] = 0
    up = int(np.argmax(extents))
    forward = 3 - lateral - up
    base = vertices[np.abs(vertices[:, up] - middle[up]) < 0.1 * extents[up], forward]
    return forward, up, -float(np.sign(base.max() + base.min() - 2 * middle[forward]))


def _levelled(probe: _Probe, radius: float, sacrum: bool, file: Path) -> Frame:
    """The frame moved to the middle of the body and turned so that its endplates lie level."""
    frame = probe.frame
    front, wall = probe.reach(np.zeros((2, 3)), np.array([[0.0, 1, 0], [0.0, -1, 0]]))
    left, right = probe.reach(np.zeros((2, 3)), np.array([[1.0, 0, 0], [-1.0, 0, 0]]))
    if sacrum:
        # Its wings go on at the sides.
        left = right = 1.3 * radius
    if not np.isfinite([front, wall, left, right]).all():
        raise no_body(file)
    y = (front - wall) / 2
    half = np.array([(left + right) / 2, (front + wall) / 2]) * _FOOTPRINT
    grid = np.linspace(-1, 1, 13)
    across, along = (axis.ravel() for axis in np.meshgrid(grid, grid))
    round_ = np.hypot(across, along) <= 1
    start = np.stack([across[round_] * half[0], y + along[round_] * half[1], np.zeros(round_.sum())], axis=1)
    start = start[probe.distance(start) < 0]
    planes = []
    for way in (1.0,) if sacrum else (1.0, -1.0):
        height = probe.reach(start, np.broadcast_to([0.0, 0.0, way], start.shape)) * way
        there = np.isfinite(height)
        if there.sum() < 12:
            raise no_body(file)
        columns = np.stack([start[there, 0], start[there, 1] - y, np.ones(there.sum())], axis=1)
        planes.append(np.linalg.lstsq(columns, height[there], rcond=None)[0])
    roll, tilt, _ = np.mean(planes, axis=0)
    middle_z = planes[0][2] - 0.9 * radius if sacrum else float(np.mean([plane[2] for plane in planes]))
    above = np.array([-roll, -tilt, 1.0])
    above /= np.linalg.norm(above)
    ahead = np.array([0.0, 1.0, tilt])
    ahead -= (ahead @ above) * above
    ahead /= np.linalg.norm(ahead)
    turn = np.stack([np.cross(ahead, above), ahead, above])
    turn[0] *= np.sign(turn[0, 0])
    middle = frame.file(np.array([(left - right) / 2, y, middle_z]))
    return Frame(turn @ frame.turn, middle)


def _pedicle_height(probe: _Probe, radius: float) -> float:
    wall = -float(probe.reach(np.zeros((1, 3)), np.array([[0.0, -1, 0]]))[0])
    points = _coronal(wall - _BEHIND_WALL_MM[0], 2.2 * radius, 1.6 * radius)
    inside = probe.distance(points) < 0
    return float(points[inside][:, 2].mean()) if inside.any() else 0.0


def _coronal(y: float, half_width: float, half_height: float) -> Points:
    across = np.arange(-half_width, half_width, 0.5)
    up = np.arange(-half_height, half_height, 0.5)
    x, z = np.meshgrid(across, up, indexing="ij")
    return np.stack([x, np.full_like(x, y), z], axis=-1)


def measure(volume: Volume, file: Path, sacrum: bool) -> Landmarks:
    """Measure a vertebra whose distances are given in its own frame.

    Raises
    ------
    SimulationError
        If there is no body with a canal behind it.
    """
    probe = _Probe(volume, Frame(np.eye(3), np.zeros(3)))
    up, down = probe.reach(np.zeros((2, 3)), np.array([[0.0, 0, 1], [0.0, 0, -1]]))
    if not np.isfinite([up, down]).all():
        raise no_body(file)
    if sacrum:
        down = up
    rims, heights, walls, fronts, widths = [], [], [], [], []
    for way, height in ((1.0, up),) if sacrum else ((1.0, up), (-1.0, down)):
        rim = _rim(probe, way * (height - _UNDER_RIM_MM), 2.0 * height if sacrum else _REACH_MM, file)
        inner = rim * 0.86
        below = height - 2 * _UNDER_RIM_MM
        start = np.stack([inner[:, 0], inner[:, 1], np.full(len(inner), way * below)], axis=1)
        edge = below + probe.reach(start, np.broadcast_to([0.0, 0.0, way], start.shape))
        heights.append(_slope(inner[:, 1], edge))
        rims.append(rim)
        walls.append(rim[:, 1].min())
        fronts.append(rim[:, 1].max())
        widths.append(np.ptp(rim[:, 0]))
    slope, half = np.sum(heights, axis=0) * (2 if sacrum else 1)
    wall, front, width = (float(np.mean(each)) for each in (walls, fronts, widths))
    if sacrum:
        rims.append(rims[0])
        arch = _sacral_arch(width, up)
    else:
        arch = _arch(probe, wall, (up + down) / 2, width, file)
    return Landmarks(
        width=width,
        depth=front - wall,
        front=float(half + slope * front),
        behind=float(half + slope * wall),
        concavity=float(np.clip((half - up - down) / 2, 0, 3)),
        rims=np.stack(rims),
        **arch,
    )


def _slope(y: Points, height: Points) -> Points:
    """Slope and middle height of an endplate's rim, without what stands far off."""
    kept = np.isfinite(height) & (y > -0.7 * np.abs(y).max())
    for _ in range(4):
        columns = np.stack([y, np.ones(len(y))], axis=1)
        line = np.linalg.lstsq(columns[kept], height[kept], rcond=None)[0]
        off = np.abs(height - columns @ line)
        kept &= off <= max(1.0, 2.5 * float(np.median(off[kept])))
    return np.asarray(line)


def _rim(probe: _Probe, z: float, most: float, file: Path) -> Points:
    """Outline of the body at a height, at `most` mm off and cut off at the posterior wall, shape (n, 2)."""
    angle = np.linspace(0, 2 * np.pi, RIM_POINTS, endpoint=False)
    towards = np.stack([np.cos(angle), np.sin(angle), np.zeros(RIM_POINTS)], axis=1)
    start = np.broadcast_to([0.0, 0.0, z], towards.shape)
    reach = np.fmin(probe.reach(start, towards), most)
    wall = float(probe.reach(np.array([[0.0, 0.0, z]]), np.array([[0.0, -1.0, 0.0]]))[0])
    behind = -towards[:, 1] * np.where(np.isfinite(reach), reach, 99)
    # Towards a pedicle there is no surface: the wall goes on straight.
    cut = (towards[:, 1] < 0) & (behind > wall)
    reach = np.where(cut, wall / np.maximum(-towards[:, 1], 1e-3), reach)
    if not np.isfinite(reach).all() or (reach < 2).any():
        raise no_body(file)
    return np.asarray(towards[:, :2] * reach[:, np.newaxis])


def _arch(probe: _Probe, wall: float, half: float, width: float, file: Path) -> dict[str, float]:
    """Pedicles where they are thinnest, and the depth of the canal."""
    found = [_pedicles(probe, wall - behind, half, width) for behind in _BEHIND_WALL_MM]
    seen = [each for each in found if each is not None]
    start = np.array([[0.0, wall - 2.5, share * half] for share in (-1.0, -0.75, -0.5, -0.25, 0.0, 0.25)])
    start = start[probe.distance(start) > 0]
    canal = probe.reach(start, np.broadcast_to([0.0, -1.0, 0.0], start.shape), into_bone=True)
    depth = float(np.nanmin(canal)) + 2.5 if np.isfinite(canal).any() else np.nan
    if not seen or not 6 < depth < 40:
        raise no_body(file)
    return {**min(seen, key=lambda each: each["pedicle_width"]), "canal_depth": depth}


def _pedicles(probe: _Probe, y: float, half: float, width: float) -> dict[str, float] | None:
    points = _coronal(y, 0.75 * width, 1.1 * half)
    inside = probe.distance(points) < 0
    x, z = points[..., 0], points[..., 2]
    sides = [inside & (side * x > 0) for side in (1, -1)]
    if not all(side.any() for side in sides):
        return None
    height = float(np.mean([z[side].mean() for side in sides]))
    row = int(np.abs(z[0] - height).argmin())
    across = np.abs(x[:, row][inside[:, row]])
    if not len(across) or across.min() < _LEAST_CANAL_MM:
        return None
    inner, outer = float(across.min()), float(across.max())
    middle = (inner + outer) / 2
    tall = [np.ptp(z[side & (np.abs(np.abs(x) - middle) < 1)]) for side in sides]
    return {
        "pedicle_x": middle,
        "pedicle_z": height,
        "pedicle_width": outer - inner,
        "pedicle_height": float(np.mean(tall)),
    }


def _sacral_arch(width: float, half: float) -> dict[str, float]:
    """The first sacral pedicles go over into the wings: they are taken as long as they usually are."""
    usual = TYPICAL["S1"]
    times = width / usual.width
    return {
        "pedicle_x": times * (usual.canal_width + usual.pedicle_width) / 2,
        "pedicle_z": 0.2 * half,
        "pedicle_width": times * usual.pedicle_width,
        "pedicle_height": times * usual.pedicle_height,
        "canal_depth": times * usual.canal_depth,
    }


def no_body(file: Path) -> SimulationError:
    """What is said of a surface that is no vertebra."""
    return SimulationError(
        str(file),
        "no vertebral body with a canal behind it is found in it",
        "name the file after the level that it shows, and check that the vertebra is whole",
    )


def in_own_frame(surface: Surface, frame: Frame) -> Volume:
    """Distances to a surface in the frame of its vertebra."""
    faces = surface.faces
    if np.linalg.det(frame.turn) < 0:
        faces = faces[:, ::-1]
    return signed_distance(frame.own(surface.vertices), faces)
