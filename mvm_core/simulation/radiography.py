"""From paths through tissue to films: attenuation, scatter, noise, blur, logarithm, processing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from mvm_core.radiograph import View
from mvm_core.simulation.distance import as_field
from mvm_core.simulation.overlay import Overlay, draw_overlay
from mvm_core.simulation.processing import EDGE_MM, Area, Development, blur, reach, settle
from mvm_core.simulation.sites import Site
from mvm_core.simulation.spectra import TISSUES, Spectrum, detected_spectrum, effective_spectrum, primary
from mvm_core.simulation.technique import Technique, draw_technique
from mvm_core.simulation.tissue import Field, TissuePaths

__all__ = [
    "BITS",
    "Exposure",
    "Sensitivity",
    "Technique",
    "draw_technique",
    "expose",
    "reach_mm",
    "set_up_exposure",
]

BITS = 12
_SHRINK = 16
# Two Gaussians for scatter of the trunk; its amount at 200 mm of water without a grid, and how it grows.
_SCATTER_MM, _SCATTER_SHARES = (28.0, 80.0), (0.6, 0.4)
_SCATTER_AT_200_MM, _SCATTER_GROWTH = 3.0, 1.5
_ELECTRONIC_QUANTA = 8.0
_DIRECT_MM = 50.0
"""Rays that pass less tissue count as direct exposure, which the tone curve leaves aside."""


@dataclass(frozen=True)
class Sensitivity:
    """How the logarithm of the signal answers to a little more in the beam, without noise.

    Attributes
    ----------
    bone, soft : float32 array
        Negative logarithm of the signal gained per mm of cortical bone, and of soft tissue.
    quanta : float32 array
        Quanta that count in a pixel.
    """

    bone: Field
    soft: Field
    quanta: Field


@dataclass(frozen=True)
class Exposure:
    """What all films of one patient and view share."""

    spectrum: Spectrum
    scatter: Field
    grain: Field
    quanta: float
    motion_px: float
    light_px: float

    def signal(self, paths: TissuePaths, area: Area) -> Field:
        """Quanta that count in each pixel, without noise; `paths` is cut to `area`."""
        return as_field((primary(paths, self.spectrum) + self.scatter[area]) * np.float32(self.quanta))

    def sensitivity(self, paths: TissuePaths, area: Area) -> Sensitivity:
        """How the film answers to a little more bone or soft tissue.

        Parameters
        ----------
        paths : TissuePaths
            Cut to `area`.
        area : tuple of slice
            Of the film; steps are allowed.
        """
        scatter, one = self.scatter[area], np.float32(1)
        signal = primary(paths, self.spectrum) + scatter
        bone, soft = (
            as_field(cv2.log(signal / (primary(changed, self.spectrum) + scatter)))
            for changed in (replace(paths, bone=paths.bone + one), replace(paths, soft=paths.soft + one))
        )
        return Sensitivity(bone, soft, signal * np.float32(self.quanta))

    def logarithm(self, paths: TissuePaths, area: Area) -> Field:
        """Negative logarithm of the detector's signal over a part of the film."""
        signal = blur(primary(paths, self.spectrum), self.motion_px)
        signal = signal + self.scatter[area]
        signal = signal * np.float32(self.quanta)
        noise = cv2.sqrt(signal + np.float32(_ELECTRONIC_QUANTA))
        signal = signal + noise * self.grain[area]
        signal = blur(signal, self.light_px)
        np.maximum(signal, 1.0, out=signal)
        signal = signal * np.float32(1 / self.quanta)
        return -as_field(cv2.log(signal))


def reach_mm(site: Site, technique: Technique, view: View) -> float:
    """How far from a change of the paths the film can change, in mm."""
    pixels = _reach(site.detector.blur_mm, technique.motion(view), site.mm_per_pixel)
    return pixels * site.mm_per_pixel


def expose(
    body: TissuePaths,
    variants: Sequence[TissuePaths],
    exposure: Exposure,
    technique: Technique,
    view: View,
    site: Site,
    mm_per_pixel: float,
) -> list[NDArray[np.uint16]]:
    """Take a film of each variant of a patient.

    Scatter, automatic exposure, noise and all that the processing settles over more than a few
    millimetres come from `body`: a film differs from that of `body` no further than `reach_mm` from where
    the paths differ.

    Parameters
    ----------
    body : TissuePaths
        The patient with an intact spine.
    variants : sequence of TissuePaths
        Each differs from `body` over a small part of the film.
    exposure : Exposure
        Set up for `body`.
    technique : Technique
    view : View
    site : Site
    mm_per_pixel : float
        At the detector.

    Returns
    -------
    list of uint16 array
        One film a variant: 0 to 4095, bone bright.
    """
    whole = np.s_[0 : body.soft.shape[0], 0 : body.soft.shape[1]]
    overlay = draw_overlay(body.soft.shape, technique.frame(view), site, mm_per_pixel)
    logarithm = exposure.logarithm(body, whole)
    shown = (overlay.keep > 0.5) & (body.soft + body.fat > _DIRECT_MM)
    development = settle(logarithm, shown, technique, site, mm_per_pixel)
    intact = _store(development.grey(logarithm, whole), overlay, whole)
    margin = _reach(site.detector.blur_mm, technique.motion(view), mm_per_pixel)
    return [_variant(intact, body, paths, exposure, development, overlay, margin) for paths in variants]


