"""The upload page's operating points are those of the shipped weights' manifest."""

import json
import re
from dataclasses import fields
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mvm_core.imaging import StudyFile
from mvm_core.inference import SHIPPED
from mvm_core.language import FOLDER, TAIWAN, capital, read_po
from mvm_core.models import OperatingPoints
from mvm_core.models.registry import TITLES
from mvm_core.models.report import CSV_COLUMNS
from mvm_core.models.weights import MANIFEST
from mvm_core.models.wording import HIGH_SENSITIVITY, HIGH_SPECIFICITY

APP = Path(__file__).resolve().parents[2] / "app.py"


@pytest.fixture
def page(dicom_pair: tuple[StudyFile, StudyFile], monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.delenv("MVM_WEIGHTS", raising=False)
    app = AppTest.from_file(APP, default_timeout=120).run()
    files = [(file.name, file.content, "application/octet-stream") for file in dicom_pair]
    app.file_uploader[0].set_value(files).run()
    assert not app.exception
    return "\n".join(each.value for each in app.html)


def test_points_and_zones_shown_are_the_manifests(page: str) -> None:
    readings = json.loads((SHIPPED / MANIFEST).read_text())["readings"]
    points = readings["all-views"]
    wanted = (
        f"BVF likely below {points['high_sensitivity']:.2f}, MVM likely from {points['high_specificity']:.2f}"
    )
    assert wanted in page
    for name, points in readings.items():
        row = page.split(f'<th scope="row">{TITLES[name]}</th>')[1].split("</tr>")[0]
        widths = [float(width) for width in re.findall(r"width:([\d.]+)%", row)]
        low, high = points["high_sensitivity"], points["high_specificity"]
        shares = [100 * low, 100 * (high - low), 100 * (1 - high)]
        assert widths[:3] == pytest.approx(shares, abs=0.006), name


def test_each_point_has_one_name_in_pages_tables_json_card_and_code() -> None:
    names = [name.replace("-", "_").replace(" ", "_") for name in (HIGH_SENSITIVITY, HIGH_SPECIFICITY)]
    assert set(names) <= set(CSV_COLUMNS)
    assert [f"{each.name}_point" for each in fields(OperatingPoints)][:2] == names
    card = (SHIPPED / "model_card.md").read_text(encoding="utf-8")
    heads = " | ".join(map(capital, (HIGH_SENSITIVITY, HIGH_SPECIFICITY)))
    assert f"| {heads} |" in card.split("## Operating points")[1]
    # What people read: no text calls a point by another name.
    texts = read_po((FOLDER / f"{TAIWAN}.po").read_text(encoding="utf-8"))
    other = re.compile(
        r"\b(its|lower|upper|first|second|low|high) (operating )?point\b|\bpoint (for|of) MVM"
        r"|weights' (own )?point"
    )
    assert [text for text in texts if other.search(text)] == []
    assert other.search("is under the lower operating point")
