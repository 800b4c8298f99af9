"""Power and size of the next multi-reader study, from the variance components of this one."""

from dataclasses import dataclass

from scipy import special, stats

from mvm_core.errors import ValidationError
from mvm_core.validation.mrmc_results import Components, Fixed

_MOST_CASES = 100_000


@dataclass(frozen=True)
class Plan:
    """A fully crossed study of two modalities.

    Attributes
    ----------
    readers, cases : int
    power : float
        In [0, 1].
    """

    readers: int
    cases: int
    power: float


def power(
    components: Components, cases_now: int, difference: float, readers: int, cases: int,
    fixed: Fixed = Fixed.NEITHER, alpha: float = 0.05, margin: float | None = None,
) -> float:  # fmt: skip
    """Power to find a difference of two modalities, or non-inferiority by a margin.

    Parameters
    ----------
    components : Components
        Of a study in which every reader read all cases in both modalities.
    cases_now : int
        Cases of that study; covariances fall as the number of cases rises, at equal shares of the classes.
    difference : float
        That is true.
    readers, cases : int
        Of the study planned.
    fixed : Fixed
    alpha : float
        Two-sided for a difference; half of it, one-sided, for non-inferiority.
    margin : float or None
        Of non-inferiority, above 0; None for a difference.

    Raises
    ------
    ValidationError
        If the components do not hold those of one reader in two modalities, or numbers are too small.

    Notes
    -----
    Hillis, Obuchowski and Berbaum, Acad Radiol 2011;18:129. Components below 0 count as 0.
    """
    if components.cov1 is None or components.cov2 is None or components.cov3 is None:
        raise ValidationError(
            "components", "not of readers who read in both modalities", "take those of a crossed study"
        )
    if readers < (1 if fixed is Fixed.READERS else 2) or cases < 4 or cases_now < 4:
        raise ValidationError("plan", "too few readers or cases", "plan two readers and four cases, or more")
    scale = cases_now / cases
    interaction = max(components.modality_reader or 0.0, 0.0)
    own = max(components.error - components.cov1, 0.0) * scale
    between = max(components.cov2 - components.cov3, 0.0) * scale
    residual = interaction + max(own - between, 0.0)
    if fixed is Fixed.READERS:
        whole, df = own + (readers - 1) * between, None
    elif fixed is Fixed.CASES:
        whole, df = residual, readers - 1.0
    else:
        whole = residual + readers * between
        df = (readers - 1) * (whole / residual) ** 2 if residual else None
    if not whole:
        raise ValidationError("components", "the difference has no variance", "take those of a larger study")
    shift = (difference + (margin or 0.0)) / (2 * whole / readers) ** 0.5
    if df is None:
        limit = float(special.ndtri(1 - alpha / 2))
        above, below = stats.norm.sf(limit - shift), stats.norm.cdf(-limit - shift)
    else:
        limit = float(special.stdtrit(df, 1 - alpha / 2))
        above, below = stats.nct.sf(limit, df, shift), stats.nct.cdf(-limit, df, shift)
    return float(above if margin is not None else above + below)


def cases_needed(
    components: Components, cases_now: int, difference: float, readers: int, wanted: float = 0.8,
    fixed: Fixed = Fixed.NEITHER, alpha: float = 0.05, margin: float | None = None,
) -> Plan | None:  # fmt: skip
    """The fewest cases that reach a power with so many readers; None where 100,000 do not.

    Raises
    ------
    ValidationError
        As in `power`.
    """

    def reached(cases: int) -> float:
        return power(components, cases_now, difference, readers, cases, fixed, alpha, margin)

    low, high = 3, 4
    while reached(high) < wanted:
        low, high = high, 2 * high
        if high > _MOST_CASES:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if reached(middle) >= wanted else (middle, high)
    return Plan(readers, high, reached(high))
