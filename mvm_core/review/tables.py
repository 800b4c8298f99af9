"""The tables of a review: plain numbers for programs, texts for people."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mvm_core.cohort import MVM, Question
from mvm_core.language import gettext, gettext_noop
from mvm_core.review.assessment import SEED
from mvm_core.review.operating import AtThreshold
from mvm_core.review.review import Review
from mvm_core.review.samples import cohort_title, reading_title
from mvm_core.review.words import estimate, p_text, signed, written
from mvm_core.validation.bootstrap_intervals import Estimate
from mvm_core.validation.calibration import Calibration
from mvm_core.validation.metrics import METRICS, Metric, of_results
from mvm_core.validation.prevalence import CARRIED, at_prevalence
from mvm_core.validation.subgroups import Forest

_NONE = gettext_noop("not computable")
_GRID = np.linspace(0.02, 0.98, 49)
Floats = NDArray[np.float64]


def results_for_people(results: pd.DataFrame, question: Question = MVM) -> pd.DataFrame:
    """Results as texts, each rate with k/n and interval."""
    rows = []
    for row in results.to_dict("records"):
        shown = {
            gettext("Reading"): reading_title(str(row["reading"])),
            gettext("Cohort"): str(row["cohort"]),
            f"n ({question.positive})": f"{row['n']} ({row[question.keys[0]]})",
            "AUC": _with_interval(row, "auc"),
            gettext("Threshold"): f"{row['threshold']:.3f}",
        }
        for metric in of_results():
            shown[metric.column()] = _metric(row, metric)
        for sign in (gettext_noop("sign"), gettext_noop("no-sign")):
            shown[gettext("Sensitivity, {sign}", sign=gettext(sign))] = _rate(row, f"sensitivity_{sign}")
        rows.append(shown)
    return pd.DataFrame(rows)


def areas_by_cohort(results: pd.DataFrame) -> pd.DataFrame:
    """A row for each reading, with its area and interval in each cohort: what a hall can take in at once."""
    rows: dict[str, dict[str, str]] = {}
    for row in results.to_dict("records"):
        reading = reading_title(str(row["reading"]))
        shown = rows.setdefault(reading, {gettext("Reading"): reading})
        shown[f"AUC, {row['cohort']}"] = _with_interval(row, "auc")
    return pd.DataFrame(list(rows.values()))


def comparisons_table(reviewed: Review) -> pd.DataFrame:
    """The chosen reading against each other one, plain numbers."""
    return pd.DataFrame(
        {
            "reading": reviewed.reading,
            "other": one.other,
            "n": one.n,
            "auc_difference": one.areas.difference if one.areas else None,
            "auc_low": one.areas.ci95[0] if one.areas and one.areas.ci95 else None,
            "auc_high": one.areas.ci95[1] if one.areas and one.areas.ci95 else None,
            "z": one.areas.z if one.areas else None,
            "p": one.areas.p if one.areas else None,
            "p_holm": one.areas_p,
            "right_only_here": one.right.only_first,
            "right_only_there": one.right.only_second,
            "mcnemar_p": one.right.p,
            "mcnemar_p_holm": one.right_p,
        }
        for one in reviewed.comparisons
    )


def comparisons_for_people(found: pd.DataFrame) -> pd.DataFrame:
    """Comparisons as texts."""
    return pd.DataFrame(
        {
            gettext("Other reading"): reading_title(str(row["other"])),
            gettext("Cases in common"): f"{row['n']:,}",
            gettext("AUC less the other's (95 % interval)"): _signed(row, "auc_difference", "auc"),
            "z": _number(row["z"], 2),
            gettext("p (Holm)"): p_text(_known(row["p_holm"])),
            gettext("Right only here / only there"): f"{row['right_only_here']} / {row['right_only_there']}",
            gettext("McNemar p (Holm)"): p_text(_known(row["mcnemar_p_holm"])),
        }
        for row in found.to_dict("records")
    )


def areas_table(reviewed: Review) -> pd.DataFrame:
    """Areas of all kinds for the cohorts reviewed, plain numbers."""
    rows = []
    for one, found in zip(reviewed.samples, reviewed.found, strict=True):
        if found is None:
            continue
        at_90 = found.sensitivity_at_90
        rows.append(
            {
                "cohort": cohort_title(one.cohort),
                "n": found.auc.n,
                one.question.keys[0]: found.auc.positives,
                "auc": found.auc.auc,
                "auc_low": found.auc.ci95[0] if found.auc.ci95 else None,
                "auc_high": found.auc.ci95[1] if found.auc.ci95 else None,
                "auc_variance": found.auc.variance,
                "average_precision": found.precision_recall.average_precision,
                "partial_auc": found.partial.raw,
                "partial_auc_corrected": found.partial.corrected,
                "sensitivity_at_specificity_90": at_90.value,
                "sensitivity_at_specificity_90_low": at_90.low,
                "sensitivity_at_specificity_90_high": at_90.high,
            }
        )
    return pd.DataFrame(rows)


def areas_for_people(found: pd.DataFrame, question: Question = MVM) -> pd.DataFrame:
    """Areas as texts."""
    return pd.DataFrame(
        {
            gettext("Cohort"): str(row["cohort"]),
            f"n ({question.positive})": f"{row['n']} ({row[question.keys[0]]})",
            gettext("AUC (95 % interval)"): _with_interval(row, "auc"),
            gettext("Average precision"): _number(row["average_precision"]),
            gettext("Partial AUC, specificity 0.90 to 1"): _number(row["partial_auc"], 4),
            gettext("corrected (McClish)"): _number(row["partial_auc_corrected"]),
            gettext("Sensitivity at specificity 0.90 (95 % interval)"): _with_interval(
                row, "sensitivity_at_specificity_90"
            ),
        }
        for row in found.to_dict("records")
    )


def calibration_rows(found: Calibration) -> dict[str, str]:
    """Figures of calibration as texts, by name."""
    return {
        gettext("Brier score"): f"{found.brier:.4f}",
        gettext("Intercept (slope fitted too)"): _with_pair(found.intercept, found.intercept_ci95),
        gettext("Slope"): _with_pair(found.slope, found.slope_ci95),
        gettext("Intercept with slope 1"): _number(found.intercept_in_the_large),
        gettext("ICI (Eavg)"): f"{found.ici:.4f}",
        "E50": f"{found.e50:.4f}",
        "E90": f"{found.e90:.4f}",
        "Emax": f"{found.emax:.4f}",
        gettext("ECE, ten bins"): f"{found.ece:.4f}",
        gettext("Intercept 0 and slope 1, test"): p_text(found.quality.p if found.quality else None),
        gettext("U and Q (Harrell)"): gettext(
            "{unreliability:.4f} and {quality:.4f}",
            unreliability=found.quality.unreliability,
            quality=found.quality.quality,
        )
        if found.quality
        else gettext(_NONE),
        gettext("Left out of the logit (0 or 1)"): gettext(
            "{left_out} of {n}", left_out=found.left_out, n=found.n
        ),
    }


def calibration_table(reviewed: Review) -> pd.DataFrame:
    """Calibration of the cohorts reviewed, as it is and recalibrated, plain numbers."""
    rows = []
    for one, found in zip(reviewed.samples, reviewed.agreements, strict=True):
        if found is None:
            continue
        versions = {
            "as it is": found.calibration,
            **{k: v[1] for k, v in found.recalibrated.items()},
        }
        for name, version in versions.items():
            plain = dict(vars(version))
            for key in ("intercept_ci95", "slope_ci95"):
                pair = plain.pop(key)
                plain |= {
                    f"{key[:-5]}_low": pair[0] if pair else None,
                    f"{key[:-5]}_high": pair[1] if pair else None,
                }
            indices = plain.pop("quality")
            plain |= {
                "discrimination_d": indices.discrimination if indices else None,
                "unreliability_u": indices.unreliability if indices else None,
                "quality_q": indices.quality if indices else None,
                "p_intercept_0_slope_1": indices.p if indices else None,
            }
            rows.append({"cohort": cohort_title(one.cohort), "recalibration": name, **plain})
    return pd.DataFrame(rows)


def carried_table(read: AtThreshold, prevalences: Sequence[float]) -> pd.DataFrame:
    """Predictive values, F1, accuracy and net benefit at given prevalences, plain numbers."""
    rows = []
    for share in dict.fromkeys(round(value, 4) for value in prevalences):
        threshold = read.threshold if 0 < read.threshold < 1 else 0.5
        found = at_prevalence(read.table, share, threshold, seed=SEED, worth=read.worth)
        row: dict[str, float | None] = {"prevalence": share}
        for name in (*CARRIED, "net_benefit"):
            one: Estimate = getattr(found, name)
            row |= {name: one.value, f"{name}_low": one.low, f"{name}_high": one.high}
        rows.append(row)
    return pd.DataFrame(rows)


def carried_for_people(found: pd.DataFrame) -> pd.DataFrame:
    """Figures at given prevalences as texts."""
    names = {name: METRICS[key].column() for name, key in CARRIED.items()}
    names |= {"ppv": "PPV", "net_benefit": gettext("Net benefit")}
    return pd.DataFrame(
        {
            gettext("Prevalence"): f"{row['prevalence']:.3f}",
            **{name: _with_interval(row, key) for key, name in names.items()},
        }
        for row in found.to_dict("records")
    )


def values_over_prevalence(read: AtThreshold) -> dict[str, tuple[Floats, Floats, Floats, Floats]]:
    """PPV and NPV over prevalence: prevalence, value, low, high of each."""
    found = [at_prevalence(read.table, float(share), 0.5, 2_000, SEED, read.worth) for share in _GRID]
    lines = {}
    for key, name in (("ppv", "PPV"), ("npv", "NPV")):
        points = [
            [np.nan if part is None else part for part in (one.value, one.low, one.high)]
            for one in (getattr(each, key) for each in found)
        ]
        value, low, high = np.array(points, dtype=np.float64).T
        lines[name] = (_GRID, value, low, high)
    return lines


def forest_table(forests: Mapping[str, Forest], question: Question = MVM) -> pd.DataFrame:
    """All subgroups with their figures and the tests for a difference, plain numbers."""
    rows = []
    for kind, found in forests.items():
        for group in found.subgroups:
            area = group.auc
            rows.append(
                {
                    "by": kind,
                    "group": group.name,
                    "n": group.n,
                    question.keys[0]: group.positives,
                    "auc": area.auc if area else None,
                    "auc_low": area.ci95[0] if area and area.ci95 else None,
                    "auc_high": area.ci95[1] if area and area.ci95 else None,
                    "sensitivity": group.sensitivity.value,
                    "sensitivity_k": group.sensitivity.successes,
                    "sensitivity_n": group.sensitivity.total,
                    "specificity": group.specificity.value,
                    "specificity_k": group.specificity.successes,
                    "specificity_n": group.specificity.total,
                    "p_auc": found.auc_test.p,
                    "p_sensitivity": found.sensitivity_test.p,
                    "p_specificity": found.specificity_test.p,
                }
            )
    return pd.DataFrame(rows)


def _known(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else float(value)


def _number(value: Any, digits: int = 3) -> str:
    known = _known(value)
    return gettext(_NONE) if known is None else written(known, digits)


def _with_interval(row: Mapping[Any, Any], key: str) -> str:
    low, high = _known(row[f"{key}_low"]), _known(row[f"{key}_high"])
    return estimate(Estimate(_known(row[key]), low, high))


def _metric(row: Mapping[Any, Any], metric: Metric) -> str:
    if f"{metric.key}_k" in row:
        return _rate(row, metric.key)
    if metric.has_interval:
        return _with_interval(row, metric.key)
    return _number(row[metric.key], metric.digits)


def _signed(row: Mapping[Any, Any], key: str, ends: str) -> str:
    value, low, high = _known(row[key]), _known(row[f"{ends}_low"]), _known(row[f"{ends}_high"])
    if value is None:
        return gettext(_NONE)
    if low is None or high is None:
        return signed(value)
    return gettext("{value} ({low} to {high})", value=signed(value), low=signed(low), high=signed(high))


def _with_pair(value: float | None, pair: tuple[float, float] | None) -> str:
    return estimate(Estimate(value, *pair) if pair else Estimate(value, None, None))


def _rate(row: Mapping[Any, Any], key: str) -> str:
    value = _known(row[key])
    if value is None:
        return gettext(_NONE)
    counts = f"{int(row[f'{key}_k'])}/{int(row[f'{key}_n'])}"
    low, high = _known(row.get(f"{key}_low")), _known(row.get(f"{key}_high"))
    return f"{value:.3f} ({counts}" + (
        ")" if low is None or high is None else gettext(", {low:.3f} to {high:.3f})", low=low, high=high)
    )