def set_up_exposure(
    body: TissuePaths,
    technique: Technique,
    view: View,
    site: Site,
    mm_per_pixel: float,
    draw: np.random.Generator,
) -> Exposure:
    """Set up the exposure of one patient and view: beam, scatter, automatic exposure, and the noise."""
    kvp = site.tube(view).kvp + technique.kvp_shift
    spectrum = effective_spectrum(detected_spectrum(site, view, kvp))
    shape = body.soft.shape
    small = _shrink(body)
    direct = primary(small, spectrum)
    scatter = _scatter(small, direct, site.grid * technique.grid, mm_per_pixel)
    rows, columns = direct.shape
    # The middle chamber of the automatic exposure.
    metered = np.s_[rows * 3 // 8 : rows * 5 // 8, columns * 2 // 5 : columns * 3 // 5]
    level = float((direct + scatter)[metered].mean())
    quanta = site.detector.quanta_per_mm2 * mm_per_pixel**2 * technique.dose / level
    return Exposure(
        spectrum=spectrum,
        scatter=as_field(cv2.resize(scatter, shape[::-1], interpolation=cv2.INTER_CUBIC)),
        grain=draw.standard_normal(shape, np.float32),
        quanta=quanta,
        motion_px=technique.motion(view) / mm_per_pixel,
        light_px=site.detector.blur_mm / mm_per_pixel,
    )


def _scatter(paths: TissuePaths, direct: Field, passed: float, mm_per_pixel: float) -> Field:
    """Scattered signal behind the grid, on the shrunk film."""
    thickness = (paths.soft + paths.fat + paths.bone) / np.float32(200)
    made = direct * thickness ** np.float32(_SCATTER_GROWTH) * np.float32(_SCATTER_AT_200_MM * passed)
    total = np.zeros_like(made)
    for sigma, share in zip(_SCATTER_MM, _SCATTER_SHARES, strict=True):
        total += cv2.GaussianBlur(made, (0, 0), sigma / mm_per_pixel / _SHRINK) * np.float32(share)
    return total


def _shrink(paths: TissuePaths) -> TissuePaths:
    rows, columns = paths.soft.shape
    size = max(4, columns // _SHRINK), max(4, rows // _SHRINK)
    return paths.each(lambda field: as_field(cv2.resize(field, size, interpolation=cv2.INTER_AREA)))


def _store(grey: Field, overlay: Overlay, area: Area) -> NDArray[np.uint16]:
    grey *= overlay.keep[area]
    grey += overlay.add[area]
    grey *= np.float32(2**BITS - 1)
    return np.clip(np.rint(grey), 0, 2**BITS - 1).astype(np.uint16)


def _variant(
    intact: NDArray[np.uint16],
    body: TissuePaths,
    paths: TissuePaths,
    exposure: Exposure,
    development: Development,
    overlay: Overlay,
    margin: int,
) -> NDArray[np.uint16]:
    """The film of a variant: the intact one, taken anew around where the paths differ."""
    film = intact.copy()
    differs = _difference(body, paths)
    rows, columns = (np.flatnonzero(differs.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return film
    area = _grown(rows, columns, 2 * margin, film.shape)
    logarithm = exposure.logarithm(_cut(paths, area), area)
    taken = _store(development.grey(logarithm, area), overlay, area)
    size = 2 * margin + 1
    changed = cv2.dilate(differs[area].astype(np.uint8), np.ones((size, size), np.uint8)) > 0
    film[area][changed] = taken[changed]
    return film


def _difference(body: TissuePaths, paths: TissuePaths) -> NDArray[np.bool_]:
    differs = np.zeros(body.soft.shape, bool)
    for name in TISSUES:
        one, other = getattr(body, name), getattr(paths, name)
        if one is other:
            continue
        zero = np.float32(0)
        differs |= (zero if one is None else one) != (zero if other is None else other)
    return differs


def _grown(rows: np.ndarray, columns: np.ndarray, margin: int, shape: tuple[int, ...]) -> Area:
    return (
        slice(max(0, int(rows[0]) - margin), min(shape[0], int(rows[-1]) + 1 + margin)),
        slice(max(0, int(columns[0]) - margin), min(shape[1], int(columns[-1]) + 1 + margin)),
    )


def _cut(paths: TissuePaths, area: Area) -> TissuePaths:
    return paths.each(lambda field: field[area])


def _reach(light_mm: float, motion_mm: float, mm_per_pixel: float) -> int:
    return sum(reach(mm / mm_per_pixel) for mm in (light_mm, motion_mm, EDGE_MM))
