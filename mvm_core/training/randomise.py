"""Films from nowhere in particular: grey values changed at random, geometry left as it is.

Networks taught on rendered films work on real ones when they have seen changes far beyond the plausible
(FleXray, arXiv 2609.26756: inversion and image-space changes bring most of it).
"""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Film = NDArray[np.float32]
_f32 = np.float32
_GREY_WEIGHTS = (0.299, 0.587, 0.114)
"""Of red, green and blue in grey (ITU-R BT.601)."""


def randomise(pixels: Film, draw: np.random.Generator, strength: float = 1.0) -> Film:
    """Change a film's grey values at random.

    Parameters
    ----------
    pixels : float32 array, shape (rows, columns)
        In [0, 1].
    draw : Generator
        The same state gives the same film.
    strength : float
        Scales how often each change is made and how far it goes; 0 leaves the film unchanged.

    Returns
    -------
    float32 array, shape (rows, columns)
        In [0, 1].
    """
    if strength <= 0:
        return pixels
    film = pixels
    for chance, change in _CHANGES:
        if draw.random() < chance * strength:
            film = np.clip(change(film, draw, min(strength, 1.0)), 0, 1).astype(_f32, copy=False)
    return film


def _tone(film: Film, draw: np.random.Generator, strength: float) -> Film:
    low, high = np.percentile(film[::4, ::4], (1, 99))
    even = np.clip((film - _f32(low)) / _f32(max(high - low, 1e-3)), 0, 1)
    return even ** _f32(np.exp(draw.normal(0, 0.55 * strength)))


def _curve(film: Film, draw: np.random.Generator, strength: float) -> Film:
    steps = draw.dirichlet(np.full(5, 4.0 - 2.5 * strength))
    heights = np.concatenate([[0.0], np.cumsum(steps)])
    return np.interp(film, np.linspace(0, 1, 6), heights).astype(_f32)


def _local_contrast(film: Film, draw: np.random.Generator, strength: float) -> Film:
    equaliser = cv2.createCLAHE(draw.uniform(1, 1 + 5 * strength), (int(draw.integers(2, 10)),) * 2)
    return equaliser.apply(np.round(film * 255).astype(np.uint8)).astype(_f32) / _f32(255)


