"""A review in words: figures as texts, captions, provenance, and the paragraph on methods."""

from importlib.metadata import version

from mvm_core.cohort import MVM, Question
from mvm_core.language import capital, gettext, gettext_noop
from mvm_core.models.wording import HIGH_SENSITIVITY, HIGH_SPECIFICITY, signed_text
from mvm_core.provenance import Provenance, today
from mvm_core.review.assessment import SEED
from mvm_core.review.operating import Rule
from mvm_core.review.review import Review
from mvm_core.review.samples import Sample, Source, reading_title
from mvm_core.review.zones import DISEASE_ZONES, Limits, zone_of
from mvm_core.validation.bootstrap_intervals import Estimate
from mvm_core.validation.metrics import Figure, Metric
from mvm_core.validation.rates import Rate, Ratio

_NOT_COMPUTABLE = gettext_noop("not computable")


def rate(found: Rate) -> str:
    """A rate with k/n and interval."""
    if found.value is None or found.low is None or found.high is None:
        return gettext("not computable (0 of 0)")
    return gettext(
        "{value:.3f} ({successes}/{total}, {low:.3f} to {high:.3f})",
        value=found.value,
        successes=found.successes,
        total=found.total,
        low=found.low,
        high=found.high,
    )


def estimate(found: Estimate | Ratio, digits: int = 3) -> str:
    """A figure with its interval."""
    if found.value is None:
        return gettext(_NOT_COMPUTABLE)
    if found.low is None or found.high is None:
        return gettext("{value} (interval not computable)", value=written(found.value, digits))
    value, low, high = (written(each, digits) for each in (found.value, found.low, found.high))
    return gettext("{value} ({low} to {high})", value=value, low=low, high=high)


def figure(metric: Metric, found: Figure) -> str:
    """A metric's figure: a rate with k/n, all with the interval where the metric has one."""
    if isinstance(found, Rate):
        return rate(found)
    if metric.has_interval or found.value is None:
        return estimate(found, metric.digits)
    return f"{found.value:.{metric.digits}f}"


def signed(value: float) -> str:
    """A difference to three digits, with its sign; what rounds to 0 is none below it."""
    return signed_text(value, 3)


def written(value: float, digits: int) -> str:
    """A number to so many digits, below 0 with a minus and not a hyphen."""
    return f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "−")


def rule_title(rule: Rule, fitted_to: str, question: Question = MVM) -> str:
    """What a rule is called, with what it was fitted on."""
    if rule is Rule.HALF:
        return gettext("0.5, fitted to nothing")
    values = {"rule": gettext(rule.value), "cases": gettext(fitted_to)}
    if rule is Rule.COST:
        values["rule"] = gettext(
            "least cost, a missed {condition} costing 5 false alarms", condition=question.condition
        )
    if rule.of_weights or rule is Rule.COST:
        return gettext("{rule}, fitted on the {cases}", **values)
    return gettext("{rule} on the {cases}", **values)


def threshold(reviewed: Review) -> str:
    """The threshold and where it comes from."""
    by_rule = rule_title(reviewed.rule, reviewed.fitted_to, reviewed.question)
    if reviewed.by_rule is None:
        return gettext("{threshold:.3f}: {rule}", threshold=reviewed.threshold, rule=by_rule)
    return gettext(
        "{threshold:.3f}, moved by hand; {rule} gives {by_rule:.3f}",
        threshold=reviewed.threshold,
        rule=by_rule,
        by_rule=reviewed.by_rule,
    )


def warnings(reviewed: Review) -> tuple[str, ...]:
    """What must be known of a review's figures, one sentence each."""
    told = [gettext(REAL_FILMS)] if reviewed.source.simulated else []
    if reviewed.clustered:
        told.append(gettext(CLUSTERED))
    if reviewed.fitted_to.endswith("(optimistic)") and reviewed.rule is not Rule.HALF:
        told.append(gettext("The thresholds are fitted to the cases shown: their rates are optimistic."))
    return tuple(told)


def provenance(reviewed: Review, notice: str) -> Provenance:
    """What goes with a review's figures into every file."""
    return Provenance(
        notice=notice,
        weights=reviewed.source.weights[:12] or gettext("unknown (table {name})", name=reviewed.source.name),
        reading=reading_title(reviewed.reading)
        + ("" if reviewed.question is MVM else f", {reviewed.question.title.lower()}"),
        cohort="; ".join([*(one.title for one in reviewed.samples), *_sealed(reviewed.source)]),
        threshold=threshold(reviewed),
        warnings=warnings(reviewed),
    )


def about(reviewed: Review, *, date: bool = True) -> tuple[str, ...]:
    """What goes into every picture under its title: reading, weights, cohorts, threshold, date."""
    source = reviewed.source
    weights = gettext(", weights {weights}", weights=source.weights[:12]) if source.weights else ""
    day = gettext(", ") + today() if date else ""
    asked = "" if reviewed.question is MVM else gettext(", ") + reviewed.question.title.lower()
    return (
        f"{reading_title(reviewed.reading)}{asked}{weights}{day}",
        *(one.title for one in reviewed.samples),
        *map(capital, _sealed(source)),
        gettext("Threshold {threshold}", threshold=threshold(reviewed)),
    )


def p_text(p: float | None) -> str:
    """A p-value as it is printed."""
    if p is None:
        return gettext("p not computable")
    return "p < 0.0001" if p < 0.0001 else f"p = {p:.4f}" if p < 0.001 else f"p = {p:.3f}"


