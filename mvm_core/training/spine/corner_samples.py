"""From a marked film to a close look at one body, framed as roughly as the finder would, or at none."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp

import numpy as np
from numpy.typing import NDArray

from mvm_core.radiograph import View
from mvm_core.spine.canvas import Canvas
from mvm_core.spine.corners import CLOSE, FINE, LookSize, even, framed, tilt_of
from mvm_core.spine.spine import LEVELS, diagonal_of
from mvm_core.training.randomise import randomise
from mvm_core.training.spine.films import TrainingFilm


@dataclass(frozen=True)
class Spread:
    """Standard deviations of how bodies are framed.

    Attributes
    ----------
    off : float
        Of the frame's middle, as a share of the body's diagonal.
    turned_degrees : float
    scaled : float
        Of the logarithm of its size.
    """

    off: float
    turned_degrees: float
    scaled: float


@dataclass(frozen=True)
class Asked:
    """What looks of one kind show.

    Attributes
    ----------
    size : LookSize
    collapsed : float
        So many times oftener is a body looked at that has lost all of its height, since few have.
    no_body : float
        Share of looks at places where no body's middle lies.
    near, rough : Spread
        Of looks at bodies that were found, and that were only guessed from their neighbours.
    rough_share : float
    """

    size: LookSize
    collapsed: float
    no_body: float
    near: Spread
    rough: Spread
    rough_share: float


CORNERS = Asked(CLOSE, 20.0, 0.3, Spread(0.06, 4.0, 0.09), Spread(0.13, 8.0, 0.15), 0.35)
ENDPLATES = Asked(FINE, 40.0, 0.05, Spread(0.03, 3.0, 0.05), Spread(0.06, 5.0, 0.1), 0.3)
"""Where corners are known already from a close look."""

_STRETCHED = 0.1
"""Standard deviation of the logarithm of the looks' width against height: the young have wider bodies."""

_IN_THE_MIDDLE, _ASIDE = 0.2, 0.32
"""Of the diagonal: a body whose middle lies nearer than the first is there, beyond the second it is not."""

_TRUE_ENDS = {View.AP: ("T1", "L5"), View.LATERAL: ("T1", "S1")}


@dataclass(frozen=True)
class CloseSample:
    """A close look and what should be told of it.

    Attributes
    ----------
    look : float32 array, shape (rows, columns)
    points : float32 array, shape (6, 2)
        The corners and the middles of the endplates in its pixels; NaN where none are asked for or marked.
    body : float
        1 where a body lies in the middle, 0 where none does, NaN where that is not asked.
    """

    look: NDArray[np.float32]
    points: NDArray[np.float32]
    body: float


def draw_close(
    film: TrainingFilm, draw: np.random.Generator, strength: float, asked: Asked = CORNERS
) -> CloseSample:
    """Look closely at a drawn body of a film, or at a place beside one.

    Parameters
    ----------
    strength : float
        Of the changes of grey values, see `randomise`; 0 leaves them as they are.
    asked : Asked
    """
    chances = film.shown * (1 + asked.collapsed * film.shares_lost)
    place = int(draw.choice(len(chances), p=chances / chances.sum()))
    corners = film.corners[place]
    spread = asked.rough if draw.random() < asked.rough_share else asked.near
    diagonal = diagonal_of(corners)
    middle = corners.mean(axis=0) + draw.normal(0, spread.off * diagonal, 2)
    elsewhere = draw.random() < asked.no_body
    if elsewhere:
        middle = _elsewhere(film, place, draw)
    stretch = exp(draw.normal(0, _STRETCHED))
    flipped = bool(draw.random() < 0.5)
    canvas = framed(
        middle,
        tilt_of(corners) + np.deg2rad(draw.normal(0, spread.turned_degrees)),
        diagonal * exp(draw.normal(0, spread.scaled)),
        (-stretch if flipped else stretch, 1 / stretch),
        asked.size,
    )
    drawn = canvas.draw(film.pixels.astype(np.float32) * np.float32(1 / 255))
    body = _is_body(canvas, film.corners, elsewhere, asked.size.diagonal_px)
    placed = canvas.points(np.concatenate([corners, film.middles[place]])).astype(np.float32)
    if flipped:
        placed = placed[[1, 0, 3, 2, 4, 5]]
    if elsewhere:
        placed = np.full_like(placed, np.nan)
    return CloseSample(even(randomise(np.clip(drawn, 0, 1), draw, strength)), placed, body)


def _elsewhere(film: TrainingFilm, place: int, draw: np.random.Generator) -> NDArray[np.float64]:
    """Between two bodies, beside one, or where the next one beyond a true end of the spine would lie."""
    corners = film.corners[place]
    middles = film.corners.mean(axis=1)
    ends = [end for end in (0, len(middles) - 1) if _is_end(film, end)]
    kind = int(draw.integers(0, 3))
    if kind == 0 and ends and len(middles) > 1:
        end = int(draw.choice(ends))
        step = middles[end] - middles[1 if end == 0 else end - 1]
        return np.asarray(middles[end] + step * draw.uniform(0.85, 1.6) + draw.normal(0, 0.1, 2) * step[::-1])
    if kind == 1 and len(middles) > 1:
        other = place + 1 if place + 1 < len(middles) else place - 1
        share = draw.uniform(0.42, 0.58)
        return np.asarray(middles[place] * share + middles[other] * (1 - share))
    aside = (corners[1] + corners[2] - corners[0] - corners[3]) / 2
    along = (corners[2] + corners[3] - corners[0] - corners[1]) / 2
    sign = 1 if draw.random() < 0.5 else -1
    return np.asarray(middles[place] + sign * draw.uniform(0.6, 2.0) * aside + draw.normal(0, 0.7) * along)


def _is_end(film: TrainingFilm, end: int) -> bool:
    """Whether the spine really ends there, not the marks alone."""
    level = int(film.levels[end])
    return film.complete and level >= 0 and LEVELS[level] == _TRUE_ENDS[film.view][0 if end == 0 else 1]


def _is_body(
    canvas: Canvas, bodies: Sequence[NDArray[np.float64]] | NDArray[np.float64], asked: bool, diagonal: float
) -> float:
    seen = canvas.points(np.asarray(bodies)).mean(axis=1) - (canvas.columns / 2, canvas.rows / 2)
    nearest = float(np.hypot(*seen.T).min()) / diagonal
    if nearest < _IN_THE_MIDDLE:
        return 1.0
    return 0.0 if asked and nearest > _ASIDE else float("nan")
