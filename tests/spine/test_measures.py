"""Measures from four corners, or six points."""

import csv
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mvm_core.radiograph import View
from mvm_core.spine import LEVELS, Scale, Spine, Vertebra
from mvm_core.spine.measures import GENANT, genant_grade, heights, measure, share_lost, tilts
from mvm_core.spine.spine import dents_of
from mvm_core.spine.table import COLUMNS, measures_as_csv

SIZES = st.floats(5, 400)
ANGLES = st.floats(-60, 60)
SHARES = st.floats(0, 0.9)
DENTS = st.floats(-0.1, 0.4)
QUARTERS = st.sampled_from((0, 90, 180, 270))


def rotation(degrees: float) -> np.ndarray:
    """Clockwise as seen on a film, whose rows run downwards."""
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[cos, -sin], [sin, cos]])


def body(width: float, left: float, right: float | None = None, degrees: float = 0.0) -> np.ndarray:
    """Corners of a body that stands on a straight lower endplate."""
    right = left if right is None else right
    corners = np.array([[0, -left], [width, -right], [width, 0], [0, 0]], float)
    return corners @ rotation(degrees).T


def spine_of(bodies: dict[str, np.ndarray], view: View = View.LATERAL, mm: float | None = 0.5) -> Spine:
    vertebrae = tuple(Vertebra(level, 1.0, 1.0, corners) for level, corners in bodies.items())
    return Spine("film.png", view, 1.0, 0, False, Scale(mm, "given"), vertebrae)


@given(SIZES, SIZES, ANGLES)
def test_rectangle_has_one_height_one_tilt_and_no_angle(width: float, height: float, degrees: float) -> None:
    corners = body(width, height, degrees=degrees)
    assert heights(corners) == pytest.approx((height, height, height))
    assert tilts(corners) == pytest.approx((degrees, degrees), abs=1e-6)
    (measured,) = measure(spine_of({"L1": corners}))
    assert measured.lopsided == pytest.approx(0, abs=1e-6)
    assert measured.lost is None
    assert measured.genant is None


@given(SIZES, SIZES, SIZES, ANGLES)
def test_angle_between_endplates_does_not_depend_on_the_tilt(
    width: float, left: float, right: float, degrees: float
) -> None:
    (measured,) = measure(spine_of({"L1": body(width, left, right, degrees)}))
    assert measured.lopsided == pytest.approx(abs(np.degrees(np.arctan2(left - right, width))), abs=1e-6)
    assert measured.lower_tilt == pytest.approx(degrees, abs=1e-6)


@given(SIZES, SIZES, DENTS, DENTS, ANGLES)
def test_middle_height_lacks_what_both_endplates_dip(
    width: float, height: float, upper: float, lower: float, degrees: float
) -> None:
    corners = body(width, height, degrees=degrees)
    middles = np.array([[width / 2, (upper - 1) * height], [width / 2, -lower * height]])
    middles = middles @ rotation(degrees).T
    assert dents_of(corners, middles) == pytest.approx((upper, lower), abs=1e-9)
    dented = Vertebra("L1", 1.0, 1.0, corners, (upper, lower))
    assert dented.middles == pytest.approx(middles, abs=1e-6 * (width + height))
    left, middle, right = heights(corners, dented.middles)
    assert (left, right) == pytest.approx((height, height))
    assert middle == pytest.approx(height * (1 - upper - lower))
    # The outline goes round clockwise, each middle between the corners of its endplate.
    assert dented.outline[[0, 2, 3, 5]] == pytest.approx(corners)
    assert dented.outline[[1, 4]] == pytest.approx(dented.middles)


def test_a_biconcave_body_is_graded_by_its_middle() -> None:
    whole = body(30, 20)
    spine = spine_of({"T12": whole, "L1": whole, "L2": whole})
    above, dented, below = spine.vertebrae
    measured = measure(replace(spine, vertebrae=(above, replace(dented, dents=(0.18, 0.12)), below)))[1]
    assert measured.heights_px == pytest.approx({"front": 20, "middle": 14, "behind": 20})
    assert measured.lost == pytest.approx(0.3)
    assert measured.genant == 2
    assert measure(spine)[1].genant == 0


