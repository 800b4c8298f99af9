"""A film knows which of its own values black and white stand for, so that a window can be told in them."""

import numpy as np
import pytest
from dicom_films import dataset, encode_png, picture, to_bytes

from mvm_core.imaging.film import read_film
from mvm_core.radiograph import Radiograph

WINDOW = {"WindowCenter": "1000", "WindowWidth": "800"}
RESCALED = {"RescaleSlope": "2", "RescaleIntercept": "-100"}


def read(pixels: np.ndarray | None = None, **tags: str) -> Radiograph:
    return read_film(to_bytes(dataset(picture() if pixels is None else pixels, **tags)), "film.dcm")


def test_window_gives_its_ends() -> None:
    assert read(**WINDOW).values == (600, 1400)
    assert read(**WINDOW, VOILUTFunction="LINEAR_EXACT").values == (600, 1400)
    assert read(**WINDOW, **RESCALED).values == (600, 1400)


def test_inverted_film_has_its_black_above_its_white() -> None:
    assert read(**WINDOW, PhotometricInterpretation="MONOCHROME1").values == (1400, 600)


def test_without_a_window_the_range_of_what_occurs_counts_rescaled() -> None:
    pixels = picture()
    low, high = float(pixels.min()), float(pixels.max())
    assert read(pixels).values == (low, high)
    assert read(pixels, **RESCALED).values == (2 * low - 100, 2 * high - 100)
    # a window that shows nothing is none
    assert read(pixels, WindowCenter="60000", WindowWidth="2").values == (low, high)


def test_pixels_follow_these_ends() -> None:
    pixels = picture()
    film = read(pixels, WindowCenter="2048", WindowWidth="4096")
    assert film.values is not None
    black, white = film.values
    told = black + film.pixels * (white - black)
    assert np.abs(told - pixels).max() < 1.01


@pytest.mark.parametrize(
    "film", [read(**WINDOW, VOILUTFunction="SIGMOID"), read_film(encode_png(picture(8)))]
)
def test_nothing_is_told_where_there_is_no_straight_line(film: Radiograph) -> None:
    assert film.values is None
