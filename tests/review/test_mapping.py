"""Predictions tables with any column names: matched alike whatever they are called, or refused."""

import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mvm_core.cohort import ColumnMap, guess_columns, load_table, map_table, read_any_predictions
from mvm_core.errors import MvmError, TableError
from mvm_core.provenance import Provenance, with_head

NAMES = {
    "case": ["case_id", "Patient ID", "StudyID", "Case"],
    "label": ["label", "Ground truth", "y_true", "Diagnosis"],
    "split": ["split", "Cohort", "Partition"],
    "reading": ["model", "Network", "Reader"],
    "scores": ["probability", "P(malignant)", "y_score", "Predicted prob."],
    "age": ["age", "Age (years)"],
}
LABELS = [("mvm", "bvf"), ("1", "0"), ("Malignant", "benign"), ("TRUE", "FALSE"), ("metastasis", "Fracture")]


def csv(frame: pd.DataFrame, name: str = "table.csv") -> io.BytesIO:
    buffer = io.BytesIO(frame.to_csv(index=False).encode())
    buffer.name = name
    return buffer


@st.composite
def renamed(draw: st.DrawFn) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    size = draw(st.integers(2, 12))
    positive = np.array(draw(st.lists(st.booleans(), min_size=size, max_size=size)))
    positive[:2] = True, False
    scores = np.array(draw(st.lists(st.floats(0, 1), min_size=size, max_size=size)))
    yes, no = draw(st.sampled_from(LABELS))
    columns = {
        "case": [f"c{index}" for index in range(size)],
        "label": np.where(positive, yes, no),
        "split": "test",
        "reading": "a model",
        "scores": scores,
        "age": 60,
    }
    chosen = {role: draw(st.sampled_from(names)) for role, names in NAMES.items()}
    order = draw(st.permutations(list(columns)))
    return pd.DataFrame({chosen[role]: columns[role] for role in order}), positive, scores


@given(renamed())
@settings(max_examples=60, deadline=None)
def test_any_usual_names_in_any_order_are_matched(data: tuple[pd.DataFrame, np.ndarray, np.ndarray]) -> None:
    frame, positive, scores = data
    table = read_any_predictions(csv(frame))
    assert table["label"].eq("mvm").tolist() == positive.tolist()
    assert table["probability"].to_numpy() == pytest.approx(scores)
    assert set(table["model"]) == {"a model"}
    assert set(table["split"]) == {"test"}


def test_wide_table_has_a_reading_for_each_score_and_keeps_gaps() -> None:
    frame = pd.DataFrame(
        {"id": [1, 2, 3], "label": [1, 0, 1], "prob_ap": [0.9, None, 0.7], "prob_lat": [0.5, 0.4, 0.6]}
    )
    table = read_any_predictions(csv(frame))
    assert table.groupby("model").size().to_dict() == {"prob_ap": 2, "prob_lat": 3}


def test_further_columns_are_kept_for_subgroups() -> None:
    frame = pd.DataFrame(
        {"case": "abc", "label": [1, 0, 1], "score": 0.5, "lesion_mm": [4, 5, 6]}, index=range(3)
    )
    frame["case"] = list("abc")
    text, name = load_table(csv(frame))
    columns = guess_columns(text)
    assert columns.groups == ("lesion_mm",)
    assert map_table(text, columns, name)["lesion_mm"].tolist() == ["4", "5", "6"]


BASE = pd.DataFrame({"case": list("abcd"), "label": [1, 0, 1, 0], "score": [0.9, 0.1, 0.8, 0.3]})


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (BASE.assign(label=[0, 1, 2, 1]), "no column is named as the reference"),
        (
            BASE.assign(score=["0.1", "inf", "0.2", "0.3"]),
            "row 3, column score: 'inf' is not a finite number",
        ),
        (BASE.assign(score=[0.1, 7, 0.2, 0.3]), "row 3, column score: 7.0 is outside 0 to 1"),
        (BASE.assign(case=list("aabc"), label=[1, 1, 0, 0]), "case 'a' has two scores for one reading"),
        (BASE.assign(label=["1", "", "0", "1"]), "row 3, column label: empty"),
        (BASE.drop(columns="score").assign(note="x"), "no column is named as a score"),
        (BASE.iloc[:0], "no rows below the header"),
    ],
    ids=["three labels", "not finite", "outside", "twice", "no label", "no score", "no row"],
)
def test_unfit_table_is_one_sentence(frame: pd.DataFrame, words: str) -> None:
    with pytest.raises(TableError) as caught:
        read_any_predictions(csv(frame))
    assert words in str(caught.value)
    assert str(caught.value).startswith("table.csv: ")


def test_three_labels_in_the_column_named() -> None:
    text, name = load_table(csv(BASE.assign(label=[0, 1, 2, 1])))
    with pytest.raises(TableError, match=r"column label holds 3 labels \(0, 1, 2\) where two are wanted"):
        map_table(text, ColumnMap(label="label", scores=("score",)), name)


