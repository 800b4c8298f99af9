"""A reader study in words: notice, headline, and the paragraph on methods."""

from importlib.metadata import version

from mvm_core.language import gettext, gettext_noop, ngettext
from mvm_core.review.reader_study import PLANNED_DIFFERENCE, ReaderReview
from mvm_core.review.reader_tables import modality_title, with_interval
from mvm_core.review.words import REAL_FILMS, p_text, version_of_core
from mvm_core.validation.mrmc_covariance import Estimator
from mvm_core.validation.mrmc_results import Fixed

_OVER = {
    Fixed.NEITHER: gettext_noop("readers and cases are both random, so that results hold for others"),
    Fixed.READERS: gettext_noop("readers are fixed, so that results hold for these readers alone"),
    Fixed.CASES: gettext_noop("cases are fixed, so that results hold for these cases alone"),
}
_COVARIANCE = {
    Estimator.DELONG: gettext_noop("DeLong's method (DeLong, DeLong and Clarke-Pearson 1988)"),
    Estimator.JACKKNIFE: gettext_noop("the jackknife over cases"),
    Estimator.UNBIASED: gettext_noop("the unbiased estimator (Gallas 2006)"),
}


_OF_CASES = gettext_noop("the cases")


def notice(reviewed: ReaderReview) -> str:
    """What stands above everything."""
    if reviewed.simulated:
        return gettext("Readings of simulated films; not a medical device.")
    return gettext("Readings, table {name}; not a medical device.", name=reviewed.name)


def size(reviewed: ReaderReview) -> str:
    """How many read what."""
    study = reviewed.study
    positive = int(study.truth.sum())
    return gettext(
        "{readers}, {cases:,} cases ({positive:,} MVM), {modalities}",
        readers=ngettext("{count} reader", "{count} readers", len(study.readers)),
        cases=len(study.cases),
        positive=positive,
        modalities=ngettext("{count} modality", "{count} modalities", len(study.modalities)),
    )


def headline(reviewed: ReaderReview) -> str:
    """The averaged areas and their differences, in one or more sentences."""
    area = reviewed.analyses[0]
    if not area.differences:
        return gettext(
            "Area under the ROC curve, averaged over readers: {mean}.", mean=with_interval(area.means[0])
        )
    told = []
    for one in area.differences:
        told.append(
            gettext(
                "Area under the ROC curve, {modality} less {reference}: {difference}, {p}.",
                modality=modality_title(one.modality),
                reference=modality_title(one.reference),
                difference=with_interval(one.estimate, sign=True),
                p=p_text(one.p),
            )
        )
        test = reviewed.non_inferiority.get((area.merit, one.modality, one.reference))
        if test is not None and test.shown is not None:
            text = (
                gettext_noop(
                    "Non-inferiority of {modality} by a margin of {margin:g} is shown (one-sided {p})."
                )
                if test.shown
                else gettext_noop(
                    "Non-inferiority of {modality} by a margin of {margin:g} is not shown (one-sided {p})."
                )
            )
            told.append(
                gettext(text, modality=modality_title(one.modality), margin=test.margin, p=p_text(test.p))
            )
    return " ".join(told)


def methods(reviewed: ReaderReview) -> str:
    """What was computed, and by whose formulae."""
    estimator = reviewed.analyses[0].estimator
    simulated = f"{gettext(REAL_FILMS)} " if reviewed.simulated else ""
    return gettext(
        "{simulated}{size}; {design}. The positive class is MVM. {calls} Figures of merit are compared by "
        "Obuchowski and Rockette's analysis (1995) with the degrees of freedom of Hillis (2007), in the "
        "marginal-mean form of Hillis (2014) where cases or readers are nested (split plot: Obuchowski, "
        "Gallas and Hillis 2012); in the averages {over}. Covariances of figures over cases are from "
        "{covariance}. Intervals are at 95 %; those of one reader are normal and take the reader as given; "
        "p-values are two-sided, not adjusted for several figures. Variance components below 0 are shown as "
        "they are and count as 0 in plans. The averaged curve is the mean of sensitivities at equal "
        "specificity (Chen and Samuelson 2014). {further}Computed with mvm_core {core}, {packages}.",
        simulated=simulated,
        size=size(reviewed),
        design=gettext(reviewed.layout.design.value),
        calls=_calls(reviewed),
        over=gettext(_OVER[reviewed.fixed]),
        covariance=gettext(_COVARIANCE[estimator] if estimator else _OF_CASES),
        further=_further(reviewed),
        core=version_of_core(),
        packages=", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", "pandas", "plotly")),
    )


def _calls(reviewed: ReaderReview) -> str:
    if reviewed.study.called is None:
        return gettext(
            "Without calls, or a scale from which to take them, there is no sensitivity and specificity."
        )
    if reviewed.answers.threshold is None:
        return gettext("A case is read as MVM where the reader called it so.")
    return gettext(
        "A case is read as MVM where its rating is {threshold:g} or more.",
        threshold=reviewed.answers.threshold,
    )


def _further(reviewed: ReaderReview) -> str:
    told = []
    merits = {one.merit for one in reviewed.analyses}
    if "lroc" in merits:
        told.append(
            gettext(
                "The area under the LROC curve (Swensson 1996) counts a pair only where the level pointed at "
                "is diseased; that under the weighted AFROC curve (Chakraborty and Zhai 2016) weighs a "
                "case's levels alike and takes the one level pointed at as its only mark."
            )
        )
    if reviewed.non_inferiority:
        told.append(
            gettext(
                "Non-inferiority is tested one-sided at 0.025 against a difference of −{margin:g}.",
                margin=reviewed.margin,
            )
        )
    if reviewed.plans:
        aim = (
            gettext("a true difference of areas of {difference:g}", difference=PLANNED_DIFFERENCE)
            if reviewed.margin is None
            else gettext(
                "non-inferiority of areas by {margin:g} at no true difference", margin=reviewed.margin
            )
        )
        told.append(
            gettext(
                "The next study's size is for {aim} with a power of 0.8 (Hillis, Obuchowski and Berbaum "
                "2011).",
                aim=aim,
            )
        )
    if reviewed.kappa or reviewed.icc:
        told.append(
            gettext(
                "Agreement is Fleiss' kappa with the jackknife's interval, and ICC(2,1) (Shrout and Fleiss "
                "1979; McGraw and Wong 1996)."
            )
        )
    if reviewed.calibration:
        told.append(
            gettext(
                "Calibration takes a rating over its scale as a probability; intercept and slope leave out "
                "those of 0 or certainty."
            )
        )
    if reviewed.times is not None:
        told.append(
            gettext(
                "Times are compared by the analysis of variance of a mixed model of log seconds, readers and "
                "cases as above (Hillis et al. 2005)."
            )
        )
    if reviewed.following is not None:
        told.append(
            gettext(
                "A reader went over to advice where the call without it was against it and the call with it "
                "is not; advice says MVM from 0.5 up. Shares of one reader's or one case's calls have "
                "Wilson's interval; those of all readers' calls take the variance between readers and "
                "between cases together (Cameron, Gelbach and Miller 2011)."
            )
        )
    return "".join(f"{text} " for text in told)
