"""What spongy bone looks like on a film: how its mineral varies from ray to ray about its mean of 1."""

import cv2
import numpy as np

from mvm_core.radiograph import View
from mvm_core.simulation.distance import f32
from mvm_core.simulation.geometry import Geometry
from mvm_core.simulation.other.weave import weave
from mvm_core.simulation.patient import TEXTURE, Patient
from mvm_core.simulation.tissue import Field

_THROUGH_SACRUM = 0.4


def texture(patient: Patient, row: int, geometry: Geometry, shape: tuple[int, int]) -> Field:
    """Draw the texture of one vertebra on one film.

    Parameters
    ----------
    row : int
        Index of the vertebra.
    geometry : Geometry
    shape : tuple of int
        Rows and columns of the part of the film that it falls on.

    Returns
    -------
    float32 array
        Factor of the spongy bone's mineral, 0.1 or more.
    """
    draw = patient.stream(TEXTURE, row, 0 if geometry.view is View.AP else 1)
    style = _struts if patient.site.trabeculae == "struts" else _grain
    found = style(shape, patient.osteopenia, draw)
    if patient.vertebrae[row].whole_sacrum:
        # Through so much bone a ray meets as much as any other.
        found = 1 + f32(_THROUGH_SACRUM) * (found - 1)
    change = patient.changes.get(row)
    if change is not None and (change.stripes or change.coarse):
        found = found + weave(patient.vertebrae[row], change, geometry, shape, draw)
    return np.maximum(found, f32(0.1))


def _grain(shape: tuple[int, int], osteopenia: float, draw: np.random.Generator) -> Field:
    """A grain of several sizes, and the vertical striation that osteopenia leaves."""
    found = np.ones(shape, f32)
    for share, strength, stretch in (
        (1.6, 0.10, 1.0),
        (3.2, 0.10, 1.0),
        (8.0, 0.08, 1.0),
        (1.8, 0.05 + 0.14 * osteopenia, 7.0),
    ):
        found += f32(strength) * _noise(shape, share, share * stretch, draw)
    return found


def _struts(shape: tuple[int, int], osteopenia: float, draw: np.random.Generator) -> Field:
    """A lattice: bright upright struts and level ties, the ties thinning first as mineral is lost."""
    upright = _ridges(_noise(shape, 3.0, 16.0, draw) + f32(0.4) * _noise(shape, 7.0, 30.0, draw))
    level = _ridges(_noise(shape, 13.0, 2.8, draw) + f32(0.4) * _noise(shape, 24.0, 6.0, draw))
    patches = _noise(shape, 14.0, 14.0, draw)
    found = 1 + f32(0.10 + 0.10 * osteopenia) * upright + f32(0.09 * (1 - osteopenia)) * level
    return np.asarray(found + f32(0.06) * patches, f32)


def _ridges(noise: Field) -> Field:
    """Thin bright lines where noise changes its sign, of mean 0 and standard deviation 1."""
    lines = np.exp(-((noise / f32(0.35)) ** 2))
    return np.asarray((lines - lines.mean()) / max(float(lines.std()), 1e-3), f32)


def _noise(shape: tuple[int, int], across: float, down: float, draw: np.random.Generator) -> Field:
    """Smooth noise that changes over so many columns and rows."""
    rows, columns = shape
    size = max(2, round(columns / across)), max(2, round(rows / down))
    coarse = draw.standard_normal(size[::-1]).astype(f32)
    return cv2.resize(coarse, (columns, rows), interpolation=cv2.INTER_CUBIC).astype(f32, copy=False)
