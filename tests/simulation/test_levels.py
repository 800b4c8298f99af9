"""The table of levels: corners lie where the film shows the body, heights are those of the fracture."""

import dataclasses
import hashlib
import json
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from mvm_core.cohort import LevelRow, read_levels, read_manifest
from mvm_core.cohort.levels import LEVEL_COLUMNS, MIDDLE_COLUMNS
from mvm_core.errors import SimulationError, TableError
from mvm_core.evaluation import evaluate
from mvm_core.radiograph import View
from mvm_core.simulation import (
    CohortRequest,
    PatientRequest,
    SimulatedPatient,
    deformation,
    simulate_patient,
    write_cohort,
)
from mvm_core.simulation.geometry import Geometry, film_geometry
from mvm_core.simulation.levels import level_rows
from mvm_core.simulation.other import Kind
from mvm_core.simulation.patient import Patient, draw_patient
from mvm_core.simulation.request import request_of
from mvm_core.spine.spine import dents_of

NOT_ASKED = SimpleNamespace(weights=SimpleNamespace(readings={}, asks_disease=False))
"""A reader whose weights do not ask for disease."""

# Greys of films of version 7 of the simulator, by patient (seed, index, label, site, format).
GREYS = json.loads((Path(__file__).parent / "greys_of_version_7.json").read_text())


def rows_of(patient: Patient, view: View) -> dict[str, LevelRow]:
    geometry = patient.geometry(view)
    return {row.level: row for row in level_rows(patient, patient.disease, geometry)}


def greys_of(patient: SimulatedPatient) -> dict[str, list[float]]:
    """Of each film, mean greys of 4 x 3 fields, how far neighbours are apart, and the sizes of the masks."""
    greys = {}
    for view, film in patient.films.items():
        pixels = film.pixels.astype(np.float64)
        fields = [field for band in np.array_split(pixels, 4) for field in np.array_split(band, 3, axis=1)]
        grain = np.abs(np.diff(pixels, axis=1)).mean()
        masks = [mask.mean() * 1000 for mask in (film.lesion_mask, film.vertebra_mask)]
        greys[view.value] = [*(field.mean() for field in fields), grain, *masks]
    return greys


# Processors with other instructions round some 0.1 % of the pixels to the next grey: 0.001 in the mean.
@pytest.mark.parametrize("wanted", list(GREYS))
def test_pixels_of_earlier_requests_stay(wanted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Kind, "share", lambda *_: 0.0)
    seed, index, label, site, name = wanted.split()
    patient = simulate_patient(PatientRequest(int(seed), int(index), label, site=site, format=name))
    for view, greys in greys_of(patient).items():
        assert greys == pytest.approx(GREYS[wanted][view], abs=0.02, rel=0), view


def shadow_of_body(patient: Patient, geometry: Geometry) -> NDArray[np.bool_]:
    """Where the body of the vertebra in question lies in the beam, from its distance field alone."""
    vertebra = dataclasses.replace(patient.vertebrae[patient.row], spurs=())
    collapse = patient.disease.levels[patient.row].collapse
    half = [side * 0.62 for side in (vertebra.size.width, vertebra.size.depth, vertebra.size.height)]
    axes = [np.arange(-reach, reach, 0.4, dtype=np.float32) for reach in half]
    x, y, z = (axis.ravel() for axis in np.meshgrid(*axes))
    before = z
    if collapse is not None:
        left = deformation.height_left(vertebra, collapse, x, y, patient.disease.levels[patient.row].tilt)
        before = deformation.before_collapse(vertebra, collapse, z, left)
    inside = vertebra.body(x, y, before) < 0
    columns, rows = geometry.points_to_film(*vertebra.to_patient(x[inside], y[inside], z[inside]))
    shadow = np.zeros(geometry.shape, np.uint8)
    shadow[rows.astype(int), columns.astype(int)] = 1
    return cv2.morphologyEx(shadow, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)) > 0


@pytest.mark.parametrize("view", list(View))
@pytest.mark.parametrize("name", ["standard", "whole-spine"])
@pytest.mark.parametrize("seed", range(8))
def test_corners_enclose_the_body(seed: int, name: str, view: View) -> None:
    patient = draw_patient(PatientRequest(seed, site="ab"[seed % 2], format=name))
    geometry = patient.geometry(view)
    row = rows_of(patient, view)[patient.vertebrae[patient.row].name]
    filled = np.zeros(geometry.shape, np.uint8)
    cv2.fillConvexPoly(filled, np.round(np.array(row.corners) * 16).astype(np.int32), 1, cv2.LINE_8, 4)
    shadow, corners = shadow_of_body(patient, geometry), filled > 0
    assert (shadow & corners).sum() > 0.85 * corners.sum()
    # Seen from above or below, the endplates are ellipses that reach beyond the line between their ends.
    vertebra = patient.vertebrae[patient.row]
    leans = abs(vertebra.tilt if view is View.AP else vertebra.roll)
    # Off the central ray the beam itself goes up or down.
    leans += abs(np.degrees(np.arctan(geometry.aim[1] / geometry.beam.source_to_patient(view))))
    if leans < 12:
        assert (shadow & corners).sum() > 0.7 * (shadow | corners).sum()


