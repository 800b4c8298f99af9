"""Everything that a reader study's report says, worked out."""

from dataclasses import dataclass, field

import numpy as np
from scipy import special

from mvm_core.errors import ValidationError
from mvm_core.validation.calibration import Calibration, assess_calibration
from mvm_core.validation.mrmc import analyse
from mvm_core.validation.mrmc_covariance import Estimator
from mvm_core.validation.mrmc_merits import AUC, LROC, SENSITIVITY, SPECIFICITY, WEIGHTED_AFROC, Merit
from mvm_core.validation.mrmc_power import Plan, cases_needed
from mvm_core.validation.mrmc_results import Analysis, Difference, Fixed
from mvm_core.validation.mrmc_study import Design, Layout, ReaderStudy, layout_of
from mvm_core.validation.mrmc_table import Answers
from mvm_core.validation.reader_advice import Following, following
from mvm_core.validation.reader_agreement import Agreement, fleiss_kappa, intraclass_correlation
from mvm_core.validation.reader_times import Times, analyse_times
from mvm_core.validation.roc import AucEstimate, auc_with_interval

_NEXT_READERS = (4, 6, 8, 10, 15, 20)
PLANNED_DIFFERENCE = 0.05
"""True difference of areas that the next study is planned to find."""


@dataclass(frozen=True)
class NonInferiority:
    """Whether a modality is worse than its reference by less than a margin.

    Attributes
    ----------
    margin : float
    p : float or None
        One-sided, against a difference of minus the margin.
    shown : bool or None
        Whether the interval lies above minus the margin.
    """

    margin: float
    p: float | None
    shown: bool | None


@dataclass(frozen=True)
class ReaderReview:
    """Results of a reader study.

    Attributes
    ----------
    name : str
        Of the table.
    simulated : bool
        Whether the films are simulated.
    answers : Answers
    layout : Layout
    fixed : Fixed
    analyses : tuple of Analysis
        The area first.
    non_inferiority : dict of (merit, modality, reference) to NonInferiority
        Empty without a margin.
    plans : tuple of (readers, Plan or None)
        Cases of the next study, for some numbers of readers, to find `PLANNED_DIFFERENCE` or, with a margin,
        non-inferiority at no difference; empty unless this one is fully crossed with two modalities.
    kappa, icc : dict of (group, modality) to Agreement
        Of the calls and of the ratings of each group of readers, numbered from 0.
    calibration : dict of (modality, reader) to Calibration
        Empty where ratings are no probabilities.
    times : Times or None
    following : Following or None
    advice_alone : AucEstimate or None
        Of the advice, where it is a probability of every case.
    margin : float or None
    """

    name: str
    simulated: bool
    answers: Answers
    layout: Layout
    fixed: Fixed
    analyses: tuple[Analysis, ...]
    non_inferiority: dict[tuple[str, str, str], NonInferiority]
    plans: tuple[tuple[int, Plan | None], ...]
    kappa: dict[tuple[int, str], Agreement]
    icc: dict[tuple[int, str], Agreement]
    calibration: dict[tuple[str, str], Calibration] = field(repr=False)
    times: Times | None
    following: Following | None
    advice_alone: AucEstimate | None
    margin: float | None

    @property
    def study(self) -> ReaderStudy:
        """The answers as arrays."""
        return self.answers.study


def review_readers(
    answers: Answers,
    name: str,
    *,
    fixed: Fixed = Fixed.NEITHER,
    estimator: Estimator = Estimator.DELONG,
    margin: float | None = None,
    simulated: bool = False,
) -> ReaderReview:
    """Work out all results of a reader study.

    Parameters
    ----------
    answers : Answers
    name : str
        Of the table.
    fixed : Fixed
    estimator : Estimator
    margin : float or None
        Of non-inferiority, in (0, 1).
    simulated : bool
        Whether the films are simulated.

    Raises
    ------
    ValidationError
        As in `analyse`, and if the margin is not between 0 and 1.
    """
    if margin is not None and not 0 < margin < 1:
        raise ValidationError(f"margin {margin}", "it is not between 0 and 1", "give one such as 0.05")
    study = answers.study
    layout = layout_of(study)
    analyses = tuple(analyse(study, merit, estimator, fixed) for merit in _merits(study))
    tests = {
        (one.merit, each.modality, each.reference): non_inferiority(each, margin, one.confidence)
        for one in analyses
        for each in one.differences
        if margin is not None
    }
    kappa, icc = _agreement(study, layout)
    advice = answers.advice
    return ReaderReview(
        name,
        simulated,
        answers,
        layout,
        fixed,
        analyses,
        tests,
        _plans(analyses[0], study, fixed, margin),
        kappa,
        icc,
        _calibrations(answers),
        None if answers.seconds is None else analyse_times(study, answers.seconds, fixed),
        None if advice is None else following(study, advice),
        None if advice is None else _advice_alone(study, advice),
        margin,
    )


