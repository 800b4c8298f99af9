"""What tests of several parts share: the shipped reader and one simulated pair of films."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from postgresql_server import Server, postgresql_server

from mvm_core.imaging import StudyFile, pair_films, read_study
from mvm_core.inference import SHIPPED
from mvm_core.models import Reader
from mvm_core.radiograph import FilmPair, View
from mvm_core.simulation import PatientRequest, SimulatedPatient, film_to_dicom, simulate_patient

# How long an example takes says how busy the machine is, not whether the code is right.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# Tests of the first look switch the example on; all others begin with an empty page.
os.environ.setdefault("MVM_EXAMPLE", "0")


_DEAREST = (
    "tests/browser/test_app_in_chromium.py",
    "tests/archive/test_cluster.py",
    "tests/browser/test_reader_study_in_chromium.py",
    "tests/browser/test_challenge_in_chromium.py",
    "tests/test_house.py",
    "tests/spine/test_no_spine.py",
    "tests/exchange/",
    "tests/archive/",
    "tests/load/",
    "tests/test_benchmark.py",
    "tests/browser/",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the dearest files first, so that processes side by side end at about the same time."""

    def rank(item: pytest.Item) -> int:
        return next((place for place, start in enumerate(_DEAREST) if item.nodeid.startswith(start)), 99)

    items.sort(key=rank)


@pytest.fixture(scope="session")
def real_films() -> Path:
    """The folder of real AP films that lies beside the repository; never part of it."""
    folder = Path(os.environ.get("MVM_REAL_FILMS", Path(__file__).resolve().parents[2] / "shared" / "films"))
    if not folder.is_dir():
        pytest.skip("no folder of real films: set MVM_REAL_FILMS to one")
    return folder


@pytest.fixture(scope="session")
def reader() -> Reader:
    return Reader.open(SHIPPED)


@pytest.fixture(scope="session")
def patient() -> SimulatedPatient:
    return simulate_patient(PatientRequest(seed=26, label="mvm", kind="lytic", level="L2", severity=3))


@pytest.fixture(scope="session")
def dicom_pair(patient: SimulatedPatient) -> tuple[StudyFile, StudyFile]:
    """The simulated patient's films as DICOM files in memory, AP first."""
    return (
        StudyFile("patient_ap.dcm", film_to_dicom(patient, View.AP)),
        StudyFile("patient_lateral.dcm", film_to_dicom(patient, View.LATERAL)),
    )


@pytest.fixture(scope="session")
def pair(dicom_pair: tuple[StudyFile, StudyFile], patient: SimulatedPatient) -> FilmPair:
    films = pair_films(read_study(dicom_pair))
    return FilmPair(
        ap=films.ap,
        lateral=films.lateral,
        ap_box=patient.films[View.AP].box,
        lateral_box=patient.films[View.LATERAL].box,
    )


@pytest.fixture(scope="session")
def real_spines() -> Path:
    """The folder of real films with marked vertebrae that lies beside the repository; never part of it."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "spines"
    folder = Path(os.environ.get("MVM_REAL_SPINES", beside))
    if not folder.is_dir():
        pytest.skip("no folder of marked real films: set MVM_REAL_SPINES to one")
    return folder


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """A PostgreSQL server of these tests' own."""
    with postgresql_server() as server:
        yield server
