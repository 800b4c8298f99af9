"""Sizes and curves of simulated spines against the published ones."""

import numpy as np
import pytest

from mvm_core.simulation.morphometry import LORDOSIS_DEGREES, NAMES, SPREAD, TYPICAL, tilt_degrees
from mvm_core.simulation.spine import draw_spine
from mvm_core.simulation.vertebra import Vertebra

Spine = tuple[Vertebra, ...]


@pytest.fixture(scope="module")
def spines() -> list[Spine]:
    draw = np.random.default_rng(5)
    return [draw_spine("F" if i % 2 else "M", 0.2, False, "L1", draw) for i in range(300)]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("part", ["width", "depth", "height", "canal_width", "canal_depth", "pedicle_width"])
def test_sizes_are_the_published_ones(spines: list[Spine], name: str, part: str) -> None:
    drawn = np.array([getattr(spine[NAMES.index(name)].size, part) for spine in spines])
    published = getattr(TYPICAL[name], part)
    assert abs(drawn.mean() - published) < 0.25 * SPREAD * published
    assert 0.3 * SPREAD < drawn.std() / published < 1.6 * SPREAD


def test_curves_of_the_healthy_are_in_the_normal_range(spines: list[Spine]) -> None:
    t4, t12, s1 = (NAMES.index(name) for name in ("T4", "T12", "S1"))
    kyphosis = np.array([spine[t4].tilt - spine[t12].tilt for spine in spines])
    lordosis = np.array([spine[s1].tilt - spine[t12].tilt for spine in spines])
    assert 20 < np.percentile(kyphosis, 10) < np.percentile(kyphosis, 90) < 55
    mean, spread = LORDOSIS_DEGREES
    assert abs(lordosis.mean() - mean) < 0.5 * spread
    assert 0.7 * spread < lordosis.std() < 1.3 * spread
    cobb = np.array([max(v.roll for v in spine) - min(v.roll for v in spine) for spine in spines])
    assert np.mean(cobb < 10) > 0.85


def test_degenerative_scoliosis_bends_beyond_ten_degrees() -> None:
    draw = np.random.default_rng(1)
    bent = [draw_spine("F", 0.8, True, "L2", draw) for _ in range(60)]
    cobb = np.array([max(v.roll for v in spine) - min(v.roll for v in spine) for spine in bent])
    assert np.mean(cobb > 10) > 0.9


def test_sacrum_slopes_forward_and_t12_leans_back() -> None:
    assert tilt_degrees("S1", 38, 50) > 25
    assert tilt_degrees("T12", 38, 50) < 0
    assert tilt_degrees("T4", 38, 50) - tilt_degrees("T12", 38, 50) == pytest.approx(38)
    assert tilt_degrees("S1", 38, 50) - tilt_degrees("T12", 38, 50) == pytest.approx(50)


def test_a_vertebra_measures_what_its_size_says(spines: list[Spine]) -> None:
    """Width, depth and height of the body read off its surface."""
    vertebra = spines[0][NAMES.index("L3")]
    axis = np.arange(-60, 60, 0.25, dtype=np.float32)
    zero = np.zeros_like(axis)
    level = np.full_like(axis, vertebra.size.height / 2 - 2)
    across = axis[vertebra.body(axis, zero, level) < 0]
    forward = axis[vertebra.body(zero, axis, level) < 0]
    upward = axis[vertebra.body(zero, np.full_like(axis, -vertebra.size.depth / 2 + 3), axis) < 0]
    assert np.ptp(across) == pytest.approx(vertebra.size.width, rel=0.15)
    assert np.ptp(forward) == pytest.approx(vertebra.size.depth, rel=0.15)
    assert np.ptp(upward) == pytest.approx(vertebra.size.height, rel=0.12)
