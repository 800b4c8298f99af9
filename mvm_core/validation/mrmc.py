"""Obuchowski and Rockette's analysis of a multi-reader multi-case study, in Hillis's form."""

from itertools import combinations

import numpy as np
from scipy import special

from mvm_core.errors import ValidationError
from mvm_core.validation.mrmc_covariance import Estimator, figures_and_covariance
from mvm_core.validation.mrmc_mean_squares import Averages, MeanSquares, averages, mean_squares
from mvm_core.validation.mrmc_merits import Merit
from mvm_core.validation.mrmc_results import Analysis, Components, Difference, Equality, Estimate, Fixed
from mvm_core.validation.mrmc_study import Design, Floats, Layout, ReaderStudy, layout_of

_NONE = 1e-12
"""A standard error below this is rounding."""


def analyse(
    study: ReaderStudy,
    merit: Merit,
    estimator: Estimator = Estimator.DELONG,
    fixed: Fixed = Fixed.NEITHER,
    confidence: float = 0.95,
) -> Analysis:
    """Analyse one figure of merit of a study.

    Parameters
    ----------
    study : ReaderStudy
    merit : Merit
    estimator : Estimator
        Of the covariances that the sampling of cases makes.
    fixed : Fixed
        Whether the results hold for these readers, or for these cases, alone.
    confidence : float
        Level of the intervals, in (0, 1).

    Raises
    ------
    ValidationError
        If the study is of no known design (see `layout_of`), lacks what the figure of merit needs, or has
        too few readers to be generalised over.
    """
    layout = layout_of(study)
    figures, covariance = figures_and_covariance(study, layout, merit, estimator)
    return analyse_figures(
        study, layout, figures, covariance, merit.name, estimator, fixed, confidence, (0.0, 1.0)
    )


def analyse_figures(
    study: ReaderStudy, layout: Layout, figures: Floats, covariance: Floats, merit: str,
    estimator: Estimator | None, fixed: Fixed, confidence: float, bounds: tuple[float, float],
) -> Analysis:  # fmt: skip
    """Analyse figures, shape (t, r), whose covariances, shape (t, r, t, r), are known.

    Parameters
    ----------
    bounds : (float, float)
        Between which figures can lie; intervals of figures are cut to them, those of differences are not.

    Raises
    ------
    ValidationError
        If there are too few readers to be generalised over.

    Notes
    -----
    Obuchowski and Rockette, Commun Stat Simul Comput 1995;24:285; Hillis, Stat Med 2007;26:596 (degrees of
    freedom); Hillis, Stat Med 2014;33:330 (other designs, by marginal means); Obuchowski, Gallas and Hillis,
    Acad Radiol 2012;19:1508 (split plot).
    """
    squares, average = mean_squares(figures, layout), averages(covariance, layout)
    if fixed is not Fixed.READERS and not squares.readers_df.all():
        raise ValidationError(
            "readers",
            "one alone in a modality, from which nothing follows for other readers",
            "add readers, or take the readers as fixed",
        )
    names = study.modalities
    means = tuple(
        _estimate(float(squares.means[i]), *_of_mean(squares, average, fixed, i), confidence, bounds)
        for i in range(len(names))
    )
    differences = tuple(
        _difference(
            (names[k], names[i]),
            float(squares.means[k] - squares.means[i]),
            *_of_difference(squares, average, layout, fixed, (i, k)),
            confidence,
        )
        for i, k in combinations(range(len(names)), 2)
    )
    variance = np.einsum("ijij->ij", covariance)
    by_reader = {
        (names[i], study.readers[j]): _estimate(
            float(figures[i, j]), float(variance[i, j]), None, confidence, bounds
        )
        for i, j in np.argwhere(layout.read).tolist()
    }
    nested = layout.design is Design.READERS_NESTED
    differences_by_reader = {
        reader: tuple(
            _difference(
                (names[k], names[i]),
                float(figures[k, j] - figures[i, j]),
                float(variance[i, j] + variance[k, j] - 2 * covariance[i, j, k, j]),
                None,
                confidence,
            )
            for i, k in combinations(range(len(names)), 2)
        )
        for j, reader in enumerate(study.readers if not nested and len(names) > 1 else ())
    }
    return Analysis(
        merit, estimator, fixed, layout, names, study.readers, figures,
        _components(squares, average, layout), _equality(squares, average, layout, fixed), means, differences,
        by_reader, differences_by_reader, confidence,
    )  # fmt: skip


def _of_mean(squares: MeanSquares, average: Averages, fixed: Fixed, i: int) -> tuple[float, float | None]:
    """Variance of a modality's mean over readers, and its degrees of freedom (None for normal)."""
    r, size, cov2 = float(squares.count[i]), float(squares.size[i]), max(float(average.cov2[i]), 0.0)
    if fixed is Fixed.READERS:
        return (float(average.error[i]) + (size - 1) * cov2) / r, None
    own, df = float(squares.readers[i]), float(squares.readers_df[i])
    if fixed is Fixed.CASES:
        return own / r, df
    whole = own + size * cov2
    return whole / r, df * (whole / own) ** 2 if own else None


