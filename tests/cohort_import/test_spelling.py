"""Identifiers that are the same but for how they are written."""

import pytest

from mvm_core.cohort_import.spelling import differently_written, folded


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("A123", "a123"),
        ("A 123", "A123"),
        ("A-123", " a.123 "),
        ("0012345", "12345"),
        ("12345", "12345.0"),
        ("Ａ１２３", "A123"),
        ("CHEN^DA WEN", "chen da-wen"),
    ],
)
def test_one_is_known_in_the_other(one: str, other: str) -> None:
    assert folded(one) == folded(other)


@pytest.mark.parametrize(("one", "other"), [("A123", "A1230"), ("1001", "101"), ("A123", "B123"), ("0", "")])
def test_others_are_not(one: str, other: str) -> None:
    assert folded(one) != folded(other)


def test_all_ways_are_named_and_single_ones_are_not() -> None:
    ways = differently_written(["A123", "a123", "B7", "B7", "", ""])
    assert ways == {"A123": ("A123", "a123"), "a123": ("A123", "a123")}