def caption(sample: Sample, source: Source) -> str:
    """Which cohort and which weights a figure is of."""
    weights = gettext(" by weights {weights}", weights=source.weights[:12]) if source.weights else ""
    films = (
        f" {gettext(REAL_FILMS)}"
        if source.simulated
        else gettext(" From table {source}.", source=source.name)
    )
    parts = (capital(sample.title), *_sealed(source), f"{reading_title(sample.reading)}{weights}")
    return gettext("{told}.", told=gettext(", ").join(parts)) + films


def _sealed(source: Source) -> list[str]:
    return [source.sealed] if source.sealed else []


REAL_FILMS = gettext_noop("The films are simulated: the figure says nothing about real films.")
CLUSTERED = gettext_noop(
    "Patients have several cases: all intervals and tests draw or count whole patients. Areas, ROC band, "
    "decision curve, rates, F1 and likelihood ratios by the clustered bootstrap; zones and other prevalences "
    "at as many independent cases as the patients are worth; calibration and the tests between subgroups by "
    "covariances that sum up each patient's share (Liang and Zeger 1986)."
)


def methods(reviewed: Review) -> str:
    """The paragraph that states formulae, seed and versions."""
    source = reviewed.source
    replicates = next((found.replicates for found in reviewed.found if found is not None), 0)
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", "pandas", "plotly"))
    simulated = (
        gettext("All films are simulated; the figures say nothing about real films. ")
        if source.simulated
        else ""
    )
    return gettext(
        "{simulated}The positive class is {meaning}; a case is read as {positive} when its score "
        "is at or above the threshold. Areas under the ROC curve are the Mann-Whitney statistic "
        "with DeLong's variance and a normal 95 % interval (DeLong 1988, by sorting, Sun and Xu "
        "2014); two readings of the same cases are compared by DeLong's paired test, two cohorts "
        "by its unpaired form with Welch's t and Satterthwaite's degrees of freedom, as in R's "
        "pROC; p-values of several comparisons are adjusted by Holm. Shares right at the "
        "thresholds are compared by McNemar's exact test. The partial area lies over specificity "
        "0.90 to 1, corrected by McClish's formula. Rates have Wilson's score intervals; "
        "likelihood ratios have Simel's on the logarithm; F1 has the percentile interval of "
        "10,000 draws. Bands of the ROC and decision curves are pointwise percentiles of "
        "{replicates:,} bootstrap replicates, stratified by class, with seed {seed}. Calibration "
        "intercept and slope are of the logistic regression of the outcome on the probability's "
        "logit, tested against 0 and 1 by their likelihood ratio with two degrees of freedom; "
        "ICI, E50, E90 and Emax are distances to the lowess curve with span 2/3 and no "
        "robustness steps, as in val.prob of R's rms; its band is from the smoother's weights "
        "and the binomial variance. Recalibration previews are fitted to and shown on the same "
        "cases. Net benefit is sensitivity × prevalence − (1 − specificity) × (1 − prevalence) × "
        "t / (1 − t) (Vickers and Elkin 2006). Subgroups are compared by Wald's test on DeLong's "
        "covariance matrix for areas, by Fisher's exact or Pearson's chi-square test for rates, "
        "unadjusted. Predictive values at other prevalences follow from Bayes' rule with draws "
        "from Beta distributions with Jeffreys' prior. The threshold is {threshold}. Differences "
        "of rates outside have Newcombe's interval (method 10, 1998) and Fisher's exact p. "
        "{clustered}Computed with mvm_core {version_of_core}, {packages}.",
        simulated=simulated,
        meaning=reviewed.question.meaning,
        positive=reviewed.question.positive,
        replicates=replicates,
        seed=SEED,
        threshold=threshold(reviewed),
        clustered=f"{gettext(CLUSTERED)} " if reviewed.clustered else "",
        version_of_core=version_of_core(),
        packages=packages,
    )


def version_of_core() -> str:
    """The project's version."""
    from mvm_core import __version__

    return __version__


def zones(limits: Limits, at: float) -> str:
    """Where the zones meet, and in which of them a threshold lies."""
    if limits.zones == DISEASE_ZONES:
        return gettext(
            "Zones: nothing seen below the disease point {low:.3f}, diseased from there up "
            "({origin}). The threshold {at:.3f} lies in the zone {zone}.",
            low=limits.low,
            origin=gettext(limits.origin),
            at=at,
            zone=gettext(zone_of(at, limits)),
        )
    return gettext(
        "Zones: BVF likely below the {high_sensitivity} {low:.3f}, MVM likely from the "
        "{high_specificity} {high:.3f} up ({origin}). The threshold {at:.3f} lies in the zone "
        "{zone}.",
        high_sensitivity=gettext(HIGH_SENSITIVITY),
        low=limits.low,
        high_specificity=gettext(HIGH_SPECIFICITY),
        high=limits.high,
        origin=gettext(limits.origin),
        at=at,
        zone=gettext(zone_of(at, limits)),
    )


def notice(source: Source) -> str:
    """What stands above a report of a table that brings no weights with it."""
    films = (
        gettext("Scores on simulated films")
        if source.simulated
        else gettext("Scores from table {table}", table=source.name)
    )
    return gettext("{films}; not a medical device.", films=films)
