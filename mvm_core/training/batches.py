"""Batches for training: augmentation, and preparing ahead while the network works."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mvm_core.cohort import LABELS, Case
from mvm_core.cohort.manifest import INTACT
from mvm_core.cohort.vertebrae import VertebraCase
from mvm_core.imaging.preprocess import Preprocessing, network_input
from mvm_core.models.inputs import assemble
from mvm_core.models.registry import Network
from mvm_core.radiograph import View
from mvm_core.training.angle import draw_angle
from mvm_core.training.epochs import NetworkSample
from mvm_core.training.implants import KINDS, implant, sham
from mvm_core.training.patches import Patches
from mvm_core.training.randomise import randomise

_TURN_DEGREES = 8.0
_SCALE = 0.10
_LEAST_SHIFT_MM = 4.0
_LEAST_SEVERITY = 0.35
_SHAM = 0.6
"""Share of intact real vertebrae that go through the machinery of implants with next to no effect."""

_IMPLANT, _GREY, _ANGLE = 1, 2, 3
"""Further streams of a film's draws."""

Patch = NDArray[Any]


@dataclass(frozen=True)
class Augmentation:
    """How films are changed at random while training.

    Attributes
    ----------
    seed : tuple of int
        Each film is changed from this seed and its place.
    shift_mm : float
        Greatest shift along each axis.
    strength : float
        Of the changes of grey values, see `randomise`, and of the photographer's place, see `draw_angle`; 0
        makes none.
    """

    seed: tuple[int, ...]
    shift_mm: float
    strength: float = 0.0


@dataclass(frozen=True)
class Batch:
    """What the network takes at once.

    Attributes
    ----------
    films : float32 array, shape (n, channels, height, width)
    labels : float32 array, shape (n,)
        1 for MVM; means nothing where that is not asked.
    asked : bool array, shape (n,)
        Whether MVM or BVF is known: intact vertebrae, and those of other disease, have no part in that loss.
    diseased : float32 array, shape (n,)
        1 where anything is wrong.
    lesions : float32 array, shape (n, height, width), or None
        Share of each pixel that the annotated region covers, in [0, 1]; where asked for.
    cases : tuple of int
        Their places in the patches.
    loading_s, augmenting_s : float
        Seconds that a thread ahead took to fetch the patches, and to augment and preprocess them.
    waited_s : float
        Seconds that the network waited for the batch.
    """

    films: NDArray[np.float32]
    labels: NDArray[np.float32]
    asked: NDArray[np.bool_]
    diseased: NDArray[np.float32]
    cases: tuple[int, ...]
    lesions: NDArray[np.float32] | None = None
    loading_s: float = 0.0
    augmenting_s: float = 0.0
    waited_s: float = 0.0


