"""From a vertebra's patch to what the network learns from."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mvm_core.imaging.preprocess import Preprocessing, network_input
from mvm_core.training.angle import draw_angle
from mvm_core.training.disease.patches import VertebraPatch
from mvm_core.training.implants import KINDS, implant, sham
from mvm_core.training.randomise import randomise

_TURN_DEGREES = 9.0
_SCALE = 0.16
_SHIFT_MM = 9.0
_LEAST_SEVERITY = 0.35


@dataclass(frozen=True)
class DiseaseBatch:
    """What the network takes at once.

    Attributes
    ----------
    films : float32 array, shape (n, 1, size, size)
    labels : float32 array, shape (n,)
        1 for diseased.
    regions : float32 array, shape (n, size, size)
        Where the body of a diseased vertebra lies, in [0, 1]; zero for an intact one.
    """

    films: NDArray[np.float32]
    labels: NDArray[np.float32]
    regions: NDArray[np.float32]


def changed_patch(
    patch: VertebraPatch, settings: Preprocessing, draw: np.random.Generator, strength: float, *, ill: bool
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Turn, scale, shift, mirror a patch and change its grey values at random.

    Parameters
    ----------
    ill : bool
        Of a real film, whether disease is implanted; a simulated one is what it is.

    Returns
    -------
    film, region : float32 arrays, shape (size_px, size_px)
        As the network sees it; and where a diseased body lies.
    """
    pixels = patch.pixels.astype(np.float32) / np.float32(255)
    area = np.zeros(pixels.shape, np.float32)
    if patch.diseased or ill:
        cv2.fillConvexPoly(area, np.round(patch.corners).astype(np.int32), 1.0)
    if patch.real:
        # Intact real vertebrae go through the same machinery, so that its traces tell nothing.
        if ill:
            kind = str(draw.choice(KINDS[patch.view]))
            severity = float(draw.uniform(_LEAST_SEVERITY, 1.0))
            pixels = implant(pixels, patch.corners, kind, severity, patch.view, draw).pixels
        elif draw.random() < 0.6:
            pixels = sham(pixels, patch.corners, patch.view, draw)
    matrix, flipped = _move(patch.pixels.shape[0], settings, draw)

    def moved(picture: NDArray[np.float32]) -> NDArray[np.float32]:
        laid = cv2.warpAffine(picture, matrix, (settings.size_px, settings.size_px), flags=cv2.INTER_LINEAR)
        return (laid[:, ::-1] if flipped else laid).astype(np.float32, copy=False)

    seen, there = moved(pixels), moved(area)
    angle = draw_angle((settings.size_px, settings.size_px), draw, strength)
    if angle is not None:
        seen, there = angle.of(seen), angle.of(there)
    film = randomise(np.ascontiguousarray(np.clip(seen, 0, 1)), draw, strength)
    return network_input(film, settings), there


def plain_patch(patch: VertebraPatch, settings: Preprocessing) -> NDArray[np.float32]:
    """The patch as the network sees it when it reads, shape (size_px, size_px)."""
    margin = (patch.pixels.shape[0] - settings.size_px) // 2
    middle = patch.pixels[margin : margin + settings.size_px, margin : margin + settings.size_px]
    return network_input(middle.astype(np.float32) / np.float32(255), settings)


def _move(side: int, settings: Preprocessing, draw: np.random.Generator) -> tuple[NDArray[np.float64], bool]:
    size, middle = settings.size_px, (side - 1) / 2
    shift = _SHIFT_MM / settings.region_mm * size
    turn = draw.uniform(-_TURN_DEGREES, _TURN_DEGREES)
    matrix = np.asarray(
        cv2.getRotationMatrix2D((middle, middle), turn, 1 + draw.uniform(-_SCALE, _SCALE)), np.float64
    )
    matrix[:, 2] = matrix[:, 2] + (size - 1) / 2 - middle + draw.uniform(-shift, shift, 2)
    return matrix, bool(draw.random() < 0.5)
