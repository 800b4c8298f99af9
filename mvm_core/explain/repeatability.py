"""Whether a map stays with the evidence when the film is moved, noisy, or encoded again."""

import dataclasses
import zlib
from collections.abc import Callable

import cv2
import numpy as np

from mvm_core.explain.cases import ReadCase, on_network
from mvm_core.explain.scores import correlation
from mvm_core.models import Reader, Reading
from mvm_core.radiograph import FilmPair, Radiograph

SHIFT_MM = 3.0
NOISE = 0.01
JPEG_QUALITY = 75
_FALLBACK_MM = 0.4


def slide(film: Radiograph, right_mm: float, down_mm: float) -> Radiograph:
    """Move a film's content by whole pixels; what comes in from outside repeats the border.

    Where the pixel spacing is unknown, 0.4 mm a pixel are assumed.
    """
    x, y = slide_px(film, right_mm), slide_px(film, down_mm)
    move = np.array([[1.0, 0.0, x], [0.0, 1.0, y]])
    size = (film.shape[1], film.shape[0])
    moved = cv2.warpAffine(film.pixels, move, size, flags=cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
    return dataclasses.replace(film, pixels=moved.astype(np.float32, copy=False))


def slide_px(film: Radiograph, distance_mm: float) -> int:
    """A distance in whole pixels of a film."""
    return round(distance_mm / (film.mm_per_pixel or _FALLBACK_MM))


def add_noise(film: Radiograph) -> Radiograph:
    """Add normal noise with a standard deviation of `NOISE` of the grey scale, the same for the same film."""
    draw = np.random.default_rng(zlib.crc32(film.pixels.tobytes()))
    noisy = film.pixels + np.float32(NOISE) * draw.standard_normal(film.shape, np.float32)
    return dataclasses.replace(film, pixels=np.clip(noisy, 0, 1).astype(np.float32))


def encode_again(film: Radiograph) -> Radiograph:
    """Encode a film as JPEG with `JPEG_QUALITY` and decode it."""
    eight_bit = np.round(film.pixels * 255).astype(np.uint8)
    _, encoded = cv2.imencode(".jpg", eight_bit, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    decoded = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE), np.float32) / np.float32(255)
    return dataclasses.replace(film, pixels=decoded)


def change_films(pair: FilmPair, change: Callable[[Radiograph], Radiograph]) -> FilmPair:
    """The same pair, boxes in place, with each film changed."""
    return dataclasses.replace(
        pair,
        ap=change(pair.ap) if pair.ap is not None else None,
        lateral=change(pair.lateral) if pair.lateral is not None else None,
    )


def repeatability(read: ReadCase, reader: Reader) -> dict[str, dict[str, float]]:
    """Pearson's correlation of each reading's map with the map of the changed film, averaged over its films.

    The slid film's map is compared with the map slid alike.

    Returns
    -------
    dict of str to dict of str to float
        By reading: ``repeatability_shift``, ``repeatability_noise``, ``repeatability_jpeg``.
    """
    changes: dict[str, Callable[[Radiograph], Radiograph]] = {
        "repeatability_shift": lambda film: slide(film, SHIFT_MM, SHIFT_MM),
        "repeatability_noise": add_noise,
        "repeatability_jpeg": encode_again,
    }
    size_px = reader.weights.preprocessing.size_px
    found: dict[str, dict[str, float]] = {name: {} for name in read.reading.results}
    for metric, change in changes.items():
        other = reader.read(change_films(read.pair, change))
        moved = SHIFT_MM if metric == "repeatability_shift" else 0.0
        for name in found:
            readings = read.reading, other
            found[name][metric] = map_agreement(read.pair, readings, name, size_px, (moved, moved))
    return found


def map_agreement(
    pair: FilmPair,
    readings: tuple[Reading, Reading],
    name: str,
    size_px: int,
    moved_mm: tuple[float, float] = (0.0, 0.0),
    question: str = "mvm",
) -> float:
    """Correlation of one reading's maps before and after a change, averaged over its films.

    Both are compared on the middle of what the networks see, away from borders that moving lays bare.

    Parameters
    ----------
    pair : FilmPair
    readings : tuple of Reading
        Before and after.
    name : str
        Which result.
    size_px : int
        Side of what the networks see, in their pixels, as the weights' preprocessing has it.
    moved_mm : tuple of float
        Right and down: how far the films' content was moved; the first map is moved alike.
    question : str
        Whose maps.
    """
    values, edge = [], size_px // 8
    inner = slice(edge, -edge)
    after = readings[1].results[name].maps(question)
    for view, evidence in readings[0].results[name].maps(question).items():
        region, film = readings[0].regions[view], pair.film(view)
        if film is None:
            continue
        x, y = (slide_px(film, distance) * size_px / region.side for distance in moved_mm)
        move = np.array([[1.0, 0.0, x], [0.0, 1.0, y]])
        first = cv2.warpAffine(
            on_network(evidence, region, size_px), move, (size_px, size_px), borderMode=cv2.BORDER_REPLICATE
        ).astype(np.float32, copy=False)
        second = on_network(after[view], readings[1].regions[view], size_px)
        values.append(correlation(first[inner, inner], second[inner, inner]))
    return float(np.mean(values))
