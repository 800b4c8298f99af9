"""The operating point under the user's hand: curve, 2×2 table, rates, scores, zones and the cases behind."""

from html import escape

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mvm_core.language import gettext
from mvm_core.models.wording import HIGH_SENSITIVITY, HIGH_SPECIFICITY
from mvm_core.review import figures, operating_tables, words
from mvm_core.review.operating import Cell, in_cell, read_at
from mvm_core.review.references import roc_references
from mvm_core.review.review import Review
from mvm_core.review.samples import Sample, cohort_title
from mvm_core.review.zones import DISEASE_ZONES, Limits, zone_of, zones_at
from pages.components.cases import choose_cases, chosen_cases, list_cases
from pages.components.choices import THRESHOLD
from pages.components.figure import Sheet, download_table, show, table

_CURVE, _BARS = "curve", "bars"
_OTHERS = ("diamond-open", "square-open", "star-open")


def operating_point(sheet: Sheet, curve: DeltaGenerator) -> None:
    """The ROC curve in its place, and the 2×2 table with its cases beside the rates.

    Parameters
    ----------
    sheet : Sheet
    curve : DeltaGenerator
    """
    with curve:
        _curves(sheet)
    left, right = _halves(sheet)
    with left:
        _two_by_two(sheet.reviewed)
        _cases(sheet, _CURVE)
    with right:
        _rates(sheet)


def scores(sheet: Sheet) -> None:
    """Scores by class beside the cases of the bar clicked on, and the zones."""
    left, right = _halves(sheet)
    with left:
        first = sheet.reviewed.first
        threshold = sheet.reviewed.threshold
        show(
            sheet,
            figures.histogram(first, threshold, sheet.look),
            "histogram",
            gettext(
                "Bars of scores, {positive} upwards and {negative} downwards, cut at {threshold:.3f}: "
                "{rates}.",
                positive=first.question.positive,
                negative=first.question.negative,
                threshold=threshold,
                rates=_rates_in_words(sheet.reviewed),
            ),
            gettext(
                "{caption} A click on a bar lists its cases.",
                caption=words.caption(first, sheet.reviewed.source),
            ),
            on_select=_take_bar,
        )
    with right:
        _choose_bar(sheet.reviewed.first)
        _cases(sheet, _BARS)
        _zones(sheet)


def _halves(sheet: Sheet):  # type: ignore[no-untyped-def]
    if sheet.present:
        return st.container(), st.container()
    return st.columns(2, gap="medium")


def _two_by_two(reviewed: Review) -> None:
    counts, question = reviewed.reads[0].table, reviewed.question
    cohort = escape(cohort_title(reviewed.first.cohort))
    st.html(
        '<div class="mvm-quiet">'
        + gettext("2×2 table, {cohort}; a click lists the cases below it.", cohort=cohort)
        + "</div>"
    )
    for row in (
        (Cell.TRUE_POSITIVE, Cell.FALSE_POSITIVE),
        (Cell.FALSE_NEGATIVE, Cell.TRUE_NEGATIVE),
    ):
        for place, cell in zip(st.columns(2), row, strict=True):
            place.button(
                f"**{cell.count(counts)}**  {cell.title(question)}",
                key=f"cell-{cell.name}",
                width="stretch",
                on_click=choose_cases,
                args=(_CURVE, ("cell", cell.name)),
            )


def _rates(sheet: Sheet) -> None:
    reviewed = sheet.reviewed
    shown = operating_tables.rates_for_people(reviewed.samples, reviewed.reads)
    table(shown.to_numpy().tolist(), list(shown.columns), name=gettext("Rates at the threshold"))
    if len(reviewed.samples) > 2:
        st.html('<div class="mvm-quiet">' + gettext("Each with k/n and 95 % interval.") + "</div>")
    # Exact intervals take longer than all else here: they are for the file alone.
    download_table(sheet, lambda: operating_tables.rates_table(reviewed.samples, reviewed.reads), "rates")


def _zones(sheet: Sheet) -> None:
    reviewed = sheet.reviewed
    limits, threshold = reviewed.limits, reviewed.threshold
    if limits is None:
        return
    zones = zones_at(reviewed.first, limits, threshold)
    shown = operating_tables.zones_for_people(zones, threshold, reviewed.question)
    here = limits.zones.index(zone_of(threshold, limits))
    table(shown.to_numpy().tolist(), list(shown.columns), (here,), name=gettext("Zones"))
    st.html(f'<div class="mvm-quiet">{escape(words.zones(limits, threshold))}</div>')
    download_table(sheet, operating_tables.zones_table(zones, limits, threshold, reviewed.question), "zones")


def _curves(sheet: Sheet) -> None:
    reviewed = sheet.reviewed
    curves = curves_of(reviewed)
    if not curves:
        st.info(gettext("All cases are of one class: there is no ROC curve."))
        return
    shown = []
    for name, limit, symbol in _points_of(reviewed.limits):
        shown.append(figures.Point(f"{name} {limit:.3f}", read_at(reviewed.first, limit), symbol))
    others = zip(reviewed.samples[1:], reviewed.reads[1:], _OTHERS, strict=False)
    for other, read, symbol in others:
        shown.append(
            figures.Point(
                gettext(
                    "at {threshold:.3f}, {cohort}",
                    threshold=read.threshold,
                    cohort=cohort_title(other.cohort),
                ),
                read,
                symbol,
            )
        )
    read = reviewed.reads[0]
    shown.append(
        figures.Point(gettext("threshold {threshold:.3f}", threshold=read.threshold), read, live=True)
    )
    areas = gettext(", ").join(
        gettext("{curve} AUC {auc:.3f}", curve=curve.name, auc=curve.found.auc.auc) for curve in curves
    )
    show(
        sheet,
        figures.roc(curves, shown, roc_references(reviewed.question), sheet.look),
        "roc",
        gettext(
            "ROC curves: {areas}. At {threshold:.3f}: {rates}.",
            areas=areas,
            threshold=read.threshold,
            rates=_rates_in_words(reviewed),
        ),
        _roc_caption(reviewed),
        on_select=lambda: _take_curve(reviewed),
    )


