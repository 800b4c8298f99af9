"""The table of spectra and attenuation comes from SpekPy and xraydb, and says what physics says."""

import json

import numpy as np
import pytest

from mvm_core.radiograph import View
from mvm_core.simulation.sites import SITES
from mvm_core.simulation.spectra import TABLE, TISSUES
from mvm_core.simulation.spectra_table import compute


def test_table_comes_out_the_same_again() -> None:
    table, again = json.loads(TABLE.read_text()), compute()
    assert table.keys() == again.keys()
    assert table["energies_kev"] == again["energies_kev"]
    for name, values in again["attenuation_per_mm"].items():
        assert table["attenuation_per_mm"][name] == pytest.approx(values, rel=1e-4)
    assert table["spectra"].keys() == again["spectra"].keys()
    for name, spectra in again["spectra"].items():
        for stored, computed in zip(table["spectra"][name], spectra, strict=True):
            assert stored["kvp"] == computed["kvp"]
            assert stored["share"] == pytest.approx(computed["share"], rel=1e-3, abs=1e-7)


def test_harder_beams_and_denser_tissue() -> None:
    table = json.loads(TABLE.read_text())
    energies = np.array(table["energies_kev"])
    usual = {name: np.array(spectra[1]["share"]) @ energies for name, spectra in table["spectra"].items()}
    assert set(usual) == {f"{site} {view.value}" for site in SITES for view in View}
    for site in SITES:
        assert usual[f"{site} lateral"] > usual[f"{site} ap"]
    at_60 = {name: table["attenuation_per_mm"][name][int(np.argmin(abs(energies - 60)))] for name in TISSUES}
    assert at_60["fat"] < at_60["soft"] < at_60["bone"] < at_60["metal"]
    # NIST XCOM: water 0.206 per cm at 60 keV, soft tissue a few hundredths above it.
    assert at_60["soft"] == pytest.approx(0.0215, rel=0.05)
