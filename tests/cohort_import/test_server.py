"""Films of a cohort from a real Orthanc over DICOMweb, and servers that are away, slow or refuse."""

import csv
import io
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "exchange"))

from archive import Orthanc, free_port
from typer.testing import CliRunner

from mvm_core.cohort_import import import_cohort, read_labels
from mvm_core.cohort_import.labels import LabelRow
from mvm_core.cohort_import.server import ServerFilms
from mvm_core.cohort_import.settled import read_doubtful
from mvm_core.deidentification import Key
from mvm_core.errors import ExchangeError
from mvm_core.exchange.settings import WebServer
from mvm_core.imaging import StudyFile
from mvm_core.inference import SHIPPED
from mvm_core.spine import Finder

KEY = Key(b"a secret of the hospital")
NAME = "ZQXWVK"


@pytest.fixture(scope="module")
def orthanc(
    tmp_path_factory: pytest.TempPathFactory, dicom_pair: tuple[StudyFile, StudyFile]
) -> Iterator[Orthanc]:
    """An archive with credentials, and three studies of two patients; one holds a CT slice alone."""
    settings = {"AuthenticationEnabled": True, "RegisteredUsers": {"reader": "right"}}
    archive = Orthanc(tmp_path_factory.mktemp("orthanc"), **settings)
    archive.auth = ("reader", "right")
    archive.start()
    for study, (patient, date) in enumerate(((f"{NAME}7", "20201101"), ("00451", "20201102"))):
        for file in dicom_pair:
            archive.upload(changed(file.content, patient, date, study))
    slices = pydicom.dcmread(io.BytesIO(dicom_pair[0].content))
    slices.Modality, slices.SOPClassUID = "CT", "1.2.840.10008.5.1.4.1.1.2"
    buffer = io.BytesIO()
    slices.save_as(buffer)
    archive.upload(changed(buffer.getvalue(), f"{NAME}7", "20201201", 9))
    yield archive
    archive.stop()


def changed(content: bytes, patient: str, date: str, study: int) -> bytes:
    data = pydicom.dcmread(io.BytesIO(content))
    data.PatientID, data.PatientName, data.StudyDate = patient, f"{NAME}^ANNA", date
    data.PatientBirthDate, data.PatientAge = "19500101", ""
    data.StudyInstanceUID, data.AccessionNumber = f"1.2.99.{study}", f"ACC{study}"
    data.SeriesInstanceUID = f"{data.SeriesInstanceUID[:50]}.{study}"
    data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = f"{data.SOPInstanceUID[:50]}.{study}"
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID
    buffer = io.BytesIO()
    data.save_as(buffer)
    return buffer.getvalue()


def server(orthanc: Orthanc, **more: object) -> WebServer:
    said = {"user": "A_USER", "password": "A_PASSWORD", **more}
    return WebServer("PACS", f"{orthanc.url}/dicom-web", **said)  # type: ignore[arg-type]


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_USER", "reader")
    monkeypatch.setenv("A_PASSWORD", "right")


def row(patient: str = "", accession: str = "") -> LabelRow:
    return LabelRow(2, patient, accession, "L2", "mvm", "", "MRI", "")


@pytest.mark.usefixtures("credentials")
def test_rows_become_a_cohort_from_a_server(orthanc: Orthanc, tmp_path: Path) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_text(
        f"Patient,Accession,Level,Label\n{NAME}7,,L2,mvm\n451,,L2,bvf\n,ACC9,L2,mvm\n,NONE,L2,mvm\n"
    )
    out, finder = tmp_path / "cohort", Finder.open(SHIPPED)
    films = ServerFilms(server(orthanc))
    found = import_cohort(films, read_labels(labels), out, KEY, finder, None)
    doubts = {each.row: each.doubts for each in read_doubtful(out)}
    assert "the films write this patient in another way" in doubts[3], "00451 lost its zeros in a spreadsheet"
    assert "no study of this patient or number is there" in doubts[4], "a CT is no film"
    assert "no study of this patient or number is there" in doubts[5]
    assert found.taken + found.doubtful == 4
    if 2 not in doubts:
        (case,) = csv.DictReader(io.StringIO((out / "manifest.csv").read_text()))
        assert case["case_id"] == f"{KEY.pseudonym(NAME + '7')}-L2"
        assert case["age"] == "70"
        for view in ("ap", "lateral"):
            left = (out / case[view]).read_bytes()
            assert NAME.encode() not in left
            assert pydicom.dcmread(io.BytesIO(left)).StudyInstanceUID == KEY.uid("1.2.99.0")
    for path in out.rglob("*"):
        assert path.is_dir() or NAME.encode() not in path.read_bytes(), path
    again = import_cohort(ServerFilms(server(orthanc)), read_labels(labels), out, KEY, finder, None)
    assert again == found


