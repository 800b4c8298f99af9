"""Cobb angles as the AASCE challenge (MICCAI 2019) works them out from the corners of T1 to L5, and SMAPE."""

import numpy as np
from numpy.typing import NDArray

Corners = NDArray[np.float64]
_STRAIGHT = 1e-4


def cobb_angles(corners: Corners, film_height: float) -> tuple[float, float, float]:
    """Three Cobb angles in degrees: the main curve, the one above, the one below.

    Each vertebra's tilt is that of the line through the middles of its left and right sides. The main angle
    is the greatest between any two vertebrae. The others are those of the ends against the main curve's own
    ends where the spine is C-shaped, and the greatest of the curves beyond them where it is S-shaped
    (evaluation code of the challenge).

    Parameters
    ----------
    corners : float array, shape (n, 4, 2)
        From above: upper left, upper right, lower right, lower left, in pixels; n is 17 for T1 to L5.
    film_height : float
        In pixels: tells whether the main curve lies in the upper half of the film.

    Raises
    ------
    ValueError
        If there are fewer than three vertebrae.
    """
    if len(corners) < 3:
        raise ValueError("Cobb angles need three vertebrae or more")
    lines = (corners[:, 1] + corners[:, 2] - corners[:, 0] - corners[:, 3]) / 2
    angles = _between(lines, lines)
    upper, lower = sorted(int(place) for place in np.unravel_index(np.argmax(angles), angles.shape))
    main = float(angles[upper, lower])
    last = len(lines) - 1
    if not _s_shaped(corners):
        return main, float(angles[0, upper]), float(angles[last, lower])
    ends = _ends_of_endplates(corners)
    if ends[2 * upper, 1] + ends[2 * lower, 1] < film_height:
        above = float(angles[upper, : upper + 1].max())
        return main, above, float(angles[lower, lower:].max())
    # The main curve lies low: both others lie above it.
    second = int(np.argmax(angles[upper, : upper + 1]))
    return main, float(angles[upper, second]), float(angles[second, : second + 1].max())


def smape(true: NDArray[np.float64], said: NDArray[np.float64]) -> float:
    """Symmetric mean absolute percentage error over films, in %: shape (films, 3) each, in degrees.

    For each film the sum of the three angles' errors over the sum of all six angles (AASCE).
    """
    wrong = np.abs(true - said).sum(axis=1)
    return float(np.mean(wrong / (true + said).sum(axis=1)) * 100)


def _between(lines: Corners, others: Corners) -> NDArray[np.float64]:
    lengths = np.hypot(*lines.T)[:, np.newaxis] * np.hypot(*others.T)[np.newaxis, :]
    return np.degrees(np.arccos(np.clip(lines @ others.T / lengths, -1.0, 1.0)))


def _ends_of_endplates(corners: Corners) -> Corners:
    """Middles of the upper and lower endplates, shape (2 n, 2)."""
    upper = (corners[:, 0] + corners[:, 1]) / 2
    lower = (corners[:, 3] + corners[:, 2]) / 2
    return np.stack([upper, lower], axis=1).reshape(-1, 2)


def _s_shaped(corners: Corners) -> bool:
    """Whether the spine crosses the straight line through its ends."""
    ends = _ends_of_endplates(corners)
    rest = ends[:-2] - ends[-1]
    whole = ends[0] - ends[-1]
    if abs(whole[0]) < 1e-9 or abs(whole[1]) < 1e-9:
        return False
    beside = rest[:, 1] / whole[1] - rest[:, 0] / whole[0]
    products = np.outer(beside, beside)
    return abs(float(products.sum()) - float(np.abs(products).sum())) >= _STRAIGHT
