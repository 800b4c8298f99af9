import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mvm_core.training.randomise import randomise


def cross(rows: int = 160, columns: int = 128) -> np.ndarray:
    film = np.full((rows, columns), 0.35, np.float32)
    film[40:44, :] = 0.8
    film[:, 90:94] = 0.8
    return film + np.random.default_rng(0).random((rows, columns), np.float32) * np.float32(0.05)


@settings(max_examples=60, deadline=None)
@given(
    rows=st.integers(32, 200),
    columns=st.integers(32, 200),
    seed=st.integers(0, 10_000),
    strength=st.floats(0.05, 1.0),
)
def test_films_stay_films(rows: int, columns: int, seed: int, strength: float) -> None:
    film = np.random.default_rng(seed).random((rows, columns), np.float32)
    changed = randomise(film, np.random.default_rng(seed), strength)
    assert changed.shape == film.shape
    assert changed.dtype == np.float32
    assert np.isfinite(changed).all()
    assert 0 <= changed.min() <= changed.max() <= 1


def test_the_same_generator_gives_the_same_film_and_another_one_another() -> None:
    film = cross()
    one, again, other = (randomise(film, np.random.default_rng(seed)) for seed in (5, 5, 6))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_strength_nought_changes_nothing() -> None:
    film = cross()
    assert randomise(film, np.random.default_rng(1), 0.0) is film


def test_some_films_are_inverted_and_most_are_not() -> None:
    film = cross()
    ahead = film > film.mean()
    signs = [
        np.corrcoef(randomise(film, np.random.default_rng(seed)).ravel(), ahead.ravel())[0, 1]
        for seed in range(200)
    ]
    assert 0.08 < np.mean(np.array(signs) < -0.1) < 0.25


@pytest.mark.parametrize("seed", range(12))
def test_what_is_seen_stays_where_it_was(seed: int) -> None:
    film = cross()
    changed = randomise(film, np.random.default_rng(seed), 0.6)
    edges = np.abs(np.diff(film.mean(axis=0)))
    changed_edges = np.abs(np.diff(np.median(changed, axis=0)))
    # The upright bar of the cross has its edges at columns 90 and 94.
    near = changed_edges[86:97].max()
    assert edges[86:97].max() > 0.2
    assert near >= 0.5 * changed_edges[10:80].max() or near > 0.02
