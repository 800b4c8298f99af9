"""ROC and precision-recall curves, and areas beside published ones."""

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from mvm_core.cohort import MVM, Question
from mvm_core.language import gettext
from mvm_core.review.assessment import Discrimination
from mvm_core.review.operating import AtThreshold
from mvm_core.review.references import AREAS, RocReference
from mvm_core.review.style import Look, add_band, layout, rate_axis, thinned


@dataclass(frozen=True)
class Curve:
    """One cohort's curve in a figure with several."""

    name: str
    found: Discrimination
    question: Question = MVM


@dataclass(frozen=True)
class Point:
    """An operating point on a curve, of one of the cohorts."""

    name: str
    read: AtThreshold
    symbol: str = "circle"
    live: bool = False


def roc(
    curves: Sequence[Curve], points: Sequence[Point], references: Sequence[RocReference], look: Look
) -> go.Figure:
    """ROC curves of some cohorts with bands, operating points and published points."""
    style = look.style
    figure = go.Figure()
    looks = style.lines
    further = max(0, len(curves) - 2)
    question = curves[0].question if curves else MVM
    for curve, (_, _, fill) in zip(curves, looks, strict=False):
        band = curve.found.band
        add_band(figure, 1 - band.specificity, band.low, band.high, fill)
    for curve, (colour, dash, _) in zip(curves, looks, strict=False):
        shown = curve.found.curve
        chosen = thinned(shown.sensitivity.size)
        figure.add_scatter(
            x=1 - shown.specificity[chosen],
            y=shown.sensitivity[chosen],
            customdata=shown.thresholds[chosen],
            mode="lines+markers",
            marker={"size": 5, "opacity": 0.02},
            line={"width": 3, "color": colour, "dash": dash},
            name=gettext("{curve}, AUC {auc:.3f}", curve=curve.name, auc=curve.found.auc.auc),
            meta="curve",
            hovertemplate=gettext(
                "{found}<br>threshold %{{customdata:.3f}}<br>1 − specificity %{{x:.3f}}, sensitivity "
                "%{{y:.3f}}",
                found=area_text(curve.found),
            ),
        )
    figure.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        line={"color": style.faint, "width": 1},
        name=gettext("chance, AUC 0.5"),
        hoverinfo="skip",
    )
    for reference in references:
        figure.add_scatter(
            x=[1 - reference.specificity],
            y=[reference.sensitivity],
            error_x={"type": "data", "array": [reference.specificity_spread], "color": style.faint},
            mode="markers",
            marker={"symbol": "x", "size": 11, "color": style.faint},
            name=reference.name,
            hovertemplate=gettext(
                "{note}<br>1 − specificity %{{x:.2f}}, sensitivity %{{y:.2f}}", note=reference.note
            ),
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
                gettext("{point}<br>1 − specificity %{{x:.3f}}, sensitivity %{{y:.3f}}", point=point.name)
                + "<extra></extra>"
            ),
        )
    layout(
        figure,
        look,
        gettext("ROC curve with pointwise 95 % band"),
        rate_axis(
            gettext("1 − specificity")
            if look.large
            else gettext(
                "1 − specificity (share of {negative} read as {positive})",
                negative=question.negative,
                positive=question.positive,
            )
        ),
        rate_axis(
            gettext("Sensitivity")
            if look.large
            else gettext("Sensitivity (share of {positive} read as {positive})", positive=question.positive),
            scaleanchor="x",
        ),
        (520 + 50 * further) if look.large else (505 + 20 * further),
    )
    figure.update_layout(clickmode="event+select")
    return figure


def precision_recall(curves: Sequence[Curve], look: Look) -> go.Figure:
    """Precision-recall curves with the precision that chance has."""
    style = look.style
    figure = go.Figure()
    question = curves[0].question if curves else MVM
    for curve, (colour, dash, _) in zip(curves, style.lines, strict=False):
        shown = curve.found.precision_recall
        chosen = thinned(shown.recall.size)
        figure.add_scatter(
            x=shown.recall[chosen],
            y=shown.precision[chosen],
            mode="lines",
            line={"width": 3, "color": colour, "dash": dash, "shape": "vh"},
            name=gettext(
                "{curve}, average precision {average_precision:.3f}",
                curve=curve.name,
                average_precision=shown.average_precision,
            ),
        )
        share = curve.found.auc.positives / curve.found.auc.n
        figure.add_scatter(
            x=[0, 1],
            y=[share, share],
            mode="lines",
            hoverinfo="skip",
            line={"color": style.faint, "width": 1, "dash": dash},
            name=gettext("chance, {curve} {share:.2f}", curve=curve.name, share=share),
        )
    layout(
        figure,
        look,
        gettext("Precision and recall"),
        rate_axis(gettext("Recall (sensitivity)")),
        rate_axis(
            gettext("Precision (share of MVM among cases read as MVM)")
            if question is MVM
            else gettext("Precision (of those read as {positive})", positive=question.positive)
        ),
    )
    return figure


def published_areas(curves: Sequence[Curve], look: Look) -> go.Figure:
    """Areas of this review beside published ones, of readers and models, each on its own material."""
    style = look.style
    figure = go.Figure()
    names = [reference.name for reference in AREAS][::-1]
    figure.add_scatter(
        x=[reference.auc for reference in AREAS][::-1],
        y=names,
        mode="markers",
        marker={"symbol": "x", "size": 10, "color": style.faint},
        name=gettext("published, other material"),
        hovertemplate="%{y}: %{x:.3f}",
    )
    symbols = ("square", "diamond", "triangle-up", "star")
    for curve, (colour, *_), symbol in zip(curves, style.lines, symbols, strict=False):
        estimate = curve.found.auc
        low, high = estimate.ci95 or (estimate.auc, estimate.auc)
        figure.add_scatter(
            x=[estimate.auc],
            y=[f"<b>{curve.name}</b>"],
            mode="markers",
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [high - estimate.auc],
                "arrayminus": [estimate.auc - low],
                "color": colour,
            },
            marker={"symbol": symbol, "size": 12, "color": colour},
            name=gettext("{curve}, this review", curve=curve.name),
        )
    layout(
        figure,
        look,
        gettext("Areas beside published figures"),
        rate_axis("AUC", range=[0.4, 1], dtick=0.1),
        {},
        200 + 30 * (len(names) + len(curves)),
    )
    figure.update_layout(showlegend=False)
    return figure


def area_text(found: Discrimination) -> str:
    """An area with its interval, in words."""
    estimate = found.auc
    interval = (
        ""
        if estimate.ci95 is None
        else gettext(" ({low:.3f} to {high:.3f})", low=estimate.ci95[0], high=estimate.ci95[1])
    )
    return gettext("AUC {auc:.3f}{interval}", auc=estimate.auc, interval=interval)
