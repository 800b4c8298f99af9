"""Boxes as people write them: one reading of them for the command line, the service and tables."""

import pytest

from mvm_core.radiograph import Box


@pytest.mark.parametrize(
    "text",
    ["1 2 30.5 40", "1,2,30.5,40", "1, 2, 30.5, 40", " 1  2 30,5 40 ", "1;2;30.5;40".replace(";", "\t")],
)
def test_four_numbers_with_blanks_or_commas_are_a_box(text: str) -> None:
    assert Box.from_text(text) == Box(1, 2, 30.5, 40)


@pytest.mark.parametrize("text", ["", "1 2 3", "1 2 3 4 5", "a b c d", "1 2 nan 4", "1 2 inf 4"])
def test_what_is_not_four_numbers_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="is not four numbers x0 y0 x1 y1"):
        Box.from_text(text)


def test_a_box_without_area_is_none() -> None:
    with pytest.raises(ValueError, match="x0 < x1"):
        Box.from_text("30 2 1 40")


def test_a_box_comes_back_from_its_text() -> None:
    box = Box(1.25, 2.0, 30.5, 40.75)
    assert Box.from_text(box.as_text(digits=2)) == box
    assert box.as_text() == "1.2 2.0 30.5 40.8"