@pytest.mark.usefixtures("credentials")
def test_studies_are_found_by_number_and_however_a_patient_is_written(orthanc: Orthanc) -> None:
    films = ServerFilms(server(orthanc))
    for asked in (row(f"{NAME}7"), row(f"{NAME.lower()}-7"), row(accession="ACC0"), row(accession="acc 0")):
        assert [film.study for film in films.films_for(asked)] == ["1.2.99.0"] * 2, asked
    assert [film.patient for film in films.films_for(row("451"))] == ["00451"] * 2
    assert films.films_for(row("45")) == []
    assert films.films_for(row("*")) == []


def test_servers_that_are_away_slow_or_refuse_are_told(
    orthanc: Orthanc, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = row("A123")
    with pytest.raises(ExchangeError, match="A_USER, which holds its credentials, is not set; set it where"):
        ServerFilms(server(orthanc))
    monkeypatch.setenv("A_USER", "reader")
    monkeypatch.setenv("A_PASSWORD", "wrong-secret")
    with pytest.raises(ExchangeError, match=r"PACS: it refuses the credentials \(HTTP 401\)") as told:
        ServerFilms(server(orthanc)).films_for(asked)
    assert "wrong-secret" not in str(told.value)
    gone = WebServer("PACS", f"http://127.0.0.1:{free_port()}/dicom-web")
    with pytest.raises(ExchangeError, match="PACS: it cannot be reached; check its url and whether it runs"):
        ServerFilms(gone).films_for(asked)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        slow = WebServer("PACS", f"http://127.0.0.1:{silent.getsockname()[1]}/dicom-web", timeout_s=0.5)
        with pytest.raises(ExchangeError, match=r"PACS: it did not answer within 0.5 s; try again"):
            ServerFilms(slow).films_for(asked)


@pytest.mark.usefixtures("credentials")
def test_a_server_that_goes_away_in_the_middle_loses_nothing(
    orthanc: Orthanc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_text(f"Patient,Level,Label\n{NAME}7,L2,mvm\n00451,L2,bvf\n")
    out, finder = tmp_path / "cohort", Finder.open(SHIPPED)
    looked: list[str] = []
    find = Finder.find

    def noted(self: Finder, film: object, *more: object) -> object:
        looked.append(film.name)  # type: ignore[attr-defined]
        return find(self, film, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(Finder, "find", noted)

    def away(done: int, _total: int) -> None:
        if done == 1:
            orthanc.stop()

    try:
        with pytest.raises(ExchangeError, match="PACS: it cannot be reached"):
            import_cohort(
                ServerFilms(server(orthanc)), read_labels(labels), out, KEY, finder, None, progress=away
            )
        assert len(looked) == 2
        assert not (out / "manifest.csv").exists()
    finally:
        orthanc.start()
    found = import_cohort(ServerFilms(server(orthanc)), read_labels(labels), out, KEY, finder, None)
    assert found.taken + found.doubtful == 2
    assert len(looked) == 4, "what was done before is not done again"


def test_the_command_names_the_servers_that_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mvm_core.cli import app

    monkeypatch.setenv("MVM_DEIDENTIFICATION_KEY", "a secret of the hospital")
    (tmp_path / "labels.csv").write_text("Patient,Level,Label\nA1,L2,mvm\n")
    servers = tmp_path / "servers.toml"
    servers.write_text(f'[[server]]\nname = "PACS"\nurl = "http://127.0.0.1:{free_port()}/dicom-web"\n')

    def called(name: str) -> str:
        options = ["--out", str(tmp_path / "out"), "--servers", str(servers), "--no-text"]
        done = CliRunner().invoke(app, ["import-cohort", name, str(tmp_path / "labels.csv"), *options])
        assert done.exit_code
        return done.output + str(done.exception)

    assert "has no [[server]] OTHER, but PACS" in called("OTHER")
    assert "PACS: it cannot be reached; check its url" in called("PACS")
