"""How much of a polyenergetic beam passes through a body."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from mvm_core.radiograph import View
from mvm_core.simulation.sites import Detector, Site
from mvm_core.simulation.tissue import Field, TissuePaths

TABLE = Path(__file__).with_name("spectra.json")
TISSUES = ("soft", "fat", "bone", "metal", "contrast")
_NODES_KEV = (25.0, 29.0, 33.0, 39.0, 45.0, 53.0, 63.0, 75.0, 89.0)
_LONGEST_MM = (320.0, 120.0, 70.0, 14.0, 25.0)
_SAMPLES = 400


@dataclass(frozen=True)
class Spectrum:
    """A detected spectrum, bin by bin.

    Attributes
    ----------
    weights : float array, shape (bins,)
        Share of the detector's signal in an open beam; they sum to 1.
    attenuation : float array, shape (bins, 5)
        Linear attenuation per mm of the tissues in the order of `TISSUES`.
    """

    weights: NDArray[np.float64]
    attenuation: NDArray[np.float64]

    def transmission(self, paths_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Share of the signal left behind paths of shape (n, 5), in mm."""
        return np.exp(-paths_mm @ self.attenuation.T) @ self.weights


def detected_spectrum(site: Site, view: View, kvp: float) -> Spectrum:
    """The spectrum that a site's detector sees in an open beam, weighted by the energy it absorbs.

    Parameters
    ----------
    kvp : float
        Tube voltage, within the site's `kvp_shifts` of its usual one.
    """
    table = _table()
    tabulated = table["spectra"][f"{site.name} {view.value}"]
    shares = np.array([entry["share"] for entry in tabulated])
    voltages = [entry["kvp"] for entry in tabulated]
    share = np.array([np.interp(kvp, voltages, column) for column in shares.T])
    weights = share * _response(site.detector)
    attenuation = np.array([table["attenuation_per_mm"][name] for name in TISSUES]).T
    return Spectrum(weights / weights.sum(), attenuation)


def effective_spectrum(spectrum: Spectrum) -> Spectrum:
    """The same beam in few energies, weighted to give the same transmission, as in a quadrature rule.

    The weights are the non-negative least squares fit over paths as they occur.
    """
    draw = np.random.default_rng(0)
    paths = draw.uniform(0, 1, (_SAMPLES, len(TISSUES))) * _LONGEST_MM
    paths[draw.random(_SAMPLES) < 0.8, 3:] = 0
    paths[draw.random(_SAMPLES) < 0.3, 2] = 0
    paths[0] = 0
    wanted = spectrum.transmission(paths)
    nodes = spectrum.attenuation[np.isin(_table()["energies_kev"], _NODES_KEV)]
    terms = np.exp(-paths @ nodes.T) / wanted[:, np.newaxis]
    weights, _ = nnls(terms, np.ones(_SAMPLES))
    kept = weights > 0
    return Spectrum(weights[kept], nodes[kept])


def primary(paths: TissuePaths, spectrum: Spectrum) -> Field:
    """Share of the detector's signal that passes unscattered, shape as the film."""
    fields: Sequence[Field | None] = [getattr(paths, name) for name in TISSUES]
    present = [(row, field) for row, field in enumerate(fields) if field is not None]
    total = np.zeros(paths.soft.shape, np.float32)
    exponent = np.empty_like(total)
    for weight, attenuation in zip(spectrum.weights, spectrum.attenuation, strict=True):
        np.multiply(present[0][1], np.float32(-attenuation[present[0][0]]), out=exponent)
        for row, field in present[1:]:
            cv2.scaleAdd(field, -attenuation[row], exponent, exponent)
        cv2.exp(exponent, exponent)
        cv2.scaleAdd(exponent, weight, total, total)
    return total


def _response(detector: Detector) -> NDArray[np.float64]:
    """Signal for one photon of each energy: the energy that the phosphor absorbs."""
    table = _table()
    absorbed = 1 - np.exp(-np.array(table["attenuation_per_mm"][detector.phosphor]) * detector.phosphor_mm)
    return absorbed * np.array(table["energies_kev"])


@lru_cache(maxsize=1)
def _table() -> dict:
    return json.loads(TABLE.read_text())
