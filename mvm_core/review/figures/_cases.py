"""Scores by class, and figures by subgroup."""

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from mvm_core.cohort import MVM, Question
from mvm_core.language import gettext
from mvm_core.review.assessment import Discrimination
from mvm_core.review.samples import Sample
from mvm_core.review.style import Look, layout, rate_axis
from mvm_core.validation.rates import Rate
from mvm_core.validation.subgroups import Forest

BINS = 25
Floats = NDArray[np.float64]


def bins_of(sample: Sample) -> Floats:
    """Edges of the histogram's bins: over 0 to 1 for probabilities, else over the scores."""
    low, high = (0.0, 1.0) if sample.is_probability else (sample.scores.min(), sample.scores.max())
    return np.linspace(low, high if high > low else low + 1, BINS + 1)


def histogram(sample: Sample, threshold: float, look: Look) -> go.Figure:
    """Scores of each class, the positive one upwards, the other downwards, with the threshold."""
    question = sample.question
    style = look.style
    edges = bins_of(sample)
    figure, most = go.Figure(), 0
    for name, member, sign, colour in (
        (question.positive, sample.positive, 1, style.mvm),
        (question.negative, ~sample.positive, -1, style.bvf),
    ):
        counts = np.histogram(sample.scores[member], edges)[0]
        most = max(most, int(counts.max()))
        figure.add_bar(
            x=(edges[:-1] + edges[1:]) / 2,
            y=sign * counts,
            width=np.diff(edges),
            customdata=counts,
            marker={"color": colour, "line": {"color": style.background, "width": 1}},
            name=gettext("{name}, {member:,} cases", name=name, member=int(member.sum())),
            hovertemplate=gettext("%{customdata} cases around %{x:.2f}"),
        )
    figure.add_vline(x=threshold, line={"color": style.text, "width": 2, "dash": "dash"})
    figure.add_annotation(
        x=threshold,
        y=1,
        yref="paper",
        yanchor="bottom",
        text=gettext("threshold {threshold:.3f}", threshold=threshold),
        showarrow=False,
    )
    layout(
        figure,
        look,
        gettext("Scores by class"),
        {"title": {"text": gettext("Score (probability of {condition})", condition=question.condition)}},
        {
            "title": {
                "text": gettext(
                    "Cases ({positive} up, {negative} down)",
                    positive=question.positive,
                    negative=question.negative,
                )
            },
            "labelalias": _downwards(most),
        },
        400,
    )
    figure.update_layout(barmode="relative", clickmode="event+select")
    return figure


def _downwards(most: int) -> dict[str, str]:
    """How an axis of counts up to `most` writes those that it draws below 0: without a minus.

    An axis has ticks a little beyond its highest bar.
    """
    step = 10 ** max(0, len(str(most)) - 2)
    return {f"−{count}": str(count) for count in range(step, 2 * most + step, step)}


def forest_plot(
    kind: str, found: Forest, overall: Discrimination, look: Look, question: Question = MVM
) -> go.Figure:
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
        gettext("sensitivity"): [_triple(group.sensitivity) for group in groups],
        gettext("specificity"): [_triple(group.specificity) for group in groups],
    }
    shown: dict[str, list[tuple[float | None, float | None, float | None]]] = {gettext("AUC"): areas, **rates}
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
        gettext("Subgroups by {kind}; dotted line: AUC of all", kind=gettext(kind)),
        rate_axis(gettext("AUC, sensitivity, specificity, each with 95 % interval")),
        {
            "tickvals": places,
            "ticktext": [f"{gettext(g.name)}<br>n={g.n} ({g.positives} {question.positive})" for g in groups],
            "range": [-0.6, len(groups) - 0.4],
        },
        150 + 64 * len(groups),
    )
    return figure


def _triple(rate: Rate) -> tuple[float | None, float | None, float | None]:
    return rate.value, rate.low, rate.high
