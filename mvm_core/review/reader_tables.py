"""The tables of a reader study's report."""

from typing import Any

import pandas as pd

from mvm_core.language import gettext, gettext_noop
from mvm_core.review.reader_study import ReaderReview
from mvm_core.review.words import p_text, signed, written
from mvm_core.validation.mrmc_merits import MERITS
from mvm_core.validation.mrmc_results import Analysis, Estimate
from mvm_core.validation.rates import Rate
from mvm_core.validation.reader_advice import Following

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


_MODALITIES = {"unaided": gettext_noop("unaided"), "aided": gettext_noop("aided")}


def modality_title(name: str) -> str:
    """A modality as it is written for people: in their language where it is one of this program's own."""
    return gettext(_MODALITIES[name]) if name in _MODALITIES else name


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
        "{modality} less {reference}",
        modality=modality_title(difference.modality),
        reference=modality_title(difference.reference),
    )


def means_for_people(reviewed: ReaderReview) -> pd.DataFrame:
    """Averages over readers and their differences."""
    rows = []
    for one in reviewed.analyses:
        row = {gettext("Figure of merit"): gettext(MERITS[one.merit].title)}
        row |= {
            gettext("{name} (95 % interval)", name=modality_title(name)): with_interval(mean)
            for name, mean in zip(one.modalities, one.means, strict=True)
        }
        for each in one.differences:
            row[_less(each)] = with_interval(each.estimate, sign=True)
            row[gettext("p, {difference}", difference=_less(each))] = p_text(each.p)
            if test := reviewed.non_inferiority.get((one.merit, each.modality, each.reference)):
                shown = gettext({True: _SHOWN, False: _NOT_SHOWN, None: NONE}[test.shown])
                head = gettext(
                    "{modality} not inferior by {margin:g}",
                    modality=modality_title(each.modality),
                    margin=test.margin,
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
            row[modality_title(name)] = "" if one is None else with_interval(one)
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
                else written(value, 6)
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
            gettext("Modality"): modality_title(modality),
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
            gettext("Modality"): modality_title(modality),
            gettext("Brier score"): f"{found.brier:.3f}",
            gettext("Intercept"): gettext(NONE) if found.intercept is None else written(found.intercept, 2),
            gettext("Slope"): gettext(NONE) if found.slope is None else written(found.slope, 2),
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
        {gettext(_SECONDS): modality_title(name), gettext(_GEOMETRIC): _times(*found), "p": ""}
        for name, found in times.means.items()
    ]
    rows += [
        {
            gettext(_SECONDS): gettext("{a} over {b}", a=modality_title(a), b=modality_title(b)),
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


_KINDS = ((True, "right"), (False, "wrong"))


def following_rows(reviewed: ReaderReview) -> list[dict[str, Any]]:
    """Of each reader, and of all together without a name, how often advice was followed, plain numbers."""
    found = reviewed.following
    if found is None:
        return []
    rows = []
    for reader in (*reviewed.study.readers, None):
        row: dict[str, Any] = {"reader": reader}
        for kind, name in _KINDS:
            for key, rate in _following(found, reader, kind).items():
                row |= {
                    f"{key}_{name}": rate.successes,
                    f"{key}_{name}_of": rate.total,
                    f"{key}_{name}_low": rate.low,
                    f"{key}_{name}_high": rate.high,
                }
        rows.append(row)
    return rows


def _following(found: Following, reader: str | None, kind: bool) -> dict[str, Rate]:
    if reader is None:
        return {"agreed": found.agreed_in_all[kind], "went_over": found.swayed_in_all[kind]}
    return {"agreed": found.agreed[reader, kind], "went_over": found.swayed[reader, kind]}


def following_for_people(reviewed: ReaderReview) -> pd.DataFrame:
    """Of each reader, and of all together, how often advice was followed."""
    found = reviewed.following
    if found is None:
        return pd.DataFrame()
    titles = {
        "agreed_right": gettext("Call is the advice's, advice right"),
        "agreed_wrong": gettext("Call is the advice's, advice wrong"),
        "went_over_right": gettext("Went over to right advice"),
        "went_over_wrong": gettext("Went over to wrong advice"),
    }
    return pd.DataFrame(
        {
            gettext("Reader"): gettext("all readers") if reader is None else reader,
            **{
                titles[f"{key}_{name}"]: rate_for_people(rate)
                for kind, name in _KINDS
                for key, rate in _following(found, reader, kind).items()
            },
        }
        for reader in (*reviewed.study.readers, None)
    )[[gettext("Reader"), *titles.values()]]


def swayed_cases_for_people(reviewed: ReaderReview, most: int = 20) -> pd.DataFrame:
    """The cases on which advice brought readers over, the wrong advice first."""
    found = reviewed.following
    if found is None:
        return pd.DataFrame()
    study = reviewed.study
    moved = [
        (misled.successes, helped.successes)
        for misled, helped in zip(found.misled, found.helped, strict=True)
    ]
    order = sorted(range(len(moved)), key=lambda k: (-moved[k][0], -moved[k][1]))[:most]
    return pd.DataFrame(
        {
            gettext("Case"): study.cases[k],
            gettext("Truth"): "MVM" if study.truth[k] else "BVF",
            gettext("Readers misled by wrong advice"): rate_for_people(found.misled[k]),
            gettext("Readers helped by right advice"): rate_for_people(found.helped[k]),
        }
        for k in order
        if any(moved[k])
    )


def rate_for_people(rate: Rate) -> str:
    """A share with its 95 % interval and its counts, as text."""
    if rate.value is None:
        return gettext("none")
    return gettext(
        "{value:.2f} ({low:.2f} to {high:.2f}), {k}/{n}",
        value=rate.value, low=rate.low, high=rate.high, k=rate.successes, n=rate.total,
    )  # fmt: skip
