"""The figures of a review, for page and report alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from mvm_core.review.assessment import Agreement, Discrimination
from mvm_core.review.operating import AtThreshold
from mvm_core.review.references import AREAS, RocReference
from mvm_core.review.samples import Sample
from mvm_core.review.style import Look, add_band, layout, rate_axis
from mvm_core.validation.decision_curve import DecisionCurve
from mvm_core.validation.rates import Rate
from mvm_core.validation.subgroups import Forest

_MOST_VERTICES = 600
BINS = 25
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """One cohort's curve in a figure with several."""

    name: str
    found: Discrimination


@dataclass(frozen=True)
class Point:
    """An operating point on a curve, of one of the cohorts."""

    name: str
    read: AtThreshold
    symbol: str = "circle"
    live: bool = False


def vertices(found: Discrimination) -> NDArray[np.intp]:
    """Which vertices of a ROC curve are drawn: all, or so many evenly along the curve."""
    return _thinned(found.curve.sensitivity.size)


def roc(
    curves: Sequence[Curve], points: Sequence[Point], references: Sequence[RocReference], look: Look
) -> go.Figure:
    """ROC curves of at most two cohorts with bands, operating points and published points."""
    style = look.style
    figure = go.Figure()
    looks = ((style.accent, "solid", style.band), (style.second, "dash", style.second_band))
    for curve, (_, _, fill) in zip(curves, looks, strict=False):
        band = curve.found.band
        add_band(figure, 1 - band.specificity, band.low, band.high, fill)
    for curve, (colour, dash, _) in zip(curves, looks, strict=False):
        chosen = vertices(curve.found)
        shown = curve.found.curve
        figure.add_scatter(
            x=1 - shown.specificity[chosen],
            y=shown.sensitivity[chosen],
            customdata=shown.thresholds[chosen],
            mode="lines+markers",
            marker={"size": 5, "opacity": 0.02},
            line={"width": 3, "color": colour, "dash": dash},
            name=f"{curve.name}, {area_text(curve.found)}",
            meta="curve",
            hovertemplate="threshold %{customdata:.3f}<br>1 − specificity %{x:.3f}, sensitivity %{y:.3f}",
        )
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", line={"color": style.faint, "width": 1}, name="chance, AUC 0.5",
        hoverinfo="skip",
    )  # fmt: skip
    for reference in references:
        figure.add_scatter(
            x=[1 - reference.specificity],
            y=[reference.sensitivity],
            error_x={"type": "data", "array": [reference.specificity_spread], "color": style.faint},
            mode="markers",
            marker={"symbol": "x", "size": 11, "color": style.faint},
            name=reference.name,
            hovertemplate=f"{reference.note}<br>1 − specificity %{{x:.2f}}, sensitivity %{{y:.2f}}",
        )
    for point in points:
        table = point.read.rates
        if table["sensitivity"].value is None or table["specificity"].value is None:
            continue
        figure.add_scatter(
            x=[1 - table["specificity"].value],
            y=[table["sensitivity"].value],
            mode="markers",
            marker={
                "symbol": point.symbol,
                "size": 15 if point.live else 11,
                "color": style.mvm if point.live else style.text,
                "line": {"width": 2, "color": style.background if point.live else style.text},
            },
            name=point.name,
            hovertemplate=(
                f"{point.name}<br>1 − specificity %{{x:.3f}}, sensitivity %{{y:.3f}}<extra></extra>"
            ),
        )
    layout(
        figure,
        look,
        "ROC curve with pointwise 95 % band",
        rate_axis("1 − specificity (share of BVF read as MVM)"),
        rate_axis("Sensitivity (share of MVM read as MVM)", scaleanchor="x"),
        620,
    )
    figure.update_layout(
        legend={"x": 1, "y": 0, "xanchor": "right", "yanchor": "bottom"}, clickmode="event+select"
    )
    return figure


def precision_recall(curves: Sequence[Curve], look: Look) -> go.Figure:
    """Precision-recall curves with the precision that chance has."""
    style = look.style
    figure = go.Figure()
    for curve, (colour, dash) in zip(curves, ((style.accent, "solid"), (style.second, "dash")), strict=False):
        shown = curve.found.precision_recall
        chosen = _thinned(shown.recall.size)
        figure.add_scatter(
            x=shown.recall[chosen], y=shown.precision[chosen], mode="lines",
            line={"width": 3, "color": colour, "dash": dash, "shape": "vh"},
            name=f"{curve.name}, average precision {shown.average_precision:.3f}",
        )  # fmt: skip
        share = curve.found.auc.positives / curve.found.auc.n
        figure.add_scatter(
            x=[0, 1], y=[share, share], mode="lines", hoverinfo="skip",
            line={"color": style.faint, "width": 1, "dash": dash}, name=f"chance, {share:.2f}",
        )  # fmt: skip
    layout(
        figure, look, "Precision and recall", rate_axis("Recall (sensitivity)"),
        rate_axis("Precision (share of MVM among cases read as MVM)"),
    )  # fmt: skip
    figure.update_layout(legend={"x": 0, "y": 0, "xanchor": "left", "yanchor": "bottom"})
    return figure


