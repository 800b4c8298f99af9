"""The record as the clinic's running validation: by month, whether it drifts, how many cases are missing."""

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from mvm_core.errors import ValidationError
from mvm_core.language import gettext, gettext_noop
from mvm_core.review.style import SCREEN, Look, add_band, layout
from mvm_core.validation.roc import auc_with_interval
from pages.components.figure import table
from pages.components.shared_record import counted, shared_record

if TYPE_CHECKING:
    from mvm_core.records.case import KeptCase
    from mvm_core.records.drift import Ewma

_NAMES = {
    "probability": gettext_noop("P(MVM) of the leading reading"),
    "distance": gettext_noop("distance from the training films"),
    "mvm": gettext_noop("share of MVM likely"),
    "indeterminate": gettext_noop("share of indeterminate"),
    "bvf": gettext_noop("share of BVF likely"),
    "intact": gettext_noop("share of nothing seen"),
}
_SOURCE = gettext_noop(
    "Exponentially weighted moving average, weight 0.2, limits at 3 standard deviations (Roberts, "
    "Technometrics 1959;1:239; Lucas and Saccucci, Technometrics 1990;32:1); the first {baseline} readings "
    "say what is usual."
)
_DISTANCE = gettext_noop(
    "Distance of the farther film: 0 as the median of the training films, 1 as their 90th percentile."
)


def running_validation() -> None:
    """Show the record month by month below its review."""
    from mvm_core.records.drift import by_month

    kept = shared_record().cases()
    cases = counted(kept)
    if not cases:
        return
    st.header(gettext("The clinic's running validation"), anchor=False)
    simulated = sum(case.simulated for case in kept)
    if simulated:
        told = (
            gettext("SIMULATED FILMS: {count} of these cases are of simulated films.", count=simulated)
            if len(cases) == len(kept)
            else gettext("Without the {count} cases of simulated films.", count=simulated)
        )
        st.html(f'<div class="mvm-quiet">{escape(told)}</div>')
    months = by_month(cases)
    head = [
        gettext("Month"), gettext("Readings"), gettext("With reference standard"), gettext("MVM likely"),
        gettext("indeterminate"), gettext("BVF likely"), gettext("nothing seen"), gettext("Median P(MVM)"),
        gettext("Median distance (percentile)"), gettext("Sensitivity"), gettext("Specificity"),
    ]  # fmt: skip
    rows = [
        [
            str(row["month"]), str(row["readings"]), str(row["settled"]),
            *(f"{row[name]:.0%}" for name in ("mvm", "indeterminate", "bvf", "intact")),
            _or_none(row["probability"]), _or_none(row["percentile"], ".0f"),
            _or_none(row["sensitivity"]), _or_none(row["specificity"]),
        ]
        for _, row in months.iterrows()
    ]  # fmt: skip
    table(rows, head, name=gettext("By month"))
    told = gettext("Sensitivity and specificity count *MVM likely* as positive.").replace("*", "")
    st.html(f'<div class="mvm-quiet">{escape(told)}</div>')
    with st.container(key="drift-and-missing"):
        drift, missing = st.columns([3, 2], gap="large")
    with drift:
        _drift(cases)
    with missing:
        _missing(cases)


def _or_none(value: float, form: str = ".2f") -> str:
    return "–" if np.isnan(value) else format(value, form)


