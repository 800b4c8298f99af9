"""Cohorts on disk: the same for any number of workers, whole or not at all, DICOM that validates."""

import csv
import errno
import hashlib
import io
import json
import subprocess
import sys
import time
from collections import Counter
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import psutil
import pydicom
import pytest
from checked_dicom import assert_valid

from mvm_core.cohort import read_levels, read_manifest
from mvm_core.errors import OutputError, SimulationError, WorkersError
from mvm_core.evaluation import read_case
from mvm_core.imaging import StudyFile, read_study
from mvm_core.radiograph import View
from mvm_core.simulation import (
    SITES,
    CohortRequest,
    PatientRequest,
    film_to_dicom,
    simulate_patient,
    write_cohort,
)
from mvm_core.simulation.cohort import COLUMNS, pixels_sha256
from mvm_core.simulation.findings_check import check_findings, told_by_draws, told_by_table
from mvm_core.simulation.patient import draw_patient
from mvm_core.simulation.request import SIMULATOR_VERSION
from mvm_core.simulation.signs import SIGN_NAMES

REQUEST = CohortRequest(site="a", patients=10, mvm=5, seed=5)


SMALL = CohortRequest(site="b", patients=2, mvm=1, seed=5)
simulated_once = lru_cache(simulate_patient)


@pytest.fixture
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without workers, patients that an earlier test simulated are taken from memory."""
    monkeypatch.setattr("mvm_core.simulation.cohort.simulate_patient", simulated_once)


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cohort") / "a"
    write_cohort(folder, REQUEST, workers=2)
    return folder


def sums(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.usefixtures("_quick")
def test_workers_do_not_change_a_byte(tmp_path: Path) -> None:
    write_cohort(tmp_path / "one", SMALL, workers=1)
    write_cohort(tmp_path / "two", SMALL, workers=2)
    assert sums(tmp_path / "one") == sums(tmp_path / "two")
    assert {row.case_id for row in read_levels(tmp_path / "one")} == {"b000005-00000", "b000005-00001"}
    with (tmp_path / "one" / "manifest.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["split"] for row in rows} == {"external"}
    assert len({row["pixels_sha256"] for row in rows}) == len(rows)


def test_manifest_tells_the_truth_of_each_case(cohort: Path) -> None:
    with (cohort / "manifest.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    for index, (row, label) in enumerate(zip(rows, REQUEST.labels, strict=True)):
        request = PatientRequest(REQUEST.seed, index, label, site=REQUEST.site)
        patient = draw_patient(request)
        assert (row["age"], row["sex"], row["kind"]) == (str(patient.age), patient.sex, patient.disease.kind)
        assert row["primary"] == patient.disease.primary
        assert set(row["signs"].split()) <= set(SIGN_NAMES)
        if label == "mvm":
            assert (row["sign"] == "sign") == bool(row["signs"])
        assert row["genant"] in "0123"
        assert float(row["lesion_mm"]) > 0
        assert (float(row["mineral_lost"]) > 0) <= (row["label"] == "mvm")
        for view in View:
            film = pydicom.dcmread(cohort / row[view.value])
            for part in ("lesion", "vertebra"):
                mask = cv2.imread(str(cohort / row[f"{view.value}_{part}_mask"]), cv2.IMREAD_UNCHANGED)
                assert mask.shape == (film.Rows, film.Columns)
                assert set(np.unique(mask)) == {0, 255}
    written = rows[0]
    again = simulate_patient(PatientRequest(REQUEST.seed, 0, REQUEST.labels[0], site=REQUEST.site))
    assert pixels_sha256(again) == written["pixels_sha256"]


def test_findings_of_the_table_are_those_that_were_drawn(cohort: Path) -> None:
    requests = [
        PatientRequest(REQUEST.seed, index, label, site=REQUEST.site)  # type: ignore[arg-type]
        for index, label in enumerate(REQUEST.labels)
    ]
    by_draws = told_by_draws([draw_patient(request) for request in requests])
    by_table = told_by_table(read_manifest(cohort), read_levels(cohort))
    for told, known in zip(by_table, by_draws, strict=True):
        assert (told.label, told.words) == (known.label, known.words)
        assert told.geometry[3:] == pytest.approx(known.geometry[3:])
    assert sum(share.drawn_n for share in check_findings(by_table).shares) > 10


def test_share_of_metastases_is_the_sites_where_none_is_asked_for() -> None:
    assert CohortRequest(site="a", patients=100, mvm=None, seed=1).labels.count("mvm") == 28
    assert CohortRequest(site="b", patients=100, mvm=None, seed=1).labels.count("mvm") == 68
    assert CohortRequest(site="b", patients=100, mvm=0, seed=1).labels.count("mvm") == 0


def test_manifest_is_read_by_the_checked_reader(cohort: Path) -> None:
    found = read_manifest(cohort)
    assert found.simulated
    assert len(found.cases) == 10
    assert Counter(case.label for case in found.cases) == {"mvm": 5, "bvf": 5}
    assert all((case.sign == "") == (case.label == "bvf") for case in found.cases)
    assert {case.split for case in found.cases} == {"train", "tune", "test"}
    shares = Counter(case.split for case in found.cases)
    assert shares["train"] > shares["tune"]
    assert len({case.case_id for case in found.cases}) == 10


def test_films_go_through_the_one_reading_path(cohort: Path) -> None:
    case = read_manifest(cohort).cases[0]
    pair = read_case(case)
    for view in View:
        film = pair.film(view)
        assert film is not None
        assert (film.mm_per_pixel, film.spacing_source) == (0.4, "ImagerPixelSpacing")
        mask = case.lesion_mask(view)
        assert mask is not None
        assert mask.is_file()


def test_names_and_order_do_not_tell_the_label(cohort: Path) -> None:
    labels = [case.label for case in read_manifest(cohort).cases]
    assert labels != sorted(labels)
    assert labels != sorted(labels, reverse=True)


@pytest.mark.usefixtures("_quick")
def test_interrupted_cohort_goes_on(tmp_path: Path) -> None:

    class KilledError(Exception): ...

    def kill(done: int, total: int) -> None:
        if done == 1:
            raise KilledError

    with pytest.raises(KilledError):
        write_cohort(tmp_path / "c", SMALL, progress=kill)
    assert not (tmp_path / "c" / "manifest.csv").exists()
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "c" / "films").iterdir()}
    write_cohort(tmp_path / "c", SMALL)
    assert all(path.stat().st_mtime_ns == before for path, before in kept.items())
    write_cohort(tmp_path / "whole", SMALL)
    assert sums(tmp_path / "c") == sums(tmp_path / "whole")


@pytest.mark.usefixtures("_quick")
def test_deleted_film_is_written_anew(tmp_path: Path) -> None:
    write_cohort(tmp_path, SMALL)
    before = sums(tmp_path)
    next((tmp_path / "films").glob("*_lateral.dcm")).unlink()
    write_cohort(tmp_path, SMALL)
    assert sums(tmp_path) == before


def test_stopping_does_not_wait_for_the_patients_still_queued(tmp_path: Path) -> None:
    class StoppedError(Exception): ...

    def stop(done: int, total: int) -> None:
        raise StoppedError

    with pytest.raises(StoppedError):
        write_cohort(tmp_path, CohortRequest(site="a", patients=20, mvm=10, seed=5), 2, stop)
    assert len(list((tmp_path / "cases").iterdir())) < 10
    assert not (tmp_path / "manifest.csv").exists()


def test_killed_worker_is_one_sentence(tmp_path: Path) -> None:
    def kill(done: int, total: int) -> None:
        for child in psutil.Process().children():
            if "spawn_main" in " ".join(child.cmdline()):
                child.kill()

    with pytest.raises(WorkersError, match=r"a process was killed.*run again with fewer --workers"):
        write_cohort(tmp_path, CohortRequest(site="a", patients=12, mvm=6, seed=5), 2, kill)
    assert not (tmp_path / "manifest.csv").exists()


def test_no_workers(tmp_path: Path) -> None:
    with pytest.raises(SimulationError, match="workers"):
        write_cohort(tmp_path / "c", REQUEST, workers=0)
    assert not (tmp_path / "c").exists()


def test_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(SimulationError, match="neither empty nor a simulated cohort"):
        write_cohort(tmp_path, REQUEST)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_cohort_of_other_settings_is_left_alone(cohort: Path) -> None:
    before = sums(cohort)
    with pytest.raises(SimulationError, match="other settings"):
        write_cohort(cohort, CohortRequest(site="a", patients=10, mvm=4, seed=5))
    assert sums(cohort) == before


@pytest.mark.usefixtures("_quick")
def test_full_disk_leaves_no_manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, target: Path) -> Path:
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "c").mkdir()
    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OutputError, match="No space left on device"):
        write_cohort(tmp_path / "c", SMALL)
    assert not list((tmp_path / "c").rglob("*.csv"))
    assert not list((tmp_path / "c").rglob("*.dcm"))


def test_unwritable_folder_is_told_by_a_worker_too(tmp_path: Path) -> None:
    (tmp_path / "c").mkdir()
    request = SMALL

    settings = {"version": SIMULATOR_VERSION, **asdict(request)}
    del settings["anatomy"]
    (tmp_path / "c" / "settings.json").write_text(json.dumps(settings))
    # A file where the folder of films belongs: no worker can write.
    (tmp_path / "c" / "films").write_text("")
    with pytest.raises(OutputError, match=r"cannot be written.*free space"):
        write_cohort(tmp_path / "c", request, workers=2)
    assert not list((tmp_path / "c").rglob("*.csv"))


@pytest.mark.parametrize(("patients", "mvm"), [(0, 0), (3, 4), (3, -1)])
def test_impossible_numbers(patients: int, mvm: int) -> None:
    with pytest.raises(SimulationError):
        CohortRequest(site="a", patients=patients, mvm=mvm, seed=1)


@pytest.mark.parametrize("site", ["a", "b"])
def test_files_say_what_they_are_and_validate(site: str, tmp_path: Path) -> None:
    patient = simulated_once(PatientRequest(5, 0, SMALL.labels[0], site=site))
    for view in View:
        content = film_to_dicom(patient, view)
        assert content == film_to_dicom(patient, view)
        data = pydicom.dcmread(io.BytesIO(content))
        assert data.Modality == "DX"
        assert "SIMULATED" in str(data.PatientName)
        assert (data.get("ViewPosition") is None) == SITES[site].habits.sparse_tags
        assert data.PhotometricInterpretation == ("MONOCHROME1" if site == "b" else "MONOCHROME2")
        assert data.file_meta.TransferSyntaxUID.is_compressed == (site == "b")
        assert data.ImagerPixelSpacing == [SITES[site].mm_per_pixel] * 2
        text = " ".join(str(element.value).lower() for element in data if element.keyword != "PixelData")
        assert patient.label not in text
        assert patient.kind not in text
        (film,) = read_study([StudyFile("f.dcm", content)])
        assert film.view is view
        assert abs(film.pixels - patient.films[view].pixels / 4095).max() < 1e-3
        (tmp_path / "film.dcm").write_bytes(content)
        assert_valid(tmp_path / "film.dcm")


def test_films_of_nowhere_validate(tmp_path: Path) -> None:
    patient = simulate_patient(PatientRequest(5, 1, "other", site="r", format="coned"))
    for view in View:
        (tmp_path / "film.dcm").write_bytes(film_to_dicom(patient, view))
        assert_valid(tmp_path / "film.dcm")


CONED = CohortRequest(site="a", patients=3, mvm=1, seed=5, format="coned")


def test_a_killed_command_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    """The process is killed as the system kills one: nothing is tidied up."""
    folder = tmp_path / "killed"
    command = [sys.executable, "-m", "mvm_core", "simulate", str(folder), "--format", "coned"]
    command += ["--patients", "3", "--mvm", "1", "--seed", "5"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not (folder / "cases" / "00000.json").exists():
            assert process.poll() is None
            time.sleep(0.02)
    finally:
        process.kill()
        process.wait()
    assert not (folder / "manifest.csv").exists()
    write_cohort(folder, CONED)
    write_cohort(tmp_path / "whole", CONED)
    assert sums(folder) == sums(tmp_path / "whole")
