"""Figures as they are written for people."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mvm_core.models.wording import probability_text


@pytest.mark.parametrize(
    ("probability", "text"),
    [
        (0.0, "under 0.01"),
        (0.0099, "under 0.01"),
        (0.01, "0.01"),
        (0.5, "0.50"),
        (0.99, "0.99"),
        (0.996, "over 0.99"),
        (1.0, "over 0.99"),
    ],
)
def test_probability_is_written_as(probability: float, text: str) -> None:
    assert probability_text(probability) == text


@given(st.floats(0, 1))
def test_nobody_is_told_0_or_1(probability: float) -> None:
    assert not {"0.00", "1.00"} & set(probability_text(probability).split())
