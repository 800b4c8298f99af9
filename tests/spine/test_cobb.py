"""Cobb angles by the rules of the AASCE challenge, and its error measure."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from mvm_core.cohort.marked_films import MarkedFilm, read_marked
from mvm_core.errors import ValidationError
from mvm_core.radiograph import View
from mvm_core.spine.cobb import cobb_angles, is_s_shaped, smape

WIDTH, HEIGHT, GAP = 60.0, 30.0, 40.0


def spine(tilts: list[float], x: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
    """Seventeen bodies, one below the other, each turned by its tilt in degrees."""
    own = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * (WIDTH / 2, HEIGHT / 2)
    bodies = []
    for place, tilt in enumerate(np.radians(tilts)):
        turn = np.array([[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]])
        bodies.append(own @ turn.T + (100.0 + (0.0 if x is None else x[place]), 50.0 + GAP * place))
    return np.array(bodies)


def test_one_curve_is_measured_from_its_ends_to_t1_and_l5() -> None:
    tilts = [5, 10, 15, 20, 15, 10, 5, 0, -5, -10, -15, -20, -25, -20, -15, -12, -10]
    place = np.arange(17.0)
    corners = spine([float(tilt) for tilt in tilts], 3.0 * place - 2.5 * place * (16 - place))
    assert not is_s_shaped(corners)
    assert cobb_angles(corners, 2000.0) == pytest.approx((45.0, 15.0, 15.0))


def test_two_curves_are_measured_above_and_below_the_main_one() -> None:
    tilts = [float(tilt) for tilt in [-5, -10, 0, 10, 20, 10, 0, -10, -15, -20, -10, -5, 0, 5, 12, 8, 4]]
    corners = spine(tilts, 3.0 * np.arange(17) + 30.0 * np.sin(np.linspace(0.0, 2.0 * np.pi, 17)))
    assert is_s_shaped(corners)
    assert cobb_angles(corners, 2000.0) == pytest.approx((40.0, 30.0, 32.0))


def test_main_curve_in_the_lower_half_is_measured_twice_upwards() -> None:
    tilts = [float(tilt) for tilt in [0, 6, 3, 0, -3, -8, -4, 0, 5, 10, 20, 5, -10, -20, -10, 0, 5]]
    corners = spine(tilts, 3.0 * np.arange(17) + 30.0 * np.sin(np.linspace(0.0, 2.0 * np.pi, 17)))
    assert cobb_angles(corners, 800.0) == pytest.approx((40.0, 28.0, 14.0))
    assert cobb_angles(corners, 2000.0) == pytest.approx((40.0, 28.0, 25.0))


def test_very_steep_curve_is_more_than_a_right_angle() -> None:
    tilts = [*np.linspace(50.0, -50.0, 12), *np.full(5, -50.0)]
    assert cobb_angles(spine(tilts), 2000.0)[0] == pytest.approx(100.0)


def test_straight_spine_has_no_angles_and_no_curves() -> None:
    assert not is_s_shaped(spine([0.0] * 17))
    assert cobb_angles(spine([0.0] * 17), 1000.0) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("corners", "words"),
    [
        (spine([0.0] * 17)[:2], "three or more"),
        (spine([0.0] * 17) * np.nan, "four finite points"),
        (np.zeros((17, 4, 2)), "no width"),
    ],
)
def test_what_is_no_spine_is_refused(corners: NDArray[np.float64], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        cobb_angles(corners, 1000.0)


def test_smape_is_the_mean_over_films() -> None:
    true = np.array([[10.0, 20.0, 30.0], [40.0, 0.0, 0.0]])
    found = np.array([[12.0, 18.0, 30.0], [20.0, 0.0, 0.0]])
    assert smape(true, found) == pytest.approx(100 * (4 / 120 + 20 / 60) / 2)
    assert smape(true, true) == 0.0
    assert smape(true, 0 * true) == pytest.approx(100.0)


@pytest.mark.parametrize(
    ("true", "found"),
    [
        ([[1.0, 2.0, 3.0]], [[1.0, 2.0]]),
        ([], []),
        ([[0.0, 0.0, 0.0]], [[0.0, 0.0, 0.0]]),
        ([[1.0, 2.0, -3.0]], [[1.0, 2.0, 3.0]]),
        ([[1.0, 2.0, np.nan]], [[1.0, 2.0, 3.0]]),
    ],
)
def test_smape_of_nothing_is_refused(true: list[list[float]], found: list[list[float]]) -> None:
    with pytest.raises(ValidationError):
        smape(np.array(true), np.array(found))


def angles_of(film: MarkedFilm, corners: NDArray[np.float64]) -> NDArray[np.float64]:
    with Image.open(film.path) as image:
        return np.array(cobb_angles(corners, image.height))


def test_published_angles_follow_from_the_marked_corners(real_spines: Path) -> None:
    films = [film for film in read_marked(real_spines) if film.view is View.AP and film.cobb]
    published = np.array([film.cobb for film in films])
    found = np.array([angles_of(film, film.corners) for film in films])
    # Of films whose rows have slipped by one in the table the angles were published with the rows like that.
    slipped = [np.roll(film.corners, -1, axis=0) for film in films]
    as_they_stand = np.array([angles_of(film, corners) for film, corners in zip(films, slipped, strict=True)])
    nearer = np.abs(as_they_stand - published).max(axis=1) < np.abs(found - published).max(axis=1)
    assert nearer.mean() < 0.05
    found[nearer] = as_they_stand[nearer]
    apart = np.abs(found - published).max(axis=1)
    assert np.mean(apart < 0.1) > 0.9
    assert np.mean(apart < 0.2) > 0.99
    assert smape(published, found) < 0.25
    # The others stand on the edge of a rule: T1 above L5, or two vertebrae tilted alike. What the marks lost
    # by rounding to a tenth of a pixel turns them over.
    draw = np.random.default_rng(0)
    for place in np.nonzero(apart >= 0.2)[0]:
        near = [
            angles_of(films[place], marks + draw.uniform(-0.07, 0.07, marks.shape))
            for marks in (films[place].corners, slipped[place])
            for _ in range(40)
        ]
        assert np.abs(near - published[place]).max(axis=1).min() < 0.6
