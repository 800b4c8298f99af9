"""Signed distance to a surface, worked out once on a grid."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from mvm_core.simulation.anatomy.surfaces import Points
from mvm_core.simulation.distance import f32
from mvm_core.simulation.tissue import Field

PITCH_MM = 1.0
_MARGIN_MM = 6.0
_BAND_MM = 4.0
"""Up to this distance it is measured to the surface itself, beyond it from voxel to voxel."""

_SAMPLE_OF_PITCH = 0.45


@dataclass(frozen=True)
class Volume:
    """Distances on a regular grid.

    Attributes
    ----------
    distance : float32 array, shape (x, y, z)
        In mm, negative inside.
    origin : tuple of float
        Of its first voxel's centre, in mm.
    pitch : float
        In mm.
    """

    distance: Field = field(repr=False)
    origin: tuple[float, float, float]
    pitch: float = PITCH_MM

    @property
    def bounds(self) -> Points:
        """Lowest and highest corner of what lies inside, in mm, shape (2, 3)."""
        places = np.argwhere(self.distance < 0)
        return np.stack([places.min(0), places.max(0)]) * self.pitch + self.origin

    def at(self, x: Field, y: Field, z: Field) -> Field:
        """Distances between the voxels; beyond the grid that of its edge.

        Parameters
        ----------
        x, y, z : float arrays of one shape
            In mm.
        """
        index = [
            (axis - f32(start)) * f32(1 / self.pitch)
            for axis, start in zip((x, y, z), self.origin, strict=True)
        ]
        return np.asarray(
            ndimage.map_coordinates(
                self.distance, index, output=f32, order=1, mode="nearest", prefilter=False
            )
        )


def signed_distance(vertices: Points, faces: NDArray[np.int64], pitch: float = PITCH_MM) -> Volume:
    """Work out the distance field of a closed surface, all of it in mm."""
    samples, normals = sample_surface(vertices, faces, _SAMPLE_OF_PITCH * pitch)
    origin = vertices.min(0) - _MARGIN_MM
    shape = np.ceil((vertices.max(0) + _MARGIN_MM - origin) / pitch).astype(int) + 1
    near = np.ones(shape, bool)
    near[tuple(np.rint((samples - origin) / pitch).astype(int).T)] = False
    # What cannot be reached from the corner without crossing the surface is inside.
    regions, _ = ndimage.label(near)
    outside = regions == regions[0, 0, 0]
    to_wall = np.asarray(ndimage.distance_transform_edt(near), f32) * f32(pitch)
    distance = np.where(outside, to_wall, -to_wall)
    band = np.argwhere(to_wall <= _BAND_MM)
    places = band * pitch + origin
    length, nearest = cKDTree(samples).query(places, k=3)
    towards = np.einsum("pkc,pkc->p", places[:, np.newaxis] - samples[nearest], normals[nearest])
    close = to_wall[tuple(band.T)] < 1.5 * pitch
    sign = np.where(close, np.sign(towards), np.sign(distance[tuple(band.T)]))
    distance[tuple(band.T)] = sign * length[:, 0]
    return Volume(distance.astype(f32), tuple(origin.tolist()), pitch)


def sample_surface(vertices: Points, faces: NDArray[np.int64], spacing_mm: float) -> tuple[Points, Points]:
    """Points spread over a surface some `spacing_mm` apart, with the normals there."""
    corners = vertices[faces]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    double_area = np.linalg.norm(across, axis=1)
    normal = across / np.maximum(double_area, 1e-12)[:, np.newaxis]
    longest = np.max([np.linalg.norm(corners[:, i] - corners[:, i - 1], axis=1) for i in range(3)], axis=0)
    parts, owners = [], []
    steps = np.maximum(1, np.ceil(longest / spacing_mm)).astype(int)
    for number in np.unique(steps):
        which = np.flatnonzero(steps == number)
        i, j = np.meshgrid(np.arange(number), np.arange(number), indexing="ij")
        kept = i + j < number
        u, v = (i[kept] + 1 / 3) / number, (j[kept] + 1 / 3) / number
        a, b, c = (corners[which, k][:, np.newaxis] for k in range(3))
        u, v = u[np.newaxis, :, np.newaxis], v[np.newaxis, :, np.newaxis]
        parts.append((a + u * (b - a) + v * (c - a)).reshape(-1, 3))
        owners.append(np.repeat(which, u.shape[1]))
    return np.concatenate(parts), normal[np.concatenate(owners)]