def _without_local_mean(film: Film, draw: np.random.Generator, strength: float) -> Film:
    # Worked out on a reduced film: a wide mean is smooth.
    small = cv2.resize(film, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    mean = cv2.GaussianBlur(small, (0, 0), draw.uniform(2.5, 14))
    wide = cv2.resize(mean, film.shape[::-1], interpolation=cv2.INTER_LINEAR)
    taken = film - _f32(draw.uniform(0.4, 1.0) * strength) * wide
    low, high = np.percentile(taken[::4, ::4], (0.5, 99.5))
    return (taken - _f32(low)) / _f32(max(high - low, 1e-3))


def _inverted(film: Film, draw: np.random.Generator, strength: float) -> Film:
    return 1 - film


def _shading(film: Film, draw: np.random.Generator, strength: float) -> Film:
    coarse = draw.normal(0, 0.35 * strength, (int(draw.integers(2, 5)), int(draw.integers(2, 4)))).astype(
        _f32
    )
    smooth = cv2.resize(coarse, film.shape[::-1], interpolation=cv2.INTER_CUBIC)
    return film * np.exp(smooth) if draw.random() < 0.5 else film + smooth * _f32(0.5)


def _blurred(film: Film, draw: np.random.Generator, strength: float) -> NDArray[Any]:
    if draw.random() < 0.2:
        length = int(draw.integers(2, 5))
        return cv2.blur(film, (length, 1) if draw.random() < 0.5 else (1, length))
    return cv2.GaussianBlur(film, (0, 0), draw.uniform(0.4, 0.4 + 1.2 * strength))


def _sharpened(film: Film, draw: np.random.Generator, strength: float) -> NDArray[Any]:
    soft = cv2.GaussianBlur(film, (0, 0), draw.uniform(0.8, 4))
    return film + _f32(draw.uniform(0.3, 2.0) * strength) * (film - soft)


def _noisy(film: Film, draw: np.random.Generator, strength: float) -> NDArray[Any]:
    coarse = int(draw.choice((1, 1, 2, 3)))
    size = (film.shape[0] // coarse + 1, film.shape[1] // coarse + 1)
    noise: NDArray[Any] = draw.standard_normal(size, dtype=_f32)
    if coarse > 1:
        noise = cv2.resize(noise, film.shape[::-1], interpolation=cv2.INTER_LINEAR)
    amount = _f32(draw.uniform(0.005, 0.07) * strength)
    noise = noise[: film.shape[0], : film.shape[1]] * amount
    return film + noise * (np.sqrt(film + _f32(0.05)) if draw.random() < 0.5 else _f32(0.6))


def _coarser(film: Film, draw: np.random.Generator, strength: float) -> NDArray[Any]:
    share = 1 / draw.uniform(1.2, 1.2 + 1.6 * strength)
    small = cv2.resize(film, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    way = cv2.INTER_NEAREST if draw.random() < 0.2 else cv2.INTER_LINEAR
    return cv2.resize(small, film.shape[::-1], interpolation=way)


def _as_jpeg(film: Film, draw: np.random.Generator, strength: float) -> NDArray[Any]:
    quality = int(draw.integers(round(92 - 72 * strength), 93))
    _, encoded = cv2.imencode(
        ".jpg", np.round(film * 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, quality]
    )
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE), _f32) / _f32(255)


def _border(film: Film, draw: np.random.Generator, strength: float) -> NDArray[Any]:
    """A border of any grey, or, in black, the collimator's edges."""
    rows, columns = film.shape
    grey = float(draw.choice((0.0, 0.0, 0.5, 1.0, draw.random())))
    inset = draw.uniform(0, 0.13 * strength, 4) * (columns, columns, rows, rows)
    tilt = draw.normal(0, 0.02, 2) * (rows, columns)
    corners = np.array(
        [
            [inset[0] + tilt[0], inset[2] - tilt[1]],
            [columns - inset[1] + tilt[0], inset[2] + tilt[1]],
            [columns - inset[1] - tilt[0], rows - inset[3] + tilt[1]],
            [inset[0] - tilt[0], rows - inset[3] - tilt[1]],
        ]
    )
    keep = np.zeros(film.shape, np.uint8)
    cv2.fillConvexPoly(keep, np.round(corners).astype(np.int32), 1)
    return np.where(keep > 0, film, _f32(grey))


def _writing(film: Film, draw: np.random.Generator, strength: float) -> NDArray[Any]:
    picture = np.round(film * 255).astype(np.uint8)
    rows, columns = film.shape
    for _ in range(int(draw.integers(1, 4))):
        words = "".join(draw.choice(list("RLABDKSTANDING 0123456789:/"), int(draw.choice((1, 2, 12)))))
        at = (int(draw.integers(0, columns)), int(draw.integers(0, rows)))
        size = draw.uniform(0.4, 1.6) * rows / 500
        grey = 255 if draw.random() < 0.8 else 0
        cv2.putText(picture, words, at, cv2.FONT_HERSHEY_SIMPLEX, size, grey, int(draw.integers(1, 4)))
    return picture.astype(_f32) / _f32(255)


def _objects(film: Film, draw: np.random.Generator, strength: float) -> NDArray[Any]:
    """Rods, wires, plates and shadows."""
    layer = np.zeros(film.shape, np.uint8)
    rows, columns = film.shape
    for _ in range(int(draw.integers(1, 4))):
        a, b = ((int(draw.integers(0, columns)), int(draw.integers(0, rows))) for _ in range(2))
        if draw.random() < 0.5:
            cv2.line(layer, a, b, 255, int(draw.integers(1, 6)))
        else:
            half = tuple(int(v) for v in draw.integers(4, 4 + columns // 6, 2))
            cv2.rectangle(layer, (a[0] - half[0], a[1] - half[1]), (a[0] + half[0], a[1] + half[1]), 255, -1)
    amount = _f32(draw.choice((-1.0, 1.0)) * draw.uniform(0.1, 0.8) * strength)
    return film + amount * cv2.GaussianBlur(layer, (0, 0), draw.uniform(0.5, 4)).astype(_f32) / _f32(255)


def _light_box(film: Film, draw: np.random.Generator, strength: float) -> NDArray[Any]:
    """A photograph of a film: tint, glare, fading towards the corners, and moiré.

    That it is taken at an angle moves things, and is `draw_angle`'s.
    """
    film = _tinted(film, draw, strength)
    rows, columns = film.shape
    x = np.linspace(-1, 1, columns, dtype=_f32)[np.newaxis, :] - _f32(draw.uniform(-0.5, 0.5))
    y = np.linspace(-1, 1, rows, dtype=_f32)[:, np.newaxis] - _f32(draw.uniform(-0.5, 0.5))
    glare = np.exp(-(x**2 + y**2) / _f32(draw.uniform(0.05, 0.5))) * _f32(draw.uniform(0, 0.5) * strength)
    fading = 1 - _f32(draw.uniform(0, 0.35) * strength) * (x**2 + y**2)
    waves = np.sin(x * _f32(draw.uniform(60, 250)) + y * _f32(draw.uniform(-250, 250)))
    return film * fading + glare + waves * _f32(draw.uniform(0, 0.04) * strength)


def _tinted(film: Film, draw: np.random.Generator, strength: float) -> Film:
    """The light box's colour, of which a camera takes each part with a tone of its own, as grey again."""
    gains = 1 - draw.uniform(0, 0.5, 3) * strength
    tones = np.exp(draw.normal(0, 0.35 * strength, 3))
    parts = [film ** _f32(tone) * _f32(gain) for tone, gain in zip(tones, gains, strict=True)]
    grey = sum(_f32(weight) * part for weight, part in zip(_GREY_WEIGHTS, parts, strict=True))
    return np.asarray(grey, _f32)


_Change = Callable[[Film, np.random.Generator, float], NDArray[Any]]
_CHANGES: tuple[tuple[float, _Change], ...] = (
    (0.70, _tone),
    (0.25, _curve),
    (0.25, _without_local_mean),
    (0.30, _local_contrast),
    (0.35, _shading),
    (0.08, _light_box),
    (0.12, _objects),
    (0.15, _inverted),
    (0.35, _blurred),
    (0.20, _sharpened),
    (0.15, _coarser),
    (0.45, _noisy),
    (0.20, _as_jpeg),
    (0.25, _border),
    (0.20, _writing),
)
"""Chance of each change at full strength, in the order in which they are made."""
