"""The operating point under the user's hand: curve, 2×2 table, zones, rates and the cases behind them."""

from html import escape

import numpy as np
import streamlit as st

from mvm_core.review import figures, operating_tables, words
from mvm_core.review.operating import AtThreshold, Cell, in_cell, read_at
from mvm_core.review.references import roc_references
from mvm_core.review.review import Review
from mvm_core.review.samples import Sample, cohort_title
from mvm_core.review.zones import ZONES, zone_of, zones_at
from pages.components.cases import list_cases
from pages.components.figure import download_table, look_of, show, table

_CHOSEN = "cases_chosen"


@st.fragment
def operating_point(reviewed: Review, digest: str) -> None:
    """Show ROC curve and rates at the slider's threshold; only this part runs again when it moves."""
    first = reviewed.first
    key = f"threshold-{digest}-{reviewed.reading}-{reviewed.rule.name}"
    # above both, so that the curve lies under it also where the columns come one after the other
    with st.container(width=1340):
        threshold = _slider(reviewed, key)
    with st.container(horizontal=True, gap="large"):
        left, right = st.container(width=640), st.container(width=660)
    with right:
        reads = [read_at(one, threshold) for one in reviewed.samples]
        _two_by_two(reads[0])
        _rates(reviewed, reads)
        _zones(reviewed, threshold)
    with left:
        _curves(reviewed, reads, key)
        _histogram(first, threshold)
    _cases(first, threshold)


def _slider(reviewed: Review, key: str) -> float:
    scores = reviewed.first.scores
    low, high = (0.0, 1.0) if reviewed.first.is_probability else (float(scores.min()), float(scores.max()))
    if high <= low:
        high = low + 1.0
    start = float(np.clip(reviewed.threshold, low, high))
    st.session_state.setdefault(key, start)
    value = st.slider(
        "Threshold: read as MVM from here up", low, high, step=(high - low) / 1000, format="%.3f", key=key
    )
    return float(value)


def _two_by_two(read: AtThreshold) -> None:
    counts = read.table
    cells = {
        Cell.TRUE_POSITIVE: counts.true_positives,
        Cell.FALSE_POSITIVE: counts.false_positives,
        Cell.FALSE_NEGATIVE: counts.false_negatives,
        Cell.TRUE_NEGATIVE: counts.true_negatives,
    }
    st.html('<div class="mvm-quiet">2×2 table; a click lists the cases.</div>')
    for row in (list(cells)[:2], list(cells)[2:]):
        for place, cell in zip(st.columns(2), row, strict=True):
            place.button(
                f"**{cells[cell]}**  {cell.value}",
                key=f"cell-{cell.name}",
                width="stretch",
                on_click=_choose,
                args=(("cell", cell.name),),
            )


def _rates(reviewed: Review, reads: list[AtThreshold]) -> None:
    shown = operating_tables.rates_for_people(reviewed.samples, reads)
    table(shown.to_numpy().tolist(), list(shown.columns))
    download_table(operating_tables.rates_table(reviewed.samples, reads), "rates")


def _zones(reviewed: Review, threshold: float) -> None:
    limits = reviewed.limits
    if limits is None:
        return
    zones = zones_at(reviewed.first, limits, threshold)
    shown = operating_tables.zones_for_people(zones, threshold)
    here = ZONES.index(zone_of(threshold, limits))
    table(shown.to_numpy().tolist(), list(shown.columns), (here,))
    st.html(f'<div class="mvm-quiet">{escape(words.zones(limits, threshold))}</div>')
    download_table(operating_tables.zones_table(zones, limits, threshold), "zones")