def batches(
    samples: Sequence[NetworkSample],
    patches: Patches,
    network: Network,
    settings: Preprocessing,
    *,
    size: int,
    augmentation: Augmentation | None,
    with_lesions: bool = False,
    threads: int = 1,
) -> Iterator[Batch]:
    """Prepare batches ahead, two for each thread.

    Parameters
    ----------
    augmentation : Augmentation or None
        None leaves the films as they are.
    with_lesions : bool
        Whether the annotated regions come along, turned and shifted as their films are.
    threads : int
        That prepare; the batches are the same for any number.
    """
    parts = [samples[start : start + size] for start in range(0, len(samples), size)]
    if augmentation is not None and len(parts) > 1 and len(parts[-1]) < 2:
        # Batch normalisation cannot learn from a single film.
        parts.pop()

    def prepare(part: int) -> Batch:
        start, loading = time.perf_counter(), 0.0
        films, lesions = [], []
        for place, sample in enumerate(parts[part]):
            before = time.perf_counter()
            case = patches.cases[sample.case]
            seen = [
                _Film(
                    np.asarray(patches.films[view][sample.case]),
                    np.asarray(patches.lesions[view][sample.case]) if with_lesions else None,
                )
                for view in sample.views
            ]
            loading += time.perf_counter() - before
            if augmentation is None:
                channels = [_centre(each.pixels, settings.size_px) for each in seen]
                regions = [_centre(each.lesion, settings.size_px) for each in seen if each.lesion is not None]
            else:
                streams = [[*augmentation.seed, part, place, film] for film in range(len(seen))]
                changed = [
                    _changed(each, case, sample, settings, augmentation, stream)
                    for each, stream in zip(seen, streams, strict=True)
                ]
                channels = [film for film, _ in changed]
                regions = [lesion for _, lesion in changed if lesion is not None]
            films.append(assemble([network_input(each, settings) for each in channels], network.layout))
            if with_lesions:
                # Films laid over each other as channels share one map.
                lesions.append(assemble(regions, network.layout).max(axis=0))
        own = [patches.cases[sample.case] for sample in parts[part]]
        return Batch(
            films=np.stack(films),
            labels=np.array([case.label == "mvm" for case in own], np.float32),
            asked=np.array([case.label in LABELS for case in own]),
            diseased=np.array(
                [
                    case.label != INTACT or sample.implanted
                    for case, sample in zip(own, parts[part], strict=True)
                ],
                np.float32,
            ),
            cases=tuple(sample.case for sample in parts[part]),
            lesions=np.stack(lesions) if with_lesions else None,
            loading_s=loading,
            augmenting_s=time.perf_counter() - start - loading,
        )

    reach = 2 * threads
    with ThreadPoolExecutor(threads) as pool:
        ahead = [pool.submit(prepare, part) for part in range(min(reach, len(parts)))]
        for part in range(len(parts)):
            start = time.perf_counter()
            batch = ahead.pop(0).result()
            waited = time.perf_counter() - start
            if part + reach < len(parts):
                ahead.append(pool.submit(prepare, part + reach))
            yield replace(batch, waited_s=waited)


@dataclass(frozen=True)
class _Film:
    """A cut film and what is marked on it, where asked for; whole numbers, or shares in [0, 1]."""

    pixels: Patch
    lesion: Patch | None


def _changed(
    film: _Film,
    case: Case,
    sample: NetworkSample,
    settings: Preprocessing,
    augmentation: Augmentation,
    stream: Sequence[int],
) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
    """The film and the region as a network learns from them."""
    if isinstance(case, VertebraCase) and case.real:
        film = _implanted(film, case, settings, implanted=sample.implanted, draw=_stream(stream, _IMPLANT))
    near = case.nearest_disease_mm if isinstance(case, VertebraCase) else np.inf
    move = _draw_move(film.pixels.shape[0], settings, _stream(stream), augmentation.shift_mm, near)
    seen = augment(film.pixels, settings, _stream(stream), augmentation.shift_mm, near)
    lesion = None if film.lesion is None else move.apply(film.lesion)
    angle = draw_angle((settings.size_px, settings.size_px), _stream(stream, _ANGLE), augmentation.strength)
    if angle is not None:
        seen, lesion = angle.of(seen), None if lesion is None else angle.of(lesion)
    return randomise(np.ascontiguousarray(seen), _stream(stream, _GREY), augmentation.strength), lesion


def _stream(stream: Sequence[int], further: int | None = None) -> np.random.Generator:
    return np.random.default_rng([*stream] if further is None else [*stream, further])


def _implanted(
    film: _Film, case: VertebraCase, settings: Preprocessing, *, implanted: bool, draw: np.random.Generator
) -> _Film:
    """A real film with disease put in, or mostly gone through the same machinery without."""
    pixels, corners = _as_shares(film.pixels), _corners_on_patch(case, film.pixels.shape[0], settings)
    if implanted:
        kind = str(draw.choice(KINDS[View.AP]))
        severity = float(draw.uniform(_LEAST_SEVERITY, 1.0))
        ill = implant(pixels, corners, kind, severity, View.AP, draw)
        return _Film(ill.pixels, None if film.lesion is None else ill.mask.astype(np.float32))
    # So that the machinery's traces tell nothing.
    return replace(film, pixels=sham(pixels, corners, View.AP, draw)) if draw.random() < _SHAM else film


