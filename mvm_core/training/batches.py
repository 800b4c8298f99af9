"""Batches for training: drawing cases, augmentation, and preparing ahead while the network works."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from mvm_core.imaging.preprocess import Preprocessing, network_input
from mvm_core.models.inputs import assemble
from mvm_core.models.registry import Layout, Network
from mvm_core.radiograph import View
from mvm_core.training.patches import Patches
from mvm_core.training.settings import SHIFT_MM

_TURN_DEGREES = 8.0
_SCALE = 0.10


@dataclass(frozen=True)
class Sample:
    """One input of a network: a case and the views taken of it."""

    case: int
    views: tuple[View, ...]


@dataclass(frozen=True)
class Batch:
    """What the network takes at once.

    Attributes
    ----------
    films : float32 array, shape (n, channels, height, width)
    labels : float32 array, shape (n,)
        1 for MVM.
    lesions : float32 array, shape (n, height, width), or None
        Share of each pixel that the annotated region covers, in [0, 1]; where asked for.
    cases : tuple of int
        Their places in the patches.
    loading_s, augmenting_s : float
        Seconds that the thread ahead took to fetch the patches, and to augment and preprocess them.
    waited_s : float
        Seconds that the network waited for the batch.
    """

    films: NDArray[np.float32]
    labels: NDArray[np.float32]
    cases: tuple[int, ...]
    lesions: NDArray[np.float32] | None = None
    loading_s: float = 0.0
    augmenting_s: float = 0.0
    waited_s: float = 0.0


def samples_of(network: Network, patches: Patches, split: str) -> list[Sample]:
    """All inputs that a split offers a network; `merge` takes each film as a sample of its own."""
    if network.layout is Layout.SINGLE:
        return [
            Sample(int(i), (view,))
            for view in network.views
            for i in patches.having((view,))
            if patches.cases[i].split == split
        ]
    return [
        Sample(int(i), network.views)
        for i in patches.having(network.views)
        if patches.cases[i].split == split
    ]


def draw_epoch(
    samples: Sequence[Sample], patches: Patches, *, balance: str, draw: np.random.Generator
) -> list[Sample]:
    """Order the samples of an epoch; ``downsample`` draws the majority class anew to the minority's size."""
    by_label = {
        label: [s for s in samples if patches.cases[s.case].label == label] for label in ("mvm", "bvf")
    }
    size = min(len(members) for members in by_label.values())
    chosen = []
    for members in by_label.values():
        keep = draw.permutation(len(members))[: size if balance == "downsample" else None]
        chosen += [members[i] for i in keep]
    return [chosen[i] for i in draw.permutation(len(chosen))]


def batches(
    samples: Sequence[Sample],
    patches: Patches,
    network: Network,
    settings: Preprocessing,
    *,
    size: int,
    seed: Sequence[int] | None,
    with_lesions: bool = False,
    shift_mm: float = SHIFT_MM,
) -> Iterator[Batch]:
    """Prepare batches two ahead, in a thread.

    Parameters
    ----------
    seed : sequence of int or None
        Augment each sample from this seed and its place; None leaves the films as they are.
    with_lesions : bool
        Whether the annotated regions come along, turned and shifted as their films are.
    shift_mm : float
        Greatest shift along each axis.
    """
    parts = [samples[start : start + size] for start in range(0, len(samples), size)]
    if seed is not None and len(parts) > 1 and len(parts[-1]) < 2:
        # Batch normalisation cannot learn from a single film.
        parts.pop()

    def prepare(part: int) -> Batch:
        start = time.perf_counter()
        loaded = [[patches.films[view][sample.case] for view in sample.views] for sample in parts[part]]
        cases = tuple(sample.case for sample in parts[part])
        labels = np.array([patches.cases[case].label == "mvm" for case in cases], np.float32)
        between = time.perf_counter()
        seeds = [None if seed is None else [*seed, part, place] for place in range(len(loaded))]
        films = [
            _prepare(films, network, settings, own, shift_mm)
            for films, own in zip(loaded, seeds, strict=True)
        ]
        lesions = None
        if with_lesions:
            lesions = np.stack(
                [
                    _prepare_lesions(
                        [patches.lesions[view][sample.case] for view in sample.views],
                        network,
                        settings,
                        own,
                        shift_mm,
                    )
                    for sample, own in zip(parts[part], seeds, strict=True)
                ]
            )
        stacked = np.stack(films)
        return Batch(stacked, labels, cases, lesions, between - start, time.perf_counter() - between)

    with ThreadPoolExecutor(1) as pool:
        ahead = [pool.submit(prepare, part) for part in range(min(2, len(parts)))]
        for part in range(len(parts)):
            start = time.perf_counter()
            batch = ahead.pop(0).result()
            waited = time.perf_counter() - start
            if part + 2 < len(parts):
                ahead.append(pool.submit(prepare, part + 2))
            yield replace(batch, waited_s=waited)


