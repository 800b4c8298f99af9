"""The parts that reports in one HTML file are made of: document, table, figure."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

import pandas as pd
import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

_CSS, _SCRIPT = (
    Path(__file__).with_name(f"report.{kind}").read_text(encoding="utf-8") for kind in ("css", "js")
)
_MANY = 8
"""Tables of so many columns are printed across the paper."""


def document(title: str, notice: str, parts: Sequence[str], language: str = "en") -> str:
    """A whole document, with the notice on every printed page and plotly.js within."""
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{_CSS}{_paper(notice)}</style></head><body>"
        f"{''.join(parts)}<script>{get_plotlyjs()}</script><script>{_SCRIPT}</script></body></html>"
    )


def table_html(frame: pd.DataFrame) -> str:
    """A table of texts."""
    many = " many" if len(frame.columns) >= _MANY else ""
    return f'<div class="wide{many}">{frame.to_html(index=False, border=0, justify="left")}</div>'


def figure_html(figure: go.Figure, name: str, caption: str) -> str:
    """A figure with its caption, and buttons that save it."""
    # the text ends a script element nowhere but at its end
    content = figure.to_json().replace("</", "<\\/")
    buttons = "".join(
        f'<button type="button" data-format="{kind}">{kind.upper()}</button>' for kind in ("svg", "png")
    )
    return (
        f'<figure data-name="{escape(name)}"><div class="plot"></div>'
        f'<script type="application/json">{content}</script>'
        f"<figcaption>{escape(caption)}</figcaption>{buttons}</figure>"
    )


def _paper(notice: str) -> str:
    """Paper with the notice at the head of each page and the page's number at its foot."""
    said = "".join(
        f"\\{ord(letter):x} " if letter in '"\\<>' else letter for letter in " ".join(notice.split())
    )
    margins = (
        f'@top-left {{ content: "{said}"; font: 600 9pt system-ui, sans-serif; color: #1a1d20; }} '
        '@bottom-right { content: counter(page) " of " counter(pages); font: 9pt system-ui, sans-serif; }'
    )
    return (
        f"@page {{ size: A4; margin: 20mm 13mm 16mm; {margins} }}"
        f"@page across {{ size: A4 landscape; margin: 20mm 13mm 16mm; {margins} }}"
    )
