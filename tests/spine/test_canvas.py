import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mvm_core.spine.canvas import AREA, STEP, Canvas, part_of_film, standardise, whole_film


@given(rows=st.integers(32, 4000), columns=st.integers(32, 4000))
def test_a_whole_film_fits_a_canvas_of_the_usual_area(rows: int, columns: int) -> None:
    canvas = whole_film((rows, columns))
    assert canvas.rows % STEP == canvas.columns % STEP == 0
    corners = canvas.points(np.array([[0.0, 0.0], [columns, rows]]))
    # No side is off by more than half a step.
    assert (np.abs(corners - [[0, 0], [canvas.columns, canvas.rows]]) <= STEP / 2 + 1e-6).all()
    if max(rows, columns) < 8 * min(rows, columns):
        assert 0.5 * AREA < canvas.rows * canvas.columns < 2 * AREA


@given(
    scale=st.floats(0.1, 4),
    x0=st.floats(0, 500),
    y0=st.floats(0, 500),
    points=st.lists(st.tuples(st.floats(-100, 900), st.floats(-100, 900)), min_size=1, max_size=5),
)
def test_points_go_to_the_canvas_and_back(
    scale: float, x0: float, y0: float, points: list[tuple[float, float]]
) -> None:
    canvas = part_of_film((x0, y0, x0 + 300, y0 + 400), scale)
    assert np.allclose(canvas.film_points(canvas.points(np.array(points))), points, atol=1e-6)


@pytest.mark.parametrize("scale", [0.25, 0.5, 1.0, 1.7])
def test_a_bright_dot_is_drawn_where_its_point_goes(scale: float) -> None:
    film = np.zeros((256, 384), np.float32)
    film[100:108, 200:208] = 1.0
    canvas = part_of_film((0.0, 0.0, 384.0, 256.0), scale)
    drawn = canvas.draw(film).astype(float)
    rows, columns = np.indices(drawn.shape)
    middle = ((columns + 0.5) * drawn).sum() / drawn.sum(), ((rows + 0.5) * drawn).sum() / drawn.sum()
    assert np.allclose(middle, canvas.points(np.array([204.0, 104.0])), atol=0.35)


def test_a_turned_canvas_keeps_points_and_pixels_together() -> None:
    film = np.zeros((200, 300), np.float32)
    film[40:46, 100:106] = 1.0
    turn = np.array([[0.0, -0.5], [0.5, 0.0]])
    canvas = Canvas(192, 128, np.column_stack([turn, [110.0, 5.0]]))
    drawn = canvas.draw(film)
    row, column = np.unravel_index(np.argmax(drawn), drawn.shape)
    assert np.allclose((column + 0.5, row + 0.5), canvas.points(np.array([103.0, 43.0])), atol=1.5)


@given(
    scale=st.floats(0.05, 0.74),
    degrees=st.floats(-180, 180),
    x=st.floats(-100, 400),
    y=st.floats(-100, 600),
)
def test_a_coarse_look_is_drawn_alike_from_the_part_it_shows_and_from_the_whole_film(
    scale: float, degrees: float, x: float, y: float
) -> None:
    angle = np.deg2rad(degrees)
    linear = scale * np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    canvas = Canvas(96, 64, np.column_stack([linear, np.array([32.0, 48.0]) - linear @ (x, y)]))
    rows, columns = np.indices((500, 300), np.float32)
    film = (0.5 + 0.5 * np.sin(columns / 40) * np.cos(rows / 60)).astype(np.float32)
    # A film that goes on in black all around is seen as a whole by no look.
    wide = np.pad(film, 2000)
    beyond = Canvas(96, 64, np.column_stack([linear, canvas.to_canvas[:, 2] - linear @ (2000, 2000)]))
    assert np.abs(canvas.draw(film) - beyond.draw(wide)).mean() < 0.03


@settings(max_examples=25)
@given(gain=st.floats(0.05, 1.0), offset=st.floats(0, 0.5), seed=st.integers(0, 99))
def test_grey_values_are_made_alike_whatever_the_exposure(gain: float, offset: float, seed: int) -> None:
    film = np.random.default_rng(seed).random((96, 64), np.float32)
    one = standardise(film)
    other = standardise(np.clip(film * np.float32(gain) * np.float32(0.5) + np.float32(offset), 0, 1))
    assert one.mean() == pytest.approx(0, abs=1e-3)
    assert one.std() == pytest.approx(1, abs=1e-2)
    assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.99


def test_an_even_film_gives_no_error() -> None:
    assert np.isfinite(standardise(np.full((64, 64), 0.3, np.float32))).all()
