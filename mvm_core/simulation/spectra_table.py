"""Compute the table of spectra and attenuation that the simulator reads: ``python -m`` this module.

Spectra come from SpekPy (Poludniowski et al., Med Phys 2021), attenuation from Elam's tables through
xraydb. Both are needed to compute the table, not to simulate films.
"""

import json

import numpy as np
from numpy.typing import NDArray

from mvm_core.files import write_atomically
from mvm_core.radiograph import View
from mvm_core.simulation.sites import SITES, Tube
from mvm_core.simulation.spectra import TABLE, TISSUES

BIN_KEV = 2.0
ENERGIES = np.arange(13.0, 103.0, BIN_KEV)
ANODE_DEGREES = 12.0

# Mass fractions of ICRU Report 44; the suspension is 0.5 g of barium sulphate in each ml.
FRACTIONS: dict[str, dict[str, float]] = {
    "soft": {
        "H": 0.102,
        "C": 0.143,
        "N": 0.034,
        "O": 0.708,
        "Na": 0.002,
        "P": 0.003,
        "S": 0.003,
        "Cl": 0.002,
        "K": 0.003,
    },
    "fat": {"H": 0.114, "C": 0.598, "N": 0.007, "O": 0.278, "Na": 0.001, "S": 0.001, "Cl": 0.001},
    "bone": {
        "H": 0.034,
        "C": 0.155,
        "N": 0.042,
        "O": 0.435,
        "Na": 0.001,
        "Mg": 0.002,
        "P": 0.103,
        "S": 0.003,
        "Ca": 0.225,
    },
    "metal": {"Ti": 1.0},
    "contrast": {"Ba": 0.2117, "S": 0.0494, "O": 0.6672, "H": 0.0717},
}
DENSITIES = {"soft": 1.05, "fat": 0.95, "bone": 1.9, "metal": 4.51, "contrast": 1.39}
PHOSPHORS = {
    "CsI": ({"Cs": 0.5115, "I": 0.4885}, 4.51),
    "BaFBr": ({"Ba": 0.581, "F": 0.081, "Br": 0.338}, 5.2),
}


def compute() -> dict[str, object]:
    """Spectra in front of the patient for every site and view, and attenuation per mm by energy.

    Returns
    -------
    dict
        ``energies_kev``; ``attenuation_per_mm`` by tissue and by phosphor; ``spectra`` by site and view:
        a list of objects with the tube voltage and the share of photons in each bin.
    """
    attenuation = {name: _per_mm(FRACTIONS[name], DENSITIES[name]) for name in TISSUES}
    attenuation |= {name: _per_mm(*material) for name, material in PHOSPHORS.items()}
    return {
        "energies_kev": ENERGIES.tolist(),
        "attenuation_per_mm": {name: _short(values) for name, values in attenuation.items()},
        "spectra": {
            f"{site.name} {view.value}": [
                {"kvp": kvp, "share": _short(spectrum(site.tube(view), kvp))}
                for kvp in (site.tube(view).kvp + shift for shift in site.kvp_shifts)
            ]
            for site in SITES.values()
            for view in View
        },
    }


def spectrum(tube: Tube, kvp: float) -> NDArray[np.float64]:
    """Share of photons in each energy bin behind the tube's filter."""
    import spekpy

    source = spekpy.Spek(kvp=kvp, th=ANODE_DEGREES, dk=0.5)
    source.filter("Al", tube.aluminium_mm)
    if tube.copper_mm:
        source.filter("Cu", tube.copper_mm)
    energies, fluence = source.get_spectrum()
    edges = np.append(ENERGIES - BIN_KEV / 2, ENERGIES[-1] + BIN_KEV / 2)
    counts, _ = np.histogram(energies, edges, weights=fluence)
    return counts / counts.sum()


def _per_mm(fractions: dict[str, float], density: float) -> NDArray[np.float64]:
    import xraydb

    total = sum(fractions.values())
    per_gram = sum(
        share / total * xraydb.mu_elam(element, ENERGIES * 1000.0) for element, share in fractions.items()
    )
    return np.asarray(per_gram) * density / 10


def _short(values: NDArray[np.float64]) -> list[float]:
    return [float(f"{value:.5g}") for value in values]


if __name__ == "__main__":
    write_atomically(TABLE, json.dumps(compute(), indent=None, separators=(",", ":")).encode() + b"\n")
