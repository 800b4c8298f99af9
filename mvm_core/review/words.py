"""A review in words: the verdict with its figures, captions, and the paragraph on methods."""

from importlib.metadata import version

from mvm_core.review.assessment import SEED, Agreement, Discrimination
from mvm_core.review.operating import AtThreshold
from mvm_core.review.review import Review
from mvm_core.review.samples import Sample, Source
from mvm_core.review.zones import Limits, zone_of
from mvm_core.validation.bootstrap_intervals import Estimate
from mvm_core.validation.comparisons import UnpairedTest
from mvm_core.validation.rates import Rate, Ratio

_NOT_COMPUTABLE = "not computable"


def verdict(
    sample: Sample,
    found: Discrimination | None,
    read: AtThreshold,
    agreement: Agreement | None,
    apart: UnpairedTest | None,
) -> str:
    """One paragraph, the area first.

    Parameters
    ----------
    sample, found, read, agreement
        Of the internal cohort.
    apart : UnpairedTest or None
        Its area less the external one; None without an external cohort.
    """
    where = sample.title
    if found is None:
        return f"{where}: all cases are of one class, so that no area or calibration is computable."
    estimate = found.auc
    how_sure = (
        f"95 % interval {estimate.ci95[0]:.3f} to {estimate.ci95[1]:.3f}"
        if estimate.ci95
        else "interval not computable"
    )
    parts = [f"{where}: AUC {estimate.auc:.3f} ({how_sure})."]
    if apart is not None:
        parts.append(_outside(apart))
    sensitivity, specificity = read.rates["sensitivity"], read.rates["specificity"]
    parts.append(
        f"Read at {read.threshold:.3f}, it finds {rate(sensitivity)} of MVM "
        f"and clears {rate(specificity)} of BVF."
    )
    parts.append(_calibrated(agreement))
    return " ".join(parts)


def _outside(apart: UnpairedTest) -> str:
    if apart.p is None or apart.ci95 is None:
        return f"Outside it is {-apart.difference:+.3f}; a test is not computable."
    low, high = apart.ci95
    if apart.p >= 0.05:
        return (
            f"Outside no difference is shown: {-apart.difference:+.3f} ({-high:+.3f} to {-low:+.3f}), "
            f"{p_text(apart.p)}."
        )
    way = "falls" if apart.difference > 0 else "rises"
    ends = (low, high) if apart.difference > 0 else (-high, -low)
    interval = f"{ends[0]:.3f} to {ends[1]:.3f}"
    return f"Outside it {way} by {abs(apart.difference):.3f} ({interval}), {p_text(apart.p)}."


def _calibrated(agreement: Agreement | None) -> str:
    if agreement is None:
        return "The scores are no probabilities: calibration is not computable."
    found = agreement.calibration
    if found.slope is None or found.slope_ci95 is None:
        return "Calibration intercept and slope are not computable."
    low, high = found.slope_ci95
    shape = "no fault of the slope is shown"
    if high < 1:
        shape = "probabilities are too extreme"
    elif low > 1:
        shape = "probabilities are too timid"
    return (
        f"Calibration slope {found.slope:.2f} ({low:.2f} to {high:.2f}): {shape}; "
        f"they miss the observed share by {found.ici:.3f} on average."
    )


def rate(found: Rate) -> str:
    """A rate with k/n and interval."""
    if found.value is None or found.low is None or found.high is None:
        return f"{_NOT_COMPUTABLE} (0 of 0)"
    return f"{found.value:.3f} ({found.successes}/{found.total}, {found.low:.3f} to {found.high:.3f})"


def estimate(found: Estimate | Ratio, digits: int = 3) -> str:
    """A figure with its interval."""
    if found.value is None:
        return _NOT_COMPUTABLE
    if found.low is None or found.high is None:
        return f"{found.value:.{digits}f} (interval {_NOT_COMPUTABLE})"
    return f"{found.value:.{digits}f} ({found.low:.{digits}f} to {found.high:.{digits}f})"


