"""The cohort page as a user meets it: internal, external, a table of one's own, and tables that are none."""

import io
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from mvm_core.models.weights import default_weights, load_weights
from mvm_core.sealed import RECORD, read_seal
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
    return next(each.value for each in app.html if 'class="mvm-said"' in each.value)


def upload(content: bytes, name: str) -> AppTest:
    app = open_page()
    next(each for each in app.radio if each.label == "Scores of").set_value(UPLOADED).run()
    return app.file_uploader[0].set_value((name, content, "application/octet-stream")).run()


def confirm(app: AppTest) -> AppTest:
    return next(each for each in app.button if each.label == "Use these columns").click().run()


def section(app: AppTest, name: str) -> AppTest:
    return next(each for each in app.radio if each.key == "section").set_value(name).run()


def excel(frame: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.to_excel(buffer, index=False)
    return buffer.getvalue()


def decimal_commas(frame: pd.DataFrame) -> bytes:
    return frame.to_csv(index=False, sep=";", decimal=",").encode()


def parquet(frame: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.to_parquet(buffer)
    return buffer.getvalue()


def test_internal_cohort_verdict_first_and_simulated_said() -> None:
    app = open_page()
    page = shown(app)
    in_order = [element.value for element in app.main if element.type == "html"]
    said = next(place for place, text in enumerate(in_order) if "mvm-said" in text)
    assert said < next(place for place, text in enumerate(in_order) if "2×2 table" in text)
    # Rates outside stand in the headline, each with its cases below.
    assert re.search(r"(sensitivity|specificity) (falls|rises) from 0\.\d{3} to 0\.\d{3}", verdict(app))
    assert re.search(r"\(\d+/\d+, 0\.\d{3}\sto\s[01]\.\d{3}\)", page)
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
    listed = app.dataframe[0]
    assert len(listed.value) == missed
    assert set(listed.value["label"]) == {"MVM"}
    heads = [each["label"] for each in json.loads(listed.proto.columns).values() if each.get("label")]
    assert heads[:2] == ["Case", "Site"]
    assert {"Reference standard", "Level", "Age", "Sex", "Score"} <= set(heads)


def test_external_cohort_is_set_against_the_internal_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(shutil.copytree(default_weights(), tmp_path / "weights"))
    monkeypatch.setenv("MVM_WEIGHTS", str(folder))
    (folder / RECORD).unlink()
    table = pd.read_csv(folder / "predictions.csv", keep_default_na=False)
    there = table[table["split"] == "test"].assign(split="external", site="b")
    pd.concat([table[table["split"] != "external"], there]).to_csv(folder / "predictions.csv", index=False)
    app = open_page()
    assert "no difference of rates or areas is shown in the external cohort" in verdict(app)
    assert "external (k/n, 95 % interval)" in shown(app)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("theirs.csv", TABLE.to_csv(index=False).encode()),
        ("theirs.parquet", parquet(TABLE)),
        ("theirs.xlsx", excel(TABLE)),
        ("commas.csv", decimal_commas(TABLE)),
    ],
    ids=["csv", "parquet", "excel", "semicolons and decimal commas"],
)
def test_table_with_other_names_is_matched_once_confirmed(name: str, content: bytes) -> None:
    app = upload(content, name)
    assert "mvm-said" not in shown(app)
    assert "The first rows of 60" in shown(app)
    app = confirm(app)
    assert not app.error
    assert "60 cases (20 MVM)" in shown(app)
    assert "prob_net: AUC 0.899" in verdict(app)
    assert "prob_reader" in shown(section(app, "All readings"))
    assert "The films are simulated:" not in shown(app)


def test_columns_are_confirmed_one_by_one_with_live_values() -> None:
    frame = TABLE.assign(Alter=60, severity=np.linspace(0.1, 0.9, 60))
    app = upload(frame.to_csv(index=False).encode(), "theirs.csv")
    roles = {each.label: each.value for each in app.selectbox}
    assert roles["Alter"] == "age"
    assert roles["severity"] == "not used"
    assert roles["prob_net"] == roles["prob_reader"] == "score of a reading"
    # another label's column has other values
    next(each for each in app.selectbox if each.label == "Ground truth").set_value("not used").run()
    next(each for each in app.selectbox if each.label == "Hospital").set_value("reference standard").run()
    values = next(each for each in app.radio if each.label.startswith("Which value of Hospital"))
    assert values.options == ["south", "north"]
    values.set_value("north").run()
    assert "60 cases (30 MVM)" in shown(confirm(app))


