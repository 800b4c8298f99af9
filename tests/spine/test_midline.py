"""How far a point lies beside the spine."""

import numpy as np
import pytest
from bodies import column

from mvm_core.spine import Vertebra
from mvm_core.spine.midline import widths_aside


def straight() -> list[Vertebra]:
    return [Vertebra("L1", 1.0, 1.0, each.corners) for each in column("T10", 6)]


def test_points_on_the_line_lie_nowhere_beside_it_also_where_bodies_were_missed() -> None:
    vertebrae = straight()
    for vertebra in vertebrae:
        assert widths_aside(vertebra.centre, vertebrae) == pytest.approx(0, abs=1e-6)
    upper, next_one = np.array(vertebrae[0].centre), np.array(vertebrae[1].centre)
    above = upper + 2 * (upper - next_one)
    assert widths_aside((float(above[0]), float(above[1])), vertebrae) == pytest.approx(0, abs=1e-6)


def test_the_distance_is_told_in_widths_of_a_body() -> None:
    vertebrae = straight()
    (x, y), corners = vertebrae[2].centre, vertebrae[2].corners
    width = float(corners[1, 0] - corners[0, 0])
    assert widths_aside((x + 1.5 * width, y), vertebrae) == pytest.approx(1.5)
    far = y + 100 * (vertebrae[-1].centre[1] - y)
    assert (widths_aside((x, far), vertebrae) or 0) > 5


def test_two_bodies_are_no_spine() -> None:
    assert widths_aside((0, 0), straight()[:2]) is None
