"""What a sceptic wants first: the area, the rates at the threshold, and what becomes of both outside."""

from dataclasses import dataclass

from mvm_core.language import capital, gettext, gettext_noop
from mvm_core.review.assessment import Agreement
from mvm_core.review.review import Review
from mvm_core.review.samples import cohort_title, reading_title
from mvm_core.review.words import estimate, p_text, rate, signed
from mvm_core.validation.bootstrap_intervals import Estimate
from mvm_core.validation.comparisons import UnpairedTest
from mvm_core.validation.differences import RateDifference, difference_of_rates
from mvm_core.validation.rates import Rate

_RATES = (gettext_noop("sensitivity"), gettext_noop("specificity"))


@dataclass(frozen=True)
class Line:
    """One figure of the headline.

    Attributes
    ----------
    name : str
    figures : tuple of str
        Of each cohort, the one reviewed first; with counts and interval.
    differences : tuple of str
        Of each further cohort less the first, with interval and p.
    differs : tuple of bool
        Whether the interval of each difference leaves out 0.
    """

    name: str
    figures: tuple[str, ...]
    differences: tuple[str, ...]
    differs: tuple[bool, ...]


def verdict(reviewed: Review) -> str:
    """One sentence on what differs in each further cohort; without one, on what was found."""
    title = reading_title(reviewed.reading)
    if reviewed.found[0] is None:
        return gettext(
            "{title}: all cases are of one class, so that no area or calibration is computable.", title=title
        )
    if len(reviewed.samples) < 2:
        area = reviewed.found[0].auc.auc
        found = gettext(", ").join(_short(name, reviewed.reads[0].rates[name]) for name in _RATES)
        return gettext(
            "{title}: AUC {area:.3f}; at {threshold:.3f}, {found}.",
            title=title,
            area=area,
            threshold=reviewed.threshold,
            found=found,
        )
    told = [_changes(reviewed, place) for place in range(1, len(reviewed.samples))]
    cohorts = [
        gettext("the {cohort} cohort", cohort=cohort_title(one.cohort)) for one in reviewed.samples[1:]
    ]
    if not any(told):
        where = gettext(" and in ").join(cohorts)
        return gettext(
            "{title}: at {threshold:.3f}, no difference of rates or areas is shown in {where}.",
            title=title,
            threshold=reviewed.threshold,
            where=where,
        )
    same = gettext("at the same threshold, ")
    parts = []
    for cohort, changed in zip(cohorts, told, strict=True):
        parts.append(
            gettext(
                "in {cohort}, {same}{changed}",
                cohort=cohort,
                same=same,
                changed=changed or gettext("no difference of rates or areas is shown"),
            )
        )
        same = ""
    return gettext("{title}: {parts}.", title=title, parts=gettext("; ").join(parts))


def lines(reviewed: Review) -> tuple[Line, ...]:
    """Area, sensitivity and specificity of each cohort, and how they differ."""
    areas = tuple(
        gettext("not computable")
        if found is None
        else estimate(Estimate(found.auc.auc, *(found.auc.ci95 or (None,) * 2)))
        for found in reviewed.found
    )
    apart = [_areas_apart(one) for one in reviewed.apart]
    found = [
        Line(gettext("AUC"), areas, tuple(text for text, _ in apart), tuple(differs for _, differs in apart))
    ]
    for name in _RATES:
        shares = tuple(rate(read.rates[name]) for read in reviewed.reads)
        others = [_rates_apart(reviewed, name, place) for place in range(1, len(reviewed.samples))]
        differences = tuple(_difference(one) for one in others)
        found.append(Line(capital(gettext(name)), shares, differences, tuple(map(_differs, others))))
    return tuple(found)


def shown(reviewed: Review) -> tuple[list[str], list[list[str]], list[int]]:
    """The headline as a table: heads, rows of texts, and which rows tell of a difference.

    A row for each figure; with more than two cohorts, which would not fit side by side, a row for each cohort
    and for each difference.
    """
    found, at = lines(reviewed), gettext("At {threshold:.3f}", threshold=reviewed.threshold)
    apart = [gettext("{head} (95 % interval)", head=head) for head in difference_heads(reviewed)]
    if len(apart) < 2:
        rows = [[line.name, *line.figures, *line.differences] for line in found]
        differing = [place for place, line in enumerate(found) if any(line.differs)]
        return [at, *(one.title for one in reviewed.samples), *apart], rows, differing
    rows, differing = [], []
    for place, one in enumerate(reviewed.samples):
        rows.append([one.title, *(line.figures[place] for line in found)])
        if place:
            if any(line.differs[place - 1] for line in found):
                differing.append(len(rows))
            rows.append(
                [
                    gettext("less {cohort}", cohort=cohort_title(reviewed.first.cohort)),
                    *(line.differences[place - 1] for line in found),
                ]
            )
    return [at, *(line.name for line in found)], rows, differing


def difference_heads(reviewed: Review) -> list[str]:
    """What stands above the differences of `lines`, one for each further cohort."""
    others = [cohort_title(one.cohort) for one in reviewed.samples[1:]]
    inside = cohort_title(reviewed.first.cohort)
    return (
        [gettext("Outside less inside")]
        if len(others) == 1
        else [gettext("{one}, less {inside}", one=capital(one), inside=inside) for one in others]
    )


