"""The group ``other``: each kind lies where the table of levels says, and tells no label from another."""

import dataclasses
import shutil
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import binom

from mvm_core.cohort import read_levels, read_manifest
from mvm_core.errors import SimulationError
from mvm_core.evaluation import evaluate
from mvm_core.radiograph import View
from mvm_core.simulation import CohortRequest, PatientRequest, simulate_twins, write_cohort
from mvm_core.simulation.clutter import metal
from mvm_core.simulation.geometry import Geometry
from mvm_core.simulation.grains import splat
from mvm_core.simulation.levels import level_rows
from mvm_core.simulation.other import KINDS, Change, Kind
from mvm_core.simulation.other.grains import bones_and_cement
from mvm_core.simulation.patient import SURROUNDINGS, Patient, draw_patient
from mvm_core.simulation.projection import project_vertebra
from mvm_core.simulation.request import request_of
from mvm_core.simulation.skeleton import ribs

NOT_ASKED = SimpleNamespace(weights=SimpleNamespace(readings={}, asks_disease=False))
"""A reader whose weights do not ask for disease."""

SEED, COARSE_MM = 8, 1.2
# The spine gives way: all of it moves, so what is compared is the bone and metal of these alone.
MOVING = ("discitis", "scheuermann", "degenerative", "block", "screws", "transitional", "myeloma")
# Where a kind is seen best, and how far beside the body it may lie, in mm.
SEEN = {
    "transitional": (View.AP, 45.0),
    "eleven-ribs": (View.AP, 130.0),
    "screws": (View.LATERAL, 60.0),
    "six-lumbar": (View.LATERAL, 15.0),
}


@pytest.fixture
def _nothing_by_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Kind, "share", lambda *_: 0.0)


def coarse(patient: Patient, view: View) -> Geometry:
    detector = dataclasses.replace(patient.site.detector, mm_per_pixel=COARSE_MM)
    site = dataclasses.replace(patient.site, detector=detector)
    return dataclasses.replace(patient, site=site).geometry(view)


def hard_parts(patient: Patient, view: View) -> np.ndarray:
    """Bone, cement and metal along the rays of a small film, without pelvis and calcified vessels."""
    geometry = coarse(patient, view)
    total = splat([ribs(patient), *bones_and_cement(patient)], geometry)
    screws = metal(patient, geometry, patient.stream(SURROUNDINGS, 3))
    if screws is not None:
        total += screws
    for row in range(max(0, patient.row - 1), min(len(patient.vertebrae), patient.row + 2)):
        projection = project_vertebra(patient, row, None, geometry)
        if projection is not None:
            total[projection.area] += projection.bone
    return total


@pytest.mark.usefixtures("_nothing_by_chance")
@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_seen_at_its_level_and_named_there(kind: str) -> None:
    patient = draw_patient(PatientRequest(SEED, label="other", kind=kind))
    view, beside = SEEN.get(kind, (View.LATERAL, 8.0))
    name = patient.vertebrae[patient.row].name
    rows = {row.level: row for row in level_rows(patient, patient.disease, coarse(patient, view))}
    assert rows[name].label == "other"
    assert set(rows[name].findings) >= set(patient.changes[patient.row].findings)
    labels = {row.label for level, row in rows.items() if level not in changed_levels(patient)}
    assert labels <= {"intact"}

    if kind == "six-lumbar":
        # The sixth is drawn below L5 whatever else; without it the sacrum is there.
        without = draw_patient(PatientRequest(SEED, label="intact", level="L5"))
        assert [v.name for v in patient.vertebrae] == [*(v.name for v in without.vertebrae), "S2"]
        return
    without = draw_patient(PatientRequest(SEED, label="intact", level=name))
    assert not without.changes
    if kind in MOVING:
        habitus = dataclasses.replace(patient.habitus, screws=())
        without = dataclasses.replace(patient, changes=elsewhere(patient), habitus=habitus)
    difference = np.abs(hard_parts(patient, view) - hard_parts(without, view))
    corners = np.array(rows[name].corners)
    margin = np.array([beside, 8.0]) * patient.geometry(view).magnification / COARSE_MM
    (left, top), (right, bottom) = corners.min(axis=0) - margin, corners.max(axis=0) + margin
    inside = np.zeros(difference.shape, bool)
    inside[max(0, int(top)) : int(bottom), max(0, int(left)) : int(right)] = True
    assert difference[inside].max() > 1.5
    # Rods run on from the neighbours.
    assert difference[inside].mean() > (2 if kind == "screws" else 5) * difference[~inside].mean()


def changed_levels(patient: Patient) -> set[str]:
    return {patient.vertebrae[row].name for row in patient.changes}


def elsewhere(patient: Patient) -> dict[int, Change]:
    """The changes of other vertebrae."""
    return {row: change for row, change in patient.changes.items() if row != patient.row}