def _denominator(
    squares: MeanSquares, average: Averages, layout: Layout, fixed: Fixed
) -> tuple[float, float | None]:
    """What MS(T) is compared with, and its degrees of freedom (None for chi-square)."""
    error, cov2 = float(average.error.mean()), float(average.cov2.mean())
    nested = layout.design is Design.READERS_NESTED
    size = squares.harmonic if nested else float(squares.size.mean())
    between = max(cov2 - average.cov3, 0.0)
    if fixed is Fixed.READERS:
        if nested:
            return error - cov2 + size * between, None
        return error - average.cov1 + (size - 1) * between, None
    residual = squares.residual if squares.residual is not None else np.nan
    if fixed is Fixed.CASES:
        return residual, float(squares.residual_df)
    whole = residual + size * between
    return whole, squares.residual_df * (whole / residual) ** 2 if residual else None


def _of_difference(
    squares: MeanSquares, average: Averages, layout: Layout, fixed: Fixed, pair: tuple[int, int]
) -> tuple[float, float | None]:
    """Variance of the difference of two modalities' means, and its degrees of freedom."""
    whole, df = _denominator(squares, average, layout, fixed)
    if layout.design is not Design.READERS_NESTED:
        return 2 * whole / squares.harmonic, df
    inverse = float((1 / squares.count[list(pair)]).sum())
    shared = 2 * max(float(average.cov2.mean()) - average.cov3, 0.0)
    if fixed is Fixed.READERS:
        return inverse * (float(average.error.mean()) - float(average.cov2.mean())) + shared, None
    own = inverse * (squares.residual if squares.residual is not None else np.nan)
    if fixed is Fixed.CASES:
        return own, float(squares.residual_df)
    return own + shared, squares.residual_df * ((own + shared) / own) ** 2 if own else None


def _equality(squares: MeanSquares, average: Averages, layout: Layout, fixed: Fixed) -> Equality | None:
    if squares.treatment is None:
        return None
    whole, df = _denominator(squares, average, layout, fixed)
    degrees = squares.means.size - 1
    if not whole > _NONE**2:
        return Equality(squares.treatment, whole, None, degrees, df, None)
    ratio = squares.treatment / whole
    if fixed is Fixed.READERS:
        statistic = degrees * ratio
        return Equality(
            squares.treatment, whole, statistic, degrees, None, float(special.chdtrc(degrees, statistic))
        )
    # no df: the readers do not differ at all, and the covariances alone are compared with
    p = special.chdtrc(degrees, degrees * ratio) if df is None else special.fdtrc(degrees, df, ratio)
    return Equality(squares.treatment, whole, ratio, degrees, df, float(p))


def _components(squares: MeanSquares, average: Averages, layout: Layout) -> Components:
    error, cov2 = float(average.error.mean()), float(average.cov2.mean())
    many = len(squares.means) > 1
    if layout.design is Design.READERS_NESTED or not many:
        own = squares.residual if many else float(squares.readers[0])
        reader = None if own is None or np.isnan(own) else own - error + cov2
        return Components(reader, None, error, None, cov2, average.cov3 if many else None)
    interaction = reader = None
    if squares.residual is not None:
        interaction = squares.residual - error + average.cov1 + max(cov2 - average.cov3, 0.0)
        t = squares.means.size
        # MS(R) over modalities, from its parts within them
        overall = t * (float(squares.readers.mean()) - squares.residual * (t - 1) / t)
        reader = (overall - squares.residual) / t - average.cov1 + average.cov3
    return Components(reader, interaction, error, average.cov1, cov2, average.cov3)


def _quantile(df: float | None, confidence: float) -> float:
    level = (1 + confidence) / 2
    return float(special.ndtri(level) if df is None else special.stdtrit(df, level))


def _estimate(
    value: float, variance: float, df: float | None, confidence: float, bounds: tuple[float, float]
) -> Estimate:
    if not variance > _NONE**2:
        return Estimate(value, None if not variance >= 0 else 0.0, df, None, None)
    error = float(np.sqrt(variance))
    half = _quantile(df, confidence) * error
    return Estimate(value, error, df, max(bounds[0], value - half), min(bounds[1], value + half))


def _difference(
    pair: tuple[str, str], value: float, variance: float, df: float | None, confidence: float
) -> Difference:
    estimate = _estimate(value, variance, df, confidence, (-np.inf, np.inf))
    if not estimate.standard_error:
        return Difference(*pair, estimate, None, None)
    statistic = value / estimate.standard_error
    tail = special.ndtr(-abs(statistic)) if df is None else special.stdtr(df, -abs(statistic))
    return Difference(*pair, estimate, statistic, float(2 * tail))