def paragraph(reviewed: Review) -> str:
    """The verdict with all its figures, for a report."""
    first = reviewed.first
    if reviewed.found[0] is None:
        return gettext(
            "{title}: all cases are of one class, so that no area or calibration is computable.",
            title=first.title,
        )
    parts = [verdict(reviewed)]
    for place, one in enumerate(reviewed.samples):
        figures = gettext("; ").join(f"{line.name} {line.figures[place]}" for line in lines(reviewed))
        parts.append(gettext("{title}: {parts}.", title=one.title, parts=figures))
    for place, head in enumerate(difference_heads(reviewed)):
        apart = gettext("; ").join(f"{line.name} {line.differences[place]}" for line in lines(reviewed))
        parts.append(gettext("{title}: {parts}.", title=head, parts=apart))
    parts.append(calibrated(reviewed.agreements[0]))
    return " ".join(parts)


def targets(reviewed: Review) -> tuple[tuple[str, bool], ...]:
    """What a rule with a target reaches in each cohort, and whether it misses the target there."""
    target = reviewed.rule.target
    if target is None or reviewed.by_rule is not None:
        return ()
    name, wanted = target
    told = []
    for one, read in zip(reviewed.samples, reviewed.reads, strict=True):
        found = read.rates[name]
        if found.value is not None:
            missed = found.value < wanted
            word = (
                gettext("misses {wanted:.2f}", wanted=wanted)
                if missed
                else gettext("reaches {wanted:.2f}", wanted=wanted)
            )
            told.append(
                (
                    gettext(
                        "{cohort}: {word} with {name} {found}",
                        cohort=cohort_title(one.cohort),
                        word=word,
                        name=gettext(name),
                        found=rate(found),
                    ),
                    missed,
                )
            )
    return tuple(told)


def calibrated(agreement: Agreement | None) -> str:
    """Whether the probabilities are true, in one sentence."""
    if agreement is None:
        return gettext("The scores are no probabilities: calibration is not computable.")
    found = agreement.calibration
    if found.slope is None or found.slope_ci95 is None:
        return gettext("Calibration intercept and slope are not computable.")
    low, high = found.slope_ci95
    shape = gettext("no fault of the slope is shown")
    if high < 1:
        shape = gettext("probabilities are too extreme")
    elif low > 1:
        shape = gettext("probabilities are too timid")
    return gettext(
        "Calibration slope {slope:.2f} ({low:.2f} to {high:.2f}): {shape}; they miss the "
        "observed share by {ici:.3f} on average.",
        slope=found.slope,
        low=low,
        high=high,
        shape=shape,
        ici=found.ici,
    )


def _short(name: str, found: Rate) -> str:
    if found.value is None:
        return gettext("{name} not computable", name=gettext(name))
    return f"{gettext(name)} {found.value:.3f}"


def _changes(reviewed: Review, place: int) -> str:
    """What differs in the cohort at a place from the first, in words; empty where nothing is shown to."""
    changed = [text for name in _RATES if (text := _change(reviewed, name, place))]
    apart = reviewed.apart[place - 1]
    area_changed = apart is not None and apart.p is not None and apart.p < 0.05
    if area_changed and apart is not None:
        changed.append(
            gettext("AUC falls by {difference:.3f}", difference=apart.difference)
            if apart.difference > 0
            else gettext("AUC rises by {difference:.3f}", difference=-apart.difference)
        )
    still = "" if area_changed or apart is None else gettext("; no difference of the areas is shown")
    return gettext(" and ").join(changed) + still if changed else ""


def _change(reviewed: Review, name: str, place: int) -> str:
    apart = _rates_apart(reviewed, name, place)
    inside, outside = (reviewed.reads[at].rates[name].value for at in (0, place))
    if not _differs(apart) or apart.value is None or inside is None or outside is None:
        return ""
    values = {"name": gettext(name), "inside": inside, "outside": outside}
    if apart.value < 0:
        return gettext("{name} falls from {inside:.3f} to {outside:.3f}", **values)
    return gettext("{name} rises from {inside:.3f} to {outside:.3f}", **values)


def _rates_apart(reviewed: Review, name: str, place: int) -> RateDifference:
    first, second = (reviewed.reads[at].rates[name] for at in (0, place))
    return difference_of_rates(first, second, independent=not reviewed.clustered)


def _differs(apart: RateDifference) -> bool:
    return apart.low is not None and apart.high is not None and (apart.low > 0 or apart.high < 0)


def _difference(apart: RateDifference) -> str:
    if apart.value is None or apart.low is None or apart.high is None:
        return ""
    tested = "" if apart.p is None else f", {p_text(apart.p)}"
    return gettext(
        "{difference} ({low} to {high}){tested}",
        difference=signed(apart.value),
        low=signed(apart.low),
        high=signed(apart.high),
        tested=tested,
    )


def _areas_apart(apart: UnpairedTest | None) -> tuple[str, bool]:
    if apart is None:
        return "", False
    if apart.p is None or apart.ci95 is None:
        return gettext("{difference}, a test is not computable", difference=signed(-apart.difference)), False
    low, high = apart.ci95
    told = gettext(
        "{difference} ({low} to {high}){tested}",
        difference=signed(-apart.difference),
        low=signed(-high),
        high=signed(-low),
        tested=f", {p_text(apart.p)}",
    )
    return told, apart.p < 0.05
