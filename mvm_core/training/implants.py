"""Disease implanted into real films: a body pressed together, mineral taken away or added, a pedicle lost.

So that "real" does not come to mean "intact" where intact real vertebrae are learnt from. What is left alone
goes through the same machinery with next to no effect (`sham`), so that its traces tell nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from mvm_core.errors import TrainingError
from mvm_core.radiograph import View

Film = NDArray[np.float32]

_COLLAPSES = ("collapse-wedge", "collapse-crush", "collapse-biconcave")
KINDS: Mapping[View, tuple[str, ...]] = {
    View.AP: (*_COLLAPSES, "lytic", "blastic", "pedicle"),
    View.LATERAL: (*_COLLAPSES, "lytic", "blastic"),
}
"""What can be implanted on a film of each view."""

_LEAST_LOSS, _MOST_LOSS = 0.20, 0.60
"""Share of the height lost at severity 0 and 1 (Genant's grade 1 starts at 0.20)."""

_REACH = 1.2
"""How far around the body a film may change, in the body's width and height."""

_DISC = 0.32
"""How far above and below the body what is there may be stretched or pressed, in its height."""


@dataclass(frozen=True)
class Implanted:
    """A film with disease.

    Attributes
    ----------
    pixels : float32 array, shape (rows, columns)
        In [0, 1].
    mask : bool array
        Where the disease lies.
    kind : str
    severity : float
        In [0, 1].
    """

    pixels: Film = field(repr=False)
    mask: NDArray[np.bool_] = field(repr=False)
    kind: str
    severity: float


@dataclass(frozen=True)
class _Place:
    """The part of a film around a body; `a` runs across it from 0 to 1, `b` down it."""

    area: tuple[slice, slice]
    a: Film
    b: Film
    to_film: NDArray[np.float64]
    width: float
    height: float

    @property
    def inside(self) -> NDArray[np.bool_]:
        return (self.a > 0) & (self.a < 1) & (self.b > 0) & (self.b < 1)


def implant(
    pixels: Film,
    corners: NDArray[np.float64],
    kind: str,
    severity: float,
    view: View,
    draw: np.random.Generator,
) -> Implanted:
    """Put disease into a vertebra.

    Parameters
    ----------
    pixels : float32 array, shape (rows, columns)
        In [0, 1], bone bright.
    corners : float array, shape (4, 2)
        Of the body: upper left, upper right, lower right, lower left, in pixels.
    kind : str
        One of `KINDS` of the view.
    severity : float
        In [0, 1].

    Raises
    ------
    TrainingError
        If the kind is unknown in this view, or the severity out of range.
    """
    if kind not in KINDS[view]:
        raise TrainingError(
            f"kind '{kind}'",
            f"it cannot be implanted on {view.label} films",
            f"choose {', '.join(KINDS[view])}",
        )
    if not 0 <= severity <= 1:
        raise TrainingError(f"severity {severity}", "it is out of range", "give 0 to 1")
    place = _around(pixels.shape, corners)
    if kind in _COLLAPSES:
        loss = _LEAST_LOSS + (_MOST_LOSS - _LEAST_LOSS) * severity
        changed, mask = _pressed(pixels, place, _profile(kind, draw), loss, kind == "collapse-biconcave")
    elif kind == "pedicle":
        changed, mask = _without_pedicle(pixels, place, severity, draw)
    else:
        sign = -1.0 if kind == "lytic" else 1.0
        changed, mask = _focus(pixels, place, sign * (0.2 + 0.5 * severity), 0.16 + 0.16 * severity, draw)
    return Implanted(changed, mask, kind, severity)


def sham(pixels: Film, corners: NDArray[np.float64], view: View, draw: np.random.Generator) -> Film:
    """The film after the same machinery with an effect within what is normal."""
    place = _around(pixels.shape, corners)
    choice = draw.random()
    if choice < 0.55:
        kind = str(draw.choice(_COLLAPSES))
        loss = float(draw.uniform(-0.04, 0.06))
        return _pressed(pixels, place, _profile(kind, draw), loss, kind == "collapse-biconcave")[0]
    if choice < 0.9 or view is View.LATERAL:
        return _focus(pixels, place, float(draw.uniform(-0.07, 0.07)), float(draw.uniform(0.1, 0.3)), draw)[0]
    return _without_pedicle(pixels, place, 0.0, draw, at=(0.5, float(draw.uniform(0.3, 0.7))))[0]


def _around(shape: tuple[int, ...], corners: NDArray[np.float64]) -> _Place:
    rows, columns = shape
    width = float(np.hypot(*(corners[[1, 2]] - corners[[0, 3]]).T).mean())
    height = float(np.hypot(*(corners[[3, 2]] - corners[[0, 1]]).T).mean())
    margin = np.array([_REACH * width * 0.5, _REACH * height])
    left, top = np.maximum(np.floor(corners.min(axis=0) - margin), 0).astype(int)
    right, bottom = np.minimum(np.ceil(corners.max(axis=0) + margin), (columns, rows)).astype(int)
    # An affine frame: a perspective one would run wild beyond the body.
    across = (corners[1] - corners[0] + corners[2] - corners[3]) / 2
    down = (corners[3] - corners[0] + corners[2] - corners[1]) / 2
    origin = corners.mean(axis=0) - across / 2 - down / 2
    to_film = np.column_stack([across, down, origin])
    x, y = np.meshgrid(np.arange(left, max(right, left)) + 0.5, np.arange(top, max(bottom, top)) + 0.5)
    a, b = np.linalg.inv(to_film[:, :2]) @ (np.stack([x.ravel(), y.ravel()]) - origin[:, np.newaxis])
    return _Place(
        (slice(top, max(bottom, top)), slice(left, max(right, left))),
        a.reshape(x.shape).astype(np.float32),
        b.reshape(x.shape).astype(np.float32),
        to_film,
        width,
        height,
    )


def _profile(kind: str, draw: np.random.Generator) -> Callable[[Film], Film]:
    """How the loss of height runs across the body, at most 1."""
    side = 1.0 if draw.random() < 0.5 else -1.0
    wave, phase = float(draw.uniform(0.03, 0.1)), float(draw.uniform(0, 6))

    def profile(a: Film) -> Film:
        along = np.clip(a, 0, 1)
        if kind == "collapse-wedge":
            shape = np.clip(along if side > 0 else 1 - along, 0, 1) ** np.float32(0.8)
        elif kind == "collapse-biconcave":
            shape = np.float32(0.25) + np.float32(0.75) * np.sin(np.float32(np.pi) * along)
        else:
            shape = np.full_like(along, 0.92)
        return shape * (1 + np.float32(wave) * np.sin(along * 9 + np.float32(phase)))

    return profile


def _pressed(
    pixels: Film, place: _Place, profile: Callable[[Film], Film], loss: float, both_sides: bool
) -> tuple[Film, NDArray[np.bool_]]:
    a, b = place.a, place.b
    # Beyond the walls the loss fades, so that ribs and soft parts bend with it.
    fade = np.clip(1 - np.maximum(-a, a - 1) / np.float32(0.25), 0, 1)
    lost = np.clip(np.float32(loss) * profile(a), -0.2, 0.75) * fade * fade * (3 - 2 * fade)
    disc = np.float32(_DISC)
    top = lost / 2 if both_sides else lost
    bottom = 1 - lost / 2 if both_sides else np.ones_like(lost)
    before = np.where(b < top, -disc + (b + disc) * disc / (disc + top), b)
    before = np.where((b >= top) & (b <= bottom), (b - top) / np.maximum(bottom - top, 0.1), before)
    before = np.where(b > bottom, 1 + disc - (1 + disc - b) * disc / (1 + disc - bottom), before)
    before = np.where((b < -disc) | (b > 1 + disc), b, before).astype(np.float32)
    x, y = place.to_film[:, :2] @ np.stack([a.ravel(), before.ravel()]) + place.to_film[:, 2:]
    moved = cv2.remap(
        pixels,
        (x - 0.5).reshape(a.shape).astype(np.float32),
        (y - 0.5).reshape(a.shape).astype(np.float32),
        cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
    mask = (a > 0) & (a < 1) & (b > top) & (b < bottom)
    # The same mineral in less height stands denser.
    denser = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), max(0.8, 0.04 * place.height))
    amount = np.float32(0.4 * _contrast(pixels[place.area], place))
    moved = moved + denser * amount * (1 / (1 - np.clip(lost, 0, 0.7)) - 1)
    return _placed(pixels, place, moved, mask)


