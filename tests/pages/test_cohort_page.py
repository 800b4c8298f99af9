"""The cohort page as a user meets it: internal, external, a table of one's own, and tables that are none."""

import io
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from mvm_core.models.weights import default_weights
from pages.components.predictions_source import UPLOADED

APP = Path(__file__).resolve().parents[2] / "app.py"
GENERATOR = np.random.default_rng(5)
POSITIVE = np.arange(60) % 3 == 0
TABLE = pd.DataFrame(
    {
        "Patient ID": [f"p{index}" for index in range(60)],
        "Ground truth": np.where(POSITIVE, "malignant", "benign"),
        "prob_net": np.clip(GENERATOR.normal(0.35, 0.15, 60) + 0.3 * POSITIVE, 0.01, 0.99),
        "prob_reader": np.clip(GENERATOR.normal(0.35, 0.25, 60) + 0.3 * POSITIVE, 0.01, 0.99),
        "Hospital": np.where(np.arange(60) % 2, "north", "south"),
    }
)


def open_page() -> AppTest:
    app = AppTest.from_file(APP, default_timeout=60).run()
    return app.switch_page("pages/cohort.py").run()


def shown(app: AppTest) -> str:
    assert not app.exception
    return "\n".join(each.value for each in [*app.html, *app.markdown] if not each.value.startswith("<style"))


def verdict(app: AppTest) -> str:
    return next(each.value for each in app.html if "mvm-said" in each.value)


def upload(content: bytes, name: str) -> AppTest:
    app = open_page()
    next(each for each in app.radio if each.label == "Scores of").set_value(UPLOADED).run()
    return app.file_uploader[0].set_value((name, content, "application/octet-stream")).run()


def parquet(frame: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.to_parquet(buffer)
    return buffer.getvalue()


def test_internal_cohort_verdict_first_and_simulated_said() -> None:
    app = open_page()
    page = shown(app)
    assert "AUC" in verdict(app)
    assert "95 % interval" in verdict(app)
    in_order = [element.value for element in app.main if element.type in ("html", "subheader")]
    said = next(place for place, text in enumerate(in_order) if "mvm-said" in text)
    assert said < in_order.index("All readings")
    assert "The films are simulated: the figure says nothing about real films." in page
    assert not app.error


def test_slider_moves_the_rates_and_a_cell_lists_its_cases() -> None:
    app = open_page()
    before = shown(app)
    slider = next(each for each in app.slider if each.label.startswith("Threshold"))
    slider.set_value(0.9).run()
    assert "At 0.900" in shown(app)
    assert "At 0.900" not in before
    cell = next(each for each in app.button if each.key == "cell-FALSE_NEGATIVE")
    missed = int(cell.label.split("**")[1])
    cell.click().run()
    assert f"**MVM read as BVF, at 0.900**: {missed} case" in shown(app)
    assert len(app.dataframe[0].value) == missed


def test_external_cohort_is_set_against_the_internal_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(shutil.copytree(default_weights(), tmp_path / "weights"))
    monkeypatch.setenv("MVM_WEIGHTS", str(folder))
    table = pd.read_csv(folder / "predictions.csv", keep_default_na=False)
    there = table[table["split"] == "test"].assign(split="external", site="b")
    pd.concat([table, there]).to_csv(folder / "predictions.csv", index=False)
    app = open_page()
    assert "Outside no difference is shown" in verdict(app)
    assert "external (k/n, 95 % interval)" in shown(app)


@pytest.mark.parametrize("name", ["theirs.csv", "theirs.parquet"])
def test_table_with_other_names_is_matched(name: str) -> None:
    content = TABLE.to_csv(index=False).encode() if name.endswith("csv") else parquet(TABLE)
    app = upload(content, name)
    page = shown(app)
    assert not app.error
    assert "all cases, 60 cases (20 MVM): AUC" in verdict(app)
    assert "prob_reader" in page
    assert "The films are simulated:" not in page


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff\xfe\x00 no table", "not a text file"),
        (b"a,b\n1\n", "1 fields where the header has 2"),
        (
            TABLE.assign(prob_net="x").drop(columns="prob_reader").to_csv(index=False).encode(),
            "no column is named",
        ),
    ],
    ids=["bytes", "ragged", "no score"],
)
def test_bad_table_is_one_sentence_and_a_good_one_follows(content: bytes, words: str) -> None:
    app = upload(content, "bad.csv")
    assert not app.exception
    assert [words in each.value for each in app.error] == [True]
    app.file_uploader[0].set_value(("theirs.csv", TABLE.to_csv(index=False).encode(), "text/csv")).run()
    assert not app.error
    assert "AUC" in verdict(app)
