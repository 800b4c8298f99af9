from pathlib import Path

import numpy as np
import pytest

from mvm_core.cohort.marked_films import read_marked
from mvm_core.errors import TrainingError
from mvm_core.imaging import read_film
from mvm_core.radiograph import View
from mvm_core.training.implants import KINDS, implant, sham

CORNERS = np.array([[60.0, 70], [110, 72], [110, 108], [60, 106]])


def film() -> np.ndarray:
    """A column of three bright bodies, discs between them."""
    pixels = np.full((180, 170), 0.3, np.float32)
    for top in (24, 71, 118):
        pixels[top : top + 36, 60:110] = 0.6
    return pixels + np.random.default_rng(1).random(pixels.shape, np.float32) * np.float32(0.02)


def height_at(pixels: np.ndarray, column: int) -> int:
    """Rows of the middle body that are bright."""
    return int((pixels[58:116, column - 2 : column + 3].mean(axis=1) > 0.5).sum())


@pytest.mark.parametrize(("view", "kind"), [(view, kind) for view in View for kind in KINDS[view]])
def test_only_the_neighbourhood_changes(view: View, kind: str) -> None:
    before = film()
    found = implant(before, CORNERS, kind, 0.8, view, np.random.default_rng(3))
    assert found.mask.any()
    assert not np.array_equal(found.pixels, before)
    away = np.ones(before.shape, bool)
    # Rather more than one body's height above and below, less than one width to each side.
    away[70 - 45 : 108 + 45, 60 - 35 : 110 + 35] = False
    assert np.array_equal(found.pixels[away], before[away])
    assert not (found.mask & away).any()
    assert 0 <= found.pixels.min() <= found.pixels.max() <= 1
    # The neighbours above and below keep their bodies.
    assert np.abs(found.pixels[30:50, 65:105] - before[30:50, 65:105]).max() < 0.05


@pytest.mark.parametrize("severity", [0.0, 0.5, 1.0])
def test_a_crushed_body_loses_the_height_it_should(severity: float) -> None:
    before = film()
    found = implant(before, CORNERS, "collapse-crush", severity, View.LATERAL, np.random.default_rng(3))
    lost = 1 - height_at(found.pixels, 85) / height_at(before, 85)
    assert lost == pytest.approx((0.20 + 0.40 * severity) * 0.92, abs=0.09)


def test_a_wedge_is_lower_on_one_side() -> None:
    found = implant(film(), CORNERS, "collapse-wedge", 1.0, View.AP, np.random.default_rng(3))
    left, right = height_at(found.pixels, 66), height_at(found.pixels, 104)
    assert abs(left - right) > 9


@pytest.mark.parametrize(("kind", "sign"), [("lytic", -1), ("blastic", 1)])
def test_mineral_is_taken_away_or_added(kind: str, sign: int) -> None:
    before = film()
    found = implant(before, CORNERS, kind, 1.0, View.AP, np.random.default_rng(3))
    change = (found.pixels - before)[found.mask].mean()
    assert sign * change > 0.08


def test_a_sham_stays_within_what_is_normal() -> None:
    before = film()
    for seed in range(30):
        changed = sham(before, CORNERS, View.AP, np.random.default_rng(seed))
        assert not np.array_equal(changed, before)
        assert abs(height_at(changed, 85) - height_at(before, 85)) <= 4


def test_what_cannot_be_is_told() -> None:
    with pytest.raises(TrainingError, match="lateral films"):
        implant(film(), CORNERS, "pedicle", 0.5, View.LATERAL, np.random.default_rng(0))
    with pytest.raises(TrainingError, match="out of range"):
        implant(film(), CORNERS, "lytic", 1.5, View.AP, np.random.default_rng(0))


def test_a_vertebra_at_the_film_s_edge_is_no_error() -> None:
    for shift in ((-60, 0), (0, -75), (75, 90)):
        for kind in KINDS[View.AP]:
            implant(film(), CORNERS + shift, kind, 0.7, View.AP, np.random.default_rng(0))


def test_real_films_take_every_kind(real_spines: Path) -> None:
    for view in View:
        marked = next(each for each in read_marked(real_spines) if each.view is view)
        pixels = read_film(marked.path).pixels
        for kind in KINDS[view]:
            found = implant(pixels, marked.corners[-3], kind, 0.7, view, np.random.default_rng(1))
            assert found.mask.sum() > 20
            assert (found.pixels != pixels).mean() < 0.2
