"""Cleveland's locally weighted regression without robustness steps, as in R's ``lowess(iter = 0)``."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def lowess(x: Floats, y: Floats, span: float = 2 / 3) -> tuple[Floats, Floats]:
    """Smooth y along x.

    Parameters
    ----------
    x, y : float array, shape (n,)
        Points, n >= 2, in any order.
    span : float
        Share of the points that each local line is fitted to.

    Returns
    -------
    smooth : float array, shape (n,)
        Height of the smooth line at each x.
    leverage : float array, shape (n,)
        Sum of the squared weights with which the y went into it: times the variance of y it is the
        variance of the height.

    Notes
    -----
    Cleveland, Journal of the American Statistical Association 1979;74:829. As in R, lines are fitted at
    points 1 % of the range apart and joined by straight pieces.
    """
    order = np.argsort(x, kind="stable")
    xs, ys = x[order], y[order]
    width = xs[-1] - xs[0]
    neighbours = max(2, min(xs.size, int(span * xs.size + 1e-7)))
    knots = _knots(xs, 0.01 * width)
    fitted = np.empty(knots.size)
    squares = np.empty(knots.size)
    # the window moves on while the point that it gains is nearer than the one that it loses
    middles = xs[: xs.size - neighbours] + xs[neighbours:]
    starts = np.searchsorted(middles, 2 * xs[knots], "left")
    for index, (knot, start) in enumerate(zip(knots, starts, strict=True)):
        weights, first = _local_weights(xs, int(start), int(start) + neighbours, float(xs[knot]), width)
        fitted[index] = weights @ ys[first : first + weights.size]
        squares[index] = weights @ weights
    smooth, leverage = np.empty(xs.size), np.empty(xs.size)
    smooth[order] = np.interp(xs, xs[knots], fitted)
    leverage[order] = np.interp(xs, xs[knots], squares)
    return smooth, leverage


def _knots(xs: Floats, apart: float) -> NDArray[np.intp]:
    """Points at which a line is fitted: each the last within `apart` of the one before, or the next."""
    knots = [0]
    while True:
        # ties share one fit
        following = int(np.searchsorted(xs, xs[knots[-1]], "right"))
        if following >= xs.size:
            return np.array(knots)
        reach = int(np.searchsorted(xs, xs[knots[-1]] + apart, "right")) - 1
        knots.append(max(following, reach))


def _local_weights(xs: Floats, start: int, stop: int, at: float, width: float) -> tuple[Floats, int]:
    """Weights of the points in the local line's height at `at`, and which point is the first of them."""
    reach = max(xs[stop - 1] - at, at - xs[start])
    stop = int(np.searchsorted(xs, at + 0.999 * reach, "right"))
    stop = max(stop, int(np.searchsorted(xs, at, "right")))
    near = xs[start:stop]
    distance = np.abs(near - at)
    if reach > 0:
        weights = np.where(distance <= 0.001 * reach, 1.0, (1 - np.minimum(distance / reach, 1) ** 3) ** 3)
        weights[distance > 0.999 * reach] = 0
    else:
        weights = np.ones(near.size)
    weights /= weights.sum()
    if reach > 0:
        centre = weights @ near
        spread = weights @ (near - centre) ** 2
        if spread**0.5 > 0.001 * width:
            weights = weights * ((at - centre) / spread * (near - centre) + 1)
    return weights, start
