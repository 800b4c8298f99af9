"""Formats of films: their sizes, what lies on them, and who is filmed so."""

import io
from collections import Counter
from pathlib import Path

import numpy as np
import pydicom
import pytest
from checked_dicom import assert_valid

from mvm_core.cohort import read_levels, read_manifest
from mvm_core.errors import SimulationError
from mvm_core.radiograph import View
from mvm_core.simulation import (
    FORMATS,
    CohortRequest,
    PatientRequest,
    film_to_dicom,
    request_of_case,
    simulate_patient,
    write_cohort,
)
from mvm_core.simulation.formats import MIXED_SHARES
from mvm_core.simulation.levels import level_rows
from mvm_core.simulation.morphometry import TYPICAL
from mvm_core.simulation.patient import Patient, draw_patient
from mvm_core.simulation.proportions import proportions
from mvm_core.simulation.request import request_of
from mvm_core.simulation.scoliosis import GREATEST_DEGREES, Curve, draw_curves

# Least and most height and width, in mm.
SIZES = {
    "standard": ((430, 430), (300, 300)),
    "whole-spine": ((520, 910), (230, 360)),
    "thoracic": ((390, 430), (200, 350)),
    "lumbar": ((340, 430), (180, 430)),
    "coned": ((130, 240), (110, 180)),
}


def patients(name: str, number: int = 30) -> list[Patient]:
    return [draw_patient(PatientRequest(2, index, format=name)) for index in range(number)]


@pytest.mark.parametrize("name", list(FORMATS))
def test_films_have_the_formats_size_and_show_the_vertebra_in_question(name: str) -> None:
    assert set(SIZES) == set(FORMATS)
    for patient in patients(name):
        for view in View:
            geometry = patient.geometry(view)
            for side, (least, most) in zip(geometry.shape, SIZES[name], strict=True):
                assert least - 1 <= side * geometry.mm_per_pixel <= most + 1
            rows = {row.level: row for row in level_rows(patient, patient.disease, geometry)}
            assert rows[patient.vertebrae[patient.row].name].visible > 0.3


def test_whole_spine_films_show_t1_to_s1() -> None:
    seen = Counter()
    for patient in patients("whole-spine"):
        rows = level_rows(patient, patient.disease, patient.geometry(View.AP))
        seen.update(row.level for row in rows if row.visible > 0.5)
        middles = [np.mean(row.corners, axis=0)[1] for row in rows]
        assert middles == sorted(middles)
    wanted = {f"T{n}" for n in range(1, 13)} | {f"L{n}" for n in range(1, 6)} | {"S1"}
    assert set(seen) == wanted
    assert min(seen.values()) >= 27
    assert not {row.level for row in level_rows(patient, patient.disease, patient.geometry(View.AP))} - wanted


def test_small_intact_bodies_are_not_biconcave() -> None:
    shares = []
    for index in range(20):
        patient = draw_patient(PatientRequest(2, index, "intact", format="whole-spine"))
        rows = level_rows(patient, patient.disease, patient.geometry(View.LATERAL))
        shares += [2 * row.middle_mm / (row.anterior_mm + row.posterior_mm) for row in rows]
    assert min(shares) > 0.7
    assert np.mean(shares) > 0.8


def test_standing_patients_keep_their_head_over_the_sacrum() -> None:
    offsets = []
    for patient in patients("whole-spine", 60):
        offsets.append(patient.vertebra("C7").centre[1] - patient.vertebra("S1").centre[1])
    assert np.mean(offsets) == pytest.approx(15, abs=12)
    assert np.abs(offsets).max() < 110


def test_curves_are_idiopathic_and_of_the_new_formats_alone() -> None:
    assert not any(patient.curves for patient in patients("standard"))
    tall = patients("whole-spine", 60)
    assert 0.4 < np.mean([bool(patient.curves) for patient in tall]) < 0.8
    draw = np.random.default_rng(1)
    angles = [curve.cobb for _ in range(400) for curve in draw_curves(1.0, draw)]
    assert min(angles) > 6
    assert 65 < max(angles) <= GREATEST_DEGREES


