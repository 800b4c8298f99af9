"""Charts, legible in a dark room and on a projector."""

from collections.abc import Mapping

import plotly.graph_objects as go

from mvm_core.validation.roc import RocCurve

_TEXT = "#e8eaec"
_GRID = "#2c3238"
_STYLES = ({"color": "#5cc8b4"}, {"color": "#e8eaec", "dash": "dash"}, {"color": "#a0a6ad", "dash": "dot"})


def roc_figure(curves: Mapping[str, RocCurve]) -> go.Figure:
    """Draw ROC curves by name, at most three, told apart by the line's pattern as well as by its colour."""
    figure = go.Figure()
    for (name, curve), style in zip(curves.items(), _STYLES, strict=False):
        figure.add_scatter(
            x=1 - curve.specificity,
            y=curve.sensitivity,
            mode="lines",
            name=name,
            line={"width": 3, **style},
            hovertemplate="1 − specificity %{x:.2f}, sensitivity %{y:.2f}",
        )
    figure.add_shape(type="line", x0=0, y0=0, x1=1, y1=1, line={"color": "#6a7178", "width": 1})
    axis = {"range": [0, 1], "gridcolor": _GRID, "zeroline": False, "constrain": "domain", "dtick": 0.2}
    figure.update_layout(
        template="none",
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": _TEXT, "size": 16},
        height=560,
        margin={"l": 70, "r": 10, "t": 10, "b": 60},
        xaxis={**axis, "title": {"text": "1 − specificity"}},
        yaxis={**axis, "title": {"text": "Sensitivity"}, "scaleanchor": "x"},
        showlegend=True,
        legend={
            "x": 0.98,
            "y": 0.04,
            "xanchor": "right",
            "yanchor": "bottom",
            "bgcolor": "rgba(11,13,15,0.85)",
        },
    )
    return figure
