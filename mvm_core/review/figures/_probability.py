"""Whether probabilities are true, what acting on them is worth, and what they mean at another prevalence."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from mvm_core.cohort import MVM, Question
from mvm_core.language import gettext
from mvm_core.review.assessment import Agreement
from mvm_core.review.samples import Sample
from mvm_core.review.style import Look, add_band, layout, rate_axis, thinned
from mvm_core.validation.decision_curve import DecisionCurve

Floats = NDArray[np.float64]


def calibration(found: Agreement, sample: Sample, look: Look, preview: str | None = None) -> go.Figure:
    """The calibration curve of a sample with its band and, where asked for, after recalibration."""
    style = look.style
    figure = go.Figure()
    curve = found.curve
    chosen = thinned(curve.probability.size)
    at = curve.probability[chosen]
    add_band(figure, at, curve.low[chosen], curve.high[chosen], style.band, gettext("95 % band"))
    figure.add_scatter(
        x=at,
        y=curve.observed[chosen],
        mode="lines",
        line={"width": 3, "color": style.accent},
        name=gettext("as it is"),
    )
    if preview is not None and preview in found.recalibrated:
        after = found.recalibrated[preview][2]
        chosen = thinned(after.probability.size)
        figure.add_scatter(
            x=after.probability[chosen],
            y=after.observed[chosen],
            mode="lines",
            line={"width": 3, "color": style.second, "dash": "dash"},
            name=gettext("after recalibration, {preview}", preview=gettext(preview)),
        )
    figure.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        line={"color": style.faint, "width": 1},
        name=gettext("perfect"),
        hoverinfo="skip",
    )
    layout(
        figure,
        look,
        gettext("Calibration by lowess, {sample}", sample=sample.title),
        rate_axis(gettext("Predicted probability of {condition}", condition=sample.question.condition)),
        rate_axis(
            gettext("Observed share of {positive}", positive=sample.question.positive), scaleanchor="x"
        ),
        520,
    )
    return figure


def decision(found: DecisionCurve, look: Look, question: Question = MVM) -> go.Figure:
    """Net benefit by threshold probability against treating all and treating none."""
    style = look.style
    figure = go.Figure()
    at = found.thresholds
    add_band(figure, at, found.low, found.high, style.band, gettext("95 % band"))
    figure.add_scatter(
        x=at,
        y=found.reading,
        mode="lines",
        line={"width": 3, "color": style.accent},
        name=gettext("act on the reading"),
    )
    figure.add_scatter(
        x=at,
        y=found.treat_all,
        mode="lines",
        line={"width": 2, "color": style.second, "dash": "dash"},
        name=gettext("take all for {positive}", positive=question.positive),
    )
    figure.add_scatter(
        x=[0, 1],
        y=[0, 0],
        mode="lines",
        line={"width": 2, "color": style.faint, "dash": "dot"},
        name=gettext("take none for {positive}", positive=question.positive),
    )
    floor = min(-0.05, float(found.low[at <= 0.8].min()) if (at <= 0.8).any() else -0.05)
    layout(
        figure,
        look,
        gettext("Decision curve at a prevalence of {prevalence:.2f}", prevalence=found.prevalence),
        rate_axis(gettext("Threshold probability from which one acts")),
        {
            "title": {"text": gettext("Net benefit (true positives per case)")},
            "range": [max(floor, -0.2), found.prevalence * 1.1],
        },
    )
    return figure


def at_prevalences(
    lines: Mapping[str, tuple[Floats, Floats, Floats, Floats]],
    own: float,
    look: Look,
    question: Question = MVM,
) -> go.Figure:
    """PPV and NPV over prevalence, each as (prevalence, value, low, high); `own` is that of the cohort."""
    style = look.style
    figure = go.Figure()
    looks = ((style.accent, "solid", style.band), (style.second, "dash", style.second_band))
    for (name, (at, value, low, high)), (colour, dash, fill) in zip(lines.items(), looks, strict=False):
        add_band(figure, at, low, high, fill)
        figure.add_scatter(
            x=at, y=value, mode="lines", line={"width": 3, "color": colour, "dash": dash}, name=name
        )
    figure.add_vline(x=own, line={"color": style.faint, "dash": "dot"})
    layout(
        figure,
        look,
        gettext("At another prevalence; dotted line: this cohort's"),
        rate_axis(gettext("Prevalence of {condition}", condition=question.condition)),
        rate_axis(gettext("Predictive value")),
        440,
    )
    return figure
