"""Site r: drawn wide, for training; what it draws is in the films, and the clinics know nothing of it."""

import dataclasses

import numpy as np
import pytest

from mvm_core.radiograph import View
from mvm_core.simulation import SITES, CohortRequest, PatientRequest, simulate_patient
from mvm_core.simulation.anywhere import TRUE_ATTENUATION, Attenuation
from mvm_core.simulation.body import project_body
from mvm_core.simulation.cohort import _splits
from mvm_core.simulation.patient import draw_patient
from mvm_core.simulation.sites import CLINICS

REQUEST = PatientRequest(3, 1, site="r", format="coned")


def test_every_patient_of_r_has_a_site_and_an_attenuation_of_its_own() -> None:
    patients = [draw_patient(PatientRequest(3, index, site="r")) for index in range(60)]
    for part in dataclasses.fields(Attenuation):
        factors = [getattr(patient.attenuation, part.name) for patient in patients]
        assert max(factors) > 1.4 * min(factors)
    gammas = [patient.technique.gamma for patient in patients]
    assert min(gammas) < min(SITES[name].processing.gamma[0] for name in CLINICS)
    assert max(gammas) > max(SITES[name].processing.gamma[1] for name in CLINICS)
    voltages = [patient.site.ap.kvp + patient.technique.kvp_shift for patient in patients]
    assert min(voltages) < 65
    assert 92 < max(voltages) <= 98
    grids = [patient.site.grid * patient.technique.grid for patient in patients]
    assert max(grids) > 10 * min(grids)
    assert len({patient.site for patient in patients}) == 60


@pytest.mark.parametrize("site", CLINICS)
def test_the_clinics_stay_as_they_are(site: str) -> None:
    patient = draw_patient(PatientRequest(3, 1, site=site))
    assert patient.attenuation == TRUE_ATTENUATION
    assert patient.site is SITES[site]


@pytest.mark.parametrize("part", [field.name for field in dataclasses.fields(Attenuation)])
def test_a_structure_attenuates_as_drawn(part: str) -> None:
    patient = dataclasses.replace(
        draw_patient(PatientRequest(3, 1, format="coned", level="T10")), attenuation=TRUE_ATTENUATION
    )
    changed = dataclasses.replace(patient, attenuation=Attenuation(**{part: 0.5}))
    geometry = patient.geometry(View.LATERAL)
    one, other = (project_body(each, geometry).paths for each in (patient, changed))
    bone, soft, fat = (
        float(getattr(other, name).sum() / getattr(one, name).sum()) for name in ("bone", "soft", "fat")
    )
    assert (bone < 0.97) == (part in ("spine", "bones"))
    assert (fat < 0.97) == (part == "fat")
    # Less air in the lungs is more water.
    assert (soft < 0.97, soft > 1.03) == (part == "soft", part == "lung")


def test_the_same_patient_of_r_twice() -> None:
    for view, film in simulate_patient(REQUEST).films.items():
        again = simulate_patient(REQUEST).films[view]
        assert np.array_equal(film.pixels, again.pixels)
        assert film.vertebra_mask.any()


def test_patients_of_r_are_for_training() -> None:
    request = CohortRequest("r", patients=20, mvm=10, seed=1)
    rows: list[dict[str, object]] = [{"label": label, "sign": ""} for label in request.labels]
    splits = _splits(rows, request)
    assert {"train", "tune", "test"} == set(splits)
    assert _splits(rows, dataclasses.replace(request, site="b")) == ["external"] * 20
