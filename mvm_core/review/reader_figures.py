"""Figures of a reader study: ROC curves of readers with their average, and paired differences."""

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from mvm_core.language import gettext
from mvm_core.review.reader_study import ReaderReview, advice_of_cases
from mvm_core.review.reader_tables import modality_title, with_interval
from mvm_core.review.style import Look, layout, rate_axis, thinned
from mvm_core.validation.mrmc_merits import MERITS
from mvm_core.validation.mrmc_results import Analysis, Difference
from mvm_core.validation.roc import RocCurve, roc_curve

_GRID = np.linspace(0, 1, 401)
Floats = NDArray[np.float64]


def average_curve(curves: list[RocCurve]) -> tuple[Floats, Floats]:
    """False positive share and mean sensitivity of several curves, averaged at equal specificity.

    The area below is the mean of the curves' areas (Chen and Samuelson, Br J Radiol 2014;87:20140016).
    """
    grid = np.unique(np.concatenate([_GRID, *(1 - one.specificity for one in curves)]))
    # where a curve rises upright both ends belong to one place, the lower before the upper
    low = np.mean([_at(one, grid, upper=False) for one in curves], axis=0)
    high = np.mean([_at(one, grid, upper=True) for one in curves], axis=0)
    return np.repeat(grid, 2), np.column_stack([low, high]).ravel()


def _at(curve: RocCurve, grid: Floats, *, upper: bool) -> Floats:
    x, y = 1 - curve.specificity, curve.sensitivity
    first = np.searchsorted(x, grid, side="left")
    last = np.searchsorted(x, grid, side="right") - 1
    there = first <= last
    found = np.interp(grid, x, y)
    return np.where(there, y[np.where(there, last if upper else first, 0)], found)


def roc_of_readers(reviewed: ReaderReview, look: Look) -> go.Figure:
    """A thin curve for each reader and modality, a thick one for their average, and the advice alone."""
    study, style = reviewed.study, look.style
    figure = go.Figure()
    thick = []
    for i, modality in enumerate(study.modalities):
        colour, dash, _ = style.lines[i % len(style.lines)]
        curves = []
        for j, reader in enumerate(study.readers):
            read = ~np.isnan(study.ratings[i, j])
            if not read.any():
                continue
            curve = roc_curve(study.truth[read], study.ratings[i, j, read])
            curves.append(curve)
            area = reviewed.analyses[0].by_reader[modality, reader]
            chosen = thinned(curve.sensitivity.size)
            figure.add_scatter(
                x=1 - curve.specificity[chosen],
                y=curve.sensitivity[chosen],
                mode="lines",
                line={"width": 1, "color": colour, "dash": dash},
                opacity=0.55,
                name=gettext("{reader}, {modality}", reader=reader, modality=modality_title(modality)),
                showlegend=False,
                hovertemplate=gettext(
                    "{reader}, {modality}, AUC {area}",
                    reader=reader,
                    modality=modality_title(modality),
                    area=with_interval(area),
                ),
            )
        x, y = average_curve(curves)
        mean = reviewed.analyses[0].means[i]
        thick.append(
            (
                x,
                y,
                gettext(
                    "{modality}, average of {count} readers, AUC {auc:.3f}",
                    modality=modality_title(modality),
                    count=len(curves),
                    auc=mean.value,
                ),
                colour,
                dash,
            )
        )
    for x, y, name, colour, dash in thick:
        figure.add_scatter(
            x=x, y=y, mode="lines", line={"width": 4, "color": colour, "dash": dash}, name=name,
            hovertemplate=f"{name}<br>" + gettext("1 − specificity %{x:.3f}, sensitivity %{y:.3f}"),
        )  # fmt: skip
    if reviewed.advice_alone is not None and reviewed.answers.advice is not None:
        alone = roc_curve(study.truth, advice_of_cases(study, reviewed.answers.advice))
        figure.add_scatter(
            x=1 - alone.specificity,
            y=alone.sensitivity,
            mode="lines",
            line={"width": 3, "color": style.mvm, "dash": "dot"},
            name=gettext("advice alone, AUC {auc:.3f}", auc=reviewed.advice_alone.auc),
        )
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", line={"color": style.faint, "width": 1},
        name=gettext("chance, AUC 0.5"), hoverinfo="skip",
    )  # fmt: skip
    return layout(
        figure,
        look,
        gettext("ROC curves of the readers and their average"),
        rate_axis(gettext("1 − specificity (share of BVF read as MVM)")),
        rate_axis(gettext("Sensitivity (share of MVM read as MVM)"), scaleanchor="x"),
        600,
    )


def differences(found: Analysis, look: Look) -> go.Figure | None:
    """Differences of the last modality from the first, by reader and on average; None with one modality."""
    if not found.differences:
        return None
    pair = (found.modalities[-1], found.modalities[0])

    def of_pair(every: tuple[Difference, ...]) -> Difference:
        return next(one for one in every if (one.modality, one.reference) == pair)

    rows = [(reader, of_pair(every)) for reader, every in found.differences_by_reader.items()]
    rows = [*rows, (gettext("average of readers"), of_pair(found.differences))]
    style = look.style
    figure = go.Figure()
    for average in (False, True):
        own = [(name, one.estimate) for name, one in rows if (name == rows[-1][0]) == average]
        if not own:
            continue
        # an interval that is not known is drawn as none
        high = [0.0 if one.high is None else one.high - one.value for _, one in own]
        low = [0.0 if one.low is None else one.value - one.low for _, one in own]
        figure.add_scatter(
            x=[one.value for _, one in own],
            y=[name for name, _ in own],
            mode="markers",
            marker={
                "size": 14 if average else 9,
                "symbol": "diamond" if average else "circle",
                "color": style.accent if average else style.text,
            },
            error_x={
                "type": "data",
                "symmetric": False,
                "array": high,
                "arrayminus": low,
                "color": style.accent if average else style.text,
            },
            name=gettext("average, 95 % interval") if average else gettext("each reader, 95 % interval"),
            hovertext=[with_interval(one, sign=True) for _, one in own],
        )
    figure.add_vline(x=0, line={"color": style.faint, "width": 1})
    return layout(
        figure,
        look,
        gettext(
            "{merit}: {modality} less {reference}",
            merit=gettext(MERITS[found.merit].title),
            modality=modality_title(pair[0]),
            reference=modality_title(pair[1]),
        ),
        {
            "title": {
                "text": gettext(
                    "← {b} better · {a} better →", a=modality_title(pair[0]), b=modality_title(pair[1])
                )
            },
            "tickformat": "+.2f",
        },
        {"autorange": "reversed", "type": "category"},
        220 + 34 * len(rows),
    )
