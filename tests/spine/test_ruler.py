import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mvm_core.radiograph import View
from mvm_core.spine import LEVELS, Vertebra
from mvm_core.spine.ruler import RULER, measure

# Distances T12-L1, L1-L2, L2-L3, L3-L4 of spacing.csv, in mm.
STEPS = {"T12": 32.31, "L1": 34.54, "L2": 35.79, "L3": 36.49}


def spine(mm_per_pixel: float, stretch: float = 1.0) -> tuple[Vertebra, ...]:
    at, vertebrae = 0.0, []
    for level, step in [*STEPS.items(), ("L4", 0.0)]:
        middle = np.array([50.0, at / mm_per_pixel])
        corners = middle + np.array([[-10, -6], [10, -6], [10, 6], [-10, 6]])
        vertebrae.append(Vertebra(level, 1.0, 1.0, corners))
        at += step * stretch
    return tuple(vertebrae)


@given(st.floats(0.05, 3.0))
def test_the_mean_spine_gives_its_pixel_size_at_the_detector(mm_per_pixel: float) -> None:
    scale = measure(spine(mm_per_pixel), View.AP)
    assert scale is not None
    assert scale.source == RULER
    assert scale.mm_per_pixel == pytest.approx(1.15 * mm_per_pixel, rel=1e-3)
    assert 0.05 < scale.relative_error < 0.12


def test_one_misplaced_vertebra_does_little() -> None:
    vertebrae = list(spine(0.5))
    vertebrae[2] = Vertebra("L2", 1.0, 1.0, vertebrae[2].corners + np.array([0.0, 15.0]))
    scale = measure(tuple(vertebrae), View.AP)
    assert scale is not None
    assert scale.mm_per_pixel == pytest.approx(1.15 * 0.5, rel=0.12)


def test_too_few_neighbours_give_no_scale() -> None:
    vertebrae = spine(0.5)
    assert measure(vertebrae[:2], View.AP) is None
    assert measure((vertebrae[0], vertebrae[2], vertebrae[4]), View.AP) is None
    assert measure((), View.LATERAL) is None


def test_levels_are_counted_from_above() -> None:
    assert LEVELS[0] == "T1"
    assert LEVELS[-1] == "S1"
