"""What came out, by the tables of the sealed test and the record of real films."""

from collections.abc import Iterable

from mvm_core.cohort import MVM
from mvm_core.evidence.registry import filled_from
from mvm_core.evidence.release import SEALED, Release
from mvm_core.finding_totals import level_right_in_words
from mvm_core.models.registry import TITLES
from mvm_core.models.weights import REAL_FILMS
from mvm_core.radiograph import View
from mvm_core.study.sealed_figures import POINTS, AtPoint, SiteFigures
from mvm_core.validation.metrics import METRICS
from mvm_core.validation.rates import rate_text, rate_with_interval

_UNSEEN = "All of it is of simulated films."


@filled_from(*SEALED)
def accuracy(release: Release) -> str:
    """Area and rates of every site."""
    return _accuracy(release.sites)


@filled_from(*SEALED)
def accuracy_inside(release: Release) -> str:
    """Those of sites learnt from."""
    return _accuracy(_by_place(release, inside=True))


@filled_from(*SEALED)
def accuracy_outside(release: Release) -> str:
    """Those of other sites."""
    return _accuracy(_by_place(release, inside=False))


def _by_place(release: Release, inside: bool) -> list[SiteFigures]:
    own = set(release.manifest["trained_on"]["sites"])
    return [site for site in release.sites if (site.site in own) is inside]


def _accuracy(sites: Iterable[SiteFigures]) -> str:
    lines = []
    for site in sites:
        area = site.areas[site.reading]
        lines.append(
            f"Site {site.site}, {TITLES[site.reading]} at the marked level: area {area.auc:.3f}"
            f"{_interval(area.ci95)} of {area.n}"
        )
        for point, at in site.at_points.items():
            lines.append(
                f"    {point} ({at.threshold:.3f}): sensitivity {rate_text(at.sensitivity)}, specificity "
                f"{rate_text(at.specificity)}, accuracy {rate_text(at.accuracy)}"
            )
    return "\n".join((*lines, f"Intervals are of 95 %. {_UNSEEN}")) if lines else ""


def _interval(limits: tuple[float, float] | None) -> str:
    return "" if limits is None else f" ({limits[0]:.3f} to {limits[1]:.3f})"


@filled_from(*SEALED)
def crosstab(release: Release) -> str:
    """Counts at both points."""
    lines = []
    for site in release.sites:
        lines += [f"Site {site.site}, {point}: {_counts(at)}" for point, at in site.at_points.items()]
    return "\n".join(lines)


def _counts(at: AtPoint) -> str:
    hits, positives = at.sensitivity.successes, at.sensitivity.total
    right, negatives = at.specificity.successes, at.specificity.total
    return (
        f"MVM read as MVM {hits}, as not {positives - hits}; "
        f"BVF read as MVM {negatives - right}, as not {right}"
    )


@filled_from(*SEALED)
def calibration(release: Release) -> str:
    """Slope, intercept and errors of every site."""
    return "\n".join(
        f"Site {site.site}: slope {_figure(site.calibration.slope, site.calibration.slope_ci95)}, "
        f"intercept {_figure(site.calibration.intercept, site.calibration.intercept_ci95)}, ICI "
        f"{site.calibration.ici:.3f}, Brier {site.calibration.brier:.3f}"
        for site in release.sites
    )


def _figure(value: float | None, limits: tuple[float, float] | None) -> str:
    return "not computable" if value is None else f"{value:.3f}{_interval(limits)}"


@filled_from(*SEALED)
def indeterminate(release: Release) -> str:
    """How many lie between the points, and how they count."""
    lines = []
    for site in release.sites:
        rows = MVM.rows(release.sealed_predictions)
        own = rows[(rows["site"] == site.site) & (rows["model"] == site.reading)]["probability"]
        low, high = (site.at_points[point].threshold for point in POINTS)
        between = int(((own >= low) & (own < high)).sum())
        lines.append(f"Site {site.site}: indeterminate {rate_text(rate_with_interval(between, len(own)))}")
    if not lines:
        return ""
    return "\n".join(
        (*lines, "None is left out: at high sensitivity they count as MVM, at high specificity not.")
    )


@filled_from(*SEALED)
def measures(release: Release) -> str:
    """The measures that are reported."""
    if not release.sites:
        return ""
    rates = ", ".join(METRICS[key].title.lower() for key in ("sensitivity", "specificity", "accuracy"))
    return (
        f"Area under the ROC curve (DeLong's interval); {rates} at two points fitted beforehand (Wilson's "
        "interval); slope, intercept, ICI and Brier score; by level: shares flagged with intervals that take "
        "a patient's levels together, false alarms a pair of films, free-response sensitivity."
    )


@filled_from(*SEALED)
def failures(release: Release) -> str:
    """Kinds that are missed or said wrongly, where no box is drawn."""
    lines = []
    for site in release.sites:
        missed = [
            f"{kind} {rate_text(own.flagged)}"
            for kind, own in site.kinds.items()
            if kind.startswith(("mvm", "bvf")) and own.flagged.total
        ]
        other = [
            f"{kind.removeprefix('other ')} {own.flagged.successes}/{own.flagged.total}"
            for kind, own in site.kinds.items()
            if kind.startswith("other") and own.flagged.successes
        ]
        lines.append(
            f"Site {site.site}, flagged at the patient's own level by kind: {'; '.join(missed)}. Something "
            f"else, flagged: {', '.join(other) or 'none'}. False alarms a pair of films "
            f"{site.levels.alarms_a_pair:.2f}."
        )
    return "\n".join(lines)


@filled_from(*SEALED)
def false_results(release: Release) -> str:
    """What is missed and what is false, in counts."""
    lines = [
        f"Site {site.site}, {point}: MVM missed {at.sensitivity.total - at.sensitivity.successes} of "
        f"{at.sensitivity.total}, BVF called MVM {at.specificity.total - at.specificity.successes} of "
        f"{at.specificity.total}"
        for site in release.sites
        for point, at in site.at_points.items()
    ]
    if not lines:
        return ""
    return "\n".join(
        ("A metastasis may be missed, a fracture called one, a wrong level asked about.", *lines)
    )


@filled_from(REAL_FILMS)
def real_films(release: Release) -> str:
    """Finding and false alarms on real films without known disease."""
    record = release.record(REAL_FILMS)
    if record["weights"] != release.short_identity:
        return ""
    lines = []
    for view, own in record["totals"].items():
        found = record["finding"][view]
        spine = rate_text(rate_with_interval(found["found"], found["marked"]))
        flagged = rate_text(rate_with_interval(own["flagged"], own["vertebrae"]))
        lines.append(
            f"{View(view).label}, {own['films']} real films without known disease: vertebrae found "
            f"{spine}, level right {level_right_in_words(found)}; flagged {flagged}"
        )
    pairs = record.get("pairs")
    if pairs:
        both = rate_text(rate_with_interval(pairs["on_both"]["flagged"], pairs["on_both"]["vertebrae"]))
        lines.append(
            f"{pairs['pairs']} pairs of two people's films: vertebrae that both films show flagged {both}"
        )
    return "\n".join((*lines, "Of metastases or fractures in patients this tells nothing."))