def _curves(reviewed: Review, reads: list[AtThreshold], key: str) -> None:
    curves = _curves_of(reviewed)
    if not curves:
        st.info("All cases are of one class: there is no ROC curve.")
        return
    shown = []
    if reviewed.limits is not None:
        for name, limit, symbol in (
            ("upper end of BVF likely", reviewed.limits.low, "triangle-down-open"),
            ("lower end of MVM likely", reviewed.limits.high, "triangle-up-open"),
        ):
            shown.append(figures.Point(f"{name}, {limit:.3f}", read_at(reviewed.first, limit), symbol))
    for other, read in zip(reviewed.samples[1:], reads[1:], strict=True):
        shown.append(figures.Point(f"this threshold, {cohort_title(other.cohort)}", read, "diamond-open"))
    shown.append(figures.Point(f"threshold {reads[0].threshold:.3f}", reads[0], live=True))
    figure = figures.roc(curves, shown, roc_references(), look_of(reviewed.source))
    show(figure, "roc", _roc_caption(reviewed), on_select=lambda: _take_curve(reviewed, key))


def _roc_caption(reviewed: Review) -> str:
    found = next(one for one in reviewed.found if one is not None)
    apart = ""
    if reviewed.apart is not None:
        apart = f" Difference of the areas: {words.p_text(reviewed.apart.p)} (unpaired DeLong)."
    return (
        f"{words.caption(reviewed.first, reviewed.source)} Band: {found.replicates:,} bootstrap replicates."
        f"{apart} The published point is of other films. A click on the curve lists the cases there."
    )


def _curves_of(reviewed: Review) -> list[figures.Curve]:
    return [
        figures.Curve(cohort_title(one.cohort), found)
        for one, found in zip(reviewed.samples, reviewed.found, strict=True)
        if found is not None
    ]


def _histogram(first: Sample, threshold: float) -> None:
    source = st.session_state["review_source"]
    figure = figures.histogram(first, threshold, look_of(source))
    show(
        figure, "histogram", f"{words.caption(first, source)} A click on a bar lists its cases.",
        on_select=_take_bar,
    )  # fmt: skip


def _choose(what: tuple[str, ...] | None) -> None:
    st.session_state[_CHOSEN] = what


def _picked(name: str) -> list[dict]:
    state = st.session_state.get(f"figure-{name}")
    return state["selection"]["points"] if state else []


def _take_curve(reviewed: Review, key: str) -> None:
    """A click on a curve: the threshold goes there, and the cases of that step are listed."""
    for point in _picked("roc"):
        threshold = point.get("customdata")
        threshold = threshold[0] if isinstance(threshold, list) else threshold
        if isinstance(threshold, int | float) and np.isfinite(threshold):
            _choose(("step", str(float(threshold))))
            scores = reviewed.first.scores
            low, high = (0.0, 1.0) if reviewed.first.is_probability else (scores.min(), scores.max())
            st.session_state[key] = float(np.clip(threshold, low, high))


def _take_bar() -> None:
    for point in _picked("histogram"):
        _choose(("bar", str(point["x"]), str(point["curve_number"])))


def _cases(first: Sample, threshold: float) -> None:
    chosen = st.session_state.get(_CHOSEN)
    if not chosen:
        return
    if chosen[0] == "cell":
        cell = Cell[chosen[1]]
        title, which = f"{cell.value}, at {threshold:.3f}", in_cell(first, threshold, cell)
    elif chosen[0] == "bar":
        edges = figures.bins_of(first)
        place = int(np.clip(np.searchsorted(edges, float(chosen[1])) - 1, 0, edges.size - 2))
        inside = np.clip(np.searchsorted(edges, first.scores, "right") - 1, 0, edges.size - 2) == place
        positive = chosen[2] == "0"
        title = f"{'MVM' if positive else 'BVF'} with scores {edges[place]:.2f} to {edges[place + 1]:.2f}"
        which = inside & (first.positive == positive)
    else:
        at = float(chosen[1])
        nearest = np.argsort(np.abs(first.scores - at), kind="stable")[:20]
        which = np.zeros(first.scores.size, dtype=bool)
        which[nearest] = True
        title = f"The {nearest.size} cases with scores nearest to {at:.3f}"
    list_cases(first, which, title)
