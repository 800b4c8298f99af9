"""The tables of a reader study's report."""

from typing import Any

import numpy as np
import pandas as pd

from mvm_core.language import gettext, gettext_noop
from mvm_core.review.reader_study import ReaderReview, advice_of_cases
from mvm_core.review.words import p_text, signed
from mvm_core.validation.mrmc_merits import MERITS
from mvm_core.validation.mrmc_results import Analysis, Estimate

NONE = gettext_noop("not computable")
_COMPONENTS = {
    "reader": gettext_noop("Readers"),
    "modality_reader": gettext_noop("Readers by modality"),
    "error": gettext_noop("Error (cases, and chance within a reader)"),
    "cov1": gettext_noop("Cov1: one reader, two modalities"),
    "cov2": gettext_noop("Cov2: two readers, one modality"),
    "cov3": gettext_noop("Cov3: two readers, two modalities"),
}


_SHOWN, _NOT_SHOWN = gettext_noop("shown"), gettext_noop("not shown")
_SECONDS, _GEOMETRIC = gettext_noop("Seconds a case"), gettext_noop("Geometric mean (95 % interval)")


def with_interval(found: Estimate, *, sign: bool = False) -> str:
    """An estimate with its interval, as text."""
    told = signed if sign else "{:.3f}".format
    if found.low is None or found.high is None:
        return gettext("{value} (interval not computable)", value=told(found.value))
    return gettext(
        "{value} ({low} to {high})",
        value=told(found.value),
        low=told(found.low),
        high=told(found.high),
    )


def _less(difference: Any) -> str:
    return gettext(
        "{modality} less {reference}", modality=difference.modality, reference=difference.reference
    )


def means_for_people(reviewed: ReaderReview) -> pd.DataFrame:
    """Averages over readers and their differences."""
    rows = []
    for one in reviewed.analyses:
        row = {gettext("Figure of merit"): gettext(MERITS[one.merit].title)}
        row |= {
            gettext("{name} (95 % interval)", name=name): with_interval(mean)
            for name, mean in zip(one.modalities, one.means, strict=True)
        }
        for each in one.differences:
            row[_less(each)] = with_interval(each.estimate, sign=True)
            row[gettext("p, {difference}", difference=_less(each))] = p_text(each.p)
            if test := reviewed.non_inferiority.get((one.merit, each.modality, each.reference)):
                shown = gettext({True: _SHOWN, False: _NOT_SHOWN, None: NONE}[test.shown])
                head = gettext(
                    "{modality} not inferior by {margin:g}", modality=each.modality, margin=test.margin
                )
                row[head] = f"{shown}, {p_text(test.p)}"
        rows.append(row)
    return pd.DataFrame(rows)


def by_reader_for_people(found: Analysis) -> pd.DataFrame:
    """One figure of merit of each reader, and its differences."""
    rows = []
    for reader in found.readers:
        row = {gettext("Reader"): reader}
        for name in found.modalities:
            one = found.by_reader.get((name, reader))
            row[name] = "" if one is None else with_interval(one)
        for each in found.differences_by_reader.get(reader, ()):
            row[_less(each)] = with_interval(each.estimate, sign=True)
            row[gettext("p, {difference}", difference=_less(each))] = p_text(each.p)
        rows.append(row)
    return pd.DataFrame(rows)


def components_for_people(reviewed: ReaderReview) -> pd.DataFrame:
    """Variance components of every figure of merit."""
    return pd.DataFrame(
        {
            gettext("Component"): gettext(title),
            **{
                gettext(MERITS[one.merit].title): ""
                if (value := getattr(one.components, key)) is None
                else f"{value:.6f}"
                for one in reviewed.analyses
            },
        }
        for key, title in _COMPONENTS.items()
    )


def plans_for_people(reviewed: ReaderReview) -> pd.DataFrame:
    """Size of the next study."""
    return pd.DataFrame(
        {
            gettext("Readers"): str(readers),
            gettext("Cases"): f"{plan.cases:,}" if plan else gettext("more than 100,000"),
            gettext("Power"): f"{plan.power:.3f}" if plan else "",
        }
        for readers, plan in reviewed.plans
    )


def agreement_for_people(reviewed: ReaderReview) -> pd.DataFrame:
    """Kappa and ICC of each group of readers."""
    several = len({group for group, _ in reviewed.icc}) > 1
    rows = []
    for (group, modality), icc in reviewed.icc.items():
        kappa = reviewed.kappa.get((group, modality))
        row = {gettext("Group of readers"): str(group + 1)} if several else {}
        row |= {
            gettext("Modality"): modality,
            gettext("Fleiss' kappa of calls"): gettext("no calls") if kappa is None else _agreed(kappa),
        }
        rows.append({**row, gettext("ICC(2,1) of ratings"): _agreed(icc)})
    return pd.DataFrame(rows)


def _agreed(found: Any) -> str:
    if found.value is None:
        return gettext(NONE)
    return with_interval(Estimate(found.value, None, None, found.low, found.high))


def calibration_for_people(reviewed: ReaderReview) -> pd.DataFrame:
    """Calibration of each reader."""
    return pd.DataFrame(
        {
            gettext("Reader"): reader,
            gettext("Modality"): modality,
            gettext("Brier score"): f"{found.brier:.3f}",
            gettext("Intercept"): gettext(NONE) if found.intercept is None else f"{found.intercept:.2f}",
            gettext("Slope"): gettext(NONE) if found.slope is None else f"{found.slope:.2f}",
            "ICI": f"{found.ici:.3f}",
            gettext("Ratings of 0 or certainty"): str(found.left_out),
        }
        for (modality, reader), found in reviewed.calibration.items()
    )


