"""Scores on maps whose truth is known."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import average_precision_score

from mvm_core.explain.faithfulness import insertion_and_deletion
from mvm_core.explain.scores import (
    average_precision,
    correlation,
    fit_threshold,
    intersection_over_union,
    pointing_game,
    share_inside,
)

SHAPE = (9, 11)
maps = arrays(np.float32, SHAPE, elements=st.integers(-4, 4).map(float))
masks = arrays(np.bool_, SHAPE)


def peak_at(row: int, column: int) -> np.ndarray:
    support = np.zeros((50, 50), np.float32)
    support[row, column] = 1
    return support


@pytest.mark.parametrize(("column", "expected"), [(20, 1.0), (29, 1.0), (32, 1.0), (33, 0.0)])
def test_peak_counts_inside_and_within_the_tolerance(column: int, expected: float) -> None:
    mask = np.zeros((50, 50), np.bool_)
    mask[10:30, 10:30] = True
    assert pointing_game(peak_at(20, column), mask, tolerance_px=3.0) == expected


def test_map_without_evidence_points_at_nothing() -> None:
    mask = np.ones((50, 50), np.bool_)
    for empty in (np.zeros((50, 50), np.float32), -np.ones((50, 50), np.float32)):
        assert pointing_game(empty, mask, 3.0) == 0.0
        assert share_inside(empty, mask) == 0.0


@settings(deadline=None)
@given(support=maps, mask=masks)
def test_scores_stay_in_range_and_are_none_without_truth(support: np.ndarray, mask: np.ndarray) -> None:
    found = [
        pointing_game(support, mask, 1.0),
        share_inside(support, mask),
        intersection_over_union(support, mask, 1.0),
        average_precision(support, mask),
    ]
    if not mask.any():
        assert found == [None] * 4
    else:
        assert all(value is not None and 0 <= value <= 1 for value in found)


@settings(deadline=None)
@given(support=maps, mask=masks)
def test_average_precision_is_that_of_scikit_learn(support: np.ndarray, mask: np.ndarray) -> None:
    assume(mask.any())
    expected = average_precision_score(mask.ravel(), support.ravel())
    assert average_precision(support, mask) == pytest.approx(expected)


@settings(deadline=None)
@given(mask=masks, height=st.floats(0.5, 20))
def test_perfect_map_gets_full_marks(mask: np.ndarray, height: float) -> None:
    assume(mask.any())
    support = np.where(mask, np.float32(height), np.float32(0))
    assert pointing_game(support, mask, 0.0) == 1.0
    assert share_inside(support, mask) == pytest.approx(1.0)
    assert average_precision(support, mask) == pytest.approx(1.0)
    threshold = fit_threshold([(support, mask)])
    assert threshold is not None
    assert intersection_over_union(support, mask, threshold) == 1.0


@settings(deadline=None)
@given(support=maps, mask=masks)
def test_fitted_threshold_is_no_worse_than_marking_all_that_is_positive(
    support: np.ndarray, mask: np.ndarray
) -> None:
    assume(mask.any())
    assume((support > 0).any())
    threshold = fit_threshold([(support, mask)])
    assert threshold is not None
    fitted = intersection_over_union(support, mask, threshold)
    other = intersection_over_union(support, mask, float(support[support > 0].min()))
    assert fitted is not None
    assert other is not None
    assert fitted >= other


def test_constant_maps_correlate_with_nothing() -> None:
    flat, slope = np.ones((4, 4), np.float32), np.arange(16, dtype=np.float32).reshape(4, 4)
    assert correlation(flat, slope) == 0.0
    assert correlation(slope, 2 * slope + 1) == pytest.approx(1.0)


def test_ranking_that_knows_the_spot_beats_one_that_does_not() -> None:
    film = np.zeros((1, 64, 64), np.float32)
    film[0, 8:16, 8:16] = 5.0

    def probability(films: np.ndarray) -> np.ndarray:
        return np.clip(films[:, 0, 8:16, 8:16].mean(axis=(1, 2)) / 5, 0, 1)

    knows = insertion_and_deletion(probability, film, film[0])
    wrong = insertion_and_deletion(probability, film, -film[0])
    assert knows.insertion > wrong.insertion + 0.3
    assert knows.deletion < wrong.deletion - 0.3
    assert knows.first_insertion > wrong.first_insertion + 0.3
    assert knows.first_deletion < wrong.first_deletion - 0.3
