"""Corners of bodies that were found, and dents of their endplates, told from a close look at each."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mvm_core.inference import Graph
from mvm_core.logits import expit
from mvm_core.spine.canvas import Canvas, reduced
from mvm_core.spine.look import Candidate
from mvm_core.spine.spine import dents_of, diagonal_of


@dataclass(frozen=True)
class LookSize:
    """How large a look at one body is, and the body on it.

    Attributes
    ----------
    rows, columns : int
    diagonal_px : float
        Of the body on the look.
    """

    rows: int
    columns: int
    diagonal_px: float


CLOSE = LookSize(96, 80, 52.0)
"""The body, its neighbours' endplates above and below, its sides."""

FINE = LookSize(128, 128, 100.0)
"""The body alone, about twice as fine: what half a millimetre of height is told from."""

_FINER = 1.3
"""Times the pixels of a close look has the film that it is taken from, at most."""

_BELIEVED = 0.5
"""Of the diagonal: a corner told farther off than this from where it was seen before is not believed."""

Corners = NDArray[np.float64]


@dataclass(frozen=True)
class Frame:
    """How a body lies on a close look, other than upright, in its usual size and as on the film.

    Attributes
    ----------
    turned_degrees : float
        Clockwise.
    smaller : float
        So many times.
    mirrored : bool
    """

    turned_degrees: float = 0.0
    smaller: float = 1.0
    mirrored: bool = False


USUAL = Frame()


def close_look(corners: Corners, frame: Frame = USUAL, size: LookSize = CLOSE) -> Canvas:
    """Lay a body upright in the middle of a small canvas, or as a frame says.

    Parameters
    ----------
    corners : float array, shape (4, 2)
        As of `Candidate`, in film coordinates.
    """
    angle = tilt_of(corners) - np.deg2rad(frame.turned_degrees)
    diagonal = max(diagonal_of(corners), 1.0) * frame.smaller
    return framed(corners.mean(axis=0), angle, diagonal, (-1.0 if frame.mirrored else 1.0, 1.0), size)


def framed(
    middle: NDArray[np.float64],
    angle: float,
    diagonal: float,
    stretch: tuple[float, float] = (1.0, 1.0),
    size: LookSize = CLOSE,
) -> Canvas:
    """A close look at a place.

    Parameters
    ----------
    middle : float array, shape (2,)
        Of the body, in film coordinates.
    angle : float
        Of the body's mid-line against the film's rows, in radians, clockwise.
    diagonal : float
        Of the body, in film pixels.
    stretch : tuple of float
        Of the canvas along and across the mid-line; a negative first one mirrors it.
    size : LookSize
    """
    cosine, sine = np.cos(angle), np.sin(angle)
    back = np.array([[cosine, sine], [-sine, cosine]])
    linear = np.diag(stretch) @ back * (size.diagonal_px / diagonal)
    shift = np.array([size.columns, size.rows]) / 2 - linear @ middle
    return Canvas(size.rows, size.columns, np.column_stack([linear, shift]))


def even(drawn: NDArray[np.float32]) -> NDArray[np.float32]:
    """Grey values of a close look with zero mean and unit standard deviation."""
    return np.asarray((drawn - drawn.mean()) / np.float32(max(float(drawn.std()), 1e-3)), np.float32)


@dataclass(frozen=True)
class Told:
    """What a close look tells.

    Attributes
    ----------
    corners : float array, shape (4, 2)
        In film coordinates.
    body : float
        Probability that a body lies in the look's middle, in [0, 1].
    dents : tuple of float, or None
        As of `Vertebra`; None where the graph was taught corners alone.
    """

    corners: Corners = field(repr=False)
    body: float
    dents: tuple[float, float] | None


class CloseLooks:
    """Close looks at one film.

    Parameters
    ----------
    graph : Graph
        Takes ``look``, shape (n, 1, rows, columns); gives ``corners``, shape (n, 4, 2) or, with the
        middles of the endplates last, (n, 6, 2), in its pixels, and ``body``, shape (n,), a logit.
    pixels : float32 array, shape (rows, columns)
        The film, in [0, 1].
    diagonal : float
        Of a usual body, in film pixels: the film is reduced once, at the first look, to what looks at such
        a body need.
    size : LookSize
        That the graph takes.
    """

    def __init__(
        self, graph: Graph, pixels: NDArray[np.float32], diagonal: float, size: LookSize = CLOSE
    ) -> None:
        self._graph, self._pixels, self._diagonal = graph, pixels, diagonal
        self.shape, self.size = pixels.shape, size

    def tell(self, bodies: Sequence[Corners], frame: Frame = USUAL) -> list[Told]:
        """Look at places where bodies lie, given by their rough corners in film coordinates."""
        if not bodies:
            return []
        pixels, share = self._reduced
        canvases = [close_look(corners * share, frame, self.size) for corners in bodies]
        looks = np.stack([even(canvas.draw(pixels)) for canvas in canvases])[:, np.newaxis]
        told, body = self._graph.run(("corners", "body"), {"look": looks})
        return [
            _told(canvas.film_points(points) / share, float(probability), frame.mirrored)
            for canvas, points, probability in zip(
                canvases, told.astype(float), expit(body.astype(float)), strict=True
            )
        ]

    @cached_property
    def _reduced(self) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
        return reduced(self._pixels, _FINER * self.size.diagonal_px / max(self._diagonal, 1.0))


def _told(points: NDArray[np.float64], body: float, mirrored: bool) -> Told:
    corners, middles = points[:4], points[4:]
    if mirrored:
        corners = corners[[1, 0, 3, 2]]
    return Told(corners, body, dents_of(corners, middles) if len(middles) else None)


def told_closer(looks: CloseLooks, bodies: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """The bodies with the corners that a close look at each tells, where these lie near the rough ones."""
    closer = []
    for body, told in zip(bodies, looks.tell([body.corners for body in bodies]), strict=True):
        near = believed(told, body.corners)
        closer.append(replace(body, corners=told.corners, dents=told.dents) if near else body)
    return tuple(closer)


def believed(told: Told, rough: Corners) -> bool:
    """Whether each corner that a close look tells lies near where it was seen before."""
    return float(np.hypot(*(told.corners - rough).T).max()) < _BELIEVED * diagonal_of(rough)


def tilt_of(corners: Corners) -> float:
    """Of a body's mid-line against the film's rows, in radians, clockwise."""
    across = corners[1] + corners[2] - corners[0] - corners[3]
    return float(np.arctan2(across[1], across[0]))
