"""A reader study in words: notice, headline, and the paragraph on methods."""

from importlib.metadata import version

from mvm_core.review.reader_study import PLANNED_DIFFERENCE, ReaderReview
from mvm_core.review.reader_tables import with_interval
from mvm_core.review.words import REAL_FILMS, p_text, version_of_core
from mvm_core.validation.mrmc_covariance import Estimator
from mvm_core.validation.mrmc_results import Fixed

_OVER = {
    Fixed.NEITHER: "readers and cases are both random, so that results hold for others",
    Fixed.READERS: "readers are fixed, so that results hold for these readers alone",
    Fixed.CASES: "cases are fixed, so that results hold for these cases alone",
}
_COVARIANCE = {
    Estimator.DELONG: "DeLong's method (DeLong, DeLong and Clarke-Pearson 1988)",
    Estimator.JACKKNIFE: "the jackknife over cases",
    Estimator.UNBIASED: "the unbiased estimator (Gallas 2006)",
}


def notice(reviewed: ReaderReview) -> str:
    """What stands above everything."""
    films = "Readings of simulated films" if reviewed.simulated else f"Readings, table {reviewed.name}"
    return f"{films}; not a medical device."


def size(reviewed: ReaderReview) -> str:
    """How many read what."""
    study = reviewed.study
    positive = int(study.truth.sum())
    return (
        f"{_count(len(study.readers), 'reader')}, {len(study.cases):,} cases ({positive:,} MVM), "
        f"{_count(len(study.modalities), 'modality', 'modalities')}"
    )


def headline(reviewed: ReaderReview) -> str:
    """The averaged areas and their differences, in one or more sentences."""
    area = reviewed.analyses[0]
    if not area.differences:
        return f"Area under the ROC curve, averaged over readers: {with_interval(area.means[0])}."
    told = []
    for one in area.differences:
        told.append(
            f"Area under the ROC curve, {one.modality} less {one.reference}: "
            f"{with_interval(one.estimate, sign=True)}, {p_text(one.p)}."
        )
        test = reviewed.non_inferiority.get((area.merit, one.modality, one.reference))
        if test is not None and test.shown is not None:
            shown = "is shown" if test.shown else "is not shown"
            told.append(
                f"Non-inferiority of {one.modality} by a margin of {test.margin:g} {shown} "
                f"(one-sided {p_text(test.p)})."
            )
    return " ".join(told)


def methods(reviewed: ReaderReview) -> str:
    """What was computed, and by whose formulae."""
    estimator = reviewed.analyses[0].estimator
    simulated = f"{REAL_FILMS} " if reviewed.simulated else ""
    return (
        f"{simulated}{size(reviewed)}; {reviewed.layout.design.value}. The positive class is MVM. "
        f"{_calls(reviewed)} Figures of merit are compared by Obuchowski and Rockette's analysis (1995) with "
        "the degrees of freedom of Hillis (2007), in the marginal-mean form of Hillis (2014) where cases or "
        "readers are nested (split plot: Obuchowski, Gallas and Hillis 2012); in the averages "
        f"{_OVER[reviewed.fixed]}. Covariances of figures over cases are from "
        f"{_COVARIANCE[estimator] if estimator else 'the cases'}. Intervals are at 95 %; those of one reader "
        "are normal and take the reader as given; p-values are two-sided, not adjusted for several figures. "
        "Variance components below 0 are shown as they are and count as 0 in plans. The averaged curve is "
        "the mean of sensitivities at equal specificity (Chen and Samuelson 2014). "
        f"{_further(reviewed)}Computed with mvm_core {version_of_core()}, "
        f"{', '.join(f'{name} {version(name)}' for name in ('numpy', 'scipy', 'pandas', 'plotly'))}."
    )


def _calls(reviewed: ReaderReview) -> str:
    if reviewed.study.called is None:
        return "Without calls, or a scale from which to take them, there is no sensitivity and specificity."
    if reviewed.answers.threshold is None:
        return "A case is read as MVM where the reader called it so."
    return f"A case is read as MVM where its rating is {reviewed.answers.threshold:g} or more."


def _further(reviewed: ReaderReview) -> str:
    told = []
    merits = {one.merit for one in reviewed.analyses}
    if "lroc" in merits:
        told.append(
            "The area under the LROC curve (Swensson 1996) counts a pair only where the level pointed at is "
            "diseased; that under the weighted AFROC curve (Chakraborty and Zhai 2016) weighs a case's "
            "levels alike and takes the one level pointed at as its only mark."
        )
    if reviewed.non_inferiority:
        told.append(
            f"Non-inferiority is tested one-sided at 0.025 against a difference of −{reviewed.margin:g}."
        )
    if reviewed.plans:
        aim = (
            f"a true difference of areas of {PLANNED_DIFFERENCE:g}"
            if reviewed.margin is None
            else f"non-inferiority of areas by {reviewed.margin:g} at no true difference"
        )
        told.append(
            f"The next study's size is for {aim} with a power of 0.8 (Hillis, Obuchowski and Berbaum 2011)."
        )
    if reviewed.kappa or reviewed.icc:
        told.append(
            "Agreement is Fleiss' kappa with the jackknife's interval, and ICC(2,1) (Shrout and Fleiss 1979; "
            "McGraw and Wong 1996)."
        )
    if reviewed.calibration:
        told.append(
            "Calibration takes a rating over its scale as a probability; intercept and slope leave out those "
            "of 0 or certainty."
        )
    if reviewed.times is not None:
        told.append(
            "Times are compared by the analysis of variance of a mixed model of log seconds, readers and "
            "cases as above (Hillis et al. 2005)."
        )
    if reviewed.following is not None:
        told.append(
            "A reader went over to advice where the call without it was against it and the call with it is "
            "not; advice says MVM from 0.5 up."
        )
    return "".join(f"{text} " for text in told)


def _count(count: int, one: str, more: str = "") -> str:
    return f"{count} {one if count == 1 else more or one + 's'}"
