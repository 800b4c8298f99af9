"""Films turned and mirrored."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from mvm_core.imaging.orientation import mirrored, turned
from mvm_core.radiograph import Radiograph, View

PIXELS = arrays.arrays(
    np.float32, arrays.array_shapes(min_dims=2, max_dims=2, max_side=9), elements=st.floats(0, 1, width=32)
)
QUARTERS = st.integers(-8, 8)


def film_of(pixels: np.ndarray) -> Radiograph:
    return Radiograph(pixels, "film.png", View.AP, "file name", 0.3, "given", ("A warning.",))


def everything_but_pixels(film: Radiograph) -> dict[str, object]:
    return {each.name: getattr(film, each.name) for each in dataclasses.fields(film) if each.name != "pixels"}


@given(PIXELS)
def test_four_quarter_turns_give_the_film_back(pixels: np.ndarray) -> None:
    film = film_of(pixels)
    again = film
    for _ in range(4):
        again = turned(again, 90)
    assert np.array_equal(again.pixels, film.pixels)
    assert everything_but_pixels(again) == everything_but_pixels(film)


@given(PIXELS, QUARTERS, QUARTERS)
def test_turns_add_up(pixels: np.ndarray, first: int, second: int) -> None:
    film = film_of(pixels)
    one_by_one = turned(turned(film, 90 * first), 90 * second)
    assert np.array_equal(one_by_one.pixels, turned(film, 90 * (first + second)).pixels)


@given(PIXELS)
def test_mirrored_twice_gives_the_film_back(pixels: np.ndarray) -> None:
    film = film_of(pixels)
    assert np.array_equal(mirrored(mirrored(film)).pixels, film.pixels)
    assert everything_but_pixels(mirrored(film)) == everything_but_pixels(film)


@given(PIXELS)
def test_half_turn_mirrors_both_ways(pixels: np.ndarray) -> None:
    assert np.array_equal(turned(film_of(pixels), 180).pixels, pixels[::-1, ::-1])


def test_clockwise_brings_the_left_edge_to_the_top() -> None:
    pixels = np.array([[0.1, 0.2], [0.3, 0.4]], np.float32)
    assert turned(film_of(pixels), 90).pixels.tolist() == np.float32([[0.3, 0.1], [0.4, 0.2]]).tolist()


def test_slant_is_refused() -> None:
    with pytest.raises(ValueError, match="quarters"):
        turned(film_of(np.zeros((2, 2), np.float32)), 45)
