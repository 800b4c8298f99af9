"""How well a map points at what is there: plain functions on arrays of one shape.

All take `support`: the map turned so that positive values speak for the side that is true of the case.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

POINTING_TOLERANCE = 0.03
"""Tolerance of the pointing game as a share of the square that a network sees: Zhang et al. (IJCV 2018) take
15 pixels of pictures some 500 wide. Of 96 mm it is 2.9 mm."""

Map = NDArray[np.float32]
Mask = NDArray[np.bool_]


def pointing_game(support: Map, mask: Mask, tolerance_px: float) -> float | None:
    """Whether the highest value lies in the mask, or within `tolerance_px` of it.

    Returns
    -------
    float or None
        1 for a hit, 0 for a miss or a map without positive values; None where the mask is empty.
    """
    if not mask.any():
        return None
    if not support.max() > 0:
        return 0.0
    row, column = np.unravel_index(int(support.argmax()), support.shape)
    return float(_distance_to(mask)[row, column] <= tolerance_px)


def middle_hits(mask: Mask, tolerance_px: float) -> float | None:
    """The pointing game of a map that always points at the middle, as a control; None for an empty mask."""
    if not mask.any():
        return None
    rows, columns = mask.shape
    return float(_distance_to(mask)[rows // 2, columns // 2] <= tolerance_px)


def share_inside(support: Map, mask: Mask) -> float | None:
    """Share of the positive values' sum that lies in the mask, in [0, 1]; None where the mask is empty."""
    if not mask.any():
        return None
    positive = np.maximum(support, 0).astype(np.float64)
    total = positive.sum()
    return float(positive[mask].sum() / total) if total > 0 else 0.0


def intersection_over_union(support: Map, mask: Mask, threshold: float) -> float | None:
    """Overlap of the mask with where the map reaches the threshold, in [0, 1]; None for an empty mask."""
    if not mask.any():
        return None
    marked = support >= threshold
    return float((marked & mask).sum() / (marked | mask).sum())


def average_precision(support: Map, mask: Mask) -> float | None:
    """Area under the precision-recall curve over the pixels, as a sum of steps; None where there is no curve.

    Equal values share one threshold, as in scikit-learn's `average_precision_score`.
    """
    positives = int(mask.sum())
    if positives == 0:
        return None
    values = support.ravel()
    order = np.argsort(-values, kind="stable")
    last_of_ties = np.append(np.flatnonzero(np.diff(values[order])), values.size - 1)
    hits = np.cumsum(mask.ravel()[order])[last_of_ties]
    precision = hits / (last_of_ties + 1)
    return float(np.sum(np.diff(hits, prepend=0) * precision) / positives)


def fit_threshold(pairs: list[tuple[Map, Mask]], candidates: int = 40) -> float | None:
    """The threshold with the highest mean intersection over union, for maps and masks of the tune split.

    Parameters
    ----------
    pairs : list of (support, mask)
    candidates : int
        Thresholds tried: evenly spaced quantiles of the positive values.

    Returns
    -------
    float or None
        None where no map has a positive value over a mask that is not empty.
    """
    usable = [(support, mask) for support, mask in pairs if mask.any()]
    positive = [support[support > 0] for support, _ in usable]
    if not any(part.size for part in positive):
        return None
    tried = np.quantile(np.concatenate(positive), np.linspace(0, 0.995, candidates))
    means = [
        np.mean([intersection_over_union(support, mask, threshold) or 0.0 for support, mask in usable])
        for threshold in tried
    ]
    return float(tried[int(np.argmax(means))])


def correlation(first: Map, second: Map) -> float:
    """Pearson's correlation; 0 where either map is constant and so says nothing."""
    a, b = first.ravel().astype(np.float64), second.ravel().astype(np.float64)
    if min(a.std(), b.std()) < 1e-9 or not np.isfinite([a, b]).all():
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])


def _distance_to(mask: Mask) -> NDArray[np.float32]:
    """Distance of each pixel to the mask, in pixels; 0 inside."""
    outside = np.ascontiguousarray(~mask, np.uint8)
    return cv2.distanceTransform(outside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE).astype(np.float32)
