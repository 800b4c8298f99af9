"""Free-response ROC curves against counting."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mvm_core.errors import ValidationError
from mvm_core.validation.bootstrap import bootstrap_weights
from mvm_core.validation.froc import froc_curve, froc_intervals

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


def test_intervals_are_those_of_films_drawn_one_by_one() -> None:
    generator = np.random.default_rng(4)
    films = np.repeat(np.arange(40), 4)
    diseased = (np.arange(160) % 4 == 1) & (films % 2 == 0)
    scores = np.round(generator.normal(size=160) + 1.5 * diseased, 1)
    scores[::17] = np.nan
    flagged = scores >= 1.0
    at = [0.1, 0.5, 1.5]
    shares = {"hit": (flagged & diseased, diseased), "alarms": (flagged & ~diseased, None)}
    found = froc_intervals(diseased, scores, films, at, shares, replicates=200, seed=7)
    drawn, hits, alarms = [], [], []
    for weights in bootstrap_weights(diseased, 200, 7, films):
        for row in weights:
            places = np.repeat(np.arange(160), row)
            own, read = diseased[places], ~np.isnan(scores[places])
            curve = froc_curve(own[read], scores[places][read], 40, int((own & ~read).sum()))
            drawn.append([curve.sensitivity_at(share) for share in at])
            hits.append(flagged[places][own].mean())
            alarms.append(flagged[places][~own].sum() / 40)
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    assert found.low == pytest.approx(low)
    assert found.high == pytest.approx(high)
    assert found.shares["hit"] == pytest.approx(np.quantile(hits, [0.025, 0.975]))
    assert found.shares["alarms"] == pytest.approx(np.quantile(alarms, [0.025, 0.975]))


def test_intervals_want_an_answer_for_each_place() -> None:
    with pytest.raises(ValidationError, match="one answer for each place"):
        froc_intervals([True, False], [0.1, 0.2], [0, 1], [0.5], {"hit": ([True], None)})