def test_corners_go_round_from_the_upper_left() -> None:
    patient = draw_patient(PatientRequest(3))
    for view in View:
        rows = rows_of(patient, view)
        assert {"T10", "L1", "L4"} <= set(rows)
        for row in rows.values():
            (ax, ay), (bx, by), (cx, cy), (dx, dy) = row.corners
            assert ax < bx
            assert dx < cx
            assert ay < dy
            assert by < cy
    middles = [np.mean(row.corners, axis=0)[1] for row in rows.values()]
    assert middles == sorted(middles)


@pytest.mark.parametrize("index", range(8))
def test_wedge_lowers_the_anterior_wall_by_its_grade(index: int) -> None:
    request = PatientRequest(4, index, "bvf", "wedge", "L1", severity=1 + index % 3)
    patient = draw_patient(request)
    intact = draw_patient(PatientRequest(4, index, "intact", level="L1"))
    collapse = patient.disease.levels[patient.row].collapse
    assert collapse is not None
    for view in View:
        before, after = (rows_of(each, view)["L1"] for each in (intact, patient))
        lost = 1 - after.anterior_mm / before.anterior_mm
        assert lost == pytest.approx(collapse.share, rel=0.3)
        assert 1 - after.posterior_mm / before.posterior_mm < lost
        assert (before.label, after.label) == ("intact", "bvf")
        assert "collapse-wedge" in after.findings
    # The anterior upper corner of the lateral film comes down, the lower ones stay.
    down = np.array(after.corners)[:, 1] - np.array(before.corners)[:, 1]
    height = before.corners[2][1] - before.corners[1][1]
    assert down[1] > 0.6 * collapse.share * height
    assert np.abs(down[2:]).max() < 0.05 * height
    assert after.anterior_seen_mm == pytest.approx(after.anterior_mm, rel=0.06)


def test_middles_of_the_endplates_lie_apart_by_the_middle_height() -> None:
    patient = draw_patient(PatientRequest(4, 1, "bvf", "biconcave", "L1", severity=3))
    for view in View:
        geometry = patient.geometry(view)
        for row in rows_of(patient, view).values():
            assert row.middles is not None
            upper, lower = np.array(row.middles)
            seen_mm = np.hypot(*(lower - upper)) * geometry.mm_per_pixel / geometry.magnification
            assert seen_mm == pytest.approx(row.middle_seen_mm, abs=0.02)
            dents = dents_of(np.array(row.corners), np.array(row.middles))
            # A biconcave fracture dips in the middle of its endplates, deeper than they do by nature.
            assert sum(dents) > (0.3 if row.level == "L1" else -0.05)


def test_further_levels_are_told() -> None:
    patients = (draw_patient(PatientRequest(1, index, "mvm")) for index in range(40))
    patient = next(
        each for each in patients if any(level.label == "bvf" for level in each.disease.levels.values())
    )
    rows = rows_of(patient, View.LATERAL)
    for row, level in patient.disease.levels.items():
        name = patient.vertebrae[row].name
        assert rows[name].label == level.label
    intact = set(rows) - {patient.vertebrae[row].name for row in patient.disease.levels}
    assert {rows[name].label for name in intact} == {"intact"}


def test_what_the_collimator_or_the_edge_hides_is_less_visible() -> None:
    patient = draw_patient(PatientRequest(3, level="L1"))
    middle = film_geometry(View.AP, 0.4, (0.0, 0.0))
    frame = dataclasses.replace(patient.technique.ap, margins_mm=(0.0, 0.0, 0.0, 0.0), degrees=0.0)
    bare = dataclasses.replace(patient, technique=dataclasses.replace(patient.technique, ap=frame))
    rows = {row.level: row for row in level_rows(bare, bare.disease, middle)}
    assert rows["L1"].visible == 1
    half = dataclasses.replace(middle, centre=(0.0, middle.centre[1]))
    cut = {row.level: row for row in level_rows(bare, bare.disease, half)}
    assert cut["L1"].visible == pytest.approx(0.5, abs=0.08)
    gone = dataclasses.replace(middle, centre=(-100.0, middle.centre[1]))
    assert "L1" not in {row.level for row in level_rows(bare, bare.disease, gone)}
    covered = dataclasses.replace(frame, margins_mm=(0.0, 0.0, 150.0, 0.0))
    hidden = dataclasses.replace(patient, technique=dataclasses.replace(patient.technique, ap=covered))
    assert {row.level: row for row in level_rows(hidden, bare.disease, middle)}["L1"].visible == (
        pytest.approx(0.5, abs=0.08)
    )


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("healthy") / "a"
    write_cohort(folder, CohortRequest("a", patients=2, mvm=0, seed=3, healthy=2))
    return folder


