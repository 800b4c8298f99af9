"""From a marked film to a spine laid out straight, cut out as roughly as the finder would."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mvm_core.spine.spine import diagonal_of
from mvm_core.spine.straight import BEYOND, at_every_place, beyond, straightened
from mvm_core.training.randomise import randomise
from mvm_core.training.spine.films import UNKNOWN, TrainingFilm

_WHOLE = 0.6
"""Share of samples with as many bodies of a film as are marked; else fewer."""

_MOVED, _END_OFF = 0.67, 0.25
"""Share of chains that lie a body too high or too low, and of ends that are one too long or too short."""

_LOST = 0.04
"""Share of bodies that were not seen, so that their place is guessed from their neighbours'."""

_OFF, _TURNED_DEGREES, _SCALED = 0.05, 3.0, 0.06
"""Standard deviations: of a body's middle as a share of its diagonal, of its turn, of its size."""

_STRETCHED = 0.12
"""Standard deviation of the logarithm of a film's width against its height: not every file keeps it true."""

_FEWEST = 4


@dataclass(frozen=True)
class LevelSample:
    """A straight spine and the level of its first place.

    Attributes
    ----------
    picture : float32 array, shape (rows, columns)
    first : int
        Index in `LEVELS` of the uppermost place of the picture; negative above T1.
    """

    picture: NDArray[np.float32]
    first: int


def can_be_named(film: TrainingFilm) -> bool:
    """Whether a film's bodies have levels that follow each other."""
    shown = film.levels[film.shown]
    return len(shown) >= _FEWEST and UNKNOWN not in shown and bool(np.all(np.diff(shown) > 0))


def draw_levels(film: TrainingFilm, draw: np.random.Generator, strength: float) -> LevelSample:
    """Lay a film out straight, or a part of its spine.

    Parameters
    ----------
    film : TrainingFilm
        One that `can_be_named`.
    strength : float
        Of the changes of grey values, see `randomise`; 0 leaves them as they are.
    """
    levels, corners = _with_ends(film.levels[film.shown], film.corners[film.shown])
    low, high = _part(len(levels), draw)
    kept = [place for place in range(low, high) if place in (low, high - 1) or draw.random() >= _LOST]
    rough = np.array([_roughly(corners[place], draw) for place in kept])
    bodies = at_every_place(rough, levels[kept])
    pixels = film.pixels.astype(np.float32) * np.float32(1 / 255)
    if draw.random() < 0.5:
        pixels = np.ascontiguousarray(pixels[:, ::-1])
        bodies = (np.array([pixels.shape[1], 0]) + np.array([-1, 1]) * bodies)[:, [1, 0, 3, 2]]
    pixels, bodies = _stretched(pixels, bodies, float(np.exp(draw.normal(0, _STRETCHED))))
    picture = straightened(randomise(pixels, draw, strength), bodies)
    return LevelSample(picture, int(levels[low]) - BEYOND)


def _stretched(
    pixels: NDArray[np.float32], bodies: NDArray[np.float64], share: float
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """The film about so many times as wide, and the bodies on it."""
    rows, columns = pixels.shape
    width = max(round(columns * share), 1)
    wider = cv2.resize(pixels, (width, rows), interpolation=cv2.INTER_LINEAR)
    return wider.astype(np.float32, copy=False), bodies * (width / columns, 1.0)


def _with_ends(
    levels: NDArray[np.intp], corners: NDArray[np.float64]
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """The bodies of a film at each level, and at each end one more where the next would lie."""
    bodies = at_every_place(corners, levels)
    above, below = beyond(bodies, 1)
    return np.arange(levels[0] - 1, levels[-1] + 2), np.concatenate([above, bodies, below])


def _part(count: int, draw: np.random.Generator) -> tuple[int, int]:
    """Which bodies are in the chain, of those with one beyond each end."""
    low, high = 1, count - 1
    if draw.random() >= _WHOLE and high - low > _FEWEST:
        length = int(draw.integers(_FEWEST, high - low))
        low = int(draw.integers(low, high - length + 1))
        high = low + length
    if draw.random() < _MOVED:
        move = int(draw.choice((-1, 1)))
        low, high = low + move, high + move
    if draw.random() < _END_OFF:
        low += int(draw.choice((-1, 1)))
    if draw.random() < _END_OFF:
        high += int(draw.choice((-1, 1)))
    low, high = max(low, 0), min(high, count)
    return (low, high) if high - low >= 2 else (1, count - 1)


def _roughly(corners: NDArray[np.float64], draw: np.random.Generator) -> NDArray[np.float64]:
    middle = corners.mean(axis=0)
    angle = np.deg2rad(draw.normal(0, _TURNED_DEGREES))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    around = (corners - middle) @ turn.T * np.exp(draw.normal(0, _SCALED))
    return np.asarray(around + middle + draw.normal(0, _OFF * diagonal_of(corners), 2))