def _prepare(
    films: Sequence[NDArray[np.uint16]],
    network: Network,
    settings: Preprocessing,
    seed: list[int] | None,
    shift_mm: float,
) -> NDArray[np.float32]:
    channels = []
    for place, patch in enumerate(films):
        if seed is None:
            seen = _centre(patch, settings.size_px)
        else:
            seen = augment(patch, settings, np.random.default_rng([*seed, place]), shift_mm)
        channels.append(network_input(seen, settings))
    return assemble(channels, network.layout)


def _prepare_lesions(
    lesions: Sequence[NDArray[np.uint8]],
    network: Network,
    settings: Preprocessing,
    seed: list[int] | None,
    shift_mm: float,
) -> NDArray[np.float32]:
    placed = []
    for place, lesion in enumerate(lesions):
        if seed is None:
            placed.append(_centre(lesion, settings.size_px))
        else:
            move = _draw_move(lesion.shape[0], settings, np.random.default_rng([*seed, place]), shift_mm)
            placed.append(move.apply(lesion))
    # Films laid over each other as channels share one map.
    return assemble(placed, network.layout).max(axis=0)


def _centre(patch: NDArray[np.uint8] | NDArray[np.uint16], size: int) -> NDArray[np.float32]:
    margin = (patch.shape[0] - size) // 2
    return _as_shares(patch[margin : margin + size, margin : margin + size])


def _as_shares(patch: NDArray[np.uint8] | NDArray[np.uint16]) -> NDArray[np.float32]:
    return patch.astype(np.float32) / np.float32(np.iinfo(patch.dtype).max)


@dataclass(frozen=True)
class _Move:
    """How a patch is turned, scaled, shifted and mirrored."""

    matrix: NDArray[np.float64]
    mirrored: bool
    size: int

    def apply(self, patch: NDArray[np.uint8] | NDArray[np.uint16]) -> NDArray[np.float32]:
        """The moved patch, shape (size, size), in [0, 1]."""
        moved = cv2.warpAffine(
            _as_shares(patch), self.matrix, (self.size, self.size), flags=cv2.INTER_LINEAR, borderValue=0.0
        ).astype(np.float32, copy=False)
        return moved[:, ::-1] if self.mirrored else moved


def _draw_move(side: int, settings: Preprocessing, draw: np.random.Generator, shift_mm: float) -> _Move:
    size, middle = settings.size_px, (side - 1) / 2
    shift = shift_mm / settings.region_mm * size
    matrix = np.asarray(
        cv2.getRotationMatrix2D(
            (middle, middle), draw.uniform(-_TURN_DEGREES, _TURN_DEGREES), 1 + draw.uniform(-_SCALE, _SCALE)
        ),
        np.float64,
    )
    matrix[:, 2] = matrix[:, 2] + (size - 1) / 2 - middle + draw.uniform(-shift, shift, 2)
    return _Move(matrix, bool(draw.random() < 0.5), size)


def augment(
    patch: NDArray[np.uint16],
    settings: Preprocessing,
    draw: np.random.Generator,
    shift_mm: float = SHIFT_MM,
) -> NDArray[np.float32]:
    """Turn, scale, shift and mirror a patch, and change its tone and noise.

    Parameters
    ----------
    patch : uint16 array
        With margin, as `load_patches` keeps it.
    shift_mm : float
        Greatest shift along each axis.

    Returns
    -------
    float32 array, shape (size_px, size_px)
        In [0, 1].
    """
    size = settings.size_px
    turned = _draw_move(patch.shape[0], settings, draw, shift_mm).apply(patch)
    tone = draw.uniform(0.75, 1.33)
    toned = (np.clip(turned, 0, 1) ** np.float32(tone)).astype(np.float32)
    if draw.random() < 0.3:
        toned = cv2.GaussianBlur(toned, (0, 0), draw.uniform(0.4, 1.0)).astype(np.float32, copy=False)
    noise = draw.standard_normal((size, size), dtype=np.float32) * np.float32(draw.uniform(0, 0.015))
    return np.clip(toned + noise, 0, 1).astype(np.float32)