def test_threshold_moved_by_hand_holds_everywhere_and_survives_another_page() -> None:
    app = open_page()
    next(each for each in app.selectbox if each.label == "Reading").set_value("concat").run()
    next(each for each in app.slider if each.label.startswith("Threshold")).set_value(0.9).run()
    assert "Threshold 0.900, moved by hand; greatest Youden&#x27;s J on the tune split gives" in shown(app)
    app.switch_page("pages/upload.py").run()
    app.switch_page("pages/cohort.py").run()
    assert verdict(app).startswith('<div class="mvm-said">Concat')
    assert "At 0.900" in shown(app)
    readings = shown(section(app, "All readings"))
    seal = read_seal(default_weights(), load_weights(default_weights()).identity)
    assert seal is not None
    mvm, bvf = seal.cohorts["a"]["mvm"], seal.cohorts["a"]["bvf"]
    counts = f"<td>internal test</td><td>{mvm + bvf}<small>({mvm})</small></td>"
    assert f'<th scope="row">Concat</th>{counts}' in readings
    row = readings.split('class="chosen"><th scope="row">Concat</th>')[1].split("</tr>")[0]
    assert "<td>0.900</td>" in row


def test_a_choice_that_the_browser_did_not_write_comes_into_the_address() -> None:
    """No browser is here at all, as if it had missed each one."""
    app = open_page()
    rule = next(each for each in app.selectbox if each.label == "Threshold by")
    rule.set_value(rule.options[-1]).run()
    app.run()
    assert rule.options[-1] in app.query_params["rule"]
    app.slider[0].set_value(app.slider[0].min + 7 * app.slider[0].step).run()
    app.run()
    assert set(app.query_params) >= {"rule", "threshold"}
    present = next(each for each in app.toggle if each.label == "Present")
    present.set_value(True).run()
    app.run()
    assert "true" in app.query_params["present"]


def test_rule_says_what_it_was_fitted_on_and_where_it_is_missed() -> None:
    app = open_page()
    next(each for each in app.selectbox if each.label == "Threshold by").set_value(
        "specificity 0.90 or more"
    ).run()
    page = shown(app)
    assert "specificity 0.90 or more on the tune split" in page
    missed = [each.value for each in app.html if 'class="mvm-missed"' in each.value]
    told = [re.search(r"misses 0\.90 with specificity (0\.\d{3}) \((\d+)/(\d+)", each) for each in missed]
    assert any("External, site" in each for each in missed)
    for found in told:
        assert found is not None
        assert float(found[1]) == pytest.approx(int(found[2]) / int(found[3]), abs=5e-4)
        assert float(found[1]) < 0.90


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
    if not app.error:
        app = confirm(app)
    assert not app.exception
    assert [words in each.value for each in app.error] == [True]
    app.file_uploader[0].set_value(("theirs.csv", TABLE.to_csv(index=False).encode(), "text/csv")).run()
    assert not app.error
    assert "AUC" in verdict(confirm(app))


def test_table_that_names_its_questions_needs_no_matching_and_is_asked_one_at_a_time() -> None:
    known = {"case_id": TABLE["Patient ID"], "split": "test", "site": "north", "model": "net", "sign": ""}
    score = TABLE["prob_net"]
    ill = pd.DataFrame({**known, "label": np.where(POSITIVE, "other", "intact"), "probability": score})
    asked = pd.DataFrame({**known, "label": np.where(POSITIVE, "mvm", "bvf"), "probability": score})
    asked["case_id"] = "m" + asked["case_id"]
    both = pd.concat([ill.assign(question="disease"), asked.assign(question="mvm")])
    app = upload(both.to_csv(index=False).encode(), "two.csv")
    assert not app.error
    assert "test, 60 cases (20 MVM)" in shown(app)
    assert not [each for each in app.selectbox if each.label == "case_id"]
    page = shown(next(each for each in app.selectbox if each.label == "Question").set_value("disease").run())
    assert "test, 60 cases (20 diseased)" in page
    assert "fitted on the cases shown (optimistic)" in page
    bad = both.assign(question="mvm").to_csv(index=False).encode()
    app = app.file_uploader[0].set_value(("bad.csv", bad, "text/csv")).run()
    assert ["the labels of the question mvm" in each.value for each in app.error] == [True]
