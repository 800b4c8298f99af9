"""Pictures of what is no spine: of many kinds, each drawn as it says."""

import numpy as np
import pytest
from numpy.typing import NDArray

from mvm_core.training.spine import no_spine
from mvm_core.training.spine.no_spine import draw_no_spine

SHAPE = (256, 160)


def drawn(seed: int) -> NDArray[np.uint8]:
    return draw_no_spine(SHAPE, np.random.default_rng(seed))


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Draws none of the kinds but those that a test asks for."""
    for kind in ("_LEAVES", "_IN_ROWS", "_WRITTEN"):
        monkeypatch.setattr(no_spine, kind, 0.0)
    return monkeypatch


def test_pictures_come_out_the_same_again_and_no_two_alike() -> None:
    pictures = [drawn(seed) for seed in range(12)]
    assert all(each.shape == SHAPE and each.dtype == np.uint8 and np.ptp(each) > 60 for each in pictures)
    assert all(np.array_equal(each, drawn(seed)) for seed, each in enumerate(pictures))
    assert len({each.tobytes() for each in pictures}) == len(pictures)


@pytest.mark.usefixtures("only")
def test_noise_is_of_any_grain() -> None:
    likeness = []
    for seed in range(40):
        picture = drawn(seed).astype(float)
        likeness.append(float(np.corrcoef(picture[:, 1:].ravel(), picture[:, :-1].ravel())[0, 1]))
    assert min(likeness) < 0.7
    assert max(likeness) > 0.97


def test_equal_things_lie_in_rows(only: pytest.MonkeyPatch) -> None:
    # Rows are drawn last where nothing is written: what differs is theirs.
    without = [drawn(seed) for seed in range(8)]
    only.setattr(no_spine, "_IN_ROWS", 1.0)
    assert all(0.002 < (drawn(seed) != each).mean() < 0.9 for seed, each in enumerate(without))


def test_a_written_page_is_even_with_lines_of_one_ink(only: pytest.MonkeyPatch) -> None:
    only.setattr(no_spine, "_WRITTEN", 1.0)
    only.setattr(no_spine, "_ON_EVEN_PAGE", 1.0)
    for seed in range(12):
        greys = np.bincount(drawn(seed).ravel(), minlength=256)
        assert greys.max() > 0.5 * greys.sum()
        assert np.count_nonzero(greys) > 1


def test_things_in_front_of_each_other_hide_what_lies_behind(only: pytest.MonkeyPatch) -> None:
    hidden = []
    for seed in range(12):
        only.setattr(no_spine, "_LEAVES", 0.0)
        behind = drawn(seed)
        only.setattr(no_spine, "_LEAVES", 1.0)
        hidden.append(float((drawn(seed) != behind).mean()))
    assert min(hidden) > 0.3
    assert max(hidden) > 0.8
