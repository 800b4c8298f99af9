"""A figure or table of a review on the page, and as a file that says where it comes from."""

from collections.abc import Callable, Container
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from mvm_core.language import gettext, gettext_noop, language, speaking
from mvm_core.provenance import Provenance, with_head
from mvm_core.review import words
from mvm_core.review.review import Review
from mvm_core.review.style import SCREEN, Look

WIDTH = 640
TABLES = (
    gettext_noop("Areas"),
    gettext_noop("Calibration"),
    gettext_noop("Changes by finding"),
    gettext_noop("Comparisons"),
    gettext_noop("Dose"),
    gettext_noop("Free response"),
    gettext_noop("Prevalence"),
    gettext_noop("Published tables"),
    gettext_noop("Rates"),
    gettext_noop("Results"),
    gettext_noop("Sample size"),
    gettext_noop("Subgroups"),
    gettext_noop("Zones"),
)
"""What tables are called on their buttons: their files' names in words."""


@dataclass(frozen=True)
class Sheet:
    """A review as the page shows it.

    Attributes
    ----------
    reviewed : Review
    notice : str
        What stands above all its results.
    present : bool
        Whether it is to be read from the back of a room.
    picture_format : str
        ``svg`` or ``png``.
    bare : bool
        Whether tables are taken away without the lines that say where they come from.
    on_export : callable or None
        Called when a file is taken away.
    """

    reviewed: Review
    notice: str
    present: bool = False
    picture_format: str = "svg"
    bare: bool = False
    on_export: Callable[[], object] | None = None

    @cached_property
    def look(self) -> Look:
        """How its figures look."""
        return Look(SCREEN, self.reviewed.source.label, words.about(self.reviewed), self.present)

    @cached_property
    def origin(self) -> Provenance:
        """What goes into its files."""
        return words.provenance(self.reviewed, self.notice)


def show(
    sheet: Sheet,
    figure: go.Figure,
    name: str,
    alt: str,
    caption: str = "",
    width: int | str = WIDTH,
    on_select: Callable[[], None] | None = None,
) -> None:
    """Show a figure with its caption; a click on it calls `on_select`, with its points under its key.

    Parameters
    ----------
    sheet : Sheet
    figure : Figure
    name : str
        Of the file that it can be taken away as.
    alt : str
        What is seen on it, in words.
    caption : str
    width : int or str
        In pixels; when presented it is as wide as the screen.
    on_select : callable or None
    """
    config: dict[str, Any] = {
        "displaylogo": False,
        "displayModeBar": True,
        "modeBarButtons": [["toImage"]],
        "toImageButtonOptions": {
            "format": sheet.picture_format,
            "filename": name,
            "width": 1600 if sheet.present else 900,
            "height": figure.layout.height,
            "scale": 2,
        },
    }
    with st.container(width="stretch" if sheet.present else width):
        st.plotly_chart(
            figure,
            theme=None,
            config=config,
            key=f"figure-{name}",
            on_select=on_select or "ignore",
            selection_mode="points",
            alt=f"{alt} {sheet.reviewed.source.label}.",
        )
        if caption:
            st.html(f'<div class="mvm-quiet">{escape(caption)}</div>')


def table(
    rows: list[list[str]], head: list[str], chosen: Container[int] = (), name: str = "", *, wide: bool = False
) -> None:
    """Show a table of texts; the first of each row is its head, and what stands in brackets lies below.

    One of many columns, a wide one, breaks its texts so that a laptop shows it whole.
    """
    name = name or gettext("Table")
    headed = "".join(f'<th scope="col">{escape(text)}</th>' for text in head)
    body = ""
    for place, row in enumerate(rows):
        cells = "".join(f"<td>{_cell(text)}</td>" for text in row[1:])
        mark = ' class="chosen"' if place in chosen else ""
        body += f'<tr{mark}><th scope="row">{escape(row[0])}</th>{cells}</tr>'
    # wider than the screen it can be scrolled by keyboard too
    st.html(
        f'<div class="mvm-table close{" wide" if wide else ""}" role="region" tabindex="0" '
        f'aria-label="{escape(name)}"><table>'
        f"<thead><tr>{headed}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cell(text: str) -> str:
    """A figure with its counts and interval in small type below it, so that tables stay narrow."""
    value, bracket, rest = text.partition(" (")
    # a line breaks before an interval, not within
    unbroken = ", ".join(part.replace(" ", "\N{NO-BREAK SPACE}") for part in rest.split(", "))
    return f"{escape(value)}<small>({escape(unbroken)}</small>" if bracket else escape(text)


def download_table(
    sheet: Sheet,
    frame: pd.DataFrame | Callable[[], pd.DataFrame],
    name: str,
    origin: Provenance | None = None,
) -> None:
    """Offer a table as CSV, below lines that say where it comes from: as the sheet, or as `origin` says.

    A function is called when the file is asked for, and in the language of the page, whose run is over then.
    """
    spoken = language()

    def content() -> bytes:
        if sheet.on_export is not None:
            sheet.on_export()
        with speaking(spoken):
            made = frame() if callable(frame) else frame
            return with_head(made.to_csv(index=False), head).encode()

    label = gettext("{table} (CSV)", table=gettext(name.replace("-", " ").capitalize()))
    head = [] if sheet.bare else (origin or sheet.origin).lines()
    st.download_button(
        label, content, f"{name}.csv", "text/csv",
        key=f"csv-{name}", on_click="ignore",
    )  # fmt: skip
