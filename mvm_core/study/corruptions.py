"""What is done to films to see whether anything says that they are not to be read."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from mvm_core.explain.off_centre import moved_box
from mvm_core.radiograph import Box, FilmPair, Radiograph

Pixels = NDArray[np.float32]

_BESIDE_MM = 70.0


def corrupted(pair: FilmPair) -> Iterator[tuple[str, FilmPair]]:
    """The pair, whose boxes lie around a vertebra, spoilt in each way, with what was done to it."""
    for name, change in CORRUPTIONS.items():
        yield name, _changed(pair, change)
    yield "turned by 90 degrees", _turned(pair, 1)
    yield "upside down", _turned(pair, 2)
    yield "cut through the middle of the box", _cut_through(pair)
    yield f"box {_BESIDE_MM:.0f} mm beside the spine", _beside(pair)


def _noisy(pixels: Pixels) -> Pixels:
    noise = np.random.default_rng(0).normal(0, 0.15, pixels.shape)
    return np.clip(pixels + noise, 0, 1).astype(np.float32)


def _half_black(pixels: Pixels) -> Pixels:
    cut = pixels.copy()
    cut[:, : pixels.shape[1] // 2] = 0
    return cut


CORRUPTIONS: dict[str, Callable[[Pixels], Pixels]] = {
    "noise of 0.15 of full white": _noisy,
    "blurred by 8 pixels": lambda pixels: cv2.GaussianBlur(pixels, (0, 0), 8).astype(np.float32),
    "inverted": lambda pixels: (1 - pixels).astype(np.float32),
    "left half black": _half_black,
    "eight grey values": lambda pixels: (np.round(pixels * 7) / 7).astype(np.float32),
}
"""What is done to whole films, which keeps their shape."""


def _changed(pair: FilmPair, change: Callable[[Pixels], Pixels]) -> FilmPair:
    def changed(film: Radiograph | None) -> Radiograph | None:
        return None if film is None else replace(film, pixels=change(film.pixels))

    return replace(pair, ap=changed(pair.ap), lateral=changed(pair.lateral))


def _turned(pair: FilmPair, quarters: int) -> FilmPair:
    """Turned to the left by quarter turns, the boxes with the films."""
    for _ in range(quarters):
        boxes = [_turned_box(pair.ap_box, pair.ap), _turned_box(pair.lateral_box, pair.lateral)]
        pair = _changed(pair, lambda pixels: np.ascontiguousarray(np.rot90(pixels)))
        pair = replace(pair, ap_box=boxes[0], lateral_box=boxes[1])
    return pair


def _turned_box(box: Box | None, film: Radiograph | None) -> Box | None:
    if box is None or film is None:
        return None
    columns = film.shape[1]
    return Box(box.y0, columns - box.x1, box.y1, columns - box.x0)


def _cut_through(pair: FilmPair) -> FilmPair:
    """Each film ends in the middle of its box."""

    def cut(film: Radiograph | None, box: Box | None) -> Radiograph | None:
        if film is None or box is None:
            return film
        return replace(film, pixels=film.pixels[: round(box.centre[1])].copy())

    return replace(pair, ap=cut(pair.ap, pair.ap_box), lateral=cut(pair.lateral, pair.lateral_box))


def _beside(pair: FilmPair) -> FilmPair:
    aside = np.array([_BESIDE_MM, 0.0])
    return replace(
        pair,
        ap_box=moved_box(pair.ap, pair.ap_box, aside),
        lateral_box=moved_box(pair.lateral, pair.lateral_box, aside),
    )