def test_healthy_cohort_is_read_for_levels_and_asked_for_no_disease(healthy: Path) -> None:
    rows = read_levels(healthy)
    cohort = read_manifest(healthy)
    levels = {case.case_id: case.level for case in cohort.cases}
    assert {row.label for row in rows if row.level == levels[row.case_id]} == {"intact"}
    # Elsewhere they have what people have, but neither fracture nor metastasis.
    assert {row.label for row in rows} <= {"intact", "other"}
    assert {row.view for row in rows} == set(View)
    assert {case.label for case in cohort.cases} == {"intact"}
    assert {row.case_id for row in rows} == {case.case_id for case in cohort.cases}
    splits = {case.split for case in cohort.cases}
    assert cohort.diseased == ()
    assert all(cohort.split(split) == () for split in splits)
    assert evaluate(cohort, NOT_ASKED, splits).empty  # type: ignore[arg-type]
    assert request_of(healthy) == CohortRequest("a", patients=2, mvm=0, seed=3, healthy=2)


def test_interrupted_levels_come_out_the_same(healthy: Path) -> None:
    table = healthy / "levels.csv"
    before = hashlib.sha256(table.read_bytes()).hexdigest()
    table.unlink()
    next((healthy / "cases").iterdir()).unlink()
    write_cohort(healthy, CohortRequest("a", patients=2, mvm=0, seed=3, healthy=2))
    assert hashlib.sha256(table.read_bytes()).hexdigest() == before


def test_healthy_are_some_of_the_patients() -> None:
    labels = CohortRequest("a", patients=100, mvm=None, seed=1, healthy=50).labels
    assert (labels.count("intact"), labels.count("mvm"), labels.count("bvf")) == (50, 14, 36)
    for wrong in ({"healthy": 101}, {"healthy": -1}, {"healthy": 60, "mvm": 41}):
        with pytest.raises(SimulationError):
            CohortRequest(**{"site": "a", "patients": 100, "mvm": None, "seed": 1, **wrong})


def test_every_problem_of_the_table_is_told(tmp_path: Path) -> None:
    good = "c1,ap,L1,intact,spur band,1,2,30,2,30,20,1,20,25,24,25,25,24,25,1"
    bad = [
        "c1,pa,L2,intact,,1,2,30,2,30,20,1,20,25,24,25,25,24,25,1",
        "c1,ap,L3,cyst,,1,2,30,x,30,20,1,20,25,24,25,25,24,25,1.5",
        "c1,ap,,mvm,,1,2,30,,30,20,1,20,25,24,25,25,24,25,0.5",
        good,
    ]
    path = tmp_path / "levels.csv"
    path.write_text("\n".join([",".join(LEVEL_COLUMNS), good]) + "\n")
    (row,) = read_levels(tmp_path)
    assert row.findings == ("spur", "band")
    assert row.corners == ((1, 2), (30, 2), (30, 20), (1, 20))
    assert tuple(row.described) == LEVEL_COLUMNS
    assert row.middles is None
    assert row.described["findings"] == "spur band"
    path.write_text(",".join([*LEVEL_COLUMNS, *MIDDLE_COLUMNS]) + f"\n{good},15,4.5,15.5,18\n")
    (row,) = read_levels(tmp_path)
    assert row.middles == ((15, 4.5), (15.5, 18))
    head = ",".join([*LEVEL_COLUMNS, *MIDDLE_COLUMNS])
    other = good.replace("L1", "L2")
    # Begun by an earlier version and resumed: its rows have none.
    path.write_text(f"{head}\n{good},,,,\n{other},15,4.5,15.5,18\n")
    assert [each.middles is None for each in read_levels(tmp_path)] == [True, False]
    path.write_text(f"{head}\n{good},15,,15.5,18\n")
    with pytest.raises(TableError, match="y_upper"):
        read_levels(tmp_path)
    path.write_text(f"{head}\n{good},15,4.5,15.5,18\n")
    (row,) = read_levels(tmp_path)
    assert tuple(row.described) == (*LEVEL_COLUMNS, *MIDDLE_COLUMNS)
    path.write_text("\n".join([",".join(LEVEL_COLUMNS), good, *bad]) + "\n")
    with pytest.raises(TableError) as caught:
        read_levels(tmp_path)
    told = "\n".join(caught.value.problems)
    for words in (
        "row 3, column view: 'pa'",
        "row 4, column label: 'cyst'",
        "row 4, column y1: 'x'",
        "row 4, column visible",
        "row 5, column level: empty",
        "row 5, column y1",
        "row 6, column level: 'L1'",
    ):
        assert words in told
    with pytest.raises(TableError, match="no such file"):
        read_levels(tmp_path / "elsewhere")