def test_what_is_found_by_chance_is_the_same_whatever_the_disease() -> None:
    found: Counter[str] = Counter()
    requests = [PatientRequest(1, index) for index in range(500)]
    expected: Counter[str] = Counter()
    for request in requests:
        patients = {
            label: draw_patient(dataclasses.replace(request, label=label))  # type: ignore[arg-type]
            for label in ("mvm", "bvf")
        }
        mvm, bvf = patients["mvm"], patients["bvf"]
        assert (mvm.changes, mvm.vertebrae) == (bvf.changes, bvf.vertebrae)
        assert mvm.row not in mvm.changes
        found.update({change.kind for change in mvm.changes.values()})
        expected.update({name: kind.share(mvm.age, mvm.sex) for name, kind in KINDS.items()})  # type: ignore[arg-type]
    for name in ("degenerative", "schmorl", "scheuermann", "transitional", "six-lumbar"):
        # Some find no free level, most do.
        share = expected[name] / len(requests)
        low, high = binom.interval(0.999, len(requests), share)
        assert 0.7 * low <= found[name] <= high, name
    assert not {"myeloma", "paget"} & {name for name, count in found.items() if count > 10}


def test_names_count_from_above() -> None:
    six = draw_patient(PatientRequest(SEED, label="other", kind="six-lumbar"))
    names = [vertebra.name for vertebra in six.vertebrae]
    assert names[-3:] == ["L5", "S1", "S2"]
    assert (six.vertebra("S1").sacral, six.sacrum.name, six.sacrum.sacral) == (False, "S2", True)
    heights = [vertebra.centre[2] for vertebra in six.vertebrae]
    assert heights == sorted(heights, reverse=True)
    rows = [row.level for row in level_rows(six, six.disease, six.geometry(View.LATERAL))]
    assert {"S1", "S2"} & set(rows) == {"S1"}
    eleven = draw_patient(PatientRequest(SEED, label="other", kind="eleven-ribs"))
    assert eleven.vertebrae[eleven.row].name == "T12"
    assert [eleven.ribless(eleven.row + step) for step in (-1, 0)] == [False, True]
    block = draw_patient(PatientRequest(SEED, label="other", kind="block"))
    assert {block.row, block.row + 1} <= set(block.changes)


def test_wrong_places_are_told() -> None:
    for wrong, told in (
        ({"kind": "transitional", "level": "L2"}, "kind 'transitional'.*choose L5"),
        ({"kind": "eleven-ribs", "format": "lumbar"}, "eleven-ribs|T12"),
        ({"label": "other", "severity": 2}, "no severity"),
        ({"label": "mvm", "kind": "paget"}, "unknown"),
    ):
        if wrong.get("format") == "lumbar":
            assert PatientRequest(1, **wrong).wanted_label == "other"  # type: ignore[arg-type]
            continue
        with pytest.raises(SimulationError, match=told):
            PatientRequest(1, **wrong)  # type: ignore[arg-type]
    with pytest.raises(SimulationError, match="no twins"):
        simulate_twins(PatientRequest(1, label="other"))


REQUEST = CohortRequest("a", patients=3, mvm=0, seed=3, healthy=1, other=2)


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("other") / "a"
    write_cohort(folder, REQUEST)
    return folder


def test_cohort_with_others_asks_nothing_of_them(cohort: Path) -> None:
    assert request_of(cohort) == REQUEST
    found = read_manifest(cohort)
    assert Counter(case.label for case in found.cases) == {"other": 2, "intact": 1}
    assert found.diseased == ()
    assert all(found.split(case.split) == () for case in found.cases)
    assert evaluate(found, NOT_ASKED, {case.split for case in found.cases}).empty  # type: ignore[arg-type]
    rows = read_levels(cohort)
    for case in found.cases:
        own = {row.label for row in rows if (row.case_id, row.level) == (case.case_id, case.level)}
        assert own == {case.label}
        if case.label == "other":
            words = {word for row in rows if row.case_id == case.case_id for word in row.findings}
            assert words


def test_killed_cohort_goes_on_to_the_same(cohort: Path, tmp_path: Path) -> None:
    folder = tmp_path / "again"
    shutil.copytree(cohort, folder)
    for name in ("manifest.csv", "levels.csv"):
        (folder / name).unlink()
    # Killed while it wrote the last case.
    last = sorted((folder / "cases").iterdir())[-1]
    last.unlink()
    write_cohort(folder, REQUEST)
    for name in ("manifest.csv", "levels.csv"):
        assert (folder / name).read_bytes() == (cohort / name).read_bytes()


def test_others_are_some_of_the_patients() -> None:
    labels = CohortRequest("a", patients=100, mvm=None, seed=1, healthy=30, other=20).labels
    assert Counter(labels) == {"intact": 30, "other": 20, "mvm": 14, "bvf": 36}
    for wrong in ({"other": -1}, {"other": 80}, {"healthy": 60, "other": 30, "mvm": 11}):
        with pytest.raises(SimulationError):
            CohortRequest(**{"site": "a", "patients": 100, "mvm": None, "seed": 1, "healthy": 30, **wrong})
