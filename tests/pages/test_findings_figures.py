"""What the models go by, and the dose, on the explainability page."""

import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from mvm_core.explain import dose, findings
from mvm_core.explain.finding_switches import FINDINGS
from mvm_core.explain.simulated_table import Source, write_table
from mvm_core.models.registry import LEADING
from mvm_core.models.weights import SHIPPED, load_weights

APP = Path(__file__).resolve().parents[2] / "app.py"
READINGS = ("ap-views", "all-views", "ap", "disease")


def changes() -> Iterator[tuple[object, ...]]:
    for reading in READINGS:
        for place, finding in enumerate(FINDINGS):
            for group, n in (("all", 40), ("mvm", 20), ("bvf", 20)):
                change = 0.3 * place - (1.0 if group == "bvf" else 0.0)
                yield reading, finding, group, change, change - 0.4, change + 0.4, n


def doses() -> Iterator[tuple[object, ...]]:
    for reading in READINGS:
        yield reading, "none", "all", dose.BY_SIZE, 0.0, 0.0, 0.0, 0.1, 0.02, 0.3, 20, 20
        for kind in dose.KINDS:
            for row, place in enumerate(("all", *dose.PLACES)):
                for by, edges in dose.EDGES.items():
                    for step in range(len(edges) - 1):
                        low, high = edges[step : step + 2]
                        share = min(1.0, 0.15 * step + 0.05 * row)
                        limits = max(0.0, share - 0.1), min(1.0, share + 0.1)
                        yield reading, kind, place, by, low, high, (low + high) / 2, share, *limits, 20, 20


@pytest.fixture
def tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawn up, not measured: of the shipped weights, so that the page shows them."""
    source = Source("a", 71, load_weights(SHIPPED).identity[:12])
    for module, rows in ((findings, changes()), (dose, doses())):
        path = tmp_path / module.FILE
        write_table(path, pd.DataFrame(list(rows), columns=list(module.COLUMNS)), source)
        monkeypatch.setattr(module, "FILE", str(path))


def page() -> AppTest:
    app = AppTest.from_file(APP, default_timeout=120).run()
    return app.switch_page("pages/explainability.py").run()


def figures(app: AppTest) -> dict[str, dict]:  # type: ignore[type-arg]
    specs = [json.loads(each.proto.spec) for each in app.get("plotly_chart")]
    return {spec["layout"]["title"]["text"].split(":")[0]: spec for spec in specs}


def words(spec: dict) -> str:  # type: ignore[type-arg]
    return " ".join(each["text"] for each in spec["layout"]["annotations"])


def choose(app: AppTest, label: str, value: str) -> AppTest:
    kinds = [*app.selectbox, *app.segmented_control]
    return next(each for each in kinds if each.label == label).set_value(value).run()


@pytest.mark.usefixtures("tables")
def test_both_figures_are_drawn_from_the_tables_with_their_source() -> None:
    app = page()
    assert not app.exception
    assert next(each.value for each in app.selectbox if each.label == "Reading asked") == LEADING
    found = figures(app)
    assert set(found) == {"What it goes by", "Share of lytic foci flagged"}
    by, dosed = found["What it goes by"], found["Share of lytic foci flagged"]
    assert by["layout"]["xaxis"]["title"]["text"] == "Change of the logit (positive:<br>towards MVM)"
    assert len(by["layout"]["annotations"]) == len(FINDINGS)
    assert words(by).startswith(FINDINGS[list(FINDINGS)[-1]].title)
    assert [trace["name"] for trace in dosed["data"]] == list(dose.PLACES)
    assert len({trace["marker"]["symbol"] for trace in dosed["data"]}) == len(dose.PLACES)
    assert "% " in words(dosed) or "%:" in words(dosed)
    assert "its doubters" in words(dosed)
    assert "intact vertebrae: 10%" in words(dosed)
    assert all("Simulated films" in spec["layout"]["title"]["text"] for spec in found.values())
    said = "\n".join(each.value for each in app.html)
    assert "40 simulated patients of site a, seed 71" in said
    assert "Ardran 1951" in said


@pytest.mark.usefixtures("tables")
def test_the_rule_of_lost_mineral_is_marked_where_mineral_is_lost_and_nowhere_else() -> None:
    app = choose(page(), "Focus", "blastic")
    dosed = figures(app)["Share of blastic foci flagged"]
    assert "added" in dosed["layout"]["xaxis"]["title"]["text"]
    assert "old rule" not in words(dosed)
    app = choose(choose(app, "Focus", "lytic"), "Against", "Size")
    dosed = figures(app)["Share of lytic foci flagged"]
    assert dosed["layout"]["xaxis"]["title"]["text"] == "Diameter of the focus (mm)"
    assert "old rule" not in words(dosed)
    assert "1 cm" in words(dosed)
    app = choose(app, "Reading asked", "disease")
    assert not app.exception
    assert "counts the vertebra as diseased" in "\n".join(each.value for each in app.html)


def test_without_the_tables_the_page_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(findings, "FILE", "absent.csv")
    app = page()
    assert not app.exception
    assert not figures(app)
    assert any("python -m mvm_core explain-findings --weights" in each.value for each in app.info)


@pytest.mark.usefixtures("tables")
def test_a_damaged_table_is_told_in_one_sentence() -> None:
    Path(dose.FILE).write_text("reading\nap\n")
    app = page()
    assert not app.exception
    assert any("explain-findings" in each.value for each in app.error)
