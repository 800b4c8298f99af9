"""Sites r and v: drawn wide, for training; what they draw is in the films, no clinic knows of it."""

import dataclasses

import numpy as np
import pytest

from mvm_core.radiograph import View
from mvm_core.simulation import SITES, CohortRequest, PatientRequest, simulate_patient
from mvm_core.simulation.anywhere import NOWHERE, TRUE_ATTENUATION, Attenuation
from mvm_core.simulation.body import project_body
from mvm_core.simulation.cohort import _splits
from mvm_core.simulation.patient import draw_patient
from mvm_core.simulation.projection import project_vertebra
from mvm_core.simulation.sites import CLINICS

PARTS = [field.name for field in dataclasses.fields(Attenuation)]
OF_BONES = ("spongy", "arches", "clavicles", "great_vessels")


@pytest.mark.parametrize(("site", "drawn"), [("r", set(PARTS) - set(OF_BONES)), ("v", set(PARTS))])
def test_every_patient_has_a_site_and_an_attenuation_of_its_own(site: str, drawn: set[str]) -> None:
    patients = [draw_patient(PatientRequest(3, index, site=site)) for index in range(60)]
    for part in PARTS:
        factors = [getattr(patient.attenuation, part) for patient in patients]
        assert (max(factors) > 1.4 * min(factors)) == (part in drawn), part
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


@pytest.mark.parametrize("part", [part for part in PARTS if part not in OF_BONES])
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


def mineral_of(**attenuation: float) -> tuple[float, float]:
    """Mineral of a vertebra on a lateral film: at the tip of its spinous process, and in front."""
    patient = draw_patient(PatientRequest(3, 1, format="coned", level="L2"))
    patient = dataclasses.replace(patient, attenuation=Attenuation(**attenuation))
    vertebra = project_vertebra(patient, patient.row, None, patient.geometry(View.LATERAL))
    assert vertebra is not None
    columns = vertebra.bone.sum(axis=0)
    columns = columns[columns > 0]
    return float(columns[: len(columns) // 5].sum()), float(columns[-len(columns) // 5 :].sum())


def test_arches_and_spongy_bone_attenuate_as_drawn() -> None:
    behind, front = mineral_of()
    weak_behind, as_before = mineral_of(arches=0.4)
    assert weak_behind == pytest.approx(0.4 * behind, rel=0.02)
    assert as_before == pytest.approx(front, rel=1e-4)
    assert mineral_of(spongy=2.0)[1] > 1.25 * front


def test_great_vessels_and_clavicles_are_as_wide_and_strong_as_drawn() -> None:
    patient = dataclasses.replace(
        draw_patient(PatientRequest(3, 1, format="whole-spine")), attenuation=TRUE_ATTENUATION
    )
    geometry = patient.geometry(View.AP)

    def paths(**attenuation: float) -> tuple[float, float]:
        changed = dataclasses.replace(patient, attenuation=Attenuation(**attenuation))
        found = project_body(changed, geometry).paths
        return float(found.soft.sum()), float(found.bone.sum())

    soft, bone = paths()
    assert paths(great_vessels=2.0)[0] > 1.005 * soft
    assert paths(clavicles=0.2)[1] < 0.998 * bone
    assert paths(clavicles=0.2)[0] == pytest.approx(soft, rel=1e-4)


@pytest.mark.parametrize("site", NOWHERE)
def test_the_same_patient_twice(site: str) -> None:
    request = PatientRequest(3, 1, site=site, format="coned")
    for view, film in simulate_patient(request).films.items():
        again = simulate_patient(request).films[view]
        assert np.array_equal(film.pixels, again.pixels)
        assert film.vertebra_mask.any()


@pytest.mark.parametrize("site", NOWHERE)
def test_their_patients_are_for_training(site: str) -> None:
    request = CohortRequest(site, patients=20, mvm=10, seed=1)
    rows: list[dict[str, object]] = [{"label": label, "sign": ""} for label in request.labels]
    splits = _splits(rows, request)
    assert {"train", "tune", "test"} == set(splits)
    assert _splits(rows, dataclasses.replace(request, site="b")) == ["external"] * 20