def _drift(cases: "Sequence[KeptCase]") -> None:
    from mvm_core.records.drift import BASELINE, SERIES, ewma, series

    st.header(gettext("Does it drift?"), anchor=False)
    name = st.selectbox(
        gettext("Followed"), SERIES, format_func=lambda each: gettext(_NAMES[each]), key="drift-of", width=420
    )
    values = series(cases, name)
    try:
        found = ewma(values)
    except ValidationError:
        if len(values) > BASELINE:
            told = gettext("The first {baseline} readings are all the same, so nothing can drift from them.",
                           baseline=BASELINE)  # fmt: skip
        else:
            told = gettext("{count} readings so far: drift is told from reading {least} on.",
                           count=len(values), least=BASELINE + 1)  # fmt: skip
        st.html(f'<div class="mvm-quiet">{told}</div>')
        return
    outside = np.flatnonzero(found.outside)
    verdict = (
        gettext("Beyond its limits from reading {first} on; {count} of {of} beyond.",
                first=int(outside[0]) + BASELINE + 1, count=len(outside), of=len(found.average))
        if len(outside) else gettext("Within its limits.")
    )  # fmt: skip
    st.html(f'<div class="mvm-said">{escape(verdict)}</div>')
    st.plotly_chart(
        _chart(found, gettext(_NAMES[name]), BASELINE), theme=None, config={"displayModeBar": False},
        key="figure-drift", alt=f"{gettext(_NAMES[name])}. {verdict}",
    )  # fmt: skip
    source = gettext(_SOURCE, baseline=BASELINE)
    if name == "distance":
        source = f"{gettext(_DISTANCE)} {source}"
    st.html(f'<div class="mvm-quiet">{escape(source)}</div>')


def _chart(found: "Ewma", name: str, baseline: int) -> go.Figure:
    look = Look(SCREEN, gettext("The clinic's record"))
    numbers = np.arange(len(found.average)) + baseline + 1
    figure = go.Figure()
    add_band(figure, numbers, found.lower, found.upper, "rgba(140,150,160,0.25)", gettext("limits"))
    figure.add_scatter(x=numbers, y=found.average, mode="lines+markers", name=gettext("average"),
                       line={"color": "#5cc8b4"}, marker={"size": 5})  # fmt: skip
    figure.add_hline(y=found.centre, line={"color": "#c3c9cf", "dash": "dot", "width": 1})
    return layout(figure, look, name, {"title": gettext("reading, oldest first")}, {"title": ""}, 300)


def _missing(cases: "Sequence[KeptCase]") -> None:
    from mvm_core.records.drift import missing_cases
    from mvm_core.records.predictions import settled

    st.header(gettext("How many cases are missing?"), anchor=False)
    known = settled(cases)
    positive = np.array([case.said.truth == "mvm" for case in known], bool)
    if positive.all() or not positive.any():
        told = gettext("It takes a case of MVM and one of BVF with a reference standard.")
        st.html(f'<div class="mvm-quiet">{told}</div>')
        return
    width = st.number_input(
        gettext("Full width of the 95 % interval wanted"),
        0.02,
        0.5,
        0.1,
        0.01,
        key="interval-wanted",
        width=320,
    )
    called = np.array([case.zone == "MVM likely" for case in known])
    scores = np.array([case.probability for case in known], float)
    sensitivity, specificity = float(called[positive].mean()), float((~called[~positive]).mean())
    area = auc_with_interval(positive, scores).auc
    missing = missing_cases(
        area, sensitivity, specificity, int(positive.sum()), int((~positive).sum()), float(width)
    )
    rows = [
        [gettext("Area under the curve"), f"{area:.3f}", _count(missing.auc)],
        [
            gettext("Sensitivity and specificity"),
            f"{sensitivity:.2f}, {specificity:.2f}",
            _count(missing.rates),
        ],
    ]
    table(rows, ["", gettext("So far"), gettext("Cases missing")], name=gettext("Cases missing"))
    told = gettext(
        "{mvm} cases of MVM and {bvf} of BVF so far; their share and the figures are taken to stay. Area: "
        "Hanley and McNeil, Radiology 1982;143:29. Rates: Wilson, JASA 1927;22:209.",
        mvm=int(positive.sum()), bvf=int((~positive).sum()),
    )  # fmt: skip
    st.html(f'<div class="mvm-quiet">{escape(told)}</div>')


def _count(missing: int | None) -> str:
    return gettext("not known: the area is not above 0.5") if missing is None else str(missing)
