"""Cobb angles, kyphosis and lordosis of a found spine."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mvm_core.radiograph import View
from mvm_core.spine import LEVELS, Scale, Spine, Vertebra
from mvm_core.spine.angles import angles

_HALF = np.array([[-20.0, -12.0], [20.0, -12.0], [20.0, 12.0], [-20.0, 12.0]])


def spine_of(tilts: dict[str, float], view: View, mirrored: bool = False) -> Spine:
    """Bodies with parallel endplates, one below the other, the right end lower by the tilt in degrees."""
    vertebrae = []
    for place, (level, degrees) in enumerate(tilts.items()):
        angle = np.deg2rad(degrees)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        vertebrae.append(Vertebra(level, 1.0, 1.0, _HALF @ turn.T + (100.0, 40.0 + 32 * place)))
    return Spine("film.png", view, 1.0, 0, mirrored, Scale(0.5, "given"), tuple(vertebrae))


def mirrored(spine: Spine) -> Spine:
    """The same spine on a film that was flipped from left to right."""
    flipped = tuple(
        replace(each, corners=(each.corners * (-1, 1) + (200, 0))[[1, 0, 3, 2]]) for each in spine.vertebrae
    )
    return replace(spine, vertebrae=flipped, mirrored=not spine.mirrored)


SAGITTAL = dict(
    zip(LEVELS, [0.0] * 4 + [-22.0, -18, -12, -6, 0, 6, 12, 15, 15, 10, 2, -8, -20, -38], strict=True)
)


def test_a_bent_back_is_kyphosis_and_a_hollow_one_lordosis() -> None:
    """Facing left, the front end of T5 lies lower and that of the sacrum's upper end far lower."""
    found = {angle.name: angle for angle in angles(spine_of(SAGITTAL, View.LATERAL), 900)}
    assert found["thoracic kyphosis"].degrees == pytest.approx(37.0)
    assert (found["thoracic kyphosis"].upper, found["thoracic kyphosis"].lower) == ("T5", "T12")
    assert found["lumbar lordosis"].degrees == pytest.approx(53.0)
    assert (found["lumbar lordosis"].upper, found["lumbar lordosis"].lower) == ("L1", "S1")


@given(st.lists(st.floats(-40, 40), min_size=18, max_size=18))
def test_a_flipped_film_measures_the_same(tilts: list[float]) -> None:
    named = dict(zip(LEVELS, tilts, strict=True))
    lateral, ap = spine_of(named, View.LATERAL), spine_of(named, View.AP)
    for one, other in zip(angles(lateral, 900), angles(mirrored(lateral), 900), strict=True):
        assert one.name == other.name
        assert one.degrees == pytest.approx(other.degrees, abs=1e-6)
    # Where two pairs of vertebrae tie, either may be the main curve's ends: the others follow from them.
    assert angles(ap, 900)[0].degrees == pytest.approx(angles(mirrored(ap), 900)[0].degrees, abs=1e-6)


def test_levels_that_are_not_seen_are_not_measured_to() -> None:
    shown = {level: tilt for level, tilt in SAGITTAL.items() if level not in ("T5", "S1")}
    assert angles(spine_of(shown, View.LATERAL), 900) == ()


def test_the_main_cobb_angle_names_its_ends() -> None:
    tilts = dict.fromkeys(LEVELS[:17], 0.0) | {"T6": 14.0, "T12": -17.0}
    main = angles(spine_of(tilts, View.AP), 900)[0]
    assert (main.name, main.upper, main.lower) == ("main Cobb angle", "T6", "T12")
    assert main.degrees == pytest.approx(31.0)


def test_two_vertebrae_and_a_film_on_its_side_have_no_angles() -> None:
    assert angles(spine_of({"L1": 3.0, "L2": -3.0}, View.AP), 900) == ()
    assert angles(replace(spine_of(SAGITTAL, View.LATERAL), turned_degrees=90), 900) == ()
