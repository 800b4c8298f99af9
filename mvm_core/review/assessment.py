"""How good, how sure, how different outside, and is the probability true: the answers for one sample."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mvm_core.language import gettext, gettext_noop
from mvm_core.review.samples import Sample
from mvm_core.validation.bootstrap_intervals import (
    Estimate,
    RocBand,
    roc_band,
    sensitivity_at_specificity,
)
from mvm_core.validation.calibration import (
    Calibration,
    CalibrationCurve,
    Recalibration,
    assess_calibration,
    calibration_curve,
    recalibration,
)
from mvm_core.validation.clustered import (
    Draws,
    auc_by_patients,
    mcnemar_by_patients,
    paired_auc_by_patients,
)
from mvm_core.validation.comparisons import (
    McNemarTest,
    PairedTest,
    UnpairedTest,
    holm,
    mcnemar,
    paired_delong,
    right_at,
    unpaired_delong_of_estimates,
)
from mvm_core.validation.decision_curve import DecisionCurve, decision_curve
from mvm_core.validation.partial_auc import PartialAuc, partial_auc
from mvm_core.validation.roc import (
    AucEstimate,
    PrecisionRecallCurve,
    RocCurve,
    auc_with_interval,
    precision_recall_curve,
    roc_curve,
)
from mvm_core.validation.subgroups import Forest, age_bands, forest

SEED = 0
_DRAWN_CASES = 4_000_000
_MOST_GROUPS = 12


@dataclass(frozen=True)
class Discrimination:
    """How well one sample's scores tell MVM from BVF."""

    auc: AucEstimate
    curve: RocCurve
    band: RocBand
    precision_recall: PrecisionRecallCurve
    partial: PartialAuc
    sensitivity_at_90: Estimate
    replicates: int


@dataclass(frozen=True)
class Agreement:
    """Whether one sample's probabilities are true, and what recalibration would do about it.

    Attributes
    ----------
    calibration, curve
        As they are.
    recalibrated : mapping of str to (Recalibration, Calibration, CalibrationCurve)
        By what is fitted, ``intercept`` or ``intercept and slope``: fitted to and shown on these cases.
    """

    calibration: Calibration
    curve: CalibrationCurve
    recalibrated: Mapping[str, tuple[Recalibration, Calibration, CalibrationCurve]]


@dataclass(frozen=True)
class Comparison:
    """One reading against another over the cases that have both.

    Attributes
    ----------
    other : str
        The reading compared with.
    n : int
        Cases in common.
    areas : PairedTest or None
        None where the cases in common are of one class.
    areas_p, right_p : float or None
        Adjusted by Holm for all comparisons made.
    right : McNemarTest
        Of the cases read rightly at each reading's threshold.
    """

    other: str
    n: int
    areas: PairedTest | None
    areas_p: float | None
    right: McNemarTest
    right_p: float | None


