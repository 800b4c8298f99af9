"""The command line as a user meets it: in its own process."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import cv2
import pydicom
import pytest
from PIL import Image

from mvm_core.imaging import StudyFile
from mvm_core.models import Reader
from mvm_core.radiograph import FilmPair
from mvm_core.simulation import SimulatedPatient

ROOT = Path(__file__).resolve().parents[1]


def run(*arguments: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "mvm_core", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    # What a library has to say of its own end is not for the user.
    assert "leaked" not in done.stderr
    return done


def one_sentence(done: subprocess.CompletedProcess[str]) -> str:
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    return lines[0]


@pytest.fixture(scope="module")
def files(dicom_pair: tuple[StudyFile, StudyFile], tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("films")
    paths = []
    for file in dicom_pair:
        path = folder / file.name
        path.write_bytes(file.content)
        paths.append(path)
    return paths


def test_predict_for_people(files: list[Path]) -> None:
    done = run("predict", "--ap", files[0], "--lateral", files[1])
    # The patient has a large lytic metastasis of L2.
    assert "likely" in done.stdout.splitlines()[0] or "indeterminate" in done.stdout.splitlines()[0]
    assert "All Views ensemble: probability of MVM" in done.stdout
    assert "P(disease)" in done.stdout
    assert "not a medical device" in done.stdout


def test_predict_json_agrees_with_the_reader_and_writes_overlays(
    files: list[Path], tmp_path: Path, reader: Reader, pair: FilmPair, patient: SimulatedPatient
) -> None:
    def box(film: str) -> str:
        b = getattr(pair, f"{film}_box")
        return f"{b.x0} {b.y0} {b.x1} {b.y1}"

    done = run(
        *("predict", "--ap", files[0], "--lateral", files[1], "--json", "--out", tmp_path / "out"),
        *("--ap-box", box("ap"), "--lateral-box", box("lateral")),
    )
    document = json.loads(done.stdout)
    expected = reader.read(pair)
    for name, result in expected.results.items():
        assert document["readings"][name]["probability_mvm"] == pytest.approx(result.probability, abs=1e-6)
    pictures = {path.stem for path in (tmp_path / "out").glob("*.png")}
    assert pictures == {*expected.results, "vertebrae-ap", "vertebrae-lateral"}
    assert document["pointed_at"]
    assert {level["level"] for level in document["levels"]} >= {"L1", "L2", "L3"}


def test_predict_one_film(files: list[Path], pair: FilmPair) -> None:
    document = json.loads(run("predict", "--ap", files[0], "--json").stdout)
    assert document["level_in_question"]
    assert document["leading"] == "ap-views"
    assert set(document["readings"]) == {"ap", "merge-ap", "ap-views"}
    box = pair.lateral_box
    assert box is not None
    marked = f"{box.x0} {box.y0} {box.x1} {box.y1}"
    document = json.loads(run("predict", "--lateral", files[1], "--lateral-box", marked, "--json").stdout)
    assert document["leading"] == "lateral-views"
    assert set(document["readings"]) == {"lateral", "merge-lateral", "lateral-views"}


@pytest.fixture(scope="module")
def doubtful(files: list[Path], tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The patient's films, the AP one blurred, the lateral one of somebody else by its header."""
    folder = tmp_path_factory.mktemp("doubtful")
    ap, lateral = (pydicom.dcmread(file) for file in files)
    pixels = ap.pixel_array
    ap.PixelData = cv2.GaussianBlur(pixels, (0, 0), 2.5 / float(ap.ImagerPixelSpacing[0])).tobytes()
    lateral.PatientID, lateral.PatientBirthDate = "0815-secret", "19310707"
    paths = [folder / "one.dcm", folder / "two.dcm"]
    for data, path in zip((ap, lateral), paths, strict=True):
        data.save_as(path)
    return paths


def test_predict_names_what_speaks_against_a_pair(
    doubtful: list[Path], pair: FilmPair, tmp_path: Path
) -> None:
    box = pair.ap_box
    assert box is not None
    asked = ("--ap-box", f"{box.x0} {box.y0} {box.x1} {box.y1}", "--out", tmp_path)
    done = run("predict", "--ap", doubtful[0], "--lateral", doubtful[1], "--json", *asked)
    document = json.loads(done.stdout)
    named = {concern["name"]: concern for concern in document["concerns"]}
    assert {"two patients", "blurred"} <= set(named)
    assert named["two patients"]["films"] == "one.dcm and two.dcm"
    assert 0.72 < named["blurred"]["measure"] <= 1
    told = "one.dcm and two.dcm: two patients: their headers differ in patient ID and birth date, so"
    assert any(warning.startswith(told) for warning in document["warnings"])
    assert any(warning.startswith("one.dcm: blurred: ") for warning in document["warnings"])
    with Image.open(tmp_path / f"{document['leading']}.png") as picture:
        written = picture.info["Description"]
    assert "warning: one.dcm and two.dcm: two patients: " in written
    assert "warning: one.dcm: blurred: " in written
    said = run("predict", "--ap", doubtful[0], "--lateral", doubtful[1]).stdout
    assert told in said
    assert not any(secret in done.stdout + written + said for secret in ("0815-secret", "19310707"))


