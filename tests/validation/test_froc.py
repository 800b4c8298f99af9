"""Free-response ROC curves against counting."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mvm_core.errors import ValidationError
from mvm_core.validation.froc import froc_curve

PLACES = st.lists(st.tuples(st.booleans(), st.integers(0, 9)), min_size=2, max_size=40)


@given(PLACES, st.integers(1, 5), st.integers(0, 3))
def test_every_point_is_what_counting_gives(places: list[tuple[bool, int]], films: int, missed: int) -> None:
    diseased, scores = np.array([d for d, _ in places]), np.array([s for _, s in places], float)
    if diseased.all() or not diseased.any():
        with pytest.raises(ValidationError):
            froc_curve(diseased, scores, films, missed)
        return
    curve = froc_curve(diseased, scores, films, missed)
    for threshold, sensitivity, alarms in zip(
        curve.thresholds, curve.sensitivity, curve.false_alarms, strict=True
    ):
        flagged = scores >= threshold
        assert sensitivity == pytest.approx((flagged & diseased).sum() / (diseased.sum() + missed))
        assert alarms == pytest.approx((flagged & ~diseased).sum() / films)
    assert np.all(np.diff(curve.sensitivity) >= 0)
    assert np.all(np.diff(curve.false_alarms) >= 0)


def test_a_missed_place_keeps_the_curve_below_one() -> None:
    curve = froc_curve([True, False], [0.9, 0.1], films=2, missed=1)
    assert curve.sensitivity.max() == 0.5
    assert curve.sensitivity_at(0.0) == 0.5
    assert curve.sensitivity_at(-1.0) == 0.0


def test_no_film_is_told() -> None:
    with pytest.raises(ValidationError, match="number of films"):
        froc_curve([True, False], [0.9, 0.1], films=0)
