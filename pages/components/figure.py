"""A figure of a review on the page: dark, its picture to be taken away as SVG or PNG."""

from collections.abc import Callable, Container
from html import escape
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from mvm_core.review.samples import Source
from mvm_core.review.style import SCREEN, Look

WIDTH = 640


def look_of(source: Source) -> Look:
    """The screen's look."""
    return Look(SCREEN, source.label)


def picture_format() -> str:
    """Ask once in which form pictures are taken away."""
    chosen = st.segmented_control("Pictures as", ["SVG", "PNG"], default="SVG", required=True, key="pictures")
    return str(chosen or "SVG").lower()


def show(
    figure: go.Figure,
    name: str,
    caption: str = "",
    width: int | str = WIDTH,
    on_select: Callable[[], None] | None = None,
) -> None:
    """Show a figure with its caption; a click on it calls `on_select`, with its points under its key."""
    config: dict[str, Any] = {
        "displaylogo": False,
        "displayModeBar": True,
        "modeBarButtons": [["toImage"]],
        "toImageButtonOptions": {
            "format": st.session_state.get("picture_format", "svg"),
            "filename": name,
            "width": 900,
            "height": figure.layout.height,
            "scale": 2,
        },
    }
    place = st.container(width=width)
    with place:
        st.plotly_chart(
            figure,
            theme=None,
            config=config,
            key=f"figure-{name}",
            on_select=on_select or "ignore",
            selection_mode="points",
            alt=figure.layout.title.text,
        )
        if caption:
            st.html(f'<div class="mvm-quiet">{escape(caption)}</div>')


def table(rows: list[list[str]], head: list[str], chosen: Container[int] = ()) -> None:
    """Show a table of texts; the first of each row is its head."""
    headed = "".join(f'<th scope="col">{escape(text)}</th>' for text in head)
    body = ""
    for place, row in enumerate(rows):
        cells = "".join(f"<td>{escape(text)}</td>" for text in row[1:])
        mark = ' class="chosen"' if place in chosen else ""
        body += f'<tr{mark}><th scope="row">{escape(row[0])}</th>{cells}</tr>'
    st.html(
        f'<div class="mvm-table close"><table><thead><tr>{headed}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def download_table(frame: pd.DataFrame, name: str) -> None:
    """Offer a table as CSV."""
    label = f"{name.replace('-', ' ').capitalize()} (CSV)"
    st.download_button(
        label, lambda: frame.to_csv(index=False).encode(), f"{name}.csv", "text/csv",
        key=f"csv-{name}", on_click="ignore",
    )  # fmt: skip
