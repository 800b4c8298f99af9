import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mvm_core.training import randomise as changes
from mvm_core.training.angle import draw_angle
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


def smooth() -> np.ndarray:
    """A film of broad shapes alone."""
    x, y = np.meshgrid(np.linspace(0, 1, 128, dtype=np.float32), np.linspace(0, 1, 160, dtype=np.float32))
    return np.asarray(0.3 + 0.3 * x + 0.2 * np.sin(3 * y), np.float32)


def changed(name: str, film: np.ndarray, seed: int) -> np.ndarray:
    drawn = getattr(changes, name)(film, np.random.default_rng(seed), 1.0)
    return np.clip(np.asarray(drawn, np.float32), 0, 1)


def rank(film: np.ndarray, other: np.ndarray) -> float:
    order = [np.argsort(np.argsort(each.ravel())) for each in (film, other)]
    return float(np.corrcoef(*order)[0, 1])


def sharpness(film: np.ndarray) -> float:
    return float(np.abs(np.diff(film, axis=1)).max())


def roughness(film: np.ndarray) -> float:
    return float(np.abs(np.diff(film, 2, axis=1)).mean())


def test_every_change_is_made_at_some_time() -> None:
    named = {change.__name__ for _, change in changes._CHANGES}
    assert named == {
        "_tone", "_curve", "_local_contrast", "_without_local_mean", "_inverted", "_shading", "_blurred",
        "_sharpened", "_noisy", "_coarser", "_as_jpeg", "_border", "_writing", "_objects", "_light_box",
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_each_change_does_what_it_is_called(seed: int) -> None:
    broad, sharp = smooth(), cross()
    # Gamma: another mean, the same order. Inversion: the opposite order.
    toned = changed("_tone", broad, seed)
    assert rank(broad, toned) > 0.99
    assert rank(broad, changed("_inverted", broad, seed)) < -0.99
    assert 0.5 < rank(sharp, changed("_local_contrast", sharp, seed)) < 0.9999
    assert rank(broad, changed("_without_local_mean", broad, seed)) < 0.999
    # Shadows are broad, rods and plates are not.
    shaded = changed("_shading", broad, seed) - broad
    assert np.abs(shaded).max() > 0.02 > sharpness(shaded)
    assert sharpness(changed("_blurred", sharp, seed)) < sharpness(sharp)
    assert sharpness(changed("_sharpened", sharp, seed)) > sharpness(sharp)
    assert roughness(changed("_noisy", broad, seed)) > 10 * roughness(broad)
    assert roughness(changed("_coarser", sharp, seed)) < roughness(sharp)
    coded = changed("_as_jpeg", sharp, seed)
    assert 0 < np.abs(coded - sharp).mean() < 0.05
    written = changed("_writing", broad, seed) - broad
    assert np.abs(written).max() > 0.15
    assert (np.abs(written) > 0.05).mean() < 0.3


def test_borders_hide_the_edge_alone_and_are_of_several_greys() -> None:
    greys, film = set(), cross()
    for seed in range(40):
        hidden = changed("_border", film, seed)
        assert np.array_equal(hidden[60:80, 50:70], film[60:80, 50:70])
        away = hidden != film
        if away.any():
            values = np.unique(hidden[away])
            assert len(values) == 1
            greys.add(round(float(values[0]), 2))
    # Black: the collimator; white: the paper's.
    assert {0.0, 1.0} < greys


def test_a_photograph_has_glare_tint_and_moire() -> None:
    broad = smooth()
    moved = np.stack([changed("_light_box", broad, seed) - broad for seed in range(40)])
    assert moved.max() > 0.15
    assert moved.min() < -0.1
    # Waves of a few pixels.
    waves = np.abs(np.fft.rfft(np.diff(moved, axis=2), axis=2)).mean(axis=1)
    assert (waves[:, 8:].max(axis=1) > 5 * np.median(waves[:, 8:], axis=1)).mean() > 0.5
    tinted = [float((changes._tinted(broad, np.random.default_rng(n), 1.0) / broad).std()) for n in range(8)]
    assert max(tinted) > 0.01


def test_a_photograph_from_the_side_moves_points_with_the_picture() -> None:
    dots = np.array([(20.5, 30.5), (100.5, 30.5), (100.5, 120.5), (20.5, 120.5)])
    film = np.zeros((160, 128), np.float32)
    for x, y in dots:
        film[int(y) - 2 : int(y) + 3, int(x) - 2 : int(x) + 3] = 1
    angles = [draw_angle(film.shape, np.random.default_rng(seed), 1.0) for seed in range(300)]
    drawn = [angle for angle in angles if angle is not None]
    assert 0.04 < len(drawn) / len(angles) < 0.13
    furthest = 0.0
    for angle in drawn:
        seen, there = angle.of(film), angle.points(dots)
        for (x, y), (near_x, near_y) in zip(there, dots, strict=True):
            part = np.s_[max(0, int(y) - 8) : int(y) + 9, max(0, int(x) - 8) : int(x) + 9]
            rows, columns = np.nonzero(seen[part] > 0.5)
            assert columns.mean() + 0.5 + max(0, int(x) - 8) == pytest.approx(x, abs=0.6)
            assert rows.mean() + 0.5 + max(0, int(y) - 8) == pytest.approx(y, abs=0.6)
            furthest = max(furthest, abs(x - near_x), abs(y - near_y))
        assert angle.points(np.array([64.0, 80.0])) == pytest.approx([64, 80])
    assert furthest > 3
    assert draw_angle(film.shape, np.random.default_rng(1), 0.0) is None
