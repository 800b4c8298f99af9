"""Cleveland's locally weighted regression without robustness steps, as in R's ``lowess(iter = 0)``."""

from collections.abc import Iterator

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
    lines = list(_local_lines(xs, span))
    knots = xs[[knot for knot, _, _ in lines]]
    fitted = [weights @ ys[near] for _, weights, near in lines]
    squares = [weights @ weights for _, weights, _ in lines]
    smooth, leverage = np.empty(xs.size), np.empty(xs.size)
    smooth[order] = np.interp(xs, knots, fitted)
    leverage[order] = np.interp(xs, knots, squares)
    return smooth, leverage


def variance_by_groups(
    x: Floats, residuals: Floats, groups: NDArray[np.int64], span: float = 2 / 3
) -> Floats:
    """Variance of the smooth line's height where the points of a group hang together.

    Parameters
    ----------
    x : float array, shape (n,)
        Points that were smoothed, n >= 2.
    residuals : float array, shape (n,)
        Their y less the smooth line.
    groups : int array, shape (n,)
        The group of each point; two or more groups.
    span : float
        As it was smoothed with.

    Returns
    -------
    float array, shape (n,)
        At each x: the weighted residuals of each group are summed up before they are squared (Liang and
        Zeger, Biometrika 1986;73:13).
    """
    order = np.argsort(x, kind="stable")
    xs, rest = x[order], residuals[order]
    own = np.unique(groups, return_inverse=True)[1][order]
    count = int(own.max()) + 1
    lines = list(_local_lines(xs, span))
    squares = [float((np.bincount(own[near], weights * rest[near]) ** 2).sum()) for _, weights, near in lines]
    variance = np.empty(xs.size)
    variance[order] = np.interp(xs, xs[[knot for knot, _, _ in lines]], squares) * count / (count - 1)
    return variance


def _local_lines(xs: Floats, span: float) -> Iterator[tuple[int, Floats, slice]]:
    """Each knot's point, the weights of the points in its local line's height, and which points these are."""
    width = xs[-1] - xs[0]
    neighbours = max(2, min(xs.size, int(span * xs.size + 1e-7)))
    knots = _knots(xs, 0.01 * width)
    # the window moves on while the point that it gains is nearer than the one that it loses
    middles = xs[: xs.size - neighbours] + xs[neighbours:]
    starts = np.searchsorted(middles, 2 * xs[knots], "left")
    for knot, start in zip(knots.tolist(), starts.tolist(), strict=True):
        weights, first = _local_weights(xs, start, start + neighbours, float(xs[knot]), width)
        yield knot, weights, slice(first, first + weights.size)


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
