"""Vertebra and Spine: what is found on one film, as plain frozen data."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mvm_core.radiograph import Box, View

LEVELS = (*(f"T{number}" for number in range(1, 13)), *(f"L{number}" for number in range(1, 6)), "S1")
"""The levels that are named, from above."""


def diagonal_of(corners: NDArray[np.float64]) -> float:
    """Mean length of the two diagonals of a body's corners, as of `Vertebra`."""
    return float(np.hypot(*(corners[[2, 3]] - corners[[0, 1]]).T).mean())


def dents_of(corners: NDArray[np.float64], middles: NDArray[np.float64]) -> tuple[float, float]:
    """How deep a body's endplates dip in their middles, as `Vertebra.dents`.

    Parameters
    ----------
    corners : float array, shape (4, 2)
    middles : float array, shape (2, 2)
        Of the upper and the lower endplate.
    """
    straight, inward = _straight_middles(corners)
    dips = ((middles - straight) * inward).sum(axis=1) / (inward**2).sum(axis=1)
    return float(dips[0]), float(dips[1])


def middles_of(corners: NDArray[np.float64], dents: tuple[float, float] | None) -> NDArray[np.float64] | None:
    """Middles of the upper and the lower endplate, shape (2, 2), from `dents_of`; None without."""
    if dents is None:
        return None
    straight, inward = _straight_middles(corners)
    return np.asarray(straight + np.array(dents)[:, np.newaxis] * inward)


def _straight_middles(corners: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Middles of the lines that join the ends of the endplates, and from each the way to the other."""
    straight = np.stack([corners[:2].mean(axis=0), corners[2:].mean(axis=0)])
    return straight, straight[::-1] - straight


@dataclass(frozen=True)
class Vertebra:
    """One vertebra found on a film.

    Attributes
    ----------
    level : str
        One of `LEVELS`.
    level_probability : float
        That the level is right, in [0, 1].
    probability : float
        That a vertebra lies here, in [0, 1].
    corners : float array, shape (4, 2)
        Of the body, as (x, y) in film coordinates (pixels): upper left, upper right, lower right, lower left
        as seen on the film.
    dents : tuple of float, or None
        How deep the upper and the lower endplate dip into the body in their middles, against straight lines
        between the corners, as shares of the height between those; negative where they bulge out of it. None
        where the corners alone are known.
    """

    level: str
    level_probability: float
    probability: float
    corners: NDArray[np.float64] = field(repr=False)
    dents: tuple[float, float] | None = None

    @property
    def centre(self) -> tuple[float, float]:
        """Middle (x, y) of the body in pixels."""
        x, y = self.corners.mean(axis=0)
        return float(x), float(y)

    @property
    def height(self) -> float:
        """Mean height of the body's two sides in pixels."""
        sides = self.corners[[3, 2]] - self.corners[[0, 1]]
        return float(np.hypot(*sides.T).mean())

    @property
    def middles(self) -> NDArray[np.float64] | None:
        """Middles of the upper and the lower endplate, shape (2, 2), in pixels; None without `dents`."""
        return middles_of(self.corners, self.dents)

    @property
    def outline(self) -> NDArray[np.float64]:
        """The body clockwise as seen on the film: its corners, and the endplates' middles where known."""
        middles = self.middles
        return self.corners if middles is None else np.insert(self.corners, [1, 3], middles, axis=0)

    @property
    def diagonal(self) -> float:
        """Mean length of the body's two diagonals in pixels."""
        return diagonal_of(self.corners)

    def box(self, margin: float = 0.0) -> Box:
        """The upright rectangle around the body, wider by `margin` pixels on each side."""
        x0, y0 = self.corners.min(axis=0) - margin
        x1, y1 = self.corners.max(axis=0) + margin
        return Box(float(x0), float(y0), float(x1), float(y1))


@dataclass(frozen=True)
class Scale:
    """The size of a pixel at the detector.

    Attributes
    ----------
    mm_per_pixel : float or None
        None where nothing tells.
    source : str
        As `Radiograph.spacing_source`, or ``vertebral ruler``.
    relative_error : float
        Standard error as a share of the size; 0 where the file states it.
    """

    mm_per_pixel: float | None
    source: str
    relative_error: float = 0.0


@dataclass(frozen=True)
class Spine:
    """What was found on one film.

    Attributes
    ----------
    film : str
        The film's name.
    view : View
        As the film shows it.
    view_probability : float
        That the view is right, in [0, 1].
    turned_degrees : {0, 90, 180, 270}
        How far the film, as stored, is turned clockwise against upright.
    mirrored : bool
        Whether a lateral film, once upright, faces right. Of AP films it is not told yet: False.
    scale : Scale
    vertebrae : tuple of Vertebra
        From above; empty where the film is refused.
    refused : str or None
        Why no spine is told on this film, as one clause; None where one is.
    doubts : tuple of str
        What is uncertain, one sentence each.
    """

    film: str
    view: View
    view_probability: float
    turned_degrees: int
    mirrored: bool
    scale: Scale
    vertebrae: tuple[Vertebra, ...] = ()
    refused: str | None = None
    doubts: tuple[str, ...] = ()

    @property
    def by_level(self) -> Mapping[str, Vertebra]:
        """The vertebrae by their level's name."""
        return {vertebra.level: vertebra for vertebra in self.vertebrae}
