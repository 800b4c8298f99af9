"""Squares moved off the level."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mvm_core.explain.off_centre import GREATEST_MM, off_centre
from mvm_core.explain.scores import middle_hits
from mvm_core.radiograph import Box, FilmPair, Radiograph, View

BOX = Box(100, 140, 160, 180)


def film(mm_per_pixel: float | None) -> Radiograph:
    return Radiograph(np.zeros((400, 300), np.float32), "film", mm_per_pixel=mm_per_pixel)


@given(case_id=st.text(min_size=1), mm_per_pixel=st.floats(0.1, 1.0))
def test_marks_move_by_so_many_millimetres_and_keep_their_size(case_id: str, mm_per_pixel: float) -> None:
    pair = FilmPair(film(mm_per_pixel), film(mm_per_pixel), BOX, BOX)
    moved = off_centre(pair, case_id)
    assert moved == off_centre(pair, case_id)
    for view in View:
        box = moved.box(view)
        assert box is not None
        assert np.allclose((box.width, box.height), (BOX.width, BOX.height))
        by_mm = (np.array(box.centre) - BOX.centre) * mm_per_pixel
        assert (np.abs(by_mm) <= GREATEST_MM + 1e-9).all()


def test_cases_move_apart_and_over_the_whole_range() -> None:
    pair = FilmPair(film(0.5), None, BOX, None)
    boxes = [off_centre(pair, f"case {number}").ap_box for number in range(400)]
    by_mm = np.array([box.centre for box in boxes if box is not None]) - BOX.centre
    assert np.abs(by_mm * 0.5).max(axis=0).min() > 0.9 * GREATEST_MM
    assert np.abs(by_mm.mean(axis=0) * 0.5).max() < 0.15 * GREATEST_MM


def test_film_without_mark_or_scale_stays() -> None:
    pair = FilmPair(film(None), film(0.4), BOX, None)
    moved = off_centre(pair, "case")
    assert (moved.ap_box, moved.lateral_box) == (BOX, None)


def test_control_points_at_the_middle() -> None:
    mask = np.zeros((50, 50), np.bool_)
    assert middle_hits(mask, 3.0) is None
    mask[25:30, 28:40] = True
    assert middle_hits(mask, 3.0) == 1.0
    assert middle_hits(mask, 2.0) == 0.0
