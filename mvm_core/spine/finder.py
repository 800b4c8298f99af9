"""Radiograph -> Spine."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mvm_core.inference import Graph, own_or_shipped
from mvm_core.logits import expit, logit
from mvm_core.radiograph import Radiograph, View
from mvm_core.spine.canvas import Canvas, part_of_film, whole_film
from mvm_core.spine.chain import Link, best_chain, weight_of
from mvm_core.spine.corners import FINE, CloseLooks, told_closer
from mvm_core.spine.look import Candidate, Look, look
from mvm_core.spine.naming import LAST, name_chain, name_vertebrae, within_levels
from mvm_core.spine.refusals import (
    LEAST_BODIES,
    LEAST_SPINE,
    TOO_FEW,
    neck,
    not_seen,
    oblique,
    sure_of_view,
)
from mvm_core.spine.ruler import measure
from mvm_core.spine.spine import LEVELS, Scale, Spine, diagonal_of
from mvm_core.spine.straight import begun_lower, first_level
from mvm_core.spine.surer import measured_surely
from mvm_core.spine.upright import on_film, set_upright, turned_back
from mvm_core.spine.walk import gaps_filled, walked_on
from mvm_core.spine.weights import MANIFEST, SpineWeights, load_spine_weights

_THREADS = 2
_BODY_PX = 32.0
_CLOSER_AREA = 512 * 384
_CLOSER = 1.4
"""Times the size on the first look: a second one that shows bodies hardly larger tells nothing new."""

_LEAST_SIDE = 8
_CLEARLY = 4
_EVEN = 0.5
_SAME_BODY = 0.4
"""Of a body's height: so near lie the centres of one body at both looks."""
_SAY_OF_FIRST = 0.35
_LEAST_ON_FILM = 0.6
"""Of a body's area: what the film's edge cuts off more of is not said to be a vertebra."""

_SURE_OF_TURN = 0.6
_CLEAR_VIEW = 0.998
"""Of one look: below this a second one is asked."""

_SUREST = 1e-6


@dataclass(frozen=True)
class _Seen:
    """A film set upright by quarter turns, the first look at it, and the spine seen closer.

    What is seen on the whole film and along the spine counts alike for `lateral` and `mirrored`.
    """

    turned: int
    first: Look
    chain: tuple[Link, ...]
    lateral: float
    mirrored: float


