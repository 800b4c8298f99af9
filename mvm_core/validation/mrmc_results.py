"""What the analysis of a multi-reader multi-case study finds."""

from dataclasses import dataclass
from enum import Enum

from mvm_core.validation.mrmc_covariance import Estimator
from mvm_core.validation.mrmc_study import Floats, Layout


class Fixed(Enum):
    """What the results are not generalised over; values as in the command line."""

    NEITHER = "neither"
    READERS = "readers"
    CASES = "cases"


@dataclass(frozen=True)
class Components:
    """Variance components; None where the design does not tell them apart.

    Attributes
    ----------
    reader, modality_reader : float or None
        Of readers, and of readers by modality; below 0 where the data show none. With readers nested in
        modalities `reader` holds both.
    error : float
        Variance of a figure given the reader, which sampling of cases and chance within the reader make.
    cov1, cov2, cov3 : float or None
        Covariances of one reader in two modalities, two readers in one, two readers in two.
    """

    reader: float | None
    modality_reader: float | None
    error: float
    cov1: float | None
    cov2: float | None
    cov3: float | None


@dataclass(frozen=True)
class Equality:
    """Test that all modalities are alike: F, or chi-square over its degrees (df2 is None) for fixed readers.

    Attributes
    ----------
    mean_square, denominator : float
        MS(T), and what it is compared with.
    statistic : float or None
        F or chi-square; None where the denominator is 0.
    df1 : int
    df2 : float or None
    p : float or None
    """

    mean_square: float
    denominator: float
    statistic: float | None
    df1: int
    df2: float | None
    p: float | None


@dataclass(frozen=True)
class Estimate:
    """A figure, or a difference of two, with its interval.

    Attributes
    ----------
    value : float
    standard_error : float or None
        None where the figures do not give it, such as with one random reader.
    df : float or None
        Of t; None for a normal interval.
    low, high : float or None
        None where the standard error is None or 0, which makes nothing certain.
    """

    value: float
    standard_error: float | None
    df: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Difference:
    """The figure of `modality` less that of `reference`.

    Attributes
    ----------
    modality, reference : str
    estimate : Estimate
    statistic, p : float or None
        t or z against no difference, and two-sided p.
    """

    modality: str
    reference: str
    estimate: Estimate
    statistic: float | None
    p: float | None


@dataclass(frozen=True)
class Analysis:
    """What Obuchowski and Rockette's analysis finds.

    Attributes
    ----------
    merit : str
    estimator : Estimator or None
        None where the figures are plain means.
    fixed : Fixed
    layout : Layout
    modalities, readers : tuple of str
    figures : float array, shape (t, r)
    components : Components
    equality : Equality or None
        None with one modality.
    means : tuple of Estimate
        Averaged over readers, in the order of the modalities.
    differences : tuple of Difference
        Each modality less those before it.
    by_reader : dict of (modality, reader) to Estimate
        With normal intervals: the reader is taken as given.
    differences_by_reader : dict of str to tuple of Difference
        Empty where readers are nested in modalities.
    confidence : float
    """

    merit: str
    estimator: Estimator | None
    fixed: Fixed
    layout: Layout
    modalities: tuple[str, ...]
    readers: tuple[str, ...]
    figures: Floats
    components: Components
    equality: Equality | None
    means: tuple[Estimate, ...]
    differences: tuple[Difference, ...]
    by_reader: dict[tuple[str, str], Estimate]
    differences_by_reader: dict[str, tuple[Difference, ...]]
    confidence: float
