"""From paths through tissue to a film: attenuation, scatter, noise, blur, logarithm, processing."""

import cv2
import numpy as np

from mvm_core.radiograph import View
from mvm_core.simulation.anatomy import Field, f32
from mvm_core.simulation.patient import Patient
from mvm_core.simulation.projection import Geometry
from mvm_core.simulation.settings import Site

BITS = 12
_PHOTONS = 180_000.0
_WIDE_MM = 29.0


def expose(
    soft: Field, bone: Field, patient: Patient, site: Site, mm_per_pixel: float, draw: np.random.Generator
) -> Field:
    """Signal of the detector.

    Parameters
    ----------
    soft : float32 array
        Path through soft tissue, in mm.
    bone : float32 array
        Path through bone, in mm of cortical bone.

    Returns
    -------
    float32 array
        Logarithm of the attenuation after blur and noise, bone high.
    """
    exposure = patient.exposure
    primary = np.exp(-f32(site.soft_attenuation) * soft - f32(site.bone_attenuation) * bone)
    signal = primary + f32(site.scatter * exposure.scatter) * _wide(primary, mm_per_pixel)
    photons = signal * f32(_PHOTONS / exposure.noise)
    photons += np.sqrt(np.maximum(photons, 1)) * draw.standard_normal(photons.shape).astype(f32) * f32(1.6)
    photons = cv2.GaussianBlur(np.maximum(photons, 1), (0, 0), exposure.blur_mm / mm_per_pixel)
    return -np.log(photons)


def develop(logarithm: Field, patient: Patient, geometry: Geometry, draw: np.random.Generator) -> np.ndarray:
    """Turn the detector's logarithm into stored values as a vendor's processing would.

    Returns
    -------
    uint16 array
        0 to 4095, bone bright.
    """
    exposure, step = patient.exposure, geometry.mm_per_pixel
    wide = _wide(logarithm, step)
    flat = wide * f32(0.75) + (logarithm - wide) * f32(1 + exposure.edge)
    low, high = np.percentile(flat[::4, ::4], (1.0, 99.7))
    grey = np.clip((flat - low) / (high - low), 0, 1) ** f32(exposure.gamma)
    rows, columns = geometry.shape
    top, bottom, left, right = (int(draw.uniform(0, 14) / step) for _ in range(4))
    field = np.zeros(geometry.shape, f32)
    field[top : rows - bottom, left : columns - right] = 1
    grey = grey * cv2.GaussianBlur(field, (0, 0), 0.6 / step)
    if exposure.marker:
        letter = np.zeros(geometry.shape, np.uint8)
        place = (left + int(10 / step), top + int(24 / step))
        text = "R" if geometry.view is View.AP else "L"
        cv2.putText(letter, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.6 / step, 255, 4, cv2.LINE_AA)
        grey = np.maximum(grey, letter.astype(f32) / 255)
    return np.round(grey * (2**BITS - 1)).astype(np.uint16)


def _wide(field: Field, mm_per_pixel: float) -> Field:
    """Blur over centimetres, at an eighth of the resolution."""
    rows, columns = field.shape
    small = cv2.resize(field, (columns // 8, rows // 8), interpolation=cv2.INTER_AREA)
    blurred = cv2.GaussianBlur(small, (0, 0), _WIDE_MM / 8 / mm_per_pixel)
    return cv2.resize(blurred, (columns, rows)).astype(f32, copy=False)
