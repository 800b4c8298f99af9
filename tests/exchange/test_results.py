"""The objects of a reading: read again by highdicom, dcmtk, dicom3tools and Orthanc."""

import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import numpy as np
import pydicom
import pypdfium2
import pytest
from archive import Orthanc
from highdicom import sr

from mvm_core.errors import ExchangeError, OutputError
from mvm_core.exchange import codes, open_source, write_objects
from mvm_core.exchange.making import Making
from mvm_core.exchange.results import MadeObject
from mvm_core.exchange.settings import WebServer
from mvm_core.exchange.web import Archive
from mvm_core.exchange.web_answers import FoundFilm
from mvm_core.imaging import StudyFile, read_film

ROOT = Path(__file__).resolve().parents[2]
NOTICE = "not a medical device"


def predict(*arguments: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mvm_core", "predict", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def tool(*command: str | Path) -> str:
    if shutil.which(str(command[0])) is None:
        pytest.skip(f"{command[0]} is missing")
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def films(dicom_pair: tuple[StudyFile, StudyFile], tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("films")
    for file in dicom_pair:
        (folder / file.name).write_bytes(file.content)
    return [folder / file.name for file in dicom_pair]


@pytest.fixture(scope="module")
def made(films: list[Path]) -> tuple[dict, Path]:
    """What predict says and writes; the films stay as they were."""
    before = [hashlib.sha256(film.read_bytes()).digest() for film in films]
    out = films[0].parent / "results"
    done = predict("--ap", films[0], "--lateral", films[1], "--json", "--dicom", out)
    assert [hashlib.sha256(film.read_bytes()).digest() for film in films] == before
    return json.loads(done.stdout), out


def test_every_object_is_sound_and_lies_in_the_study(made: tuple[dict, Path], films: list[Path]) -> None:
    _, out = made
    views = ("ap", "lateral")
    assert {path.stem for path in out.iterdir()} == {
        "report",
        "document",
        *(f"{kind}-{view}" for kind in ("presentation", "capture") for view in views),
    }
    film = pydicom.dcmread(films[0], stop_before_pixels=True)
    identities = set()
    for path in out.iterdir():
        data = pydicom.dcmread(path)
        assert data.StudyInstanceUID == film.StudyInstanceUID
        assert (data.PatientID, data.PatientName) == (film.PatientID, film.PatientName)
        told = data.ContributingEquipmentSequence[0].ContributionDescription
        assert NOTICE in told
        assert made[0]["weights"] in told
        identities.add(data.SOPInstanceUID)
        assert "Error" not in tool("dciodvfy", path)
    assert len(identities) == 6


def test_every_object_says_of_patient_and_study_what_the_film_says(
    dicom_pair: tuple[StudyFile, StudyFile], tmp_path: Path
) -> None:
    """Archives that take a study's words from its newest object would else lose them."""
    said = {
        "SpecificCharacterSet": "ISO_IR 192", "PatientName": "CHEN^MEI-LING=陳^美玲", "PatientID": "A1",
        "PatientBirthDate": "19530102", "PatientSex": "F", "StudyDescription": "T-L spine, standing",
        "StudyDate": "20261012", "StudyTime": "101112", "AccessionNumber": "ACC7", "StudyID": "S7",
        "ReferringPhysicianName": "CHOU^P H",
    }  # fmt: skip
    data = pydicom.dcmread(io.BytesIO(dicom_pair[1].content))
    for keyword, value in said.items():
        setattr(data, keyword, value)
    data.save_as(tmp_path / "film.dcm")
    predict("--lateral", tmp_path / "film.dcm", "--dicom", tmp_path / "out")
    made = sorted((tmp_path / "out").iterdir())
    assert len(made) == 4
    for path in made:
        found = pydicom.dcmread(path)
        assert {keyword: str(found.get(keyword, "missing")) for keyword in said} == said, path.name
        assert "Error" not in tool("dciodvfy", path)
    if shutil.which("fc-list") and tool("fc-list", ":lang=zh"):
        held = pydicom.dcmread(tmp_path / "out/document.dcm")
        pdf = pypdfium2.PdfDocument(held.EncapsulatedDocument[: held.EncapsulatedDocumentLength])
        page = pdf[0].get_textpage()
        words = page.get_text_range()
        page.close()
        pdf.close()
        assert "陳美玲 (CHEN MEI-LING)" in words


def test_the_report_holds_the_numbers_of_predict(made: tuple[dict, Path]) -> None:
    document, out = made
    report = sr.srread(out / "report.dcm").content
    groups = report.get_planar_roi_measurement_groups()
    checked = 0
    for level in document["levels"]:
        own = [each for each in groups if each.tracking_identifier == level["level"]]
        assert len(own) == sum(level[f"{view}_box"] is not None for view in ("ap", "lateral"))
        for group in own:
            said = {each.name.value: each.value for each in group.get_measurements()}
            assert said[codes.P_DISEASE.value] == level["probability_disease"]
            assert said[codes.DISEASE_POINT.value] == level["disease_point"]
            assert said.get(codes.P_MVM.value) == level["probability_mvm"]
            evaluations = {each.name.value: each.value for each in group.get_qualitative_evaluations()}
            zones = {codes.ZONES[zone].value: zone.value for zone in codes.ZONES}
            assert zones[evaluations[codes.ZONE.value].value] == level["zone"]
            asked = level["level"] == document["level_in_question"]
            assert (codes.IN_QUESTION.value in evaluations) == asked
            checked += 1
    assert checked >= 10
    dumped = tool("dsrdump", "+Pl", out / "report.dcm")
    numbers = [float(number) for number in re.findall(r'NUM:.*="([^"]+)" \(', dumped)]
    for level in document["levels"]:
        for said in (level["probability_disease"], level["probability_mvm"]):
            # Of at most 16 characters, as a decimal string is.
            assert said is None or any(number == pytest.approx(said, rel=1e-9) for number in numbers)
    assert NOTICE in dumped


def test_the_presentation_state_is_applied_by_dcmtk(
    made: tuple[dict, Path], films: list[Path], tmp_path: Path
) -> None:
    for view, film in zip(("ap", "lateral"), films, strict=True):
        state = made[1] / f"presentation-{view}.dcm"
        assert "Test passed" in tool("dcmpschk", state)
        tool("dcmp2pgm", "--pstate", state, film, tmp_path / f"{view}.pgm")
        assert (tmp_path / f"{view}.pgm").stat().st_size > 100_000
        data = pydicom.dcmread(state)
        names = {
            text.UnformattedTextValue
            for annotation in data.GraphicAnnotationSequence
            if annotation.GraphicLayer == "VERTEBRAE"
            for text in annotation.TextObjectSequence
        }
        assert {"L1", "L2", "L3"} <= names


def test_the_page_is_one_and_carries_the_notice(made: tuple[dict, Path]) -> None:
    data = pydicom.dcmread(made[1] / "document.dcm")
    pdf = pypdfium2.PdfDocument(data.EncapsulatedDocument[: data.EncapsulatedDocumentLength])
    assert len(pdf) == 1
    assert [round(side / 72 * 25.4) for side in pdf[0].get_size()] == [210, 297]
    page = pdf[0].get_textpage()
    words = " ".join(page.get_text_range().split())
    films = sum(each.type == pypdfium2.raw.FPDF_PAGEOBJ_IMAGE for each in pdf[0].get_objects())
    page.close()
    pdf.close()
    assert NOTICE in words
    assert made[0]["weights"] in words
    assert made[0]["level_in_question"] in words
    assert films == 2
    assert f"Level {' '.join(each['level'] for each in made[0]['levels'])} " in words
    assert "indeterminate between" in words
    assert re.search(r"Read \d{4}-\d\d-\d\d \d\d:\d\d ", words)
    assert all(warning in words for warning in made[0]["warnings"])


def test_the_capture_shows_the_film_and_more(made: tuple[dict, Path]) -> None:
    data = pydicom.dcmread(made[1] / "capture-lateral.dcm")
    assert data.BurnedInAnnotation == "YES"
    pixels = data.pixel_array.astype(int)
    assert (np.ptp(pixels, axis=2) > 60).sum() > 500, "nothing is drawn in colour"


def test_pictures_have_no_study(tmp_path: Path, films: list[Path]) -> None:
    from PIL import Image

    picture = tmp_path / "film_ap.png"
    Image.fromarray((read_film(films[0]).pixels * 255).astype(np.uint8)).save(picture)
    done = predict("--ap", picture, "--dicom", tmp_path / "out", code=2)
    assert "film_ap.png: it is a picture, so there is no study" in done.stderr
    assert not (tmp_path / "out").exists()


def test_another_files_header_is_refused(films: list[Path]) -> None:
    data = pydicom.dcmread(films[0])
    data.PatientID = "somebody else"
    buffer = io.BytesIO()
    data.save_as(buffer)
    with pytest.raises(ExchangeError, match="was not read from this file"):
        open_source(buffer.getvalue(), read_film(films[0]))
    data = pydicom.dcmread(films[0])
    del data.StudyInstanceUID
    bare = io.BytesIO()
    data.save_as(bare)
    with pytest.raises(ExchangeError, match="UID of its study"):
        open_source(bare.getvalue(), read_film(bare.getvalue(), "bare.dcm"))


def test_films_of_two_patients_are_refused_and_nothing_is_written(films: list[Path], tmp_path: Path) -> None:
    data = pydicom.dcmread(films[1])
    data.PatientID = "somebody else"
    data.save_as(tmp_path / "other.dcm")
    asked = ("--ap", films[0], "--lateral", tmp_path / "other.dcm")
    done = predict(*asked, "--dicom", tmp_path / "out", code=2)
    (sentence,) = done.stderr.strip().splitlines()
    assert "they may be of two patients, so results belong into neither's study" in sentence
    assert "give films of one patient, or correct the headers in the PACS" in sentence
    assert not (tmp_path / "out").exists()


def test_all_or_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    objects = [MadeObject("report", b"1"), MadeObject("document", b"2")]

    def full(path: Path, target: Path) -> Path:
        if target.name == "document.dcm":
            raise OSError(28, os.strerror(28))
        return original(path, target)

    original = Path.replace
    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", full)
        with pytest.raises(OutputError, match="No space left"):
            write_objects(tmp_path / "out", objects)
    assert not (tmp_path / "out").exists()
    write_objects(tmp_path / "out", objects)
    with pytest.raises(OutputError, match="holds DICOM files already"):
        write_objects(tmp_path / "out", objects)


def test_identities_come_again_under_a_seed_alone() -> None:
    now = datetime(2026, 1, 1)
    assert Making.seeded(3, now).uid() == Making.seeded(3, now).uid()
    assert Making().uid() != Making().uid()


def test_orthanc_gives_back_what_it_stores(made: tuple[dict, Path], orthanc: Orthanc) -> None:
    archive = Archive(WebServer("PACS", f"{orthanc.url}/dicom-web"))
    contents = [path.read_bytes() for path in sorted(made[1].iterdir())]
    assert archive.store(contents) == {}
    assert archive.store(contents) == {}, "what is there already counts as stored"
    for content in contents:
        data = pydicom.dcmread(io.BytesIO(content))
        film = FoundFilm(data.SeriesInstanceUID, data.SOPInstanceUID, "", "", "", "", "")
        (back,) = archive.fetch(data.StudyInstanceUID, [film])
        assert pydicom.dcmread(io.BytesIO(back.content)) == data
