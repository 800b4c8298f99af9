"""Difference of two shares against the published example."""

import pytest

from mvm_core.validation.differences import difference_of_rates
from mvm_core.validation.rates import Rate, rate_with_interval


def test_interval_is_newcombes() -> None:
    # Newcombe 1998, table II, example (a), method 10: 56/70 less 48/80
    found = difference_of_rates(rate_with_interval(48, 80), rate_with_interval(56, 70))
    assert (found.value, found.low, found.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)
    # R: fisher.test(matrix(c(56, 48, 14, 32), 2))$p.value lies below that of no difference
    assert found.p is not None
    assert 0.005 < found.p < 0.02


def test_nothing_is_said_of_no_cases() -> None:
    found = difference_of_rates(Rate(0, 0, None, None, None), rate_with_interval(3, 4))
    assert (found.value, found.p) == (None, None)