def calibration(found: Agreement, look: Look, preview: str | None = None) -> go.Figure:
    """The calibration curve with its band and, where asked for, what recalibration would make of it."""
    style = look.style
    figure = go.Figure()
    curve = found.curve
    chosen = _thinned(curve.probability.size)
    at = curve.probability[chosen]
    add_band(figure, at, curve.low[chosen], curve.high[chosen], style.band, "95 % band")
    figure.add_scatter(
        x=at,
        y=curve.observed[chosen],
        mode="lines",
        line={"width": 3, "color": style.accent},
        name="as it is",
    )
    if preview is not None and preview in found.recalibrated:
        after = found.recalibrated[preview][2]
        chosen = _thinned(after.probability.size)
        figure.add_scatter(
            x=after.probability[chosen], y=after.observed[chosen], mode="lines",
            line={"width": 3, "color": style.second, "dash": "dash"}, name=f"after recalibration, {preview}",
        )  # fmt: skip
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", line={"color": style.faint, "width": 1}, name="perfect",
        hoverinfo="skip",
    )  # fmt: skip
    layout(
        figure, look, "Calibration, smoothed by lowess", rate_axis("Predicted probability of MVM"),
        rate_axis("Observed share of MVM", scaleanchor="x"), 560,
    )  # fmt: skip
    figure.update_layout(legend={"x": 0.01, "y": 0.99, "xanchor": "left", "yanchor": "top"})
    return figure


def decision(found: DecisionCurve, look: Look) -> go.Figure:
    """Net benefit by threshold probability against treating all and treating none."""
    style = look.style
    figure = go.Figure()
    at = found.thresholds
    add_band(figure, at, found.low, found.high, style.band, "95 % band")
    figure.add_scatter(
        x=at,
        y=found.reading,
        mode="lines",
        line={"width": 3, "color": style.accent},
        name="act on the reading",
    )
    figure.add_scatter(
        x=at, y=found.treat_all, mode="lines", line={"width": 2, "color": style.second, "dash": "dash"},
        name="take all for MVM",
    )  # fmt: skip
    figure.add_scatter(
        x=[0, 1], y=[0, 0], mode="lines", line={"width": 2, "color": style.faint, "dash": "dot"},
        name="take none for MVM",
    )  # fmt: skip
    floor = min(-0.05, float(found.low[at <= 0.8].min()) if (at <= 0.8).any() else -0.05)
    layout(
        figure,
        look,
        f"Decision curve at a prevalence of {found.prevalence:.2f}",
        rate_axis("Threshold probability from which one acts"),
        {
            "title": {"text": "Net benefit (true positives per case)"},
            "range": [max(floor, -0.2), found.prevalence * 1.1],
        },
    )
    figure.update_layout(legend={"x": 1, "y": 1, "xanchor": "right", "yanchor": "top"})
    return figure


def bins_of(sample: Sample) -> Floats:
    """Edges of the histogram's bins: over 0 to 1 for probabilities, else over the scores."""
    low, high = (0.0, 1.0) if sample.is_probability else (sample.scores.min(), sample.scores.max())
    return np.linspace(low, high if high > low else low + 1, BINS + 1)


def histogram(sample: Sample, threshold: float, look: Look) -> go.Figure:
    """Scores of each class, MVM upwards and BVF downwards, with the threshold."""
    style = look.style
    edges = bins_of(sample)
    figure = go.Figure()
    for name, member, sign, colour in (
        ("MVM", sample.positive, 1, style.mvm),
        ("BVF", ~sample.positive, -1, style.bvf),
    ):
        counts = np.histogram(sample.scores[member], edges)[0]
        figure.add_bar(
            x=(edges[:-1] + edges[1:]) / 2, y=sign * counts, width=np.diff(edges), customdata=counts,
            marker={"color": colour, "line": {"color": style.background, "width": 1}},
            name=f"{name}, {int(member.sum()):,} cases", hovertemplate="%{customdata} cases around %{x:.2f}",
        )  # fmt: skip
    figure.add_vline(x=threshold, line={"color": style.text, "width": 2, "dash": "dash"})
    figure.add_annotation(
        x=threshold, y=1, yref="paper", yanchor="bottom", text=f"threshold {threshold:.3f}", showarrow=False
    )
    layout(
        figure, look, f"Scores by class: {sample.title}", {"title": {"text": "Score (probability of MVM)"}},
        {"title": {"text": "Cases (MVM up, BVF down)"}}, 460,
    )  # fmt: skip
    figure.update_layout(
        barmode="relative", clickmode="event+select", margin={"t": 104},
        legend={"x": 1, "y": 0, "xanchor": "right", "yanchor": "bottom"},
    )  # fmt: skip
    return figure