def times_for_people(reviewed: ReaderReview) -> pd.DataFrame:
    """Geometric means of seconds, and ratios."""
    times = reviewed.times
    if times is None:
        return pd.DataFrame()
    rows = [
        {gettext(_SECONDS): name, gettext(_GEOMETRIC): _times(*found), "p": ""}
        for name, found in times.means.items()
    ]
    rows += [
        {
            gettext(_SECONDS): gettext("{a} over {b}", a=a, b=b),
            gettext(_GEOMETRIC): _times(*found[:3], digits=2),
            "p": p_text(found[3]),
        }
        for (a, b), found in times.ratios.items()
    ]
    return pd.DataFrame(rows)


def _times(value: float, low: float | None, high: float | None, digits: int = 1) -> str:
    if low is None or high is None:
        return gettext("{value} (interval not computable)", value=f"{value:.{digits}f}")
    return gettext(
        "{value} ({low} to {high})",
        value=f"{value:.{digits}f}",
        low=f"{low:.{digits}f}",
        high=f"{high:.{digits}f}",
    )


def following_rows(reviewed: ReaderReview) -> list[dict[str, Any]]:
    """Of each reader, how often advice was followed, plain numbers."""
    found = reviewed.following
    if found is None:
        return []
    rows = []
    for reader in reviewed.study.readers:
        row: dict[str, Any] = {"reader": reader}
        for kind, name in ((True, "right"), (False, "wrong")):
            for key, rates in (("agreed", found.agreed), ("went_over", found.swayed)):
                row[f"{key}_{name}"] = rates[reader, kind].successes
                row[f"{key}_{name}_of"] = rates[reader, kind].total
        rows.append(row)
    return rows


def following_for_people(reviewed: ReaderReview) -> pd.DataFrame:
    """Of each reader, how often advice was followed, and the readers' mean."""
    found = reviewed.following
    if found is None:
        return pd.DataFrame()
    titles = {
        "agreed_right": gettext("Call is the advice's, advice right"),
        "agreed_wrong": gettext("Call is the advice's, advice wrong"),
        "went_over_right": gettext("Went over to right advice"),
        "went_over_wrong": gettext("Went over to wrong advice"),
    }
    rows = [
        {
            gettext("Reader"): row["reader"],
            **{title: _share(row[key], row[f"{key}_of"]) for key, title in titles.items()},
        }
        for row in following_rows(reviewed)
    ]
    mean = dict.fromkeys(titles.values(), "")
    for kind, name in ((True, "right"), (False, "wrong")):
        value, low, high = found.mean_swayed[kind]
        if value is not None:
            mean[titles[f"went_over_{name}"]] = with_interval(Estimate(value, None, None, low, high))
    return pd.DataFrame([*rows, {gettext("Reader"): gettext("mean (95 % interval)"), **mean}])


def swayed_cases_for_people(reviewed: ReaderReview, most: int = 20) -> pd.DataFrame:
    """The cases on which advice brought readers over, the wrong advice first."""
    found = reviewed.following
    if found is None:
        return pd.DataFrame()
    study = reviewed.study
    order = np.lexsort((-found.helped, -found.misled))[:most]
    return pd.DataFrame(
        {
            gettext("Case"): study.cases[k],
            gettext("Truth"): "MVM" if study.truth[k] else "BVF",
            gettext("Readers misled by wrong advice"): str(found.misled[k]),
            gettext("Readers helped by right advice"): str(found.helped[k]),
        }
        for k in order.tolist()
        if found.misled[k] or found.helped[k]
    )


def _share(k: int, n: int) -> str:
    return f"{k / n:.2f} ({k}/{n})" if n else gettext("none")


def cases_for_people(reviewed: ReaderReview, most: int = 20) -> pd.DataFrame:
    """The cases on which readers differ most, by the spread of their ratings."""
    study = reviewed.study
    read = ~np.isnan(study.ratings)
    count = read.sum(axis=1)
    mean = np.where(read, study.ratings, 0).sum(axis=1) / np.maximum(count, 1)
    squares = np.where(read, study.ratings - mean[:, None], 0) ** 2
    # within each modality, so that what advice changes for all does not count
    spread = np.sqrt(squares.sum(axis=(0, 1)) / np.maximum(count.sum(axis=0), 1))
    advice = None if reviewed.answers.advice is None else advice_of_cases(study, reviewed.answers.advice)
    rows = []
    for k in np.argsort(-spread, kind="stable")[:most].tolist():
        if not spread[k]:
            break
        row = {gettext("Case"): study.cases[k], gettext("Truth"): "MVM" if study.truth[k] else "BVF"}
        for i, name in enumerate(study.modalities):
            own = study.ratings[i, read[i, :, k], k]
            row[gettext("Ratings, {name}", name=name)] = (
                gettext("{low:g} to {high:g}", low=own.min(), high=own.max()) if own.size else ""
            )
            if study.called is not None:
                calls = study.called[i, read[i, :, k], k]
                row[gettext("Called MVM, {name}", name=name)] = gettext(
                    "{count} of {size}", count=int(calls.sum()), size=calls.size
                )
        if advice is not None:
            row[gettext("Advice")] = "" if np.isnan(advice[k]) else f"{advice[k]:.2f}"
        rows.append(row)
    return pd.DataFrame(rows)