def _rates_in_words(reviewed: Review) -> str:
    rates = reviewed.reads[0].rates
    return gettext(", ").join(
        f"{gettext(name)} {rates[name].value or 0:.3f}" for name in ("sensitivity", "specificity")
    )


def _roc_caption(reviewed: Review) -> str:
    found = next(one for one in reviewed.found if one is not None)
    return gettext(
        "{caption} Band: {replicates:,} bootstrap replicates. {published}A click on the curve lists the "
        "cases there.",
        caption=words.caption(reviewed.first, reviewed.source),
        replicates=found.replicates,
        published=gettext("The published point is of other films. ")
        if roc_references(reviewed.question)
        else "",
    )


def _points_of(limits: Limits | None) -> list[tuple[str, float, str]]:
    """The points where zones meet: name, score and symbol."""
    if limits is None:
        return []
    if limits.zones == DISEASE_ZONES:
        return [(gettext("disease point"), limits.low, "triangle-down-open")]
    return [
        (gettext(HIGH_SENSITIVITY), limits.low, "triangle-down-open"),
        (gettext(HIGH_SPECIFICITY), limits.high, "triangle-up-open"),
    ]


def curves_of(reviewed: Review) -> list[figures.Curve]:
    """The curve of each cohort that has both classes."""
    return [
        figures.Curve(cohort_title(one.cohort), found, one.question)
        for one, found in zip(reviewed.samples, reviewed.found, strict=True)
        if found is not None
    ]


def _picked(name: str) -> list[dict]:  # type: ignore[type-arg]
    state = st.session_state.get(f"figure-{name}")
    return state["selection"]["points"] if state else []


def _take_curve(reviewed: Review) -> None:
    """A click on a curve: the threshold goes there, and the cases of that step are listed."""
    for point in _picked("roc"):
        threshold = point.get("customdata")
        threshold = threshold[0] if isinstance(threshold, list) else threshold
        if isinstance(threshold, int | float) and np.isfinite(threshold):
            choose_cases(_CURVE, ("step", str(float(threshold))))
            scores = reviewed.first.scores
            low, high = (0.0, 1.0) if reviewed.first.is_probability else (scores.min(), scores.max())
            st.session_state[THRESHOLD] = float(np.clip(threshold, low, high))


def _take_bar() -> None:
    for point in _picked("histogram"):
        choose_cases(_BARS, ("bar", str(point["x"]), str(point["curve_number"])))


def _choose_bar(first: Sample) -> None:
    """The bars as a list, for hands on the keyboard."""
    edges = figures.bins_of(first)
    inside = np.clip(np.searchsorted(edges, first.scores, "right") - 1, 0, edges.size - 2)
    bars = [
        (place, positive)
        for positive in (True, False)
        for place in np.unique(inside[first.positive == positive]).tolist()
    ]
    counts = {bar: int(((inside == bar[0]) & (first.positive == bar[1])).sum()) for bar in bars}
    key = f"bar-of-{first.cohort}-{first.reading}-{first.question.name}"

    def take() -> None:
        chosen = st.session_state[key]
        if chosen is not None:
            place, positive = chosen
            middle = float(edges[place] + edges[place + 1]) / 2
            choose_cases(_BARS, ("bar", str(middle), "0" if positive else "1"))

    st.selectbox(
        gettext("List the cases of a bar"),
        bars,
        index=None,
        placeholder=gettext("Choose one"),
        format_func=lambda bar: gettext(
            "{name}, {low:.2f} to {high:.2f}: {count}",
            name=words.capital(first.question.positive if bar[1] else first.question.negative),
            low=edges[bar[0]],
            high=edges[bar[0] + 1],
            count=counts[bar],
        ),
        key=key,
        on_change=take,
        width=320,
    )


def _cases(sheet: Sheet, place: str) -> None:
    chosen = chosen_cases(place)
    if not chosen:
        return
    first, threshold = sheet.reviewed.first, sheet.reviewed.threshold
    title, which = _of_choice(first, threshold, chosen)
    list_cases(first, which, title, place)


def _of_choice(first: Sample, threshold: float, chosen: tuple[str, ...]):  # type: ignore[no-untyped-def]
    """What the list is called, and which of the cases are in it."""
    if chosen[0] == "cell":
        cell = Cell[chosen[1]]
        return gettext(
            "{cell}, at {threshold:.3f}", cell=cell.title(first.question), threshold=threshold
        ), in_cell(first, threshold, cell)
    if chosen[0] == "bar":
        edges = figures.bins_of(first)
        place = int(np.clip(np.searchsorted(edges, float(chosen[1])) - 1, 0, edges.size - 2))
        inside = np.clip(np.searchsorted(edges, first.scores, "right") - 1, 0, edges.size - 2) == place
        positive = chosen[2] == "0"
        name = words.capital(first.question.positive if positive else first.question.negative)
        title = gettext(
            "{name} with scores {low:.2f} to {high:.2f}",
            name=name,
            low=edges[place],
            high=edges[place + 1],
        )
        return title, inside & (first.positive == positive)
    at = float(chosen[1])
    nearest = np.argsort(np.abs(first.scores - at), kind="stable")[:20]
    which = np.zeros(first.scores.size, dtype=bool)
    which[nearest] = True
    return gettext("The {size} cases with scores nearest to {at:.3f}", size=nearest.size, at=at), which
