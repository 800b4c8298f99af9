"""Pictures that carry words are written in the language of the page."""

import io
import re

import pytest
from PIL import Image

from mvm_core.language import ENGLISH, TAIWAN, speaking
from mvm_core.models import Reader, lettering
from mvm_core.models.overlay import render_pair
from mvm_core.radiograph import FilmPair

no_font = pytest.mark.skipif(not lettering.can_be_drawn(TAIWAN), reason="apt-get install fonts-noto-cjk")


@no_font
def test_chinese_letters_are_drawn_each_as_itself() -> None:
    with speaking(TAIWAN):
        letters = lettering.font(22)
    shapes = {bytes(letters.getmask(letter)) for letter in "轉移骨折\U0001f600\ue000"}
    # the last two, which no such font holds, are one and the same empty box
    assert len(shapes) == 5


@no_font
def test_lines_keep_within_the_width_and_begin_with_no_full_stop() -> None:
    text = "權重以模擬影像訓練；非醫療器材。" * 4 + " patient_ap.dcm " + "x" * 90
    with speaking(TAIWAN):
        letters = lettering.font(22)
    lines = lettering.wrapped(text, 300, letters)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(letters.getlength(line) <= 300 for line in lines if "x" not in line)
    assert not [line for line in lines if line[0] in "；。"]


@no_font
def test_picture_of_a_reading_is_told_in_chinese(reader: Reader, pair: FilmPair) -> None:
    reading = reader.read(pair)
    with speaking(TAIWAN):
        told = Image.open(io.BytesIO(render_pair(pair, reading, "all-views"))).text["Description"]
    assert "非醫療器材" in told
    assert "MVM 機率" in told
    assert "橘色支持 MVM" in told
    assert not re.search(r"\b(probability|weights|warning|Evidence|medical)\b", told)
    told = Image.open(io.BytesIO(render_pair(pair, reading, "all-views"))).text["Description"]
    assert "not a medical device" in told


def test_without_such_a_font_there_is_only_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lettering, "_FONTS", {})
    lettering._file_of.cache_clear()
    try:
        assert not lettering.can_be_drawn(TAIWAN)
        assert lettering.can_be_drawn(ENGLISH)
    finally:
        lettering._file_of.cache_clear()