def _focus(
    pixels: Film, place: _Place, amount: float, radius: float, draw: np.random.Generator
) -> tuple[Film, NDArray[np.bool_]]:
    """Take mineral away along the beam, or add some: a ragged blot of `radius` widths."""
    centre = draw.uniform(0.28, 0.72, 2)
    noise = cv2.resize(
        draw.standard_normal((7, 7)).astype(np.float32), place.a.shape[::-1], interpolation=cv2.INTER_CUBIC
    )
    tall = radius * place.width / place.height
    distance = np.hypot((place.a - centre[0]) / radius, (place.b - centre[1]) / tall)
    blot = np.clip((1.15 - distance - 0.22 * noise) / 0.5, 0, 1).astype(np.float32)
    inside = cv2.GaussianBlur(place.inside.astype(np.float32), (0, 0), max(0.8, 0.03 * place.height))
    blot = blot * inside
    own = pixels[place.area]
    smooth = cv2.GaussianBlur(own, (0, 0), max(1.0, 0.10 * place.height))
    # Where mineral is gone its trabeculae are gone too.
    kept = 1 - blot * np.float32(min(abs(amount), 1.0) * 0.5)
    changed = smooth + (own - smooth) * kept + np.float32(amount * _contrast(own, place)) * blot
    return _placed(pixels, place, changed, blot > 0.5)


