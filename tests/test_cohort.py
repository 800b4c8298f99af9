"""Manifests and predictions tables: what is read, and that every problem is told at once."""

import hashlib
import io
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mvm_core.cohort import (
    MANIFEST_COLUMNS,
    PREDICTION_COLUMNS,
    read_manifest,
    read_predictions,
    write_predictions,
)
from mvm_core.errors import OutputError, TableError
from mvm_core.radiograph import Box, View

HEADER = ",".join(MANIFEST_COLUMNS) + ",ap_lesion_mask,lateral_lesion_mask,kind,severity"
GOOD = [
    "p1,a,train,mvm,sign,L1,71.5,f,MRI,films/1.dcm,films/2.dcm,1 2 30 40,,masks/1.png,,lytic,2",
    "p2,a,train,bvf,,T12,,m,CT,films/1.dcm,,,,,,,",
    "p3,b,external,mvm,no-sign,,80,,MRI,,films/2.dcm,,5.5 6 70 80,,,,",
    "p4,b,external,bvf,,L3,66,f,MRI,films/1.dcm,films/2.dcm,,,,,,",
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "cohort"
    for name in ("films/1.dcm", "films/2.dcm", "masks/1.png"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")
    (tmp_path / "outside.dcm").write_bytes(b"x")
    return root


def write(folder: Path, *rows: str, header: str = HEADER) -> Path:
    path = folder / "manifest.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def problems_of(folder: Path, *rows: str, header: str = HEADER) -> tuple[str, ...]:
    path = write(folder, *rows, header=header)
    with pytest.raises(TableError, match=r"manifest\.csv") as caught:
        read_manifest(path)
    return caught.value.problems


def test_a_manifest_is_read(folder: Path) -> None:
    path = write(folder, *GOOD)
    cohort = read_manifest(folder)
    assert cohort == read_manifest(path)
    assert cohort.fingerprint == hashlib.sha256(path.read_bytes()).hexdigest()
    assert not cohort.simulated
    assert [case.case_id for case in cohort.split("external")] == ["p3", "p4"]
    first, second, third, _ = cohort.cases
    assert first.film(View.AP) == folder / "films/1.dcm"
    assert first.film(View.LATERAL) == folder / "films/2.dcm"
    assert first.box(View.AP) == Box(1, 2, 30, 40)
    assert first.lesion_mask(View.AP) == folder / "masks/1.png"
    assert first.lesion_mask(View.LATERAL) is None
    assert (first.age, second.age, second.sign) == (71.5, None, "")
    assert third.ap is None
    assert third.box(View.LATERAL) == Box(5.5, 6, 70, 80)


def test_a_simulated_cohort_says_so(folder: Path) -> None:
    write(folder, *(row.replace("MRI", "simulated").replace("CT", "simulated") for row in GOOD))
    assert read_manifest(folder).simulated


@pytest.mark.parametrize(("delimiter", "bom"), [(";", False), ("\t", False), (",", True)])
def test_what_spreadsheets_write_is_read(folder: Path, delimiter: str, bom: bool) -> None:
    plain = write(folder, *GOOD).read_text()
    expected = read_manifest(folder).cases
    text = plain.replace(",", delimiter).replace("\n", "\r\n") + delimiter * 16 + "\r\n"
    (folder / "manifest.csv").write_bytes((b"\xef\xbb\xbf" if bom else b"") + text.encode())
    assert read_manifest(folder).cases == expected


def test_all_problems_are_told_at_once(folder: Path) -> None:
    found = problems_of(
        folder,
        *GOOD,
        "p5,a,Train,cancer,maybe,L1,old,f,MRI,films/9.dcm,../outside.dcm,1 2 3,9 9 9 9,,,,",
        "p1,a,tune,mvm,,L1,-4,f,MRI,,,a b c d,,/etc/passwd,films,,",
    )
    for beginning in (
        "row 6, column label: 'cancer' is not one of mvm, bvf",
        "row 6, column sign: 'maybe'",
        "row 6, column split: 'Train'",
        "row 6, column age: 'old'",
        "row 6, column ap: there is no file 'films/9.dcm'",
        "row 6, column lateral: '../outside.dcm' leaves the cohort's folder",
        "row 6, column ap_box: '1 2 3' is not four numbers",
        "row 6, column lateral_box: '9 9 9 9'",
        "row 7, column case_id: 'p1' is already in row 2",
        "row 7, column split: case 'p1' is in two splits, train and tune",
        "row 7, column age: '-4' is no age",
        "row 7, column ap: neither an AP nor a lateral film",
        "row 7, column ap_box: 'a b c d'",
        "row 7, column ap_lesion_mask: '/etc/passwd' leaves",
        "row 7, column lateral_lesion_mask: there is no file 'films'",
        "column label: split tune has no case labelled bvf",
    ):
        assert sum(problem.startswith(beginning) for problem in found) == 1, beginning
    assert len(found) == 16


def test_a_link_out_of_the_folder_is_refused(folder: Path) -> None:
    (folder / "films/3.dcm").symlink_to(folder.parent / "outside.dcm")
    (problem,) = problems_of(folder, *GOOD[1:], GOOD[0].replace("films/1.dcm", "films/3.dcm"))
    assert problem == "row 5, column ap: 'films/3.dcm' leaves the cohort's folder"


def test_missing_columns_are_named(folder: Path) -> None:
    found = problems_of(folder, "p1,a", header="case_id,site")
    assert found == tuple(f"row 1, column {name}: missing" for name in MANIFEST_COLUMNS[2:])


def test_many_problems_are_counted_after_fifty(folder: Path) -> None:
    rows = [f"q{i},a,train,neither,,L1,60,f,MRI,films/1.dcm,films/2.dcm,,,,,," for i in range(200)]
    found = problems_of(folder, *GOOD, *rows)
    assert len(found) == 51
    assert found[0].startswith("row 6, ")
    assert found[-1] == "and 150 more problems"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "no column names"),
        (b"\n\n", "no column names"),
        (HEADER.encode(), "no rows"),
        (b"\x89PNG\r\n\x1a\n\x00\xff\xfe", "not a text file"),
        (b"a\x00b,c\n1,2\n", "not a text file"),
        (b"a,a\n1,2\n", "row 1, column a: this column is there more than once"),
        (b"a,b\n1,2,3\n1\n", "row 2: 3 fields where the header has 2 | row 3: 1 fields"),
        (b'a,b\n"1,2\n', "not a table"),
        (b'a,b\n"1"x,2\n', "not a table"),
    ],
)
def test_a_file_that_is_no_table_is_told(tmp_path: Path, content: bytes, problem: str) -> None:
    path = tmp_path / "manifest.csv"
    path.write_bytes(content)
    for read in (read_manifest, read_predictions):
        with pytest.raises(TableError) as caught:
            read(path)
        assert problem in str(caught.value)
        assert str(path) in str(caught.value)


