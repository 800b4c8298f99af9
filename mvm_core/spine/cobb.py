"""Cobb angles as the AASCE challenge (MICCAI 2019) defines them, and its error measure."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mvm_core.errors import ValidationError

LEAST_VERTEBRAE = 3


@dataclass(frozen=True)
class CobbCurve:
    """One Cobb angle in degrees, and the places of the vertebrae that it is measured between."""

    degrees: float
    upper: int
    lower: int


def cobb_angles(corners: NDArray[np.floating], film_height: float) -> tuple[float, float, float]:
    """Three Cobb angles of T1 to L5, or of as many as are seen; see `cobb_curves`.

    Returns
    -------
    main, proximal, lower : float
        In degrees, in the order of the challenge's files (main thoracic, proximal thoracic, thoracolumbar).
    """
    main, proximal, lower = cobb_curves(corners, film_height)
    return main.degrees, proximal.degrees, lower.degrees


def cobb_curves(corners: NDArray[np.floating], film_height: float) -> tuple[CobbCurve, CobbCurve, CobbCurve]:
    """Three Cobb angles with their end vertebrae, by the rules of the challenge's evaluation.

    The mid-line of a vertebra joins the middles of its left and right corners. The main angle is the greatest
    between any two mid-lines. In a spine with one curve the other two are measured from the main curve's ends
    to T1 and to L5. In an S-shaped spine they are the greatest between the main curve's upper end and a
    vertebra above it, and between its lower end and a vertebra below; or, where the main curve lies in the
    film's lower half, between that first vertebra above and one yet higher up.

    Parameters
    ----------
    corners : float array, shape (n, 4, 2)
        Of three vertebrae or more from above, (x, y) in pixels: upper left, upper right, lower right,
        lower left.
    film_height : float
        In pixels.

    Returns
    -------
    main, proximal, lower : CobbCurve

    Raises
    ------
    ValidationError
        If these are not the corners of three vertebrae or more, or one has no width.
    """
    points = np.asarray(corners, np.float64)
    if points.ndim != 3 or points.shape[1:] != (4, 2) or not np.isfinite(points).all():
        raise ValidationError("corners", "not four finite points (x, y) for each vertebra", "give four")
    if len(points) < LEAST_VERTEBRAE:
        raise ValidationError("corners", "fewer than three vertebrae", "give three or more")
    lines = (points[:, 1] + points[:, 2] - points[:, 0] - points[:, 3]) / 2
    lengths = np.hypot(*lines.T)
    if not lengths.all():
        raise ValidationError("corners", "a vertebra has no width", "mend its corners")
    cosines = (lines @ lines.T) / np.outer(lengths, lengths)
    between = np.degrees(np.arccos(np.clip(cosines, -1.0, 1.0)))

    def curve(one: int, other: int) -> CobbCurve:
        return CobbCurve(float(between[one, other]), min(one, other), max(one, other))

    upper, lower = (int(place) for place in np.unravel_index(np.argmax(between), between.shape))
    main = curve(upper, lower)
    if not is_s_shaped(points):
        return main, curve(0, upper), curve(lower, len(points) - 1)
    next_up = int(np.argmax(between[upper, : upper + 1]))
    heights = _endplates(points)[1::2, 1]
    if heights[upper] + heights[lower] < film_height:
        next_down = lower + int(np.argmax(between[lower, lower:]))
        return main, curve(next_up, upper), curve(lower, next_down)
    farther_up = int(np.argmax(between[next_up, : next_up + 1]))
    return main, curve(next_up, upper), curve(farther_up, next_up)


def is_s_shaped(corners: NDArray[np.floating]) -> bool:
    """Whether the endplates' middles lie on both sides of the line from the first to the last.

    Parameters
    ----------
    corners : float array, shape (n, 4, 2)
    """
    middles = _endplates(np.asarray(corners, np.float64))
    span = middles[0] - middles[-1]
    if not span.all():
        # The challenge divides by both spans; where T1 lies right above L5 its rule is taken to the limit.
        return bool(span[1]) and _on_both_sides(middles[:-2, 0] - middles[-1, 0])
    shares = (middles[:-2] - middles[-1]) / span
    return _on_both_sides(shares[:, 1] - shares[:, 0])


def _on_both_sides(aside: NDArray[np.float64]) -> bool:
    return bool((aside > 0).any() and (aside < 0).any())


def _endplates(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Middles of all endplates from above, shape (2 n, 2)."""
    middles = np.stack([points[:, :2].mean(axis=1), points[:, 2:].mean(axis=1)], axis=1)
    return middles.reshape(-1, 2)


def smape(true: NDArray[np.floating], predicted: NDArray[np.floating]) -> float:
    """Symmetric mean absolute percentage error, as the challenge defines it.

    Of each film, the sum of the angles' absolute differences over the sum of all its angles, true and
    predicted; the mean over films.

    Parameters
    ----------
    true, predicted : float array, shape (films, angles)
        In degrees, not negative.

    Returns
    -------
    float
        In per cent, in [0, 100].

    Raises
    ------
    ValidationError
        If the two differ in shape, there is no film, or a film's angles are all zero or are no angles.
    """
    known, found = np.asarray(true, np.float64), np.asarray(predicted, np.float64)
    if known.shape != found.shape or known.ndim != 2 or not known.size:
        raise ValidationError(
            "angles", "not one row for each film on both sides", "give the same films twice"
        )
    total = (known + found).sum(axis=1)
    if not (np.minimum(known, found) >= 0).all() or not (total > 0).all() or not np.isfinite(total).all():
        raise ValidationError(
            "angles", "a film's angles are negative, not finite or all zero", "leave this film out"
        )
    return float(100.0 * np.mean(np.abs(known - found).sum(axis=1) / total))
