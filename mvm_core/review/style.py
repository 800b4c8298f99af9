"""How figures look: dark for the screen, light for paper; told apart by pattern as well as by colour."""

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

_MOST_VERTICES = 600
_TITLE_WIDTH, _ABOUT_WIDTH, _AXIS_WIDTH = 44, 52, 30
"""So many letters go into a line of a picture that a telephone shows."""


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
    third: str
    third_band: str
    fourth: str
    fourth_band: str

    @property
    def lines(self) -> tuple[tuple[str, str, str], ...]:
        """Colour, dash and band of each cohort's curve, the one reviewed first."""
        return (
            (self.accent, "solid", self.band),
            (self.second, "dash", self.second_band),
            (self.third, "dot", self.third_band),
            (self.fourth, "longdashdot", self.fourth_band),
        )


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
    "#a97bff",
    "rgba(169,123,255,0.16)",
    "#f0e442",
    "rgba(240,228,66,0.12)",
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
    "#6f2dbd",
    "rgba(111,45,189,0.13)",
    "#5b4a00",
    "rgba(91,74,0,0.12)",
)


@dataclass(frozen=True)
class Look:
    """What all figures of a review share.

    Attributes
    ----------
    style : Style
        The medium's colours.
    source : str
        The line that names the source, such as simulated films; as large as the labels of the axes.
    about : tuple of str
        Further lines under the title: reading, weights, cohorts, threshold, date.
    large : bool
        Whether it is drawn to be read from the back of a room.
    """

    style: Style
    source: str
    about: tuple[str, ...] = ()
    large: bool = False

    @property
    def text_px(self) -> int:
        """Size of the labels of the axes, in pixels."""
        return 22 if self.large else 15


def layout(
    figure: go.Figure, look: Look, title: str, x: Mapping[str, Any], y: Mapping[str, Any], height: int = 520
) -> go.Figure:
    """Give a figure its title, what goes with it into its picture, its axes, and a legend below them."""
    style, size = look.style, look.text_px
    axis = {"gridcolor": style.grid, "zeroline": False, "linecolor": style.faint, "automargin": True}
    above = textwrap.wrap(title, _TITLE_WIDTH)
    told = ("; ".join(look.about),) if look.large else look.about
    small = [
        line
        for text in told
        for line in textwrap.wrap(text, 2 * _ABOUT_WIDTH if look.large else _ABOUT_WIDTH)
    ]
    head = round(1.35 * size * (len(above) + 1) + 1.3 * 0.8 * size * len(small)) + 10
    tall = height + head
    figure.update_layout(
        template="none",
        paper_bgcolor=style.background,
        plot_bgcolor=style.background,
        font={"color": style.text, "size": size, "family": "system-ui, sans-serif"},
        height=tall,
        margin={"l": round(3.9 * size), "r": 12, "t": head + 28, "b": round(4.3 * size)},
        title={
            "text": "<br>".join([*above, look.source]),
            "font": {"size": size},
            "subtitle": {"text": "<br>".join(small), "font": {"size": 0.8 * size, "color": style.faint}},
            "x": 0,
            "xref": "container",
            "xanchor": "left",
            "pad": {"l": 8},
            "y": 1 - 0.9 * size / tall,
            "yref": "container",
            "yanchor": "top",
        },
        xaxis={**axis, **x, "title": _in_lines(x, size)},
        yaxis={**axis, **y, "title": _in_lines(y, size)},
        hoverlabel={"bgcolor": style.background, "font": {"color": style.text, "size": size}},
        # below the axes on any screen: beside or on them it hides curves on a small one
        legend={
            "orientation": "h",
            "traceorder": "normal",
            "x": 0,
            "xref": "container",
            "xanchor": "left",
            "y": 0,
            "yref": "container",
            "yanchor": "bottom",
            "bgcolor": style.background,
            # two entries side by side in half a laptop's screen
            "font": {"size": round(0.8 * size)},
        },
        showlegend=True,
    )
    return figure


def _in_lines(axis: Mapping[str, Any], size: int) -> dict[str, Any]:
    """An axis's title in pixels of text, broken where it would be longer than the axis on a telephone."""
    title = axis.get("title", "")
    title = title if isinstance(title, dict) else {"text": title}
    text = "<br>".join(textwrap.wrap(title.get("text", ""), _AXIS_WIDTH))
    return {"font": {"size": size}, **title, "text": text}


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
