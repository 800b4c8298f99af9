"""One simulated patient: the same each time, the truth where it says, twins that tell the disease."""

import dataclasses
from functools import lru_cache

import numpy as np
import pytest

from mvm_core.errors import SimulationError
from mvm_core.radiograph import View
from mvm_core.simulation import (
    SITES,
    PatientRequest,
    SimulatedPatient,
    simulate_patient,
    simulate_twins,
)
from mvm_core.simulation.geometry import FILM_MM, film_geometry
from mvm_core.simulation.morphometry import NAMES
from mvm_core.simulation.patient import Patient, draw_patient, with_label
from mvm_core.simulation.sites import SURFACE_SITES

# Of the others the bones are not part of the program: see test_anatomy.
DRAWN_SITES = [site for site in SITES if site not in SURFACE_SITES]
MVM = PatientRequest(seed=11, label="mvm", kind="lytic", level="L3", severity=3)


twins_of = lru_cache(simulate_twins)


@pytest.fixture(scope="module")
def lytic() -> SimulatedPatient:
    return twins_of(MVM)["mvm"]


def test_twin_of_ones_own_label_is_the_patient(lytic: SimulatedPatient) -> None:
    again = simulate_patient(MVM)
    for view in View:
        assert np.array_equal(again.films[view].pixels, lytic.films[view].pixels)
        assert np.array_equal(again.films[view].lesion_mask, lytic.films[view].lesion_mask)
        assert np.array_equal(again.films[view].vertebra_mask, lytic.films[view].vertebra_mask)


def test_request_is_honoured(lytic: SimulatedPatient) -> None:
    assert (lytic.label, lytic.kind, lytic.level, lytic.severity) == ("mvm", "lytic", "L3", 3)
    assert lytic.sign in ("sign", "no-sign")
    assert 0 < lytic.mineral_lost < 1
    assert 5 < lytic.lesion_mm < 80
    for word in ("Metastasis", "L3", "lytic", "simulated"):
        assert word in lytic.description


@pytest.mark.parametrize("site", DRAWN_SITES)
def test_films_are_films(site: str) -> None:
    intact = twins_of(PatientRequest(seed=4, level="L2", site=site))["intact"]
    for view, film in intact.films.items():
        assert film.pixels.shape == tuple(round(side / SITES[site].mm_per_pixel) for side in FILM_MM[view])
        assert film.mm_per_pixel <= 0.4
        assert film.pixels.dtype == np.uint16
        assert film.pixels.max() <= 4095
        assert np.ptp(film.pixels[100:-100, 100:-100]) > 1500
        assert 60 < film.kvp < 110


def test_truth_lies_where_it_says(lytic: SimulatedPatient) -> None:
    for film in lytic.films.values():
        assert film.lesion_mask.any()
        assert (film.lesion_mask & film.vertebra_mask).sum() > 0.9 * film.lesion_mask.sum()
        rows, columns = np.nonzero(film.vertebra_mask)
        x, y = film.box.centre
        assert columns.min() < x < columns.max()
        assert rows.min() < y < rows.max()
        assert 0 <= film.box.x0 < film.box.x1 <= film.pixels.shape[1]


def diseased_rows(patient: Patient, view: View, shape: tuple[int, int]) -> np.ndarray:
    """Rows of a film within reach of a diseased vertebra of the fracture's or the metastasis's twin."""
    geometry = film_geometry(view, SITES[patient.request.site].mm_per_pixel, patient.positioning.offset(view))
    levels = {row for label in ("bvf", "mvm") for row in with_label(patient, label).disease.levels}
    near = np.zeros(shape[0], bool)
    for row in levels:
        vertebra = patient.vertebrae[row]
        _, middle = geometry.points_to_film(*(np.float32([value]) for value in vertebra.centre))
        # A body's height, its arch, and a mass of at most 23 mm, 1.4 times as high.
        reach = (2 * vertebra.size.height + 40) * geometry.magnification / geometry.mm_per_pixel
        near[int(max(0, middle[0] - reach)) : int(max(0, middle[0] + reach))] = True
    return near


@pytest.mark.parametrize("site", DRAWN_SITES)
def test_twins_differ_only_where_the_disease_is(site: str) -> None:
    request = PatientRequest(seed=4, level="L2", site=site)
    patient, twins = draw_patient(request), twins_of(request)
    intact = twins["intact"]
    assert (intact.label, intact.kind, intact.sign, intact.lesion_mm) == ("intact", "", "", 0)
    for view in View:
        film = intact.films[view]
        assert not film.lesion_mask.any()
        near = diseased_rows(patient, view, film.pixels.shape)
        assert 0.2 < near.mean() < 0.9
        for label in ("bvf", "mvm"):
            twin = twins[label].films[view]
            assert twin.box == film.box
            assert np.array_equal(twin.pixels[~near], film.pixels[~near])
            moved = np.abs(twin.pixels.astype(int) - film.pixels.astype(int))
            assert moved[twin.lesion_mask].mean() > 5 * moved[near].mean() > 0


