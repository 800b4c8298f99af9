"""How figures look: dark for the screen, light for paper; told apart by pattern as well as by colour."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

_MOST_VERTICES = 600


@dataclass(frozen=True)
class Style:
    """Colours of a medium."""

    background: str
    text: str
    grid: str
    faint: str
    accent: str
    second: str
    band: str
    second_band: str
    mvm: str
    bvf: str


SCREEN = Style(
    "#0b0d0f",
    "#e8eaec",
    "#2c3238",
    "#8a9199",
    "#5cc8b4",
    "#e8eaec",
    "rgba(92,200,180,0.22)",
    "rgba(232,234,236,0.14)",
    "#e69f00",
    "#56b4e9",
)
PAPER = Style(
    "#ffffff",
    "#1a1d20",
    "#dde1e4",
    "#6a7178",
    "#00796b",
    "#33383d",
    "rgba(0,121,107,0.18)",
    "rgba(51,56,61,0.13)",
    "#b87400",
    "#0b6aa2",
)


@dataclass(frozen=True)
class Look:
    """What all figures of a review share: the medium's colours, and the line that names the source."""

    style: Style
    source: str


def layout(
    figure: go.Figure, look: Look, title: str, x: Mapping[str, Any], y: Mapping[str, Any], height: int = 520
) -> go.Figure:
    """Give a figure its title, source line and axes."""
    style = look.style
    axis = {"gridcolor": style.grid, "zeroline": False, "linecolor": style.faint, "automargin": True}
    figure.update_layout(
        template="none",
        paper_bgcolor=style.background,
        plot_bgcolor=style.background,
        font={"color": style.text, "size": 15, "family": "system-ui, sans-serif"},
        height=height,
        margin={"l": 70, "r": 24, "t": 84, "b": 64},
        title={
            "text": title,
            "font": {"size": 17},
            "subtitle": {"text": look.source, "font": {"size": 13, "color": style.faint}},
            "x": 0,
            "xref": "paper",
            "xanchor": "left",
            "y": 0.97,
            "yanchor": "top",
        },
        xaxis={**axis, **x},
        yaxis={**axis, **y},
        hoverlabel={"bgcolor": style.background, "font": {"color": style.text, "size": 14}},
        legend={
            "bgcolor": style.background,
            "bordercolor": style.grid,
            "borderwidth": 1,
            "font": {"size": 13},
        },
        showlegend=True,
    )
    return figure


def rate_axis(title: str, **further: Any) -> dict[str, Any]:
    """An axis from 0 to 1."""
    return {"title": {"text": title}, "range": [0, 1], "dtick": 0.2, "constrain": "domain", **further}


def add_band(figure: go.Figure, x: Any, low: Any, high: Any, colour: str, name: str | None = None) -> None:
    """Fill between two lines."""
    common = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    figure.add_scatter(x=x, y=low, showlegend=False, **common)
    figure.add_scatter(
        x=x, y=high, fill="tonexty", fillcolor=colour, name=name, showlegend=name is not None, **common
    )


def thinned(size: int) -> NDArray[np.intp]:
    """Which of a curve's vertices are drawn: all, or so many evenly along it."""
    if size <= _MOST_VERTICES:
        return np.arange(size)
    return np.unique(np.linspace(0, size - 1, _MOST_VERTICES).round().astype(np.intp))
