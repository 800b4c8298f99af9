"""Colours that carry meaning, as people without red, green or blue receptors see them.

Simulated after Machado, Oliveira and Fernandes (2009), severity 1, in linear light; told apart by CIEDE2000.
"""

import re
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
import pytest

from mvm_core.explain.finding_figures import _STYLES
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
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
APART = 10.0
"""Least CIEDE2000; 1 can just be told apart side by side."""
PAGES = Path(__file__).resolve().parents[1] / "pages" / "components"


def written(sheet: str, *selectors: str) -> list[str]:
    """The colours that a style sheet gives."""
    text = (PAGES / sheet).read_text(encoding="utf-8")
    return [
        re.search(rf"{re.escape(selector)}[^{{}}]*{{[^}}]*?background: (#\w{{6}})", text)[1]  # type: ignore[index]
        for selector in selectors
    ]


def lab(colour: str | tuple[int, int, int], kind: str) -> np.ndarray:
    """A colour of sRGB as someone sees it, in CIE Lab."""
    rgb = [int(colour[at : at + 2], 16) for at in (1, 3, 5)] if isinstance(colour, str) else colour
    part = np.array(rgb, float) / 255
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.array(SEEN_BY[kind]) @ linear, 0, 1)
    shown = np.where(seen <= 0.0031308, 12.92 * seen, 1.055 * seen ** (1 / 2.4) - 0.055)
    return cv2.cvtColor(shown.astype(np.float32).reshape(1, 1, 3), cv2.COLOR_RGB2Lab)[0, 0]


def ciede2000(one: np.ndarray, other: np.ndarray) -> float:
    """How far apart two colours of CIE Lab are (Sharma, Wu and Dalal 2005)."""
    (l1, a1, b1), (l2, a2, b2) = np.array(one, float), np.array(other, float)
    mean7 = ((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2) ** 7
    stretch = 1 + 0.5 * (1 - np.sqrt(mean7 / (mean7 + 25**7)))
    c1, c2 = np.hypot(stretch * a1, b1), np.hypot(stretch * a2, b2)
    h1, h2 = (np.degrees(np.arctan2(b, stretch * a)) % 360 for a, b in ((a1, b1), (a2, b2)))
    turn = (h2 - h1 + 180) % 360 - 180 if c1 * c2 else 0.0
    light, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    hue = (h1 + turn / 2) % 360 if c1 * c2 else h1 + h2
    wave = (
        1
        - 0.17 * np.cos(np.radians(hue - 30))
        + 0.24 * np.cos(np.radians(2 * hue))
        + 0.32 * np.cos(np.radians(3 * hue + 6))
        - 0.20 * np.cos(np.radians(4 * hue - 63))
    )
    part_l = (l2 - l1) / (1 + 0.015 * (light - 50) ** 2 / np.sqrt(20 + (light - 50) ** 2))
    part_c = (c2 - c1) / (1 + 0.045 * chroma)
    part_h = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2)) / (1 + 0.015 * chroma * wave)
    bend = 2 * np.sqrt(chroma**7 / (chroma**7 + 25**7))
    bend *= -np.sin(np.radians(60 * np.exp(-(((hue - 275) / 25) ** 2))))
    return float(np.sqrt(part_l**2 + part_c**2 + part_h**2 + bend * part_c * part_h))


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, -1, 2), (50, 0, 0), 2.3669),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((90.8027, -2.0831, 1.4410), (91.1528, -1.6435, 0.0447), 1.4441),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_distances_are_those_published(one: tuple, other: tuple, apart: float) -> None:
    assert ciede2000(np.array(one), np.array(other)) == pytest.approx(apart, abs=5e-5)


def closest(colours: list, kind: str) -> float:
    return min(ciede2000(lab(a, kind), lab(b, kind)) for a, b in combinations(colours, 2))


@pytest.mark.parametrize("kind", SEEN_BY)
def test_strip_zones_and_evidence_are_told_apart(kind: str) -> None:
    diseased = 'button[data-diseased="true"] .fill'
    assert closest(written("viewer/strip.css", ".bar", "\n.fill", diseased), kind) > APART
    assert (
        closest(written("style.css", ".mvm-scale .bvf", ".mvm-scale .between", ".mvm-scale .mvm"), kind)
        > APART
    )
    for pair in COLOURS.values():
        assert closest(list(pair), kind) > APART


@pytest.mark.parametrize("kind", SEEN_BY)
def test_places_of_a_dose_are_told_apart_by_dash_and_symbol_too(kind: str) -> None:
    colours, symbols, dashes = zip(*_STYLES.values(), strict=True)
    assert len(set(symbols)) == len(set(dashes)) == len(colours)
    assert closest([SCREEN.background, *colours], kind) > APART


@pytest.mark.parametrize("style", [SCREEN, PAPER], ids=["screen", "paper"])
@pytest.mark.parametrize("kind", SEEN_BY)
def test_classes_of_a_plot_are_told_apart_and_its_lines_by_dash_too(style: Style, kind: str) -> None:
    assert closest([style.mvm, style.bvf, style.background], kind) > 2 * APART
    assert len({dash for _, dash, _ in style.lines}) == len(style.lines)
    assert closest([style.background, *(colour for colour, _, _ in style.lines)], kind) > APART


def test_red_against_green_would_be_found() -> None:
    assert closest(["#c04040", "#80802a"], "deuteranopia") < APART
    assert closest(["#3a8f3a", "#3a80a0"], "tritanopia") < APART