def replicates_for(cases: int) -> int:
    """How many bootstrap replicates of so many cases: a thousand, fewer where cases are very many."""
    return int(np.clip(_DRAWN_CASES // max(1, cases), 100, 1000))


def discriminate(sample: Sample) -> Discrimination | None:
    """Compute curves, areas and band; None with one class only."""
    if not sample.two_classes:
        return None
    labels, scores, patients = sample.positive, sample.scores, sample.patients
    replicates = replicates_for(labels.size)
    return Discrimination(
        area_of(sample),
        roc_curve(labels, scores),
        roc_band(labels, scores, replicates=replicates, seed=SEED, patients=patients),
        precision_recall_curve(labels, scores),
        partial_auc(labels, scores),
        sensitivity_at_specificity(labels, scores, 0.90, replicates, SEED, patients),
        replicates,
    )


def area_of(sample: Sample) -> AucEstimate:
    """Area with DeLong's variance; with the clustered bootstrap's where patients have several cases."""
    if sample.patients is None:
        return auc_with_interval(sample.positive, sample.scores)
    return auc_by_patients(sample.positive, sample.scores, _draws(sample.patients))


def agree(sample: Sample) -> Agreement | None:
    """Compute the calibration; None with one class only or scores that are no probabilities."""
    if not sample.two_classes or not sample.is_probability:
        return None
    labels, scores, patients = sample.positive, sample.scores, sample.patients
    found = {}
    for name, with_slope in ((gettext_noop("intercept"), False), (gettext_noop("intercept and slope"), True)):
        fitted = recalibration(labels, scores, with_slope=with_slope)
        if fitted is not None:
            corrected = fitted.apply(scores)
            found[name] = (
                fitted,
                assess_calibration(labels, corrected, patients),
                calibration_curve(labels, corrected, patients),
            )
    return Agreement(
        assess_calibration(labels, scores, patients), calibration_curve(labels, scores, patients), found
    )


def decide(sample: Sample, prevalence: float | None = None) -> DecisionCurve | None:
    """Compute the decision curve; None with one class only or scores that are no probabilities."""
    if not sample.two_classes or not sample.is_probability:
        return None
    replicates = replicates_for(sample.positive.size)
    return decision_curve(
        sample.positive,
        sample.scores,
        prevalence=prevalence,
        replicates=replicates,
        seed=SEED,
        patients=sample.patients,
    )


def outside(internal: Discrimination | None, external: Discrimination | None) -> UnpairedTest | None:
    """Internal area less external area; None where one of them is not there."""
    return unpaired_delong_of_estimates(internal.auc, external.auc) if internal and external else None


def compare(
    chosen: Sample, others: Sequence[Sample], thresholds: Mapping[str, float]
) -> tuple[Comparison, ...]:
    """Compare one reading with others of the same cohort over the cases in common.

    Parameters
    ----------
    chosen, others
        Samples of one cohort.
    thresholds : mapping of str to float
        Of each reading.
    """
    own = pd.Series(np.arange(chosen.positive.size), _keys(chosen))
    rows: list[tuple[str, int, PairedTest | None, McNemarTest]] = []
    for other in others:
        places = own.reindex(_keys(other)).to_numpy()
        common = ~np.isnan(places)
        if not common.any():
            continue
        mine = places[common].astype(np.intp)
        labels, first, second = chosen.positive[mine], chosen.scores[mine], other.scores[common]
        patients = None if chosen.patients is None else chosen.patients[mine]
        right = (
            right_at(labels, first, thresholds[chosen.reading]),
            right_at(labels, second, thresholds[other.reading]),
        )
        both = labels.any() and not labels.all()
        rows.append(
            (
                other.reading,
                int(common.sum()),
                _areas(labels, first, second, patients) if both else None,
                mcnemar(*right) if patients is None else mcnemar_by_patients(*right, patients),
            )
        )
    areas_p = holm([areas.p if areas else None for _, _, areas, _ in rows])
    right_p = holm([right.p for *_, right in rows])
    return tuple(
        Comparison(name, n, areas, p, right, q)
        for (name, n, areas, right), p, q in zip(rows, areas_p, right_p, strict=True)
    )


def subgroups(
    sample: Sample, threshold: float, further: Sequence[str] = ()
) -> dict[str, tuple[Forest, NDArray[np.str_]]]:
    """Compare subgroups by sign, level, sex, age, site and further columns, where there are two or more.

    Returns
    -------
    dict of str to (Forest, str array)
        By what the cases are grouped, with the group of each case.
    """
    if not sample.two_classes:
        return {}
    cases, patients = sample.cases, sample.patients
    draws = None if patients is None else _draws(patients)
    kinds = {
        "sign": cases["sign"].to_numpy(dtype=str),
        "level": _regions(cases["level"]),
        "sex": cases["sex"].to_numpy(dtype=str),
        "age": np.array(age_bands(cases["age"])),
        "site": cases["site"].to_numpy(dtype=str),
        **{name: _bands(cases[name]) for name in further},
    }
    return {
        kind: (forest(sample.positive, sample.scores, names.tolist(), threshold, draws), names)
        for kind, names in kinds.items()
        if 2 <= len(set(names.tolist()) - {""}) <= _MOST_GROUPS
    }


def _draws(patients: NDArray[np.int64]) -> Draws:
    return Draws(patients, replicates_for(patients.size), SEED)


def _areas(
    labels: NDArray[np.bool_],
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    patients: NDArray[np.int64] | None,
) -> PairedTest:
    if patients is None:
        return paired_delong(labels, first, second)
    return paired_auc_by_patients(labels, first, second, _draws(patients))


def _keys(sample: Sample) -> pd.MultiIndex:
    return pd.MultiIndex.from_frame(sample.cases[["site", "case_id"]])


def _regions(levels: pd.Series) -> NDArray[np.str_]:
    """Part of the spine of each level, as T5, L3; a level written otherwise is its own group."""
    parts = {
        "C": gettext_noop("cervical"),
        "T": gettext_noop("thoracic"),
        "L": gettext_noop("lumbar"),
        "S": gettext_noop("sacral"),
    }
    texts = levels.astype(str)
    numbered = texts.str.fullmatch(r"[CTLS]\d+")
    return np.where(numbered, texts.str[:1].map(parts).fillna(""), texts).astype(str)


def _bands(column: pd.Series) -> NDArray[np.str_]:
    """Texts as they are; numbers of many values cut into thirds."""
    values = pd.to_numeric(column, errors="coerce")
    if values.isna().mean() > 0.9 or values.nunique() <= _MOST_GROUPS // 2:
        return column.to_numpy(dtype=str)
    low, high = values.quantile([1 / 3, 2 / 3])
    named = np.select(
        [values.isna(), values < low, values < high],
        [
            "",
            gettext("under {low:.3g}", low=low),
            gettext("{low:.3g} to under {high:.3g}", low=low, high=high),
        ],
        gettext("{high:.3g} and over", high=high),
    )
    return named.astype(str)
