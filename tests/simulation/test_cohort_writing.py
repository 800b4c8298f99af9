"""Cohorts on disk: the same for any number of workers, whole or not at all, DICOM that validates."""

import csv
import errno
import hashlib
import io
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import psutil
import pydicom
import pytest

from mvm_core.cohort import read_manifest
from mvm_core.errors import OutputError, SimulationError
from mvm_core.evaluation import read_case
from mvm_core.imaging import StudyFile, read_study
from mvm_core.radiograph import View
from mvm_core.simulation import CohortRequest, PatientRequest, film_to_dicom, simulate_patient, write_cohort

REQUEST = CohortRequest(site="a", patients=24, mvm=12, seed=5)


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


def test_workers_do_not_change_a_byte(cohort: Path, tmp_path: Path) -> None:
    one = CohortRequest(site="a", patients=3, mvm=1, seed=5)
    write_cohort(tmp_path / "one", one, workers=1)
    write_cohort(tmp_path / "two", one, workers=2)
    assert sums(tmp_path / "one") == sums(tmp_path / "two")


def test_manifest_is_read_by_the_checked_reader(cohort: Path) -> None:
    found = read_manifest(cohort)
    assert found.simulated
    assert len(found.cases) == 24
    assert Counter(case.label for case in found.cases) == {"mvm": 12, "bvf": 12}
    assert all((case.sign == "") == (case.label == "bvf") for case in found.cases)
    assert {case.split for case in found.cases} == {"train", "tune", "test"}
    shares = Counter(case.split for case in found.cases)
    assert shares["train"] > shares["tune"]
    assert len({case.case_id for case in found.cases}) == 24


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


def test_interrupted_cohort_goes_on(cohort: Path, tmp_path: Path) -> None:
    small = CohortRequest(site="a", patients=4, mvm=2, seed=5)

    class KilledError(Exception): ...

    def kill(done: int, total: int) -> None:
        if done == 2:
            raise KilledError

    with pytest.raises(KilledError):
        write_cohort(tmp_path / "c", small, progress=kill)
    assert not (tmp_path / "c" / "manifest.csv").exists()
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "c" / "films").iterdir()}
    write_cohort(tmp_path / "c", small)
    assert all(path.stat().st_mtime_ns == before for path, before in kept.items())
    write_cohort(tmp_path / "whole", small)
    assert sums(tmp_path / "c") == sums(tmp_path / "whole")


def test_deleted_film_is_written_anew(tmp_path: Path) -> None:
    one = CohortRequest(site="a", patients=1, mvm=1, seed=5)
    write_cohort(tmp_path, one)
    before = sums(tmp_path)
    next((tmp_path / "films").glob("*_lateral.dcm")).unlink()
    write_cohort(tmp_path, one)
    assert sums(tmp_path) == before


def test_stopping_does_not_wait_for_the_patients_still_queued(tmp_path: Path) -> None:
    class StoppedError(Exception): ...

    def stop(done: int, total: int) -> None:
        raise StoppedError

    with pytest.raises(StoppedError):
        write_cohort(tmp_path, CohortRequest(site="a", patients=30, mvm=15, seed=5), 2, stop)
    assert len(list((tmp_path / "cases").iterdir())) < 15
    assert not (tmp_path / "manifest.csv").exists()


def test_killed_worker_is_one_sentence(tmp_path: Path) -> None:
    def kill(done: int, total: int) -> None:
        for child in psutil.Process().children():
            if "spawn_main" in " ".join(child.cmdline()):
                child.kill()

    with pytest.raises(SimulationError, match=r"one was killed.*fewer workers"):
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
        write_cohort(cohort, CohortRequest(site="a", patients=24, mvm=11, seed=5))
    assert sums(cohort) == before


def test_full_disk_leaves_no_manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, target: Path) -> Path:
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "c").mkdir()
    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OutputError, match="No space left on device"):
        write_cohort(tmp_path / "c", CohortRequest(site="a", patients=2, mvm=1, seed=5))
    assert not list((tmp_path / "c").rglob("*.csv"))
    assert not list((tmp_path / "c").rglob("*.dcm"))


@pytest.mark.parametrize(("patients", "mvm"), [(0, 0), (3, 4), (3, -1)])
def test_impossible_numbers(patients: int, mvm: int) -> None:
    with pytest.raises(SimulationError):
        CohortRequest(site="a", patients=patients, mvm=mvm, seed=1)


@pytest.mark.parametrize("site", ["a", "b"])
def test_files_say_what_they_are_and_validate(site: str, tmp_path: Path) -> None:
    patient = simulate_patient(PatientRequest(seed=1, site=site))
    for view in View:
        content = film_to_dicom(patient, view)
        assert content == film_to_dicom(patient, view)
        data = pydicom.dcmread(io.BytesIO(content))
        assert data.Modality == "DX"
        assert "SIMULATED" in str(data.PatientName)
        assert data.ViewPosition == ("AP" if view is View.AP else "LL")
        text = " ".join(str(element.value).lower() for element in data if element.VR != "OW")
        assert patient.label not in text
        assert patient.kind not in text
        (film,) = read_study([StudyFile("f.dcm", content)])
        assert film.view is view
        assert abs(film.pixels - patient.films[view].pixels / 4095).max() < 1e-3
        tool = shutil.which("dciodvfy")
        if tool is None:
            pytest.skip("dciodvfy is missing: install dicom3tools")
        (tmp_path / "film.dcm").write_bytes(content)
        done = subprocess.run([tool, tmp_path / "film.dcm"], capture_output=True, text=True, check=False)
        assert "Error" not in done.stderr, done.stderr


def test_site_b_is_external(tmp_path: Path) -> None:
    write_cohort(tmp_path / "b", CohortRequest(site="b", patients=3, mvm=2, seed=5))
    with (tmp_path / "b" / "manifest.csv").open() as file:
        assert {row["split"] for row in csv.DictReader(file)} == {"external"}
