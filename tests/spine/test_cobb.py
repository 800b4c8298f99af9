from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mvm_core.cohort.marked_films import read_marked
from mvm_core.imaging import read_film
from mvm_core.radiograph import View
from mvm_core.spine.cobb import cobb_angles, smape


def spine(tilts: list[float]) -> np.ndarray:
    """Bodies one below the other, each tilted by so many degrees."""
    square = np.array([[-20.0, -8], [20, -8], [20, 8], [-20, 8]])
    corners = []
    x, y = 0.0, 0.0
    for tilt in tilts:
        angle = np.deg2rad(tilt)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        corners.append(square @ turn.T + (x, y))
        x, y = x - 24 * np.sin(angle), y + 24 * np.cos(angle)
    return np.array(corners)


@given(st.lists(st.floats(-40, 40), min_size=3, max_size=17))
def test_the_main_angle_is_the_greatest_difference_of_tilts(tilts: list[float]) -> None:
    main, *_ = cobb_angles(spine(tilts), 1000.0)
    assert main == pytest.approx(max(tilts) - min(tilts), abs=1e-4)


def test_a_single_curve_has_its_ends_as_the_others() -> None:
    main, above, below = cobb_angles(spine([0, 10, 20, 10, 0, -10, -20, -10, 0]), 1000.0)
    assert main == pytest.approx(40)
    assert above == pytest.approx(20)
    assert below == pytest.approx(20)


def test_fewer_than_three_vertebrae_are_refused() -> None:
    with pytest.raises(ValueError, match="three"):
        cobb_angles(spine([0, 10]), 1000.0)


def test_smape_as_the_challenge_defines_it() -> None:
    true, said = np.array([[40.0, 20, 20], [10, 5, 5]]), np.array([[44.0, 18, 22], [10, 5, 5]])
    assert smape(true, said) == pytest.approx(100 * (8 / 164 + 0) / 2)


def test_published_angles_follow_from_the_marked_corners(real_spines: Path) -> None:
    films = [film for film in read_marked(real_spines) if film.view is View.AP][:60]
    worked_out = np.array([cobb_angles(film.corners, read_film(film.path).shape[0]) for film in films])
    apart = np.abs(worked_out - np.array([film.cobb for film in films]))
    # The challenge's own figures were worked out from unrounded corners.
    assert np.percentile(apart, 90) < 0.1
    assert np.mean(apart.max(axis=1) < 0.2) > 0.9
