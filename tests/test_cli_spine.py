"""`find`, `find-score` and `real-check` as a user meets them."""

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from test_cli import one_sentence, run

from mvm_core.imaging import StudyFile


@pytest.fixture(scope="module")
def films(dicom_pair: tuple[StudyFile, StudyFile], tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("films")
    paths = [folder / file.name for file in dicom_pair]
    for path, file in zip(paths, dicom_pair, strict=True):
        path.write_bytes(file.content)
    return paths


def test_find_names_the_vertebrae_of_both_views_and_draws_them(films: list[Path], tmp_path: Path) -> None:
    found = json.loads(run("find", *films, "--json", "--out", tmp_path).stdout)
    assert [each["view"] for each in found] == ["ap", "lateral"]
    for each in found:
        assert set(each) >= {
            *("file", "view", "view_probability", "turned_degrees", "mirrored", "mm_per_pixel"),
            *("mm_per_pixel_source", "refused", "vertebrae", "angles"),
        }
        assert each["refused"] is None
        assert each["turned_degrees"] == 0
        assert len(each["vertebrae"]) >= 7
        for vertebra in each["vertebrae"]:
            upper_left, upper_right, lower_right, lower_left = vertebra["corners"]
            assert upper_left[0] < upper_right[0]
            assert lower_left[0] < lower_right[0]
            assert upper_left[1] < lower_left[1]
            assert upper_right[1] < lower_right[1]
            # Endplates' middles are told on lateral films, each within its body's width.
            assert (vertebra["middles"] is None) == (each["view"] == "ap")
            for x, _ in vertebra["middles"] or []:
                assert min(upper_left[0], lower_left[0]) < x < max(upper_right[0], lower_right[0])
    assert {path.name for path in tmp_path.glob("*.png")} == {f"{path.stem}.png" for path in films}


def test_find_for_people_says_why_a_picture_is_refused(tmp_path: Path) -> None:
    picture = tmp_path / "letter.png"
    page = np.full((600, 420), 255, np.uint8)
    for row in range(60, 560, 40):
        cv2.putText(page, "Dear colleague, thank you", (20, row), cv2.FONT_HERSHEY_SIMPLEX, 0.7, 0, 2)
    cv2.imwrite(str(picture), page)
    done = run("find", picture)
    assert "refused" in done.stdout


def test_films_marked_at_their_discs_are_told_apart(real_spines: Path, tmp_path: Path) -> None:
    names = ("ap_015.jpg", "ap_005.jpg")
    (tmp_path / "ap").mkdir()
    with (real_spines / "ap.csv").open(newline="") as table, (tmp_path / "ap.csv").open("w") as own:
        rows = list(csv.reader(table))
        csv.writer(own).writerows([rows[0], *(row for row in rows if row[0] in names)])
    for name in names:
        (tmp_path / "ap" / name).symlink_to(real_spines / "ap" / name)
    (totals,) = json.loads(run("find-score", tmp_path, "--part", "all", "--json").stdout).values()
    assert totals["films"] == 2
    assert totals["on_discs"]["films"] == 1
    assert totals["on_discs"]["found"] < 8
    said = " ".join(run("find-score", tmp_path, "--part", "all").stdout.split())
    assert "without 1 marked at the discs: found 17/17 = 1.000 false 0.00 a film" in said


def test_wrong_use_is_told_in_one_sentence(films: list[Path], tmp_path: Path) -> None:
    assert "choose ap or lateral" in one_sentence(run("find", films[0], "--view", "oblique", code=2))
    assert "absent.dcm" in one_sentence(run("find", tmp_path / "absent.dcm", code=2))
    assert "no ap.csv" in one_sentence(run("find-score", tmp_path, code=2))
    assert "no ap.csv" in one_sentence(run("real-check", tmp_path, code=2))


@pytest.mark.parametrize(
    "command",
    [
        "find",
        "find-score",
        "train-spine",
        "train-corners",
        "train-endplates",
        "train-levels",
        "train-disease",
        "real-check",
    ],
)
def test_every_command_has_help(command: str) -> None:
    assert "Usage" in run(command, "--help").stdout
