"""The cohort page of weights with a sealed test: both questions, each external site, every level."""

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from streamlit.testing.v1 import AppTest

from mvm_core.inference import SHIPPED
from mvm_core.models.registry import READING_NAMES
from mvm_core.sealed import FORMAT, RECORD, TABLES
from pages.components.choices import LEVELS
from pages.components.predictions_source import UNMARKED

APP = Path(__file__).resolve().parents[2] / "app.py"
POINT = 0.5
LABELS = ("mvm", "bvf", "intact", "other")
SHIFT = {"a": 0.0, "b": -0.3, "c": -2.0}


def tables() -> dict[str, pd.DataFrame]:
    """Sealed tables of 80 patients a site; site c is told worst, and worse without boxes."""
    generator = np.random.default_rng(1)
    told: dict[str, list[dict[str, object]]] = {name: [] for name in TABLES}
    for site, shift in SHIFT.items():
        for place in range(80):
            label = LABELS[place % 4]
            case = {"case_id": f"{site}{place:06d}-{place:05d}", "site": site, "level": "L1", "label": label}
            case |= {"split": "test" if site == "a" else "external", "sign": ""}
            told["cases"].append(case)
            for name in ("predictions", "unmarked"):
                for model in READING_NAMES:
                    score = generator.normal() + (label != "intact") * (3 + shift) - 1
                    row = {**case, "model": model, "question": "disease", "probability": expit(score)}
                    told[name].append(row)
                    if label in ("mvm", "bvf"):
                        score = generator.normal() + (label == "mvm") * (3 if name == "predictions" else 0)
                        told[name].append({**row, "question": "mvm", "probability": expit(score)})
            for level in ("T12", "L1", "L2"):
                own = label if level == "L1" else "intact"
                score = float(expit(generator.normal() + (own != "intact") * (3 + shift) - 1))
                row = {**case, "level": level, "label": own, "probability_disease": score}
                told["levels"].append({**row, "flagged": score >= POINT, "in_question": level == "L1"})
    return {name: pd.DataFrame(rows) for name, rows in told.items()}


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(shutil.copytree(SHIPPED, tmp_path_factory.mktemp("sealed") / "weights"))
    manifest = json.loads((folder / "manifest.json").read_text())
    for entry in manifest["readings"].values():
        entry["disease"] = {"temperature": 1.0, "offset": 0.0, "point": POINT}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    identity = hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()
    sums = {}
    for name, table in tables().items():
        table.to_parquet(folder / TABLES[name], index=False)
        sums[name] = hashlib.sha256((folder / TABLES[name]).read_bytes()).hexdigest()
    opening = {"date": "2026-11-27T00:00:00+00:00", "weights": identity, "finder": ""}
    record = {"format": FORMAT, "weights": identity, "share": 1.0, "simulator_version": 4, "cohorts": {}}
    record |= {"tables": sums, "openings": [opening, opening, {**opening, "weights": "other"}]}
    (folder / RECORD).write_text(json.dumps(record))
    return folder


@pytest.fixture
def app(sealed: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv("MVM_WEIGHTS", str(sealed))
    opened = AppTest.from_file(APP, default_timeout=60).run()
    return opened.switch_page("pages/cohort.py").run()


def shown(app: AppTest) -> str:
    assert not app.exception
    assert not app.error
    return "\n".join(each.value for each in [*app.html, *app.markdown] if not each.value.startswith("<style"))


def choose(app: AppTest, label: str, value: str) -> AppTest:
    return next(each for each in app.selectbox if each.label == label).set_value(value).run()


def test_sealed_test_is_opened_and_says_so_with_each_site_apart(app: AppTest) -> None:
    page = shown(app)
    assert "Sealed test, opened 2 times" in page
    assert "internal test, 40 cases (20 MVM)" in page
    assert "external, site b, 40 cases (20 MVM)" in page
    assert "external, site c, 40 cases (20 MVM)" in page
    # thresholds are never fitted to the test itself
    assert "on the tune split" in page
    assert "optimistic" not in page
    against = next(each for each in app.selectbox if each.label == "Set against")
    assert against.value == "external"
    one = shown(choose(app, "Set against", "external site c"))
    assert "Outside less inside" in one
    assert "external, site b" not in one


def test_disease_is_asked_with_its_own_words_and_every_level(app: AppTest) -> None:
    page = shown(choose(app, "Question", "disease"))
    assert "internal test, 80 cases (60 diseased)" in page
    assert f"Threshold {POINT:.3f}: disease point" in page
    assert "fitted on the tune split" in page
    assert page.index("external, site c, 80 cases") < page.index("external, site b, 80 cases")
    labels = [each.label for each in app.button if each.key and each.key.startswith("cell-")]
    assert [label.split("  ")[1] for label in labels] == [
        "diseased read as diseased",
        "intact read as diseased",
        "diseased read as intact",
        "intact read as intact",
    ]
    sections = next(each for each in app.radio if each.key == "section")
    assert LEVELS in sections.options
    assert "Behind published figures" not in sections.options
    page = shown(sections.set_value(LEVELS).run())
    assert "80 pairs of films, 40 diseased levels" in page
    assert "Marked: the disease point" in page
    assert "False alarms a pair of films" in page
    assert "MVM read as" not in page


def test_readings_without_boxes_are_another_table_of_the_same_test(app: AppTest) -> None:
    marked = shown(app)
    source = next(each for each in app.radio if each.label == "Scores of")
    page = shown(source.set_value(UNMARKED).run())
    assert "Sealed test, opened 2 times, no box drawn" in page
    assert "no box drawn" not in marked


def test_table_that_was_changed_is_refused(app: AppTest, sealed: Path) -> None:
    path = sealed / TABLES["levels"]
    content = path.read_bytes()
    path.write_bytes(content + b"\n")
    try:
        app.run()
        assert not app.exception
        assert ["sealed_levels.parquet" in each.value for each in app.error] == [True]
    finally:
        path.write_bytes(content)
