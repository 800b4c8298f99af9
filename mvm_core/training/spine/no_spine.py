"""Pictures that are no radiograph of a spine, drawn for a network that should refuse them."""

from math import cos, pi, sin

import cv2
import numpy as np
from numpy.typing import NDArray

_LEAVES = 0.35
"""Share of pictures that begin as things in front of each other."""

_LEAST_LEAF_PX, _MOST_LEAF_PX = 8.0, 240.0
_IN_ROWS = 0.5
_WRITTEN = 0.2
_ON_EVEN_PAGE = 0.7
_EMPTY_LINE, _HEADING = 0.15, 0.1


def draw_no_spine(shape: tuple[int, int], draw: np.random.Generator) -> NDArray[np.uint8]:
    """Noise of any grain or things in front of each other, with shapes, rows of equal ones, or writing on it.

    Returns
    -------
    uint8 array, shape (rows, columns)
    """
    rows, columns = shape
    picture = np.zeros(shape, np.float32)
    for size in draw.choice((1, 4, 16, 48, 120), int(draw.integers(1, 4))):
        coarse = draw.standard_normal((rows // int(size) + 2, columns // int(size) + 2)).astype(np.float32)
        picture += cv2.resize(coarse, (columns, rows), interpolation=cv2.INTER_CUBIC) * float(draw.random())
    picture = np.round((picture - picture.min()) / max(float(np.ptp(picture)), 1e-6) * 255).astype(np.uint8)
    if draw.random() < _LEAVES:
        _draw_leaves(picture, draw)
    for _ in range(int(draw.integers(0, 25))):
        at = tuple(int(draw.integers(0, side)) for side in (columns, rows))
        size, grey = tuple(int(v) for v in draw.integers(3, 90, 2)), int(draw.integers(0, 256))
        kind, thick = draw.integers(0, 3), int(draw.choice((-1, 1, 2, 5)))
        if kind == 0:
            cv2.ellipse(picture, at, size, float(draw.uniform(0, 180)), 0, 360, grey, thick)
        elif kind == 1:
            cv2.rectangle(picture, at, (at[0] + size[0], at[1] + size[1]), grey, thick)
        else:
            words = "".join(draw.choice(list("ABCDEfghij 0123"), 12))
            cv2.putText(picture, words, at, cv2.FONT_HERSHEY_SIMPLEX, size[0] / 60, grey, 2)
    if draw.random() < _IN_ROWS:
        for _ in range(int(draw.integers(1, 5))):
            _draw_row(picture, draw)
    if draw.random() < _WRITTEN:
        _write_page(picture, draw)
    return picture


def _draw_leaves(picture: NDArray[np.uint8], draw: np.random.Generator) -> None:
    """Things of all sizes in front of each other, which have the statistics of photographs.

    Lee, Mumford and Huang, Int J Comput Vis 2001 (dead leaves): radii fall off with their third power.
    """
    rows, columns = picture.shape
    grain, shades = picture.astype(np.float32) - 128, float(draw.uniform(0, 0.5))
    for _ in range(int(draw.integers(60, 300))):
        share = draw.random()
        radius = (share / _LEAST_LEAF_PX**2 + (1 - share) / _MOST_LEAF_PX**2) ** -0.5
        size = int(2 * radius * draw.uniform(0.5, 1)), int(2 * radius * draw.uniform(0.5, 1))
        middle = float(draw.uniform(0, columns)), float(draw.uniform(0, rows))
        corners = cv2.boxPoints((middle, size, float(draw.uniform(0, 180))))
        x, y = np.floor(np.maximum(corners.min(axis=0), 0)).astype(int)
        right, lower = np.ceil(np.minimum(corners.max(axis=0), (columns, rows))).astype(int)
        if right <= x or lower <= y:
            continue
        leaf = np.zeros((lower - y, right - x), np.uint8)
        if draw.random() < 0.5:
            cv2.ellipse(leaf, ((middle[0] - x, middle[1] - y), size, float(draw.uniform(0, 180))), 1, -1)
        else:
            cv2.fillConvexPoly(leaf, np.round(corners - (x, y)).astype(np.int32), 1)
        across = np.linspace(-1, 1, leaf.shape[1]) * draw.normal(0, 40)
        down = np.linspace(-1, 1, leaf.shape[0]) * draw.normal(0, 40)
        grey = draw.uniform(0, 255) + across + down[:, np.newaxis] + shades * grain[y:lower, x:right]
        part = picture[y:lower, x:right]
        part[leaf > 0] = np.clip(grey, 0, 255).astype(np.uint8)[leaf > 0]


def _write_page(picture: NDArray[np.uint8], draw: np.random.Generator) -> None:
    """Lines of writing as on a document, some under headings, over what is drawn or on an even page."""
    rows, columns = picture.shape
    if draw.random() < _ON_EVEN_PAGE:
        picture[:] = draw.integers(0, 256)
    ink, size = int(draw.integers(0, 256)), float(draw.uniform(0.2, 0.7))
    line = int(size * draw.uniform(30, 60))
    left, right = draw.uniform(0, 0.3) * columns, draw.uniform(0.6, 1.1) * columns
    for y in range(line, rows, line):
        if draw.random() < _EMPTY_LINE:
            continue
        words = "".join(draw.choice(list("abcdefghilmnoprstu   0123"), int((right - left) / (18 * size))))
        heading = 1.6 if draw.random() < _HEADING else 1.0
        at = (int(left), y)
        cv2.putText(picture, words, at, cv2.FONT_HERSHEY_SIMPLEX, size * heading, ink, 1, cv2.LINE_AA)


def _draw_row(picture: NDArray[np.uint8], draw: np.random.Generator) -> None:
    """Equal shapes side by side on a line or an arc, as roof tiles, stairs or windows, some in depth."""
    rows, columns = picture.shape
    count, side = int(draw.integers(4, 26)), float(draw.uniform(8, 60))
    apart = side * draw.uniform(0.7, 2.2)
    grows = draw.uniform(0.93, 1.07) if draw.random() < 0.5 else 1.0
    angle, bend = draw.uniform(0, 2 * pi), draw.uniform(-0.08, 0.08)
    shape, flat = draw.integers(0, 3), draw.uniform(0.3, 2.0)
    grey, thick = int(draw.integers(0, 256)), int(draw.choice((-1, -1, 1, 2, 4)))
    x, y = draw.uniform(0, columns), draw.uniform(0, rows)
    for _ in range(count):
        axes = (max(int(side / 2), 1), max(int(side * flat / 2), 1))
        at, turn = (int(x), int(y)), float(np.degrees(angle))
        if shape == 0:
            cv2.ellipse(picture, at, axes, turn, 0, 360, grey, thick)
        elif shape == 1:
            cv2.ellipse(picture, at, axes, turn, 0, 180, grey, thick)
        else:
            box = cv2.boxPoints(((x, y), (2.0 * axes[0], 2.0 * axes[1]), turn)).astype(np.int32)
            cv2.drawContours(picture, [box], 0, grey, thick)
        x, y = x + apart * cos(angle), y + apart * sin(angle)
        angle, side, apart = angle + bend, side * grows, apart * grows