@pytest.mark.parametrize("left", [True, False])
def test_a_curve_has_its_cobb_angle_its_side_and_turns_towards_its_convexity(left: bool) -> None:
    rows = np.arange(15)
    curve = Curve(apex=4.0, spread=2.5, cobb=60.0, left=left)
    rolls, yaws = curve.rolls(rows), curve.yaws(rows)
    assert np.ptp(rolls) == pytest.approx(60, rel=0.05)
    # Down the spine a body moves to the left where its left side is the higher one.
    across = np.cumsum(np.sin(np.deg2rad(rolls)))
    apex = int(np.argmax(np.abs(across)))
    assert abs(apex - 4) <= 1
    assert (across[apex] > 0) == left
    assert int(np.argmax(np.abs(yaws))) == 4
    # Positive yaw turns the front to the patient's right.
    assert (yaws[4] < 0) == left
    assert 10 < abs(yaws[4]) < 30


def test_children_and_build_range_wider_in_the_new_formats() -> None:
    usual, tall = patients("standard", 60), patients("whole-spine", 60)
    assert min(patient.age for patient in usual) >= 40
    children = [patient for patient in tall if patient.age < 18]
    assert 8 < len(children) < 32

    def height(group: list[Patient]) -> float:
        return float(np.mean([patient.vertebra("L3").size.height for patient in group]))

    assert height(children) < 0.97 * height(usual)
    girths = [np.std([patient.habitus.half_width for patient in group]) for group in (usual, tall)]
    assert girths[1] > 1.2 * girths[0]
    adults = [size.mean for size in proportions(tall) if (size.level, size.part) == ("L3", "height")]
    assert adults[0] == pytest.approx(TYPICAL["L3"].height, rel=0.04)


def test_body_does_not_know_the_disease_in_any_format() -> None:
    for name in FORMATS:
        a, b = (draw_patient(PatientRequest(6, 3, label, format=name)) for label in ("mvm", "intact"))
        assert (a.vertebrae, a.habitus, a.positioning) == (b.vertebrae, b.habitus, b.positioning)
        assert b.disease.levels == {}


def test_names_of_cases_tell_the_format() -> None:
    for name in FORMATS:
        request = PatientRequest(7, 2, "mvm", format=name, site="b")
        assert request_of_case(request.case_id, "mvm") == request
    assert request_of_case("bx000007-00002", "mvm") is None


def test_mixed_formats_have_their_shares() -> None:
    request = CohortRequest("a", patients=2000, mvm=None, seed=1, format="mixed")
    counts = Counter(request.formats)
    for name, share in MIXED_SHARES.items():
        assert counts[name] == pytest.approx(2000 * share, rel=0.2)
    assert len({each.case_id for each in request.requests}) == 2000
    for wrong in ("panorama", ""):
        with pytest.raises(SimulationError, match=r"format.*whole-spine"):
            CohortRequest("a", patients=2, mvm=None, seed=1, format=wrong)
    with pytest.raises(SimulationError, match=r"level 'L4'.*T10"):
        PatientRequest(1, level="L4", format="thoracic")


def test_a_cohort_of_whole_spines_is_written_and_read(tmp_path: Path) -> None:
    request = CohortRequest("a", patients=1, mvm=0, seed=2, healthy=1, format="whole-spine")
    write_cohort(tmp_path, request)
    assert request_of(tmp_path) == request
    (case,) = read_manifest(tmp_path).cases
    rows = [row for row in read_levels(tmp_path) if row.view is View.LATERAL]
    assert {row.case_id for row in rows} == {case.case_id} == {"aw000002-00000"}
    assert {"T1", "T12", "L5"} <= {row.level for row in rows}
    film = pydicom.dcmread(case.film(View.AP))
    assert film.Rows * film.ImagerPixelSpacing[0] > 520
    assert film.DistanceSourceToDetector == 1800
    for view in View:
        assert_valid(case.film(view))


def test_a_small_film_is_a_film() -> None:
    patient = simulate_patient(PatientRequest(6, 3, format="coned"))
    for view, film in patient.films.items():
        assert film.pixels.shape == draw_patient(PatientRequest(6, 3, format="coned")).geometry(view).shape
        assert np.ptp(film.pixels) > 1500
        assert film.vertebra_mask.any()
        assert pydicom.dcmread(io.BytesIO(film_to_dicom(patient, view))).Rows == film.pixels.shape[0]
