"""What lies over the processed image: collimated margins, side marker, burned-in text."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mvm_core.simulation.sites import Site
from mvm_core.simulation.technique import Frame, Marker
from mvm_core.simulation.tissue import Field

_PENUMBRA_MM = 0.7
_FONTS = {"lead": cv2.FONT_HERSHEY_SIMPLEX, "plaque": cv2.FONT_HERSHEY_DUPLEX}
_LEAD_GREY = 0.985


@dataclass(frozen=True)
class Overlay:
    """Grey = processed grey * keep + add; both of the film's shape."""

    keep: Field
    add: Field


def draw_overlay(shape: tuple[int, int], frame: Frame, site: Site, mm_per_pixel: float) -> Overlay:
    """Lay out the overlay of one film."""
    keep = _collimated(shape, frame, mm_per_pixel)
    add = (1 - keep) * np.float32(frame.border)
    if frame.marker is not None:
        _stamp(keep, add, frame, site.habits.marker, mm_per_pixel)
    if frame.caption:
        _write(keep, add, frame.caption, mm_per_pixel)
    return Overlay(keep, add)


def field_corners(shape: tuple[int, int], frame: Frame, step: float) -> NDArray[np.float64]:
    """Corners of the collimated field, shape (4, 2), x and y in pixels; clockwise from the upper left."""
    rows, columns = shape
    top, bottom, left, right = (margin / step for margin in frame.margins_mm)
    # An open side stays open when the collimator is turned.
    over = 0.1 * max(shape)
    corners = np.array(
        [
            (left or -over, top or -over),
            (columns - (right or -over), top or -over),
            (columns - (right or -over), rows - (bottom or -over)),
            (left or -over, rows - (bottom or -over)),
        ]
    )
    turn = cv2.getRotationMatrix2D((columns / 2, rows / 2), frame.degrees, 1.0)
    return np.asarray(corners @ turn[:, :2].T + turn[:, 2], float)


def _collimated(shape: tuple[int, int], frame: Frame, step: float) -> Field:
    corners = field_corners(shape, frame, step)
    field = np.zeros(shape, np.uint8)
    cv2.fillPoly(field, [np.round(corners * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    soft = cv2.GaussianBlur(field, (0, 0), _PENUMBRA_MM / step)
    return soft.astype(np.float32) / np.float32(255)


def _stamp(keep: Field, add: Field, frame: Frame, style: str, step: float) -> None:
    marker = frame.marker
    if marker is None:
        return
    stamp = _letter(marker, style, step)
    rows, columns = keep.shape
    size = stamp.shape[0]
    top, bottom, left, right = (int(margin / step) for margin in frame.margins_mm)
    across, down = (int(inset / step) for inset in marker.inset_mm)
    column = left + across if marker.text == "R" else columns - right - across - size
    row = top + down if marker.corner == "top" else rows - bottom - down - size
    row, column = min(max(row, 0), rows - size), min(max(column, 0), columns - size)
    area = np.s_[row : row + size, column : column + size]
    # Lead outside the collimated field casts no shadow.
    shadow = stamp * keep[area]
    add[area] = add[area] * (1 - shadow) + np.float32(_LEAD_GREY) * shadow
    keep[area] *= 1 - shadow


def _letter(marker: Marker, style: str, step: float) -> Field:
    """How much of the beam a marker stops, on a square, 0 to 1."""
    fine, height = 4, marker.height_mm / step
    size = int(2.4 * height)
    canvas = np.zeros((size * fine, size * fine), np.uint8)
    middle = size * fine // 2
    stroke = max(1, round(height * fine * (0.11 if style == "plaque" else 0.16)))
    _centred(canvas, marker.text, style, height * fine, (middle, middle), stroke)
    if style == "plaque":
        radius = int(height * fine * 1.1)
        cv2.circle(canvas, (middle, middle), radius, 235, max(1, stroke // 2), cv2.LINE_AA)
        below = (middle, middle + int(height * fine * 0.78))
        _centred(canvas, marker.initials, style, height * fine * 0.22, below, max(1, stroke // 4))
    turn = cv2.getRotationMatrix2D((middle, middle), marker.degrees, 1.0)
    turned = cv2.warpAffine(canvas, turn, canvas.shape[::-1])
    if marker.mirrored:
        turned = cv2.flip(turned, 1)
    small = cv2.resize(turned, (size, size), interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(small, (0, 0), 0.35 / step)
    return soft.astype(np.float32) / np.float32(255)


def _centred(
    canvas: np.ndarray, text: str, style: str, height: float, middle: tuple[int, int], stroke: int
) -> None:
    font = _FONTS[style]
    scale = cv2.getFontScaleFromHeight(font, max(1, round(height)), stroke)
    (width, tall), _ = cv2.getTextSize(text, font, scale, stroke)
    origin = (middle[0] - width // 2, middle[1] + tall // 2)
    cv2.putText(canvas, text, origin, font, scale, 255, stroke, cv2.LINE_AA)


def _write(keep: Field, add: Field, caption: str, step: float) -> None:
    """Small text at the lower left, as a console burns it in: on top of everything, with a dark rim."""
    place = (int(4 / step), keep.shape[0] - int(4 / step))
    for stroke, grey in ((4, 0), (1, 1)):
        text = np.zeros(keep.shape, np.uint8)
        cv2.putText(text, caption, place, cv2.FONT_HERSHEY_SIMPLEX, 0.16 / step, 255, stroke, cv2.LINE_AA)
        shown = text.astype(np.float32) / np.float32(255)
        keep *= 1 - shown
        add *= 1 - shown
        add += shown * np.float32(grey)