def test_lytic_focus_is_darker_than_a_blastic_one_in_its_place(lytic: SimulatedPatient) -> None:
    blastic = simulate_patient(dataclasses.replace(MVM, kind="blastic"))
    assert lytic.mineral_lost > 0 == blastic.mineral_lost
    for view in View:
        dark, bright = (patient.films[view] for patient in (lytic, blastic))
        brighter = bright.pixels.astype(int) - dark.pixels.astype(int)
        both = dark.lesion_mask & bright.lesion_mask
        assert both.sum() > 0.5 * bright.lesion_mask.sum()
        assert brighter[both].mean() > 80


@pytest.mark.parametrize(
    ("label", "kind", "severity", "level"),
    [
        ("mvm", "mixed", 1, "T10"),
        ("bvf", "wedge", 1, "L1"),
        ("bvf", "biconcave", 2, "L5"),
        ("bvf", "crush", 3, "T11"),
        ("bvf", "occult", 0, "L3"),
    ],
)
def test_kinds_and_severities(label: str, kind: str, severity: int, level: str) -> None:
    request = PatientRequest(seed=3, label=label, kind=kind, severity=severity, level=level)  # type: ignore[arg-type]
    patient = simulate_patient(request)
    assert (patient.label, patient.kind, patient.severity) == (label, kind, severity)
    assert patient.films[View.LATERAL].lesion_mask.any()
    assert (patient.sign == "") == (label == "bvf")
    if label == "bvf":
        assert patient.genant == severity


def test_collapse_follows_the_genant_grade() -> None:
    for index in range(30):
        for severity in (1, 2, 3):
            patient = draw_patient(PatientRequest(seed=1, index=index, label="bvf", severity=severity))
            collapse = patient.disease.levels[patient.row].collapse
            assert collapse is not None
            assert collapse.genant == severity


def test_body_and_exposure_do_not_know_the_disease() -> None:
    for index in range(20):
        a, b = (draw_patient(PatientRequest(seed=6, index=index, label=label)) for label in ("mvm", "bvf"))
        assert dataclasses.replace(a, request=b.request, disease=b.disease) == b


@pytest.mark.parametrize("site", DRAWN_SITES)
def test_groups_overlap_in_age_sex_level_and_bone(site: str) -> None:
    """A logistic regression on what is known without looking at the lesion tells little."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score

    patients = [draw_patient(PatientRequest(seed=9, index=index, site=site)) for index in range(1200)]

    features = np.array([[p.age, p.sex == "F", p.row, p.osteopenia] for p in patients], float)
    features = (features - features.mean(0)) / features.std(0)
    labels = np.array([p.disease.label == "mvm" for p in patients])
    assert abs(labels.mean() - SITES[site].prevalence) < 0.05
    model = LogisticRegression().fit(features[:600], labels[:600])
    assert roc_auc_score(labels[600:], model.predict_proba(features[600:])[:, 1]) < 0.65


def test_spine_is_a_spine() -> None:
    patient = draw_patient(PatientRequest(seed=2))
    heights = [vertebra.centre[2] for vertebra in patient.vertebrae]
    assert heights == sorted(heights, reverse=True)
    assert patient.vertebrae[patient.row].centre == (0.0, 0.0, 0.0)
    widths = {v.name: v.size.width for v in patient.vertebrae}
    assert widths["L4"] > widths["T12"] > widths["T8"]
    assert tuple(widths) == NAMES


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"level": "C3"}, "level 'C3'.*T10"),
        ({"kind": "wedge"}, "kind 'wedge'.*lytic"),
        ({"label": "intact"}, "label 'intact'.*leave out kind"),
        ({"severity": 4}, "severity '4'"),
        ({"label": "bvf", "kind": "occult"}, "kind 'occult'.*leave out kind or severity"),
        ({"site": "z"}, "site 'z'.*a, b"),
        ({"label": "cyst"}, "label 'cyst'"),
        ({"seed": -1}, "seed"),
    ],
)
def test_unknown_values_are_told(change: dict, words: str) -> None:
    with pytest.raises(SimulationError, match=words):
        dataclasses.replace(MVM, **change)
