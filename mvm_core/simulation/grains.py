"""Clouds of evenly spread grains, and how they are summed along the rays."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from mvm_core.radiograph import View
from mvm_core.simulation.distance import as_field, f32
from mvm_core.simulation.geometry import Geometry
from mvm_core.simulation.tissue import Field


@dataclass(frozen=True)
class Grains:
    """Points in patient coordinates, in mm, each with a volume of material, in mm3."""

    x: Field
    y: Field
    z: Field
    volume: Field


def join(parts: Iterable[Grains]) -> Grains:
    """All grains of several parts."""
    listed = list(parts)
    return Grains(
        *(np.concatenate([getattr(part, name) for part in listed]) for name in ("x", "y", "z", "volume"))
    )


def splat(parts: Sequence[Grains], geometry: Geometry, every: int = 1, blur_px: float = 0.9) -> Field:
    """Sum grains along the rays.

    Parameters
    ----------
    parts : sequence of Grains
    every : int
        Thins the grid on which grains are counted.
    blur_px : float
        Standard deviation, in thinned pixels, of the spread of one grain.

    Returns
    -------
    float32 array, shape as the film
        Path through the material, in mm.
    """
    rows, columns = (-(-side // every) for side in geometry.shape)
    flat = np.zeros(rows * columns)
    for grains in parts:
        flat += _counted(grains, geometry, every, rows, columns)
    path = cv2.GaussianBlur(flat.reshape(rows, columns).astype(f32), (0, 0), blur_px)
    if every == 1:
        return as_field(path)
    whole = cv2.resize(path, (columns * every, rows * every))
    return whole[: geometry.shape[0], : geometry.shape[1]].astype(f32, copy=False)


def _counted(grains: Grains, geometry: Geometry, every: int, rows: int, columns: int) -> NDArray[np.float64]:
    """The path that grains give to each pixel of the thinned grid, row by row, in mm."""
    depth = grains.y if geometry.view is View.AP else grains.x
    share = geometry.share(depth) * f32(geometry.mm_per_pixel * every)
    column, row = geometry.points_to_film(grains.x, grains.y, grains.z)
    column, row = column * f32(1 / every), row * f32(1 / every)
    inside = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
    at = row[inside].astype(np.intp) * columns + column[inside].astype(np.intp)
    weight = (grains.volume / share**2)[inside]
    return np.asarray(np.bincount(at, weight, rows * columns), np.float64)


def spread(number: int) -> tuple[Field, Field]:
    """Points that fill the unit square evenly: the R2 sequence, shaken so that no pattern shows."""
    i = np.arange(1, number + 1)
    shake = _shaken(1 << max(16, number.bit_length()))[:, :number] / f32(np.sqrt(number))
    u, v = i * 0.7548776662466927 + shake[0], i * 0.5698402909980532 + shake[1]
    return (u % 1).astype(f32), (v % 1).astype(f32)


@lru_cache(maxsize=4)
def _shaken(number: int) -> Field:
    return np.random.default_rng(0).uniform(-0.7, 0.7, (2, number)).astype(f32)
