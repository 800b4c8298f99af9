"""Surfaces of bones as files: OBJ, STL, or vertices and faces as CSV; read whole, checked, in mm."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mvm_core.errors import SimulationError

if TYPE_CHECKING:
    from trimesh import Trimesh

Points = NDArray[np.float64]
MESH_SUFFIXES = (".obj", ".stl")
VERTICES, FACES = "_vertices.csv", "_faces.csv"
_COARSE_FACES = 2000
"""Surfaces of fewer triangles are rounded by Loop's subdivision."""

_METRES = (0.01, 0.6)
_MILLIMETRES = (10.0, 600.0)
_MM_PER_M = 1000.0


@dataclass(frozen=True)
class Surface:
    """One closed surface.

    Attributes
    ----------
    file : Path
        Where it comes from, for messages.
    vertices : float array, shape (n, 3)
        In mm, in the frame of the file.
    faces : int array, shape (m, 3)
        Triangles, wound so that normals point outwards.
    in_metres : bool
        Whether the file was in metres.
    """

    file: Path
    vertices: Points = field(repr=False)
    faces: NDArray[np.int64] = field(repr=False)
    in_metres: bool = False


def read_surfaces(file: Path, closed_only: bool = False) -> tuple[Surface, ...]:
    """Read the closed surfaces of one file.

    Parameters
    ----------
    file : Path
        An OBJ or STL file, or ``NAME_vertices.csv`` (x, y, z a row) with ``NAME_faces.csv`` beside it
        (three vertices a row, counted from 1). Whether it is in mm or metres is told by its size.
    closed_only : bool
        Leaves open parts out instead of turning the file down.

    Returns
    -------
    tuple of Surface
        One for each part that hangs together.

    Raises
    ------
    SimulationError
        If the file is no mesh, has holes, names vertices that are not there, or is of no bone's size.
    """
    mesh = _read_csv(file) if file.name.endswith(VERTICES) else _read_mesh(file)
    scale = _mm_per_unit(file, mesh.extents)
    parts = mesh.split(only_watertight=False) if mesh.body_count > 1 else [mesh]
    if closed_only:
        parts = [part for part in parts if part.is_watertight]
    return tuple(_checked(file, part, scale) for part in parts)


def _trimesh() -> Any:
    try:
        import trimesh
    except ImportError:
        raise SimulationError(
            "site c", "the library trimesh is not installed", "run: pip install trimesh"
        ) from None
    return trimesh


def _read_mesh(file: Path) -> "Trimesh":
    trimesh = _trimesh()
    try:
        mesh = trimesh.load_mesh(file, process=False)
    except OSError as error:
        raise SimulationError(
            str(file), f"it cannot be read ({error.strerror})", "check its permissions"
        ) from None
    except (ValueError, LookupError, TypeError, AttributeError, NotImplementedError):
        raise _no_mesh(file) from None
    if not isinstance(mesh, trimesh.Trimesh) or not len(mesh.faces):
        raise _no_mesh(file)
    if not np.isfinite(mesh.vertices).all():
        raise _no_mesh(file)
    mesh.merge_vertices(merge_tex=True, merge_norm=True)
    return mesh


def _read_csv(file: Path) -> "Trimesh":
    beside = file.with_name(file.name.removesuffix(VERTICES) + FACES)
    if not beside.is_file():
        raise SimulationError(str(file), f"{beside.name} is not beside it", "add the table of its faces")
    vertices, faces = _table(file, float), _table(beside, int)
    wrong = np.flatnonzero((faces < 1).any(1) | (faces > len(vertices)).any(1))
    if len(wrong):
        raise SimulationError(
            str(beside),
            f"row {wrong[0] + 1} names a vertex beyond the {len(vertices)} of {file.name}",
            "count the vertices of the faces from 1 and export both tables together",
        )
    mesh: Trimesh = _trimesh().Trimesh(vertices, faces - 1, process=False)
    mesh.merge_vertices()
    return mesh


def _table(file: Path, kind: type) -> NDArray[Any]:
    try:
        table = np.loadtxt(file, delimiter=",", dtype=float, ndmin=2)
    except (OSError, ValueError, UnicodeDecodeError):
        table = np.empty((0, 0))
    whole = kind is float or bool((table == np.rint(table)).all())
    if table.shape[1:] != (3,) or not np.isfinite(table).all() or not whole:
        raise SimulationError(
            str(file), "it is no table of three numbers a row", "export vertices and faces as plain CSV"
        )
    return table.astype(kind)


def _no_mesh(file: Path) -> SimulationError:
    return SimulationError(
        str(file), "it is no mesh that can be read", "export the surface again, as OBJ or STL of triangles"
    )


def _mm_per_unit(file: Path, extents: Points) -> float:
    largest = float(np.max(extents))
    if _METRES[0] <= largest <= _METRES[1]:
        return _MM_PER_M
    if _MILLIMETRES[0] <= largest <= _MILLIMETRES[1]:
        return 1.0
    raise SimulationError(
        str(file),
        f"it is {largest:.3g} long, the size of no bone in mm or metres",
        "export it in mm",
    )


def _checked(file: Path, mesh: "Trimesh", scale: float) -> Surface:
    if not mesh.is_watertight:
        raise SimulationError(
            str(file), "its surface has holes", "close them in a mesh editor so that it has an inside"
        )
    if not mesh.is_winding_consistent:
        mesh.fix_normals()
    if mesh.volume < 0:
        mesh.invert()
    if len(mesh.faces) < _COARSE_FACES:
        mesh = mesh.subdivide_loop(2)
    return Surface(
        file,
        np.asarray(mesh.vertices, float) * scale,
        np.asarray(mesh.faces, np.int64),
        in_metres=scale != 1.0,
    )