@given(SIZES, SHARES, st.floats(0.01, 20))
def test_share_lost_is_the_share_taken_away_whatever_the_size(
    height: float, taken: float, size: float
) -> None:
    whole, wedged = body(2 * height, height), body(2 * height, height * (1 - taken), height)
    bodies = {"T12": whole, "L1": wedged, "L2": whole}
    measured = measure(spine_of({level: size * corners for level, corners in bodies.items()}))[1]
    assert measured.lost == pytest.approx(taken, abs=1e-9)
    assert measured.genant == genant_grade(measured.lost)


@given(SIZES, SIZES, ANGLES, QUARTERS)
def test_film_turned_measures_the_same(left: float, right: float, degrees: float, turned: int) -> None:
    upright = spine_of({"T12": body(70, 30), "L1": body(80, left, right, degrees), "L2": body(90, 40)})
    corners = [each.corners @ rotation(turned).T for each in upright.vertebrae]
    lying = replace(
        upright,
        turned_degrees=turned,
        vertebrae=tuple(
            replace(each, corners=there) for each, there in zip(upright.vertebrae, corners, strict=True)
        ),
    )
    for here, there in zip(measure(upright), measure(lying), strict=True):
        assert there.heights_px == pytest.approx(here.heights_px)
        assert there.upper_tilt == pytest.approx(here.upper_tilt, abs=1e-6)
        assert there.lopsided == pytest.approx(here.lopsided, abs=1e-6)
        assert there.lost == pytest.approx(here.lost)


@given(st.floats(0, 1))
def test_genant_grade_follows_its_thresholds(lost: float) -> None:
    mild, moderate, severe = GENANT
    assert (genant_grade(lost) >= 1) == (lost >= mild)
    assert (genant_grade(lost) >= 2) == (lost >= moderate)
    assert (genant_grade(lost) == 3) == (lost >= severe)


@pytest.mark.parametrize(("lost", "grade"), [(0.19, 0), (0.20, 1), (0.25, 2), (0.399, 2), (0.40, 3)])
def test_genant_grade_at_its_edges(lost: float, grade: int) -> None:
    assert genant_grade(lost) == grade


def test_front_is_left_unless_the_lateral_film_is_mirrored() -> None:
    spine = spine_of({"L1": body(40, 10, 30)})
    (left,), (right,) = measure(spine), measure(replace(spine, mirrored=True))
    assert (left.heights_px["front"], left.heights_px["behind"]) == (10, 30)
    assert (right.heights_px["front"], right.heights_px["behind"]) == (30, 10)
    assert left.heights_mm == {"front": 5, "middle": 10, "behind": 15}


def test_ap_film_has_sides_and_no_grade() -> None:
    bodies = {"T12": body(40, 30), "L1": body(40, 10, 30), "L2": body(40, 30)}
    above, lopsided, below = measure(spine_of(bodies, View.AP, mm=None))
    assert set(lopsided.heights_px) == {"left", "middle", "right"}
    assert lopsided.heights_mm is None
    assert lopsided.lost == pytest.approx(2 / 3)
    assert lopsided.genant is None
    assert above.lost is None
    assert below.lost is None


def test_sacrum_is_not_measured_and_is_no_neighbour() -> None:
    measured = measure(spine_of({level: body(40, 30) for level in LEVELS[-3:]}))
    assert [each.level for each in measured] == ["L4", "L5"]
    assert measured[1].lost is None


def test_missed_level_makes_no_neighbours() -> None:
    measured = measure(spine_of({level: body(40, 30) for level in ("T12", "L1", "L3", "L4")}))
    assert [each.lost for each in measured] == [None] * 4


def test_neighbours_without_height_tell_nothing() -> None:
    flat = {"front": 0.0, "middle": 0.0, "behind": 0.0}
    assert share_lost({"front": 1.0, "middle": 1.0, "behind": 1.0}, [flat, flat]) is None


def test_table_begins_with_its_comments() -> None:
    spine = spine_of({"T12": body(40, 30), "L1": body(40, 10, 30), "L2": body(40, 30)})
    text = measures_as_csv([spine], ["Not a medical device.", "film: odd\nname.png"])
    first, second, *table = text.splitlines()
    assert first == "# Not a medical device."
    assert second == "# film: odd name.png"
    rows = list(csv.DictReader(table))
    assert tuple(rows[0]) == COLUMNS
    assert [row["level"] for row in rows] == ["T12", "L1", "L2"]
    assert rows[1]["height_front_mm"] == "5.0"
    assert rows[1]["genant_grade"] == "3"
    assert rows[1]["height_left_mm"] == ""
    assert rows[0]["genant_grade"] == ""
