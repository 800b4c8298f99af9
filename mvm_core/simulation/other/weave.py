"""Coarse trabeculae as a film shows them: bars along the body, and a weave without direction."""

import cv2
import numpy as np

from mvm_core.radiograph import View
from mvm_core.simulation.distance import f32
from mvm_core.simulation.geometry import Geometry
from mvm_core.simulation.other.change import Change
from mvm_core.simulation.tissue import Field
from mvm_core.simulation.vertebra import Vertebra

_BAR_MM = 0.35
_WEAVE_MM = 2.6


def weave(
    vertebra: Vertebra, change: Change, geometry: Geometry, shape: tuple[int, int], draw: np.random.Generator
) -> Field:
    """What the spongy bone's density varies by, about 0, over the part of a film that a vertebra falls on.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns.
    """
    rows, columns = shape
    step = geometry.mm_per_pixel / geometry.magnification
    total = np.zeros(shape, f32)
    if change.stripes:
        lean = vertebra.roll if geometry.view is View.AP else -vertebra.tilt
        down, across = np.mgrid[:rows, :columns].astype(f32) * f32(step)
        # Bars wander a little, as trabeculae do, and are thick here and thin there.
        wander = cv2.resize(
            draw.standard_normal((4, 6)).astype(f32), (columns, rows), interpolation=cv2.INTER_CUBIC
        )
        angle = np.deg2rad(lean)
        place = (
            across * f32(np.cos(angle)) - down * f32(np.sin(angle)) + f32(0.25 * change.stripes_mm) * wander
        )
        span = float(place.max() - place.min())
        number = max(3, round(span / change.stripes_mm))
        bars = np.sort(draw.uniform(0.2, 0.8, number) + np.arange(number)) * span / number + float(
            place.min()
        )
        strengths = draw.uniform(0.5, 1.2, number).astype(f32)
        profile = np.arange(0, span, _BAR_MM)
        height = np.zeros(len(profile), f32)
        for bar, strength in zip(bars, strengths, strict=True):
            height += strength * np.exp(-(((profile + float(place.min()) - bar) / 0.8) ** 2)).astype(f32)
        height -= height.mean()
        height /= max(float(np.abs(height).max()), 1e-3)
        total += f32(change.stripes) * np.interp(place, profile + float(place.min()), height).astype(f32)
    if change.coarse:
        for times in (1.0, 1.9):
            size = (
                max(3, round(columns * step / _WEAVE_MM / times)),
                max(3, round(rows * step / _WEAVE_MM / times)),
            )
            noise = draw.standard_normal(size[::-1]).astype(f32)
            total += f32(change.coarse) * cv2.resize(noise, (columns, rows), interpolation=cv2.INTER_CUBIC)
    return total
