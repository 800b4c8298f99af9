"""Colours that carry meaning, as people without red or without green receptors see them.

Simulated after Machado, Oliveira and Fernandes (2009), severity 1, in linear light.
"""

from itertools import combinations

import cv2
import numpy as np
import pytest

from mvm_core.models.overlay import COLOURS
from mvm_core.review.style import PAPER, SCREEN, Style

SEEN_BY = {
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
}
APART = 12.0
"""Least distance in CIE Lab; some 2 can just be told apart side by side."""
STRIP = {"diseased": "#e69f00", "not": "#8d959d", "ground": "#23282d"}


def lab(colour: str | tuple[int, int, int], kind: str) -> np.ndarray:
    """A colour of sRGB as someone sees it, in CIE Lab."""
    rgb = [int(colour[at : at + 2], 16) for at in (1, 3, 5)] if isinstance(colour, str) else colour
    part = np.array(rgb, float) / 255
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.array(SEEN_BY[kind]) @ linear, 0, 1)
    shown = np.where(seen <= 0.0031308, 12.92 * seen, 1.055 * seen ** (1 / 2.4) - 0.055)
    return cv2.cvtColor(shown.astype(np.float32).reshape(1, 1, 3), cv2.COLOR_RGB2Lab)[0, 0]


def closest(colours: list, kind: str) -> float:
    return min(float(np.linalg.norm(lab(a, kind) - lab(b, kind))) for a, b in combinations(colours, 2))


@pytest.mark.parametrize("kind", SEEN_BY)
def test_strip_and_evidence_are_told_apart(kind: str) -> None:
    assert closest(list(STRIP.values()), kind) > APART
    for pair in COLOURS.values():
        assert closest(list(pair), kind) > APART


@pytest.mark.parametrize("style", [SCREEN, PAPER], ids=["screen", "paper"])
@pytest.mark.parametrize("kind", SEEN_BY)
def test_classes_of_a_plot_are_told_apart_and_its_lines_by_dash_too(style: Style, kind: str) -> None:
    assert closest([style.mvm, style.bvf, style.background], kind) > 2 * APART
    assert len({dash for _, dash, _ in style.lines}) == len(style.lines)
    assert closest([style.background, *(colour for colour, _, _ in style.lines)], kind) > APART


def test_red_against_green_would_be_found() -> None:
    assert closest(["#c04040", "#80802a"], "deuteranopia") < APART