def _without_pedicle(
    pixels: Film,
    place: _Place,
    severity: float,
    draw: np.random.Generator,
    at: tuple[float, float] | None = None,
) -> tuple[Film, NDArray[np.bool_]]:
    side = 0.24 if draw.random() < 0.5 else 0.76
    x, y = at or (side + draw.normal(0, 0.02), 0.32 + draw.normal(0, 0.04))
    tall = 0.30 * max(1.0, 0.8 * place.width / place.height)
    distance = np.hypot((place.a - x) / 0.19, (place.b - y) / tall)
    blot = np.clip((1.3 - distance) / 0.6, 0, 1).astype(np.float32)
    own = pixels[place.area]
    smooth = cv2.GaussianBlur(own, (0, 0), max(1.5, 0.16 * place.height))
    gone = blot * np.float32(0.6 + 0.4 * severity)
    darker = np.float32((0.05 + 0.25 * severity) * _contrast(own, place))
    grain = own - cv2.GaussianBlur(own, (0, 0), 1.0)
    changed = own * (1 - gone) + (smooth + grain) * gone - darker * blot
    return _placed(pixels, place, changed, blot > 0.5)


def _contrast(own: Film, place: _Place) -> float:
    """How much brighter the body is than what lies beside it, in grey."""
    inside = place.inside
    beside = ((place.a < -0.15) | (place.a > 1.15)) & (np.abs(place.b - 0.5) < 0.5)
    if not inside.any() or not beside.any():
        return 0.1
    return float(np.clip(np.median(own[inside]) - np.percentile(own[beside], 30), 0.05, 0.28))


def _placed(
    pixels: Film, place: _Place, changed: Film, mask: NDArray[np.bool_]
) -> tuple[Film, NDArray[np.bool_]]:
    film, whole = pixels.copy(), np.zeros(pixels.shape, bool)
    film[place.area] = np.clip(changed, 0, 1)
    whole[place.area] = mask
    return film, whole