def forest_plot(kind: str, found: Forest, overall: Discrimination, look: Look) -> go.Figure:
    """Areas, sensitivities and specificities of subgroups with intervals."""
    style = look.style
    figure = go.Figure()
    groups = list(found.subgroups)[::-1]
    # a number for each line, so that three figures lie side by side within it
    places = np.arange(len(groups), dtype=float)
    areas: list[tuple[float | None, float | None, float | None]] = [
        (g.auc.auc, *(g.auc.ci95 or (g.auc.auc, g.auc.auc))) if g.auc else (None, None, None) for g in groups
    ]
    rates = {
        "sensitivity": [_triple(group.sensitivity) for group in groups],
        "specificity": [_triple(group.specificity) for group in groups],
    }
    shown: dict[str, list[tuple[float | None, float | None, float | None]]] = {"AUC": areas, **rates}
    for (name, triples), shift, symbol, colour in zip(
        shown.items(),
        (0.2, 0.0, -0.2),
        ("square", "circle", "diamond-open"),
        (style.accent, style.mvm, style.bvf),
        strict=True,
    ):
        known = [
            (place, triple)
            for place, triple in zip(places.tolist(), triples, strict=True)
            if triple[0] is not None
        ]
        values = np.array([triple for _, triple in known], dtype=float).reshape(-1, 3)
        figure.add_scatter(
            x=values[:, 0],
            y=np.array([place for place, _ in known]) + shift,
            error_x={
                "type": "data",
                "symmetric": False,
                "array": values[:, 2] - values[:, 0],
                "arrayminus": values[:, 0] - values[:, 1],
                "color": colour,
            },
            mode="markers",
            marker={"symbol": symbol, "size": 10, "color": colour},
            name=name,
            hovertemplate=f"{name} %{{x:.3f}}",
        )
    figure.add_vline(x=overall.auc.auc, line={"color": style.faint, "dash": "dot"})
    layout(
        figure,
        look,
        f"Subgroups by {kind}; dotted line: AUC of all",
        rate_axis("AUC, sensitivity, specificity, each with 95 % interval"),
        {
            "tickvals": places,
            "ticktext": [f"{g.name}  n={g.n} ({g.positives} MVM)" for g in groups],
            "range": [-0.6, len(groups) - 0.4],
        },
        170 + 64 * len(groups),
    )
    figure.update_layout(
        legend={"orientation": "h", "x": 1, "y": 1.01, "xanchor": "right", "yanchor": "bottom"}
    )
    return figure


def published_areas(curves: Sequence[Curve], look: Look) -> go.Figure:
    """Areas of this review beside published ones, of readers and models, each on its own material."""
    style = look.style
    figure = go.Figure()
    names = [reference.name for reference in AREAS][::-1]
    figure.add_scatter(
        x=[reference.auc for reference in AREAS][::-1], y=names, mode="markers",
        marker={"symbol": "x", "size": 10, "color": style.faint}, name="published, other material",
        hovertemplate="%{y}: %{x:.3f}",
    )  # fmt: skip
    for curve, colour, symbol in zip(
        curves, (style.accent, style.second), ("square", "diamond"), strict=False
    ):
        estimate = curve.found.auc
        low, high = estimate.ci95 or (estimate.auc, estimate.auc)
        figure.add_scatter(
            x=[estimate.auc], y=[f"<b>{curve.name}</b>"], mode="markers",
            error_x={
                "type": "data", "symmetric": False, "array": [high - estimate.auc],
                "arrayminus": [estimate.auc - low], "color": colour,
            },
            marker={"symbol": symbol, "size": 12, "color": colour}, name=f"{curve.name}, this review",
        )  # fmt: skip
    layout(
        figure, look, "Areas beside published figures", rate_axis("AUC", range=[0.4, 1], dtick=0.1), {},
        200 + 30 * (len(names) + len(curves)),
    )  # fmt: skip
    figure.update_layout(showlegend=False)
    return figure


def at_prevalences(
    lines: Mapping[str, tuple[Floats, Floats, Floats, Floats]], own: float, look: Look
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
        figure, look, "At another prevalence; dotted line: this cohort's", rate_axis("Prevalence of MVM"),
        rate_axis("Predictive value"), 460,
    )  # fmt: skip
    figure.update_layout(legend={"x": 0.5, "y": 0.02, "xanchor": "center", "yanchor": "bottom"})
    return figure


def area_text(found: Discrimination) -> str:
    """An area with its interval, in words."""
    estimate = found.auc
    interval = "" if estimate.ci95 is None else f" ({estimate.ci95[0]:.3f} to {estimate.ci95[1]:.3f})"
    return f"AUC {estimate.auc:.3f}{interval}"


def _triple(rate: Rate) -> tuple[float | None, float | None, float | None]:
    return rate.value, rate.low, rate.high


def _thinned(size: int) -> NDArray[np.intp]:
    if size <= _MOST_VERTICES:
        return np.arange(size)
    return np.unique(np.linspace(0, size - 1, _MOST_VERTICES).round().astype(np.intp))