def p_text(p: float | None) -> str:
    """A p-value as it is printed."""
    if p is None:
        return f"p {_NOT_COMPUTABLE}"
    return "p < 0.0001" if p < 0.0001 else f"p = {p:.4f}" if p < 0.001 else f"p = {p:.3f}"


def caption(sample: Sample, source: Source) -> str:
    """Which cohort and which weights a figure is of."""
    weights = f" by weights {source.weights[:12]}" if source.weights else ""
    films = (
        " The films are simulated: the figure says nothing about real films."
        if source.simulated
        else f" From table {source.name}."
    )
    return f"{capital(sample.title)}, reading {sample.reading}{weights}.{films}"


CLUSTERED = (
    "Patients have several cases: intervals of areas, ROC band, rates, F1 and likelihood ratios, and the "
    "tests between readings, draw or count whole patients (clustered bootstrap). Calibration, decision "
    "curve, zones, prevalence, sign and subgroups take cases as independent: their intervals are too narrow."
)


def capital(text: str) -> str:
    """The text with a capital at its head."""
    return text[:1].upper() + text[1:]


def methods(reviewed: Review) -> str:
    """The paragraph that states formulae, seed and versions."""
    source = reviewed.source
    replicates = next((found.replicates for found in reviewed.found if found is not None), 0)
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", "pandas", "plotly"))
    simulated = (
        "All films are simulated; the figures say nothing about real films. " if source.simulated else ""
    )
    return (
        f"{simulated}The positive class is malignant vertebral metastasis (MVM); a case is read as MVM"
        " when its score is at or above the threshold. Areas under the ROC curve are the Mann-Whitney"
        " statistic with DeLong's variance and a normal 95 % interval (DeLong 1988, by sorting, Sun "
        "and Xu 2014); two readings of the same cases are compared by DeLong's paired test, two "
        "cohorts by its unpaired form with Welch's t and Satterthwaite's degrees of freedom, as in "
        "R's pROC; p-values of several comparisons are adjusted by Holm. Shares right at the "
        "thresholds are compared by McNemar's exact test. The partial area lies over specificity 0.90"
        " to 1, corrected by McClish's formula. Rates have Wilson's score intervals; likelihood "
        "ratios have Simel's on the logarithm; F1 has the percentile interval of 10,000 draws. Bands "
        f"of the ROC and decision curves are pointwise percentiles of {replicates:,} bootstrap "
        f"replicates, stratified by class, with seed {SEED}. Calibration intercept and slope are of "
        "the logistic regression of the outcome on the probability's logit, tested against 0 and 1 by "
        "their likelihood ratio with two degrees of freedom; ICI, E50, E90 and Emax "
        "are distances to the lowess curve with span 2/3 and no robustness steps, as in val.prob of "
        "R's rms; its band is from the smoother's weights and the binomial variance. Recalibration "
        "previews are fitted to and shown on the same cases. Net benefit is sensitivity × prevalence "
        "− (1 − specificity) × (1 − prevalence) × t / (1 − t) (Vickers and Elkin 2006). Subgroups are"
        " compared by Wald's test on DeLong's covariance matrix for areas, by Fisher's exact or "
        "Pearson's chi-square test for rates, unadjusted. Predictive values at other prevalences "
        "follow from Bayes' rule with draws from Beta distributions with Jeffreys' prior. The "
        f"threshold was chosen by {reviewed.rule.value}, fitted to the {reviewed.fitted_to}. "
        f"{f'{CLUSTERED} ' if reviewed.clustered else ''}"
        f"Computed with mvm_core {version_of_core()}, {packages}."
    )


def version_of_core() -> str:
    """The project's version."""
    from mvm_core import __version__

    return __version__


def zones(limits: Limits, threshold: float) -> str:
    """Where the zones meet, and in which of them a threshold lies."""
    return (
        f"Zones: BVF likely below {limits.low:.3f}, MVM likely from {limits.high:.3f} ({limits.origin}). "
        f"The threshold {threshold:.3f} lies in the zone {zone_of(threshold, limits)}."
    )


def notice(source: Source) -> str:
    """What stands above a report of a table that brings no weights with it."""
    films = "Scores on simulated films" if source.simulated else f"Scores from table {source.name}"
    return f"{films}; not a medical device."