def non_inferiority(difference: Difference, margin: float, confidence: float = 0.95) -> NonInferiority:
    """Test one-sided, at half of one less the confidence, against a difference of minus the margin."""
    estimate = difference.estimate
    if not estimate.standard_error or estimate.low is None:
        return NonInferiority(margin, None, None)
    statistic = (estimate.value + margin) / estimate.standard_error
    p = special.ndtr(-statistic) if estimate.df is None else special.stdtr(estimate.df, -statistic)
    return NonInferiority(margin, float(p), bool(p < (1 - confidence) / 2))


def advice_of_cases(study: ReaderStudy, advice: np.ndarray) -> np.ndarray:
    """The advice of each case, shape (c,); NaN where none was shown, or not the same to all."""
    flat = advice.reshape(-1, len(study.cases))
    known = ~np.isnan(flat)
    low = np.where(known, flat, np.inf).min(axis=0)
    high = np.where(known, flat, -np.inf).max(axis=0)
    return np.where(low == high, low, np.nan)


def _merits(study: ReaderStudy) -> list[Merit]:
    found = [AUC]
    if study.called is not None:
        found += [SENSITIVITY, SPECIFICITY]
    if study.places is not None and study.places[study.truth].min() > 0:
        found += [LROC, WEIGHTED_AFROC]
    return found


def _plans(
    area: Analysis, study: ReaderStudy, fixed: Fixed, margin: float | None
) -> tuple[tuple[int, Plan | None], ...]:
    crossed = area.layout.design is Design.CROSSED and len(study.modalities) == 2
    if not crossed or len(study.readers) < 2 or fixed is Fixed.CASES:
        return ()
    difference = PLANNED_DIFFERENCE if margin is None else 0.0
    parts = area.components
    if not (parts.error - (parts.cov1 or 0.0)) > 0:
        return ()
    return tuple(
        (
            readers,
            cases_needed(parts, len(study.cases), difference, readers, fixed=fixed, margin=margin),
        )
        for readers in _NEXT_READERS
    )


def _agreement(
    study: ReaderStudy, layout: Layout
) -> tuple[dict[tuple[int, str], Agreement], dict[tuple[int, str], Agreement]]:
    kappa, icc = {}, {}
    for group in np.unique(layout.group).tolist():
        for i, modality in enumerate(study.modalities):
            readers = np.flatnonzero((layout.group == group) & layout.read[i])
            if readers.size < 2:
                continue
            cases = layout.sets[int(layout.case_set[i, readers[0]])]
            at = np.ix_(readers, cases)
            icc[group, modality] = intraclass_correlation(study.ratings[i][at])
            if study.called is not None:
                kappa[group, modality] = fleiss_kappa(study.called[i][at])
    return kappa, icc


def _calibrations(answers: Answers) -> dict[tuple[str, str], Calibration]:
    if answers.scale is None:
        return {}
    study, found = answers.study, {}
    for i, modality in enumerate(study.modalities):
        for j, reader in enumerate(study.readers):
            read = ~np.isnan(study.ratings[i, j])
            if read.any():
                found[modality, reader] = assess_calibration(
                    study.truth[read], study.ratings[i, j, read] / answers.scale
                )
    return found


def _advice_alone(study: ReaderStudy, advice: np.ndarray) -> AucEstimate | None:
    given = advice_of_cases(study, advice)
    return None if np.isnan(given).any() else auc_with_interval(study.truth, given)
