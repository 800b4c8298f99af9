"""From the detector's logarithm to a film's grey: multi-frequency contrast and tone curve.

As vendors do it (Vuylsteke and Schoeters 1994 for MUSICA; Stahl et al. 2000 for UNIQUE), in four bands:
wide differences are flattened so that lungs and abdomen are both readable, local contrast is brought to a
like strength, edges are enhanced. All that looks further than a few millimetres is taken from the patient
with an intact spine, so that a disease changes the film only where it is.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from mvm_core.simulation.distance import as_field
from mvm_core.simulation.sites import Site
from mvm_core.simulation.technique import Technique
from mvm_core.simulation.tissue import Field

EDGE_MM = 0.9
_COARSE_MM, _WIDE_MM, _CONTRAST_MM = 5.0, 32.0, 18.0
_LEVELS = 1 << 14
_TRUNCATE = 3.0

Area = tuple[slice, slice]


@dataclass(frozen=True)
class Development:
    """A film's processing, settled from the patient with an intact spine.

    Attributes
    ----------
    base : float32 array
        What the wide and coarse bands give, less what the local bands take from them.
    gain : float32 array
        Gain of the medium band.
    fine : float
        Gain of the fine band.
    low, high : float
        Ends of the tone curve.
    curve : float32 array
        Grey, 0 to 1, at equal steps between the ends.
    edge_px : float
        Width of the edge kernel as a standard deviation, in pixels.
    """

    base: Field
    gain: Field
    fine: float
    low: float
    high: float
    curve: Field
    edge_px: float

    def grey(self, logarithm: Field, area: Area) -> Field:
        """Grey of a part of the film, 0 to 1, bone bright."""
        value = self._value(logarithm, area)
        scale = (_LEVELS - 1) / (self.high - self.low)
        np.subtract(value, np.float32(self.low), out=value)
        np.multiply(value, np.float32(scale), out=value)
        np.clip(value, 0, _LEVELS - 1, out=value)
        return self.curve[value.astype(np.uint16)]

    def _value(self, logarithm: Field, area: Area) -> Field:
        smooth = blur(logarithm, self.edge_px)
        value = smooth * self.gain[area]
        value += self.base[area]
        return as_field(cv2.scaleAdd(logarithm - smooth, self.fine, value))


def settle(
    logarithm: Field, inside: np.ndarray, technique: Technique, site: Site, mm_per_pixel: float
) -> Development:
    """Settle the processing of a film.

    Parameters
    ----------
    logarithm : float32 array
        Negative logarithm of the detector's signal, bone high.
    inside : bool array
        Where the film shows the patient.
    """
    shape = logarithm.shape
    coarse = _shrunk_blur(logarithm, 4, _COARSE_MM / mm_per_pixel)
    wide = _shrunk_blur(logarithm, 16, _WIDE_MM / mm_per_pixel)
    gain = _local_gain(logarithm, coarse, technique, site, mm_per_pixel)
    coarse, wide, gain = (_enlarge(field, shape) for field in (coarse, wide, gain))
    # wide * a + (coarse - wide) * b - coarse * gain, the last because the medium band is smooth - coarse
    base = as_field(cv2.addWeighted(wide, technique.wide - technique.coarse, coarse, technique.coarse, 0))
    base = base - coarse * gain
    curve = _tone_curve(technique.gamma, site.processing.toe)
    draft = Development(base, gain, technique.fine, 0.0, 1.0, curve, EDGE_MM / mm_per_pixel)
    value = draft._value(logarithm, np.s_[:, :])
    low, high = np.quantile(value[::4, ::4][inside[::4, ::4]], (technique.black, 1 - technique.white))
    return Development(base, gain, technique.fine, float(low), float(high), curve, draft.edge_px)


def blur(field: Field, sigma_px: float) -> Field:
    """Gaussian blur that reaches no further than `reach` pixels."""
    size = 2 * reach(sigma_px) + 1
    return as_field(cv2.GaussianBlur(field, (size, size), sigma_px))


def reach(sigma_px: float) -> int:
    """How far `blur` looks, in pixels."""
    return max(1, int(np.ceil(_TRUNCATE * sigma_px)))


def _local_gain(
    logarithm: Field, coarse: Field, technique: Technique, site: Site, mm_per_pixel: float
) -> Field:
    """Gain of the medium band, larger where structures of its size are faint; on the coarse grid."""
    size = coarse.shape[::-1]
    small = cv2.resize(logarithm, size, interpolation=cv2.INTER_AREA)
    sigma = _CONTRAST_MM / mm_per_pixel / 4
    contrast = cv2.sqrt(cv2.GaussianBlur((small - coarse) ** 2, (0, 0), sigma)) + np.float32(1e-3)
    usual = float(np.median(contrast))
    equal = np.clip((usual / contrast) ** np.float32(site.processing.equalise), 0.6, 1.7)
    return (equal * np.float32(technique.medium)).astype(np.float32)


def _tone_curve(gamma: float, toe: float) -> Field:
    place = np.linspace(0, 1, _LEVELS)
    s_curve = place**2 * (3 - 2 * place)
    return (((1 - toe) * place + toe * s_curve) ** gamma).astype(np.float32)


def _shrunk_blur(field: Field, times: int, sigma_px: float) -> Field:
    rows, columns = field.shape
    size = max(2, columns // times), max(2, rows // times)
    small = cv2.resize(field, size, interpolation=cv2.INTER_AREA)
    return as_field(cv2.GaussianBlur(small, (0, 0), sigma_px / times))


def _enlarge(field: Field, shape: tuple[int, ...]) -> Field:
    return as_field(cv2.resize(field, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR))