def test_predict_of_one_film_as_both_views_is_refused(files: list[Path]) -> None:
    done = run("predict", "--ap", files[0], "--lateral", files[0], code=2)
    assert "they are the same film, given as both views" in one_sentence(done)


def test_predict_without_a_film_is_told() -> None:
    assert "--ap FILE" in one_sentence(run("predict", code=2))


def test_predict_of_no_film_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear colleague")
    assert "letter.txt" in one_sentence(run("predict", "--ap", path, code=2))


def test_predict_of_a_missing_file_names_it(tmp_path: Path) -> None:
    assert "absent.dcm" in one_sentence(run("predict", "--ap", tmp_path / "absent.dcm", code=2))


def test_predict_with_a_box_off_the_film(files: list[Path]) -> None:
    done = run("predict", "--ap", files[0], "--ap-box", "90000 90000 90010 90010", code=2)
    assert "outside the film" in one_sentence(done)


def test_predict_with_a_box_that_is_none(files: list[Path]) -> None:
    assert "four numbers" in one_sentence(run("predict", "--ap", files[0], "--ap-box", "a b", code=2))


def test_predict_into_a_file(files: list[Path], tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    done = run("predict", "--ap", files[0], "--out", tmp_path / "taken", code=2)
    assert "cannot be written" in one_sentence(done)


def test_predict_without_weights(files: list[Path], tmp_path: Path) -> None:
    done = run("predict", "--ap", files[0], "--weights", tmp_path, code=2)
    assert "no weights here" in one_sentence(done)


def test_simulate_then_evaluate(tmp_path: Path) -> None:
    cohort, out = tmp_path / "cohort", tmp_path / "predictions.csv"
    run("simulate", cohort, "--site", "b", "--patients", "4", "--mvm", "2", "--seed", "3")
    done = run("evaluate", cohort, "--out", out)
    assert "external" in done.stdout
    assert "not a medical device" in done.stdout
    with out.open() as file:
        rows = list(csv.DictReader(file))
    assert [row["question"] for row in rows].count("mvm") == 4 * 10
    assert [row["question"] for row in rows].count("disease") == 4 * 10
    assert {row["label"] for row in rows} == {"mvm", "bvf"}
    assert all(0 < float(row["probability"]) < 1 for row in rows)


def test_evaluate_of_no_cohort(tmp_path: Path) -> None:
    sentence = one_sentence(run("evaluate", tmp_path, "--out", tmp_path / "p.csv", code=2))
    assert "manifest.csv" in sentence
    assert not (tmp_path / "p.csv").exists()


def test_evaluate_of_an_unknown_split(tmp_path: Path) -> None:
    sentence = one_sentence(run("evaluate", tmp_path, "--out", tmp_path / "p.csv", "--splits", "x", code=2))
    assert "train, tune, test, external" in sentence


def test_simulate_at_an_unknown_site(tmp_path: Path) -> None:
    assert "site" in one_sentence(run("simulate", tmp_path / "c", "--site", "z", code=2))


@pytest.mark.parametrize("command", ["simulate", "train", "evaluate", "predict", "bench"])
def test_help(command: str) -> None:
    assert command in run(command, "--help").stdout


def test_validate_prints_the_metrics_of_the_shipped_predictions() -> None:
    table = ROOT / "weights" / "predictions.csv"
    document = json.loads(run("validate", table, "--json").stdout)
    test = {row["model"]: row for row in document["readings"] if row["split"] == "test"}
    assert set(test) >= {"all-views", "ap", "concat"}
    assert test["all-views"]["auc_ci95"][0] < test["all-views"]["auc"] < test["all-views"]["auc_ci95"][1]
    assert "All Views ensemble" in run("validate", table).stdout


def test_train_of_an_unknown_network_is_told(tmp_path: Path) -> None:
    sentence = one_sentence(run("train", tmp_path, "--out", tmp_path / "w", "--networks", "oblique", code=2))
    assert "ap, lateral, merge, concat, chconcat" in sentence
    assert not (tmp_path / "w").exists()


def test_train_on_no_cohort_is_told(tmp_path: Path) -> None:
    assert "manifest.csv" in one_sentence(run("train", tmp_path, "--out", tmp_path / "w", code=2))


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("predict", "--app", "x.dcm"), "--app"),
        (("diagnose",), "diagnose"),
        (("simulate", "out", "--patients", "many"), "--patients"),
        ((), "--help"),
    ],
)
def test_wrong_usage_is_one_line(arguments: tuple[str, ...], word: str) -> None:
    assert word in one_sentence(run(*arguments, code=2))
