"""The page of studies with a real Orthanc: search, open, read, send; and what can go wrong."""

from datetime import date
from pathlib import Path

import pytest
from archive import Changed, Orthanc
from pydicom.uid import generate_uid
from streamlit.testing.v1 import AppTest

APP = Path(__file__).resolve().parents[2] / "app.py"


@pytest.fixture(scope="module")
def study(orthanc: Orthanc, ap: bytes, lateral: bytes, changed: Changed) -> str:
    """A study with three films in the archive, beside one of somebody else."""
    uid = generate_uid()
    said = {"StudyInstanceUID": uid, "PatientName": "LIN^WEI", "PatientID": "A2002", "StudyDate": "20261012"}
    said["StudyDescription"] = "L-spine"
    for number, (film, modality) in enumerate(((ap, "DX"), (lateral, "DX"), (lateral, "OT")), start=1):
        # the last one as digitised films are
        orthanc.upload(changed(film, **said, Modality=modality, SeriesNumber=number, InstanceNumber=1))
    orthanc.upload(changed(ap, StudyInstanceUID=generate_uid(), PatientID="B7", StudyDate="20250101"))
    return uid


@pytest.fixture
def page(orthanc: Orthanc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    file = tmp_path / "servers.toml"
    file.write_text(f'[[server]]\nname = "PACS"\nurl = "{orthanc.url}/dicom-web"\ntimeout_seconds = 10\n')
    monkeypatch.setenv("MVM_NODE", str(file))
    app = AppTest.from_file(APP, default_timeout=120).run()
    return app.switch_page("pages/studies.py").run()


def search(app: AppTest, **filled: str) -> AppTest:
    by_label = {"patient": "Patient: part of the name, or the ID", "description": "Study description"}
    for name, value in filled.items():
        next(each for each in app.text_input if each.label == by_label[name]).set_value(value)
    return button(app, "Search").click().run()


def choose_modality(app: AppTest, modality: str) -> None:
    next(each for each in app.selectbox if each.label == "Modality").set_value(modality)


def button(app: AppTest, label: str):  # type: ignore[no-untyped-def]
    return next(each for each in app.button if each.label == label)


def shown(app: AppTest) -> list[str]:
    return list(app.dataframe[0].value["Patient ID"]) if app.dataframe else []


def test_a_study_is_found_opened_read_and_answered(page: AppTest, orthanc: Orthanc, study: str) -> None:
    assert shown(search(page)) == ["A2002", "B7"]
    assert shown(search(page, patient="lin wei")) == ["A2002"]
    assert shown(search(page, patient="B7")) == ["B7"]
    assert shown(search(page, patient="", description="l-spine")) == ["A2002"]
    page.date_input[1].set_value(date(2025, 12, 31))
    assert shown(search(page, description="")) == ["B7"]
    page.date_input[1].set_value(None)
    assert shown(search(page, patient="nobody")) == []
    choose_modality(page, "DX")
    assert shown(search(page, patient="lin")) == ["A2002"]
    choose_modality(page, "CR")
    assert shown(search(page)) == []
    choose_modality(page, "")
    search(page, patient="A2002", description="")
    page.session_state["archive-studies"] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    page.run()
    films = page.multiselect[0]
    assert films.label == "It holds 3 images: choose one or two films"
    assert button(page, "Open and read").disabled
    films.select(films.options[0]).select(films.options[1]).run()
    button(page, "Open and read").click().run()
    assert not page.exception
    opened = page.session_state["study"]
    assert {film.name for film in opened.films.films.values()} == {"series 1 image 1", "series 2 image 1"}
    assert len(opened.examination.levels) >= 8

    page.switch_page("pages/studies.py").run()
    for _ in range(2):  # sent again they are the same objects
        button(page, "Send the results to PACS").click().run()
        assert not page.exception
        assert "6 objects are in the study now, in PACS." in [each.value for each in page.success]
    results = orthanc.results(study)
    assert len(results) == 6
    assert list(search(page, patient="A2002").dataframe[0].value["Study description"]) == ["L-spine"]
    assert not orthanc.post("tools/find", {"Level": "Study", "Query": {"PatientID": "B7", "Modality": "SR"}})


def test_what_another_session_sends_of_the_same_reading_is_there_already(
    page: AppTest, orthanc: Orthanc, ap: bytes, lateral: bytes, changed: Changed
) -> None:
    uid = generate_uid()
    said = {"StudyInstanceUID": uid, "SpecificCharacterSet": "ISO_IR 192", "PatientID": "C3"}
    said |= {"PatientName": "CHEN^MEI-LING=陳^美玲", "StudyDescription": "T-L spine"}
    for number, film in enumerate((ap, lateral), start=1):
        orthanc.upload(changed(film, **said, SeriesNumber=number, InstanceNumber=1))
    sessions = [page, AppTest.from_file(APP, default_timeout=120).run()]
    for app in sessions:
        app.switch_page("pages/studies.py").run()
        assert shown(search(app, patient="mei-ling")) == ["C3"]
        app.session_state["archive-studies"] = {"selection": {"rows": [0], "columns": [], "cells": []}}
        app.run()
        assert not app.multiselect, "results of the first session are no films"
        button(app, "Open and read").click().run()
        app.switch_page("pages/studies.py").run()
        button(app, "Send the results to PACS").click().run()
        assert not app.exception
        assert "6 objects are in the study now, in PACS." in [each.value for each in app.success]
        assert len(orthanc.results(uid)) == 6
    study = sessions[0].session_state["study"]
    assert study.name != sessions[1].session_state["study"].name
    assert {each["PatientName"] for each in orthanc.results(uid).values()} == {"CHEN^MEI-LING=陳^美玲"}


def test_a_server_that_went_away_is_told_in_one_sentence(page: AppTest, orthanc: Orthanc, study: str) -> None:
    orthanc.stop()
    try:
        search(page)
        (error,) = page.error
        assert error.value == "PACS: it cannot be reached; check its url and whether it runs."
        assert not page.exception
    finally:
        orthanc.start()


def test_without_the_variable_there_is_no_such_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MVM_NODE", raising=False)
    with pytest.raises(ValueError, match="studies"):
        AppTest.from_file(APP, default_timeout=60).run().switch_page("pages/studies.py")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("nonsense = [", "is not sound; `python -m mvm_core node --check servers.toml` says why."),
        ("", "sound"),
    ],
)
def test_a_file_that_is_not_sound_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, sentence: str
) -> None:
    (tmp_path / "servers.toml").write_text(text)
    monkeypatch.setenv("MVM_NODE", str(tmp_path / "servers.toml"))
    app = AppTest.from_file(APP, default_timeout=60).run().switch_page("pages/studies.py").run()
    assert sentence in app.error[0].value.replace("\\", "")
