"""Sensitivity against false alarms a pair of films."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from mvm_core.language import gettext
from mvm_core.review.free_response import MOST_ALARMS, FreeResponse
from mvm_core.review.samples import cohort_title
from mvm_core.review.style import Look, add_band, layout, rate_axis, thinned

_SYMBOLS = ("circle", "diamond", "square", "star")


def free_response(found: Sequence[FreeResponse], look: Look) -> go.Figure:
    """Free-response curves of some cohorts with pointwise bands, and where the weights' own point lies."""
    style = look.style
    figure = go.Figure()
    for one, (_, _, fill) in zip(found, style.lines, strict=False):
        ends = one.intervals
        add_band(figure, ends.false_alarms, ends.low, ends.high, fill)
    for one, (colour, dash, _) in zip(found, style.lines, strict=False):
        curve = one.figures.curve
        shown = np.flatnonzero(curve.false_alarms <= MOST_ALARMS)
        shown = shown[thinned(shown.size)]
        figure.add_scatter(
            x=curve.false_alarms[shown],
            y=curve.sensitivity[shown],
            customdata=curve.thresholds[shown],
            mode="lines",
            line={"width": 3, "color": colour, "dash": dash, "shape": "hv"},
            name=gettext(
                "{cohort}, {diseased:,} levels in {films:,} pairs",
                cohort=cohort_title(one.cohort),
                diseased=curve.diseased,
                films=curve.films,
            ),
            hovertemplate=gettext(
                "probability of disease %{customdata:.3f}<br>%{x:.3f} false alarms a pair, sensitivity "
                "%{y:.3f}"
            ),
        )
    for one, (colour, _, _), symbol in zip(found, style.lines, _SYMBOLS, strict=False):
        hits, alarms = one.rates["flagged, all"], one.rates["false alarms a pair"]
        figure.add_scatter(
            x=[alarms.value],
            y=[hits.value],
            error_x=_error(alarms.value, alarms.low, alarms.high, colour),
            error_y=_error(hits.value, hits.low, hits.high, colour),
            mode="markers",
            marker={
                "symbol": symbol,
                "size": 14,
                "color": style.mvm,
                "line": {"width": 2, "color": style.background},
            },
            name=gettext(
                "disease point, {cohort}: {successes}/{total} at {alarms:.2f} a pair",
                cohort=cohort_title(one.cohort),
                successes=hits.successes,
                total=hits.total,
                alarms=alarms.value,
            ),
            hovertemplate=(gettext("%{x:.3f} false alarms a pair, sensitivity %{y:.3f}") + "<extra></extra>"),
        )
    return layout(
        figure,
        look,
        gettext("Free-response curve with pointwise 95 % band"),
        {"title": {"text": gettext("False alarms a pair of films")}, "range": [0, MOST_ALARMS], "dtick": 0.5},
        rate_axis(gettext("Sensitivity") if look.large else gettext("Sensitivity (MVM and BVF flagged)")),
        600 + 50 * len(found),
    )


def _error(
    value: float | None, low: float | None, high: float | None, colour: str
) -> dict[str, object] | None:
    if value is None or low is None or high is None:
        return None
    return {
        "type": "data",
        "symmetric": False,
        "array": [high - value],
        "arrayminus": [value - low],
        "color": colour,
    }
