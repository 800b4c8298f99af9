"""Rotation about the vertical: structure behind the bodies that moves to one side is told, on either side."""

import cv2
import numpy as np
import pytest

from mvm_core.spine import Vertebra
from mvm_core.spine.rotation import posterior_offset

WIDTH, HEIGHT = 90, 60


def film(
    offset: float, levels: tuple[str, ...] = ("T12", "L1", "L2", "L3")
) -> tuple[np.ndarray, list[Vertebra]]:
    """Bodies with two rings and a line behind them, all moved to one side by a share of the width."""
    pixels, vertebrae = np.full((90 * len(levels) + 40, 260), 0.3, np.float32), []
    for row, level in enumerate(levels):
        x, y = 85, 30 + 90 * row
        pixels[y : y + HEIGHT, x : x + WIDTH] = 0.5
        middle = round(x + WIDTH * (0.5 + offset))
        for side in (-26, 26):
            cv2.ellipse(pixels, (middle + side, y + 20), (7, 11), 0, 0, 360, 0.75, 3)
        pixels[y + 15 : y + 50, middle - 2 : middle + 3] = 0.75
        corners = np.array([[x, y], [x + WIDTH, y], [x + WIDTH, y + HEIGHT], [x, y + HEIGHT]], float)
        vertebrae.append(Vertebra(level, 1.0, 1.0, corners))
    noise = np.random.default_rng(0).normal(0, 0.01, pixels.shape).astype(np.float32)
    return cv2.GaussianBlur(pixels, (0, 0), 1.5) + noise, vertebrae


@pytest.mark.parametrize("offset", [0.0, 0.12, -0.12, 0.2])
def test_the_offset_is_measured(offset: float) -> None:
    assert posterior_offset(*film(offset)) == pytest.approx(offset, abs=0.035)


def test_two_bodies_tell_nothing() -> None:
    assert posterior_offset(*film(0.1, ("L1", "L2"))) is None
    assert posterior_offset(*film(0.1, ("T5", "T6", "T7"))) is None
