import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from mvm_core.training.curve import draw_curve


@given(seed=st.integers(0, 10_000), x=st.integers(20, 108), y=st.integers(20, 236))
def test_a_dot_comes_to_lie_where_its_point_does(seed: int, x: int, y: int) -> None:
    curve = draw_curve((256, 128), 60.0, np.random.default_rng(seed))
    film = np.zeros((256, 128), np.float32)
    film[y - 3 : y + 3, x - 3 : x + 3] = 1.0
    there = curve.points(np.array([float(x), float(y)]))
    assume(((there > 8) & (there < np.array([120, 248]))).all())
    bent = curve.of(film).astype(float)
    rows, columns = np.indices(bent.shape)
    middle = ((columns + 0.5) * bent).sum() / bent.sum(), ((rows + 0.5) * bent).sum() / bent.sum()
    assert np.allclose(middle, there, atol=0.6)


@given(seed=st.integers(0, 10_000))
def test_what_lies_around_the_picture_is_bent_into_sight(seed: int) -> None:
    curve = draw_curve((256, 128), 60.0, np.random.default_rng(seed))
    around = np.ones((256 + 128, 128 + 128), np.float32)
    assert curve.of(around, 64)[8:-8, 8:-8].min() == 1
    rows, columns = np.indices((256 + 128, 128 + 128), np.float32)
    wide = columns + 300 * rows
    inner = curve.of(wide, 64)
    alone = curve.of(np.ascontiguousarray(wide[64:-64, 64:-64]))
    # Where the picture alone suffices, what lies around it changes nothing.
    shown = curve.of(np.ones((256, 128), np.float32)) == 1
    assert np.allclose(inner[shown], alone[shown], rtol=1e-4)


@given(seed=st.integers(0, 10_000))
def test_the_middle_stays_and_the_spine_keeps_its_length(seed: int) -> None:
    curve = draw_curve((256, 128), 60.0, np.random.default_rng(seed))
    spine = np.column_stack([np.full(201, 60.0), np.linspace(28, 228, 201)])
    bent = curve.points(spine)
    assert np.allclose(bent[100], (60, 128), atol=1.0)
    assert np.isclose(np.hypot(*np.diff(bent, axis=0).T).sum(), 200, rtol=0.01)


def test_vertebrae_tilt_with_the_curve() -> None:
    tilts = []
    for seed in range(60):
        curve = draw_curve((256, 128), 60.0, np.random.default_rng(seed))
        (left, right) = curve.points(np.array([[50.0, 90.0], [70.0, 90.0]]))
        tilts.append(abs(np.degrees(np.arctan2(*(right - left)[::-1]))))
    assert np.mean(np.array(tilts) > 10) > 0.15
    assert max(tilts) < 45
