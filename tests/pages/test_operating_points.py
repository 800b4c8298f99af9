"""The upload page's operating points are those of the shipped weights' manifest."""

import json
import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mvm_core.imaging import StudyFile
from mvm_core.inference import SHIPPED
from mvm_core.models.registry import TITLES
from mvm_core.models.weights import MANIFEST

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