def test_scores_of_any_size_are_taken_where_wished() -> None:
    text, name = load_table(csv(BASE.assign(score=[3, -2, 5, 0])))
    columns = guess_columns(text)
    assert columns.as_scores
    assert map_table(text, columns, name)["probability"].tolist() == [3, -2, 5, 0]
    with pytest.raises(TableError, match="without calibration"):
        map_table(text, replace(columns, as_scores=False), name)


def test_ten_thousand_readings_are_refused() -> None:
    wide = pd.DataFrame(np.full((2, 10_000), 0.5), columns=[f"r{index}" for index in range(10_000)])
    wide.insert(0, "label", [1, 0])
    with pytest.raises(TableError, match="10000 readings; keep 100 readings or fewer"):
        read_any_predictions(csv(wide))


@given(st.binary(max_size=60), st.sampled_from(["x.csv", "x.parquet"]))
@settings(max_examples=80, deadline=None)
def test_bytes_at_will_are_told_in_one_sentence(content: bytes, name: str) -> None:
    buffer = io.BytesIO(content)
    buffer.name = name
    with pytest.raises(MvmError, match=f"^{name}: "):
        read_any_predictions(buffer)


def test_patients_with_several_cases_are_patients() -> None:
    frame = BASE.rename(columns={"case": "Patient ID"}).assign(**{"Patient ID": list("aabc")})
    text, name = load_table(csv(frame))
    columns = guess_columns(text)
    assert (columns.patient, columns.case) == ("Patient ID", "")
    assert map_table(text, columns, name)["patient_id"].tolist() == list("aabc")
    named = guess_columns(load_table(csv(frame.assign(accession=list("wxyz"))))[0])
    assert (named.patient, named.case) == ("Patient ID", "accession")


def test_lines_above_the_header_are_left_out_and_rows_keep_their_numbers() -> None:
    head = with_head(BASE.to_csv(index=False), Provenance("Simulated films.", warnings=("one, two",)).lines())
    # a spreadsheet puts a line with a comma into quotes
    text = head.replace("# warning: one, two", '"# warning: one, two"')
    buffer = io.BytesIO(text.encode())
    buffer.name = "table.csv"
    assert read_any_predictions(buffer)["probability"].tolist() == BASE["score"].tolist()
    broken = io.BytesIO(text.replace("0.8", "x").encode())
    broken.name = "table.csv"
    with pytest.raises(TableError, match="row 7, column score: 'x' is not a finite number"):
        read_any_predictions(broken)


def test_decimal_commas_are_taken_where_the_whole_column_has_them() -> None:
    frame = BASE.assign(score=["0,9", "0,1", "1", "0,3"])
    assert read_any_predictions(csv(frame))["probability"].tolist() == [0.9, 0.1, 1.0, 0.3]
    with pytest.raises(TableError, match=r"'0,9' is not a finite number"):
        read_any_predictions(csv(BASE.assign(score=["0,9", "0.1", "1", "0.3"])))


def test_measures_are_not_guessed_to_be_scores() -> None:
    frame = BASE.rename(columns={"score": "net"}).assign(
        Alter=[60, 70, 80, 90], severity=[0.5, 1.5, 2.5, 0.5]
    )
    columns = guess_columns(load_table(csv(frame))[0])
    assert columns.scores == ("net",)
    assert columns.age == "Alter"


@pytest.mark.parametrize(
    ("case", "label", "yes", "no", "age"),
    [
        ("Fall", "Diagnose", "maligne", "benigne", "Alter"),
        ("Caso", "Diagnóstico", "Maligno", "Benigno", "Idade"),
        ("病例", "診斷", "惡性", "良性", "年齡"),
        ("病歷號", "診斷", "轉移", "骨折", "年齡"),
    ],
    ids=["German", "Portuguese", "Chinese", "Chinese, by disease"],
)
def test_columns_are_guessed_in_other_languages(case: str, label: str, yes: str, no: str, age: str) -> None:
    frame = pd.DataFrame(
        {case: list("abcd"), label: [yes, no, no, yes], age: [60, 70, 80, 90], "KI": [0.9, 0.1, 0.2, 0.8]}
    )
    columns = guess_columns(load_table(csv(frame))[0])
    assert (columns.case, columns.label, columns.age) == (case, label, age)
    assert columns.positive == yes
    assert columns.scores == ("KI",)


@pytest.mark.parametrize("content", [b"no workbook", b"PK\x03\x04"])
def test_what_is_no_workbook_is_told(content: bytes) -> None:
    buffer = io.BytesIO(content)
    buffer.name = "table.xlsx"
    with pytest.raises(TableError, match=r"table.xlsx: not an Excel workbook"):
        load_table(buffer)
