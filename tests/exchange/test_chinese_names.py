"""Patients whose names DICOM holds in Chinese: shown as they are written, and found by it."""

from typing import Any

import pytest
from dicomweb_client.web import DICOMwebClient

from mvm_core.exchange.settings import WebServer
from mvm_core.exchange.web import Archive

STUDY = {"0020000D": {"vr": "UI", "Value": ["1.2"]}, "00080020": {"vr": "DA", "Value": ["20261012"]}}
LATIN = "CHEN^MEI-LING"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ({"Alphabetic": LATIN, "Ideographic": "陳^美玲"}, "陳美玲 (CHEN MEI-LING)"),
        ({"Alphabetic": LATIN, "Ideographic": "^"}, "CHEN MEI-LING"),  # Orthanc, of what its encoding lacks
        ({"Alphabetic": LATIN}, "CHEN MEI-LING"),
        ({"Ideographic": "陳^美玲"}, "陳美玲"),
        ({"Alphabetic": "陳^美玲"}, "陳 美玲"),
        ({}, ""),
    ],
)
def test_a_name_is_shown_in_its_own_writing(
    name: dict[str, str], shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = [{**STUDY, "00100010": {"vr": "PN", "Value": [name] if name else []}}]
    monkeypatch.setattr(DICOMwebClient, "search_for_studies", lambda self, **asked: answer)
    (found,) = Archive(WebServer("PACS", "http://127.0.0.1:9")).search()
    assert found.patient_name == shown


@pytest.mark.parametrize(
    ("written", "sought"),
    [
        ("陳美玲", "*陳*美*玲*"),
        ("陳 美玲", "*陳*美*玲*"),
        ("chen mei", "*chen*mei*"),
        ("O'Neil*", "*O'Neil*"),
    ],
)
def test_a_name_is_sought_as_it_is_written(
    written: str, sought: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []

    def answer(self: DICOMwebClient, **query: Any) -> list[dict[str, Any]]:
        asked.append(query["search_filters"])
        return []

    monkeypatch.setattr(DICOMwebClient, "search_for_studies", answer)
    assert Archive(WebServer("PACS", "http://127.0.0.1:9")).search(patient=written) == ()
    assert asked[0] == {"PatientName": sought}
