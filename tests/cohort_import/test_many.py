"""Many studies in one go, killed in the middle: gone on with, and not more memory for more of them."""

import csv
import importlib.util
from pathlib import Path

import pytest
from many_films import small_pairs, write_studies

STUDIES = 12


def script() -> object:
    """The script that does the same with 1,500."""
    path = Path(__file__).with_name("__main__.py")
    spec = importlib.util.spec_from_file_location("many_studies_imported", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("many")
    write_studies(folder, small_pairs(1), STUDIES)
    return folder


def test_an_import_that_was_killed_goes_on(folder: Path) -> None:
    out = folder / "cohort"
    arguments = [
        "import-cohort",
        str(folder / "films"),
        str(folder / "labels.csv"),
        "--out",
        str(out),
        "--no-text",
    ]
    found = script().killed_and_gone_on_with(arguments, out, STUDIES)  # type: ignore[attr-defined]
    assert found["until_the_kill"]["code"] == -9
    assert STUDIES // 2 <= found["done_when_killed"] < STUDIES
    assert found["done"] == STUDIES
    with (out / "manifest.csv").open() as manifest:
        taken = {row["case_id"] for row in csv.DictReader(manifest)}
    with (out / "doubtful.csv").open() as waiting:
        doubtful = {row["case_id"] for row in csv.DictReader(waiting)}
    assert len(taken | doubtful) == STUDIES
    assert not taken & doubtful
    assert found["again_with_nothing_to_do"]["cpu_s"] < found["from_there_to_the_end"]["cpu_s"]


def test_a_deidentification_that_was_killed_goes_on(folder: Path) -> None:
    out = folder / "left"
    arguments = ["deidentify", str(folder / "films"), str(out), "--no-text"]
    found = script().killed_and_gone_on_with(arguments, out, STUDIES)  # type: ignore[attr-defined]
    assert found["done"] == 2 * STUDIES
    with (out / "deidentified.csv").open() as table:
        rows = list(csv.DictReader(table))
    assert [int(row["number"]) for row in rows] == list(range(1, 2 * STUDIES + 1))
    assert {path.relative_to(out).as_posix() for path in out.rglob("*.dcm")} == {row["film"] for row in rows}
    assert len({row["patient"] for row in rows}) == STUDIES
