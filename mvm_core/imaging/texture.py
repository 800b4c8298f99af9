"""How blurred and how noisy a part of a film is, and how many grey values it has."""

import cv2
import numpy as np
from numpy.typing import NDArray


def blur_effect(patch: NDArray[np.float32]) -> float:
    """How little of the steps between neighbours is lost to another blur, in [0, 1]; 1 is all blur.

    Crete et al., The blur effect: perception and estimation with a new no-reference perceptual blur metric
    (SPIE 6492, 2007), with its mean over nine pixels.
    """
    found = []
    for axis, size in ((0, (1, 9)), (1, (9, 1))):
        steps = np.abs(np.diff(patch, axis=axis))
        left = np.abs(np.diff(cv2.blur(patch, size), axis=axis))
        whole = float(steps.sum())
        found.append(1.0 - float(np.maximum(0, steps - left).sum()) / whole if whole > 0 else 1.0)
    return max(found)


def noise_deviation(patch: NDArray[np.float32]) -> float:
    """Standard deviation of white noise in a picture.

    Immerkaer, Fast noise variance estimation (Computer Vision and Image Understanding 64, 1996), by the
    median rather than the mean, which edges would raise.
    """
    mask = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    residue = cv2.filter2D(patch, cv2.CV_32F, mask, borderType=cv2.BORDER_REFLECT)
    return float(np.median(np.abs(residue))) / (0.6745 * 6)


def grey_values(pixels: NDArray[np.float32]) -> int:
    """How many grey values pixels in [0, 1] have, of 65,536."""
    return int(np.count_nonzero(np.bincount((pixels.ravel() * np.float32(65535)).astype(np.uint16))))