class Finder:
    """Finds the spine on films with one graph; may be used from several threads.

    Make it with `Finder.open`, which shares the graph within the process.
    """

    def __init__(self, weights: SpineWeights) -> None:
        self.weights = weights
        self._graph = Graph(weights.graph, _THREADS)
        self._corners, self._endplates, self._levels = (
            Graph(file, _THREADS) if file is not None else None
            for file in (weights.corners, weights.endplates, weights.levels)
        )

    @classmethod
    def open(cls, folder: Path | None = None) -> "Finder":
        """Open the finder of a weights folder; the shipped one where the folder holds none.

        Raises
        ------
        WeightsError
            If its files are missing or damaged.
        """
        return _open_shared(*own_or_shipped(folder, MANIFEST))

    def load(self) -> None:
        """Load the graphs now rather than at their first run; raises `WeightsError` where one cannot."""
        for graph in (self._graph, self._corners, self._endplates, self._levels):
            if graph is not None:
                graph.load()

    def find(self, film: Radiograph, view: View | None = None) -> Spine:
        """Find and name the vertebrae of a film.

        Parameters
        ----------
        film : Radiograph
        view : View, optional
            Where it is known; else it is told from the film.
        """
        seen = self._see_upright(film.pixels)
        first, turned = seen.first, seen.turned
        told = view or (View.LATERAL if seen.lateral >= _EVEN else View.AP)
        upright = set_upright(film.pixels, turned)
        chain, firsts = self._told_closer(upright, seen, told)
        found = Spine(
            film=film.name,
            view=told,
            view_probability=seen.lateral if told is View.LATERAL else 1 - seen.lateral,
            turned_degrees=90 * turned,
            # On AP films the heart alone tells, which was never measured on real ones: nothing is said.
            mirrored=told is View.LATERAL and seen.mirrored >= _EVEN,
            scale=Scale(film.mm_per_pixel, film.spacing_source),
        )
        refused = not_seen(first, chain) or oblique(film, seen.lateral, view)
        if refused is not None:
            return replace(found, refused=refused)
        vertebrae, doubts = name_vertebrae(
            chain,
            told,
            self._temperature(firsts),
            self.weights.level_reliability,
            firsts,
        )
        vertebrae = tuple(
            each for each in vertebrae if on_film(each.corners, upright.shape) >= _LEAST_ON_FILM
        )
        if len(vertebrae) < LEAST_BODIES:
            return replace(found, refused=TOO_FEW)
        scale, ruler = found.scale, measure(vertebrae, told)
        if (refused := neck(film, ruler)) is not None:
            return replace(found, refused=refused)
        if scale.mm_per_pixel is None:
            scale = ruler or scale
        return replace(
            found,
            scale=scale,
            vertebrae=tuple(turned_back(vertebra, turned, film.shape) for vertebra in vertebrae),
            doubts=doubts,
        )

    def _see_upright(self, pixels: NDArray[np.float32]) -> "_Seen":
        """Look at the film as it is most likely upright; without a spine there, at the other turns too."""
        first = look(self._graph, pixels, whole_film(pixels.shape))
        likeliest = int(np.argmax(first.turned))
        if likeliest and first.turned[likeliest] >= _SURE_OF_TURN:
            seen = self._see(pixels, likeliest)
        else:
            seen = self._along(pixels, 0, first)
        if first.spine < LEAST_SPINE or len(seen.chain) >= LEAST_BODIES:
            return seen
        for turned in np.argsort(-first.turned):
            again = self._see(pixels, int(turned))
            if len(again.chain) >= _CLEARLY and not_seen(again.first, again.chain) is None:
                return again
        return seen

    def _told_closer(
        self, upright: NDArray[np.float32], seen: "_Seen", view: View
    ) -> tuple[tuple[Link, ...], NDArray[np.float64] | None]:
        """The chain after close looks, with new corners and what it lacked; evidence of its first level."""
        if self._corners is None or not_seen(seen.first, seen.chain) is not None:
            return seen.chain, None
        usual = float(np.median([diagonal_of(link.body.corners) for link in seen.chain]))
        looks = CloseLooks(self._corners, upright, usual)
        bodies = told_closer(looks, [link.body for link in seen.chain])
        closer = [replace(link, body=body) for link, body in zip(seen.chain, bodies, strict=True)]
        chain = gaps_filled(looks, closer)
        last, firsts = LAST[view], None
        if self._levels is not None:
            firsts = first_level(self._levels, upright, chain, last)
        naming = name_chain(chain, last, self._temperature(firsts), firsts)
        kept, names = within_levels(chain, naming.names)
        if len(names) < LEAST_BODIES:
            return chain, firsts
        above, below = LEVELS.index(names[0]), LEVELS.index(last) - LEVELS.index(names[-1])
        walked = walked_on(looks, kept, above, below)
        finer = looks if self._endplates is None else CloseLooks(self._endplates, upright, usual, FINE)
        surely = measured_surely(finer, walked) if view is View.LATERAL else walked
        if firsts is not None:
            anchor = kept[0].body
            firsts = begun_lower(firsts, _place(chain, anchor) - _place(walked, anchor))
        return surely, firsts

    def _temperature(self, firsts: NDArray[np.float64] | None) -> float:
        return self.weights.level_temperature if firsts is None else self.weights.straight_temperature

    def _see(self, pixels: NDArray[np.float32], turned: int) -> "_Seen":
        upright = set_upright(pixels, turned)
        first = look(self._graph, upright, whole_film(upright.shape))
        return self._along(upright, turned, first)

    def _along(self, upright: NDArray[np.float32], turned: int, first: Look) -> _Seen:
        """Look once more along the spine that the first look saw, if that was small or its view unclear."""
        chain = best_chain(first.candidates)
        canvas = _window(chain, upright.shape) if len(chain) >= LEAST_BODIES else None
        closer = canvas is not None and canvas.scale >= _CLOSER * whole_film(upright.shape).scale
        if canvas is None or not (closer or sure_of_view(first.lateral) < _CLEAR_VIEW):
            return _Seen(turned, first, chain, first.lateral, first.mirrored)
        second = look(self._graph, upright, canvas)
        again = best_chain(second.candidates)
        return _Seen(
            turned,
            first,
            _joined(again, chain) if weight_of(again) >= 0.8 * weight_of(chain) else chain,
            _of_both(first.lateral, second.lateral),
            _of_both(first.mirrored, second.mirrored),
        )


@lru_cache(maxsize=4)
def _open_shared(folder: Path, changed: int) -> Finder:
    return Finder(load_spine_weights(folder))


def _window(chain: Sequence[Link], shape: tuple[int, int]) -> Canvas | None:
    """The part of a film around a chain, bodies as large as they are told best; None where too small."""
    heights = np.array([np.hypot(*link.body.down) for link in chain])
    corners = np.concatenate([link.body.corners for link in chain])
    margin = 2.2 * float(np.median(heights))
    rows, columns = shape
    wider = np.array([0.8 * margin, margin])
    x0, y0 = np.maximum(corners.min(axis=0) - wider, 0)
    x1, y1 = np.minimum(corners.max(axis=0) + wider, (columns, rows))
    if x1 - x0 < _LEAST_SIDE or y1 - y0 < _LEAST_SIDE:
        return None
    scale = min(_BODY_PX / float(np.median(heights)), float(np.sqrt(_CLOSER_AREA / ((x1 - x0) * (y1 - y0)))))
    return part_of_film((float(x0), float(y0), float(x1), float(y1)), scale)


def _of_both(first: float, closer: float) -> float:
    """Probability by the mean of two logits."""
    return float(expit(logit(np.clip([first, closer], _SUREST, 1 - _SUREST)).mean()))


def _joined(closer: Sequence[Link], first: Sequence[Link]) -> tuple[Link, ...]:
    """The chain of the closer look, each body with what the first look says of its corners and its level."""
    joined = []
    centres = np.array([link.body.centre for link in first])
    for link in closer:
        body = link.body
        apart = np.hypot(*(centres - body.centre).T)
        nearest = first[int(np.argmin(apart))].body
        if apart.min() < _SAME_BODY * float(np.hypot(*body.down)):
            body = replace(
                body,
                corners=(1 - _SAY_OF_FIRST) * body.corners + _SAY_OF_FIRST * nearest.corners,
                levels=body.levels + nearest.levels,
            )
        joined.append(replace(link, body=body))
    return tuple(joined)


def _place(chain: Sequence[Link], body: Candidate) -> int:
    """How many places below the uppermost one a body of a chain lies."""
    before = next(number for number, link in enumerate(chain) if link.body is body)
    return sum(link.steps for link in chain[1 : before + 1])