def _corners_on_patch(case: VertebraCase, side: int, settings: Preprocessing) -> NDArray[np.float64]:
    """The body's corners in pixels of its patch, which has the middle of the box in its middle."""
    if case.corners is None or case.ap_box is None or case.mm_per_pixel is None:
        raise ValueError(f"{case.case_id}: no marked body, or no scale")
    pixels_of_patch = settings.size_px * case.mm_per_pixel / settings.region_mm
    return (np.array(case.corners) - case.ap_box.centre) * pixels_of_patch + side / 2


def _centre(patch: Patch, size: int) -> NDArray[np.float32]:
    margin = (patch.shape[0] - size) // 2
    return _as_shares(patch[margin : margin + size, margin : margin + size])


def _as_shares(patch: Patch) -> NDArray[np.float32]:
    if patch.dtype == np.float32:
        return np.asarray(patch, np.float32)
    return patch.astype(np.float32) / np.float32(np.iinfo(patch.dtype).max)


@dataclass(frozen=True)
class _Move:
    """How a patch is turned, scaled, shifted and mirrored."""

    matrix: NDArray[np.float64]
    mirrored: bool
    size: int

    def apply(self, patch: Patch) -> NDArray[np.float32]:
        """The moved patch, shape (size, size), in [0, 1]."""
        moved = cv2.warpAffine(
            _as_shares(patch), self.matrix, (self.size, self.size), flags=cv2.INTER_LINEAR, borderValue=0.0
        ).astype(np.float32, copy=False)
        return moved[:, ::-1] if self.mirrored else moved


def _draw_move(
    side: int, settings: Preprocessing, draw: np.random.Generator, shift_mm: float, near_mm: float
) -> _Move:
    size, middle = settings.size_px, (side - 1) / 2
    # A diseased vertebra is shifted by up to `shift_mm`: an intact one must not bring its neighbour as near.
    down_mm = min(shift_mm, max(near_mm - shift_mm, _LEAST_SHIFT_MM))
    shift = np.array([shift_mm, down_mm]) / settings.region_mm * size
    matrix = np.asarray(
        cv2.getRotationMatrix2D(
            (middle, middle), draw.uniform(-_TURN_DEGREES, _TURN_DEGREES), 1 + draw.uniform(-_SCALE, _SCALE)
        ),
        np.float64,
    )
    matrix[:, 2] = matrix[:, 2] + (size - 1) / 2 - middle + draw.uniform(-1, 1, 2) * shift
    return _Move(matrix, bool(draw.random() < 0.5), size)


def augment(
    patch: Patch,
    settings: Preprocessing,
    draw: np.random.Generator,
    shift_mm: float,
    near_mm: float = np.inf,
) -> NDArray[np.float32]:
    """Turn, scale, shift and mirror a patch, and change its tone and noise.

    Parameters
    ----------
    patch : array, shape (side, side)
        With margin, as `load_patches` keeps it; whole numbers, or shares in [0, 1].
    shift_mm : float
        Greatest shift along each axis.
    near_mm : float
        To the nearest diseased vertebra, which must not come nearer the middle than one that is shifted so.

    Returns
    -------
    float32 array, shape (size_px, size_px)
        In [0, 1].
    """
    size = settings.size_px
    turned = _draw_move(patch.shape[0], settings, draw, shift_mm, near_mm).apply(patch)
    tone = draw.uniform(0.75, 1.33)
    toned = (np.clip(turned, 0, 1) ** np.float32(tone)).astype(np.float32)
    if draw.random() < 0.3:
        toned = cv2.GaussianBlur(toned, (0, 0), draw.uniform(0.4, 1.0)).astype(np.float32, copy=False)
    noise = draw.standard_normal((size, size), dtype=np.float32) * np.float32(draw.uniform(0, 0.015))
    return np.clip(toned + noise, 0, 1).astype(np.float32)
