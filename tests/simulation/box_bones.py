"""Box-like bones, small enough to be worked out in a test: a whole anatomy folder of them."""

from pathlib import Path

import numpy as np
import trimesh

from mvm_core.simulation.anatomy.folder import LUMBAR, THORACIC

Span = tuple[float, float]
WIDTH, DEPTH, HEIGHT = 40.0, 30.0, 24.0
_PITCH = 2.0


def box_vertebra(height: float = HEIGHT, behind: bool = True) -> trimesh.Trimesh:
    """A closed vertebra in mm: x forward, y to the left, z up; its body's middle is the origin."""
    return _filled(
        [
            ((-DEPTH / 2, DEPTH / 2), (-WIDTH / 2, WIDTH / 2), (-height / 2, height / 2)),
            *(
                [
                    ((-27, -11), (12, 20), (0, height / 2 - 2)),
                    ((-27, -11), (-20, -12), (0, height / 2 - 2)),
                    ((-33, -27), (-20, 20), (-8, height / 2 - 2)),
                    ((-60, -33), (-4, 4), (-14, 0)),
                ]
                if behind
                else []
            ),
        ]
    )


def box_sacrum() -> trimesh.Trimesh:
    """A sacrum in the same frame: a base that slopes forward, a canal, a tail."""
    solid = _filled(
        [
            ((-16, 16), (-28, 28), (-30, 14)),
            ((-34, -28), (-28, 28), (-40, 8)),
            ((-34, -14), (-28, -12), (-40, 8)),
            ((-34, -14), (12, 28), (-40, 8)),
            ((-34, -10), (-14, 14), (-72, -28)),
        ]
    )
    tilt = trimesh.transformations.rotation_matrix(np.deg2rad(30), [0, 1, 0])
    solid.apply_transform(tilt)
    return solid


def box_pelvis() -> trimesh.Trimesh:
    """Two wings and a bridge."""
    return _filled(
        [
            ((-40, 30), (60, 76), (-90, 40)),
            ((-40, 30), (-76, -60), (-90, 40)),
            ((10, 30), (-76, 76), (-90, -76)),
        ]
    )


def write_anatomy(folder: Path) -> Path:
    """A folder with every bone that is needed."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in (*THORACIC, *LUMBAR):
        box_vertebra().export(folder / f"{name}.obj")
    box_sacrum().export(folder / "sacrum.stl")
    box_pelvis().export(folder / "pelvis.stl")
    return folder


def _filled(boxes: list[tuple[Span, Span, Span]]) -> trimesh.Trimesh:
    """The closed surface of several boxes together, out of cubes of `_PITCH` mm."""
    low, high = (np.array([[span[side] for span in box] for box in boxes]) for side in (0, 1))
    origin = low.min(0) - 2 * _PITCH
    shape = np.ceil((high.max(0) - origin) / _PITCH).astype(int) + 3
    places = [origin[axis] + np.arange(shape[axis]) * _PITCH for axis in range(3)]
    x, y, z = np.meshgrid(*places, indexing="ij")
    inside = np.zeros(shape, bool)
    for a, b in zip(low, high, strict=True):
        inside |= (x > a[0]) & (x < b[0]) & (y > a[1]) & (y < b[1]) & (z > a[2]) & (z < b[2])
    return _surface(inside, origin)


def _surface(inside: np.ndarray, origin: np.ndarray) -> trimesh.Trimesh:
    corners, faces = [], []
    for axis in range(3):
        for side in (0, 1):
            other = np.roll(inside, 1 - 2 * side, axis=axis)
            for cell in np.argwhere(inside & ~other):
                start = cell.astype(float)
                start[axis] += side
                u, v = np.eye(3)[(axis + 1) % 3], np.eye(3)[(axis + 2) % 3]
                square = [start, start + u, start + u + v, start + v]
                first = len(corners)
                corners += square if side else square[::-1]
                faces += [[first, first + 1, first + 2], [first, first + 2, first + 3]]
    mesh = trimesh.Trimesh((np.array(corners) - 0.5) * _PITCH + origin, faces, process=False)
    mesh.merge_vertices()
    return mesh
