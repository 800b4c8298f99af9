from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from mvm_core.cohort.marked_films import PARTS, MarkedFilm, flat_marks, part_of, read_marked
from mvm_core.errors import TableError
from mvm_core.radiograph import View

HEAD = "film,level,x0,y0,x1,y1,x2,y2,x3,y3\n"


def folder_with(tmp_path: Path, rows: str) -> Path:
    (tmp_path / "ap").mkdir()
    cv2.imwrite(str(tmp_path / "ap" / "one.png"), np.zeros((60, 40), np.uint8))
    (tmp_path / "ap.csv").write_text(HEAD + rows)
    return tmp_path


def test_films_come_with_their_marks(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, "one.png,L1,1,2,9,2,9,8,1,8\none.png,L2,1,12,9,12,9,18,1,18\n")
    (film,) = read_marked(folder)
    assert film.view is View.AP
    assert film.levels == ("L1", "L2")
    assert film.corners.shape == (2, 4, 2)
    assert film.corners[1, 2].tolist() == [9.0, 18.0]
    assert film.cobb is None


def test_bodies_of_which_the_uppermost_stands_last_are_named_from_above(tmp_path: Path) -> None:
    """In some films of the collection the rows have slipped by one, and L5 is the body above T1."""
    rows = [
        f"one.png,{level},1,{y},9,{y},9,{y + 6},1,{y + 6}"
        for level, y in (("L1", 12), ("L2", 22), ("L3", 32), ("L4", 2))
    ]
    (film,) = read_marked(folder_with(tmp_path, "\n".join(rows) + "\n"))
    assert film.levels == ("L1", "L2", "L3", "L4")
    assert film.corners[:, 0, 1].tolist() == [2.0, 12.0, 22.0, 32.0]


@pytest.mark.parametrize(("flat", "on_discs"), [(0, False), (4, False), (5, True), (12, True)])
def test_marks_that_lie_on_discs_are_told_by_their_height(flat: int, on_discs: bool) -> None:
    """Bodies of 14 pixels at distances of 20; the lower ones marked 5 high where the discs are."""
    heights = np.where(np.arange(12) < 12 - flat, 7.0, 2.5)
    middles = 20.0 * np.arange(12)
    corners = np.zeros((12, 4, 2))
    corners[..., 0] = (10, 40, 40, 10)
    corners[..., 1] = middles[:, None] + heights[:, None] * (-1, -1, 1, 1)
    film = MarkedFilm(Path("one.png"), View.AP, ("",) * 12, corners)
    assert flat_marks(corners).sum() == flat
    assert film.on_discs is on_discs
    assert replace(film, corners=corners[:1]).on_discs is False


def test_a_few_films_of_the_collection_are_marked_at_their_discs(real_spines: Path) -> None:
    found = [film.path.name for film in read_marked(real_spines) if film.on_discs]
    assert found == [f"ap_{number:03}.jpg" for number in (3, 4, 15, 32, 34, 85, 477)]


def test_every_problem_is_told_at_once_with_its_place(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, "one.png,L1,1,2,x,2,9,8,1,8\ntwo.png,L1,1,2,9,2,9,,1,8\n")
    with pytest.raises(TableError) as raised:
        read_marked(folder)
    told = str(raised.value)
    assert "row 2, column x1" in told
    assert "row 3, column y2" in told
    assert "row 3, column film" in told


def test_a_folder_without_tables_is_told(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"no ap\.csv"):
        read_marked(tmp_path)


def test_a_film_is_in_one_part_and_all_are_shared_out(real_spines: Path) -> None:
    films = read_marked(real_spines)
    ap = [film for film in films if film.view is View.AP]
    named = [{film.path.name for film in part_of(ap, part)} for part in PARTS]
    assert sum(map(len, named)) == len(ap) == 481
    assert not (named[0] & named[1] | named[0] & named[2] | named[1] & named[2])
    assert len(named[2]) == 128


def test_lateral_levels_are_counted_upwards_from_the_sacrum(real_spines: Path) -> None:
    lateral = [film for film in read_marked(real_spines) if film.view is View.LATERAL]
    assert len(lateral) == 7
    assert all(film.levels[-1] == "S1" for film in lateral)
    assert all(film.levels[-2] == "L5" for film in lateral)
    # From above to below.
    assert all((np.diff(film.corners.mean(axis=1)[:, 1]) > 0).all() for film in lateral)