def test_no_file_is_told(tmp_path: Path) -> None:
    for read, path in ((read_manifest, tmp_path), (read_predictions, tmp_path / "none.csv")):
        with pytest.raises(TableError, match="there is no such file"):
            read(path)


@given(st.binary(max_size=200))
def test_any_bytes_give_a_table_or_a_clear_error(content: bytes) -> None:
    with pytest.raises(TableError):
        read_predictions(io.BytesIO(content))


def predictions(n: int = 6) -> pd.DataFrame:
    generator = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "case_id": [f"c{i // 2}" for i in range(n)],
            "site": "a",
            "split": "test",
            "label": ["mvm" if i // 2 % 2 else "bvf" for i in range(n)],
            "sign": "",
            "level": "L1",
            "age": [70.0 if i // 2 % 2 else np.nan for i in range(n)],
            "sex": "f",
            "model": [("ap", "lateral")[i % 2] for i in range(n)],
            "probability": generator.uniform(size=n),
            "logit": generator.normal(size=n),
        }
    )


def test_predictions_come_back_as_written(tmp_path: Path) -> None:
    table = predictions()
    write_predictions(tmp_path / "p.csv", table)
    write_predictions(tmp_path / "q.csv", table.to_dict("records"))
    assert (tmp_path / "p.csv").read_bytes() == (tmp_path / "q.csv").read_bytes()
    back = read_predictions(tmp_path / "p.csv")
    pd.testing.assert_frame_equal(back, table, check_exact=True)
    pd.testing.assert_frame_equal(read_predictions(table), table, check_exact=True)
    table.to_parquet(tmp_path / "p.parquet")
    pd.testing.assert_frame_equal(read_predictions(tmp_path / "p.parquet"), table, check_exact=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["p.csv", "p.parquet", "q.csv"]


def test_a_table_from_elsewhere_needs_only_five_columns() -> None:
    source = io.BytesIO(b"model,case_id,label,split,probability,mood\nm,1,mvm,mine,0.25,good\n")
    table = read_predictions(source)
    assert tuple(table.columns) == PREDICTION_COLUMNS
    assert table.loc[0, "probability"] == 0.25
    assert table.loc[0, "site"] == ""
    assert np.isnan(table.loc[0, "logit"])


def test_problems_of_predictions_are_told_at_once() -> None:
    table = predictions(12).astype({"probability": "object", "logit": "object"})
    table.loc[0, "probability"] = 1.5
    table.loc[1, "probability"] = np.nan
    table.loc[2, "probability"] = "high"
    table.loc[3, "logit"] = np.inf
    table.loc[4, "label"] = "healthy"
    table.loc[6, "model"] = "lateral"
    table.loc[9, "split"] = "external"
    table.loc[11, "label"] = "bvf"
    with pytest.raises(TableError) as caught:
        read_predictions(table)
    assert caught.value.problems == (
        "row 2, column probability: 1.5 is outside 0 to 1",
        "row 3, column probability: '' is not a finite number",
        "row 4, column probability: 'high' is not a finite number",
        "row 5, column logit: 'inf' is not a finite number",
        "row 6, column label: 'healthy' is not one of mvm, bvf",
        "row 7, column label: case 'c2' is there with another label in a row above",
        "row 9, column case_id: case 'c3' has two rows for one reading",
        "row 11, column split: case 'c4' is there with another split in a row above",
        "row 13, column label: case 'c5' is there with another label in a row above",
    )


def test_scores_outside_0_to_1_are_read_when_asked_for() -> None:
    table = predictions().assign(probability=[-3.0, 2, 0, 1, 7, 1e9])
    with pytest.raises(TableError, match="outside 0 to 1"):
        read_predictions(table)
    assert read_predictions(table, as_scores=True)["probability"].tolist() == [-3.0, 2, 0, 1, 7, 1e9]


def test_equal_case_numbers_of_two_sites_are_two_cases() -> None:
    here, there = predictions(2), predictions(2).assign(site="b", split="external")
    assert len(read_predictions(pd.concat([here, there]))) == 4
    with pytest.raises(TableError, match="another split"):
        read_predictions(pd.concat([here, there.assign(site="a", model=["x", "y"])]))


def test_nothing_is_left_when_predictions_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        write_predictions(tmp_path / "none" / "p.csv", predictions())
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(OutputError):
        write_predictions(tmp_path / "folder.csv", predictions())
    with pytest.raises(TableError):
        write_predictions(tmp_path / "p.csv", [{"case_id": "1"}])
    with pytest.raises(TableError):
        write_predictions(tmp_path / "p.csv", [])
    assert [path.name for path in tmp_path.iterdir()] == ["folder.csv"]


def test_a_large_table_is_read_within_five_seconds(tmp_path: Path) -> None:
    write_predictions(tmp_path / "p.csv", predictions(200_000))
    begun = time.process_time()
    assert len(read_predictions(tmp_path / "p.csv")) == 200_000
    assert time.process_time() - begun < 5


@pytest.mark.parametrize(
    ("settings", "version"), [('{"version": 4}', 4), ('{"version": "x"}', None), ("{", None), (None, None)]
)
def test_a_simulated_cohort_tells_its_simulators_version(
    folder: Path, settings: str | None, version: int | None
) -> None:
    write(folder, *GOOD)
    if settings is not None:
        (folder / "settings.json").write_text(settings)
    assert read_manifest(folder).simulator_version == version
