"""The pages that are switched on by a variable, in Traditional Chinese."""

import re
import sys
from pathlib import Path

import pytest
from seen import words_in
from streamlit.testing.v1 import AppTest
from study_by_hand import CHIEF, CODES, answer_all, write_study
from test_language_of_pages import chinese, left

from mvm_core.language import TAIWAN, catalogue, speaking
from mvm_core.records import RecordSettings
from mvm_core.records.case import Statement
from mvm_core.records.record import open_record

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "records"))

from record_words import SECRET, document, marks

HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(autouse=True)
def in_chinese():  # type: ignore[no-untyped-def]
    with speaking(TAIWAN):
        yield


def told(text: str) -> str:
    return catalogue(TAIWAN)[text]


def press(app: AppTest, label: str) -> AppTest:
    return next(each for each in app.button if each.label == told(label)).click().run()


KEPT = {
    word
    for text in catalogue(TAIWAN).values()
    if HAN.search(text)
    for word in words_in(text.replace("{", " {"))
}
"""Latin words that stand within Chinese sentences: authors, journals, kinds of imaging."""


def unknown(app: AppTest, *names: str) -> dict[str, str]:
    """What is left in English but for names, those that a test has given itself too."""
    own = {word for text in names for word in words_in(text)}
    return {word: text for word, text in left(app).items() if word not in own | KEPT}


def nothing(found: dict[str, str]) -> None:
    if found:
        pytest.fail(" | ".join(f"{word}: {text}" for word, text in sorted(found.items())))


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = write_study(tmp_path)
    monkeypatch.setenv("MVM_STUDY", str(path))
    return path


# what is called aided and unaided is called so in the answers
OWN = "aided unaided Trial R0 R1 Reader answers csv everything screens python validate-readers html report"


def test_reader_study_from_the_door_to_the_organiser(study: Path) -> None:
    app = chinese().switch_page("pages/reader_study.py").run()
    found = unknown(app, OWN)
    app.text_input[0].set_value(CODES[0])
    found |= unknown(press(app, "Enter"), OWN)
    # what the browser would tell of the screen, and of the scale: AppTest has neither
    app.session_state["study-screen"] = {"width": 1366, "height": 768, "ratio": 1.5}
    app.session_state["study-card"] = 342.4
    for radio in app.radio:
        radio.set_value(True)
    found |= unknown(press(app.run(), "Begin"), OWN)
    for _ in range(2):
        place = str(app.selectbox[0].key).rsplit("-", 1)[1]
        app.session_state[f"study-mvm-{place}"] = 70
        app.selectbox[0].set_value("L2")
        app.radio[0].set_value(True)
        found |= unknown(press(app.run(), "Lock the answer"), OWN)
    answer_all(study)
    app = chinese().switch_page("pages/reader_study.py").run()
    app.text_input[0].set_value(CHIEF)
    found |= unknown(press(app, "Enter"), OWN)
    assert len(app.get("download_button")) == 3
    nothing(found)


def test_reader_results_and_the_films_of_a_case(study: Path) -> None:
    answer_all(study)
    app = chinese().switch_page("pages/reader_results.py").run()
    next(each for each in app.text_input if each.key == "results-code").set_value(CHIEF)
    found = unknown(press(app, "Show the results"), OWN)
    for which in ("against", "among"):
        app.session_state["readers-differ"] = which
        app.session_state[f"readers-cases-{which}"] = {"selection": {"rows": [0], "columns": [], "cells": []}}
        found |= unknown(app.run(), OWN)
    nothing(found)


def test_cases_of_the_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MVM_DATABASE", str(tmp_path / "record.db"))
    monkeypatch.setenv("MVM_DATABASE_SECRET", SECRET.decode())
    record = open_record(RecordSettings(str(tmp_path / "record.db"), SECRET))
    said = Statement("bvf", "mvm", "", "mvm", "mri", "2026-11-02")
    for number in range(40):
        label = Statement(truth="mvm" if number % 3 else "bvf", reference="ct", reference_date="2026-11-01")
        kept = record.keep(document(0.2 + 0.01 * number), "anna", label, marks(f"C-{number}", f"1.{number}"))
    kept = record.keep(document(), "anna", said, marks("C-1", "2.1"))
    own = " ".join(
        [
            "ap anna",
            kept,
            "Chen Mei-Ling the film is cut record db UTC",
            *(case.patient for case in record.cases()),
        ]
    )
    app = chinese().switch_page("pages/cases.py").run()
    app.session_state["record-case"] = kept
    found = unknown(app.run(), own)
    app.switch_page("pages/cohort.py").run()
    app.radio[0].set_value(told("The clinic's record")).run()
    nothing(found | unknown(app, own))


def test_studies_of_the_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "servers.toml"
    file.write_text('[[server]]\nname = "PACS"\nurl = "http://127.0.0.1:9/dicom-web"\ntimeout_seconds = 1\n')
    monkeypatch.setenv("MVM_NODE", str(file))
    app = chinese().switch_page("pages/studies.py").run()
    found = unknown(app, "PACS DX CR RF OT ID YYYY MM DD")
    found |= unknown(press(app, "Search"), "PACS DX CR RF OT ID YYYY MM DD")
    assert app.error
    nothing(found)
