"""From a case behind a figure to its films, where the cohort's folder is at hand."""

from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from mvm_core.cohort import MANIFEST_COLUMNS, Case, read_manifest
from mvm_core.imaging import StudyFile
from pages.components.predictions_source import UPLOADED

APP = Path(__file__).resolve().parents[2] / "app.py"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, dicom_pair: tuple[StudyFile, StudyFile]) -> Path:
    """A cohort of two cases that share one simulated patient's films."""
    folder = tmp_path_factory.mktemp("cohort")
    for film in dicom_pair:
        (folder / film.name).write_bytes(film.content)
    ap, lateral = (film.name for film in dicom_pair)
    rows = [
        f"case-1,a,test,mvm,sign,L2,70,F,simulated,{ap},{lateral},,",
        f"case-2,a,test,bvf,,L2,70,F,simulated,{ap},{lateral},,",
    ]
    (folder / "manifest.csv").write_text("\n".join([",".join(MANIFEST_COLUMNS), *rows]))
    return folder


@pytest.fixture
def cases(folder: Path) -> tuple[Case, ...]:
    return read_manifest(folder).cases


def table_of(cases: tuple[Case, ...]) -> bytes:
    frame = pd.DataFrame(
        {
            "case_id": [case.case_id for case in cases],
            "site": [case.site for case in cases],
            "label": [case.label for case in cases],
            "score": [0.9 if case.label == "mvm" else 0.1 for case in cases],
        }
    )
    return frame.to_csv(index=False).encode()


def choose_a_case(content: bytes) -> AppTest:
    """Upload the table, list the MVM read as MVM, choose the first of them."""
    app = AppTest.from_file(APP, default_timeout=60).run()
    app.switch_page("pages/cohort.py").run()
    next(each for each in app.radio if each.label == "Scores of").set_value(UPLOADED).run()
    app.file_uploader[0].set_value(("theirs.csv", content, "text/csv")).run()
    next(each for each in app.button if each.label == "Use these columns").click().run()
    next(each for each in app.button if each.key == "cell-TRUE_POSITIVE").click().run()
    assert not app.exception
    first = {"rows": [0], "columns": [], "cells": []}
    app.session_state["cases-MVM read as MVM, at 0.500"] = {"selection": first}
    return app.run()


def test_a_case_opens_its_films(
    folder: Path, cases: tuple[Case, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MVM_COHORTS", str(folder))
    app = choose_a_case(table_of(cases))
    positive = next(case for case in cases if case.label == "mvm")
    opener = next(each for each in app.button if each.label.startswith("Open the films"))
    assert positive.case_id in opener.label
    opener.click().run()
    assert not app.exception
    # under test a page starts twice, and only what a click called is done: the user goes over by himself
    app.switch_page("pages/upload.py").run()
    page = "\n".join(each.value for each in [*app.html, *app.markdown])
    assert 'class="mvm-verdict"' in page
    assert positive.ap.name in page
    # it keeps its label, and there is a way back
    assert f"Case <b>{positive.case_id}</b>, all cases: reference standard <b>MVM</b>" in page
    assert [each for each in app.button if each.label == "Back to the list of cases"]


def test_films_not_at_hand_are_told(cases: tuple[Case, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MVM_COHORTS", raising=False)
    app = choose_a_case(table_of(cases))
    assert "not at hand: start the app with MVM_COHORTS" in "\n".join(each.value for each in app.html)
    assert not [each for each in app.button if each.label.startswith("Open the films")]
