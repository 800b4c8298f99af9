"""The operating point under the user's hand: curve, 2×2 table, zones, rates and the cases behind them."""

import numpy as np
import streamlit as st

from mvm_core.models import OperatingPoints
from mvm_core.review import figures, words
from mvm_core.review.operating import AtThreshold, Cell, in_cell, read_at
from mvm_core.review.references import roc_references
from mvm_core.review.review import Review
from mvm_core.review.samples import Sample, cohort_title
from mvm_core.validation.rates import rate_with_interval
from pages.components.cases import list_cases
from pages.components.figure import look_of, show, table

_CHOSEN = "cases_chosen"


@st.fragment
def operating_point(reviewed: Review, points: OperatingPoints | None, digest: str) -> None:
    """Show ROC curve and rates at the slider's threshold; only this part runs again when it moves."""
    first = reviewed.first
    key = f"threshold-{digest}-{reviewed.reading}-{reviewed.rule.name}"
    with st.container(horizontal=True, gap="large"):
        left, right = st.container(width=640), st.container(width=660)
    with right:
        threshold = _slider(reviewed, key)
        read = read_at(first, threshold)
        _two_by_two(read)
        _rates(reviewed, read)
        _zones(first, points, key)
    with left:
        _curves(reviewed, read, points, key)
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


def _rates(reviewed: Review, read: AtThreshold) -> None:
    reads = [read, *(read_at(other, read.threshold) for other in reviewed.samples[1:])]
    rows = [[name, *(words.rate(one.rates[name]) for one in reads)] for name in read.rates]
    rows.append(["F1", *(words.estimate(one.f1) for one in reads)])
    rows += [[name, *(words.estimate(one.ratios[name], 2) for one in reads)] for name in read.ratios]
    youden = [one.table.youden_j for one in reads]
    rows.append(["Youden's J", *("not computable" if j is None else f"{j:.3f}" for j in youden)])
    heads = [cohort_title(one.cohort) for one in reviewed.samples]
    table(rows, [f"At {read.threshold:.3f}", *(f"{head} (k/n, 95 % interval)" for head in heads)])


def _zones(first: Sample, points: OperatingPoints | None, key: str) -> None:
    if not first.is_probability:
        return
    start = (points.high_sensitivity, points.high_specificity) if points else (0.2, 0.5)
    low, high = st.slider(
        "Zones: BVF likely below, MVM likely from",
        0.0,
        1.0,
        start,
        step=0.001,
        format="%.3f",
        key=f"zones-{key}",
    )
    zone = np.digitize(first.scores, [low, high])
    rows = []
    for place, name in enumerate(("BVF likely", "indeterminate", "MVM likely")):
        here = zone == place
        positives = int((first.positive & here).sum())
        share = rate_with_interval(positives, int(here.sum()))
        rows.append([name, f"{int(here.sum())} of {here.size}", words.rate(share)])
    table(rows, ["Zone", "Cases", "MVM among them (k/n, 95 % interval)"])


def _curves(reviewed: Review, read: AtThreshold, points: OperatingPoints | None, key: str) -> None:
    curves = _curves_of(reviewed)
    if not curves:
        st.info("All cases are of one class: there is no ROC curve.")
        return
    shown = []
    if points is not None:
        shown = [
            figures.Point(
                "high-sensitivity point of the weights",
                read_at(reviewed.first, points.high_sensitivity),
                "triangle-down-open",
            ),
            figures.Point(
                "high-specificity point of the weights",
                read_at(reviewed.first, points.high_specificity),
                "triangle-up-open",
            ),
        ]
    for other in reviewed.samples[1:]:
        shown.append(
            figures.Point(
                f"this threshold, {cohort_title(other.cohort)}",
                read_at(other, read.threshold),
                "diamond-open",
            )
        )
    shown.append(figures.Point(f"threshold {read.threshold:.3f}", read, live=True))
    figure = figures.roc(curves, shown, roc_references(), look_of(reviewed.source))
    if st.session_state.get("roc-key") != key:
        st.session_state["roc-key"] = key
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
