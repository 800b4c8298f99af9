"""How the reading of an archive went, as one HTML file: throughput, time by stage, failures by reason."""

from collections.abc import Sequence
from html import escape

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from mvm_core.cluster.archive import Scored
from mvm_core.provenance import today
from mvm_core.review.html import document, figure_html, table_html

STAGES = {
    "storage": "Reading files from storage",
    "decoding": "Decoding films",
    "reading": "Finding the spine, reading levels",
}
_BINS = 60
_COLOUR = "#1f5f8b"


def page_html(scored: Scored, source: str) -> str:
    """Write the page.

    Returns
    -------
    str
        A whole HTML document with plotly.js within, so that it draws without a network.
    """
    title = f"Archive {source}"
    said = f"{scored.films} films: {scored.read} read, {scored.unread} could not be read."
    caption = f"{scored.films} films of {source}, {today()}."
    parts = [
        f'<p class="notice">{escape(scored.notice)}</p>',
        f"<h1>{escape(title)}</h1>",
        f'<p class="said">{escape(said)}</p>',
    ]
    if scored.records:
        ends, films = _of(scored, "ended"), _of(scored, "films")
        parts += [
            "<h2>Throughput over time</h2>",
            figure_html(_throughput(ends, films, scored.start), "throughput", caption),
            "<h2>Time by stage</h2>",
            figure_html(_stages(scored), "stages", f"{caption} Summed over all workers."),
        ]
    parts.append("<h2>Films that could not be read, by reason</h2>")
    if scored.reasons:
        reasons = pd.DataFrame({"Films": scored.reasons.values(), "Reason": scored.reasons.keys()})
        parts.append(table_html(reasons.astype(str)))
    else:
        parts.append("<p>None.</p>")
    return document(title, scored.notice, parts)


def _of(scored: Scored, name: str) -> list[float]:
    return [float(record[name]) for record in scored.records]


def _throughput(ends: Sequence[float], films: Sequence[float], start: float) -> go.Figure:
    """Films a second; parts of earlier calls stand where they were done."""
    first = min(start, *ends)
    counted, edges = np.histogram(
        np.subtract(ends, first), bins=min(_BINS, max(1, len(ends))), range=(0, max(ends) - first or 1.0),
        weights=films,
    )  # fmt: skip
    rate = counted / np.diff(edges)
    figure = go.Figure(go.Scatter(x=edges[1:] / 60, y=rate, line={"shape": "vh", "color": _COLOUR}))
    return _styled(figure, "Minutes since the start", "Films a second")


def _stages(scored: Scored) -> go.Figure:
    seconds = [sum(record["seconds"].get(stage, 0.0) for record in scored.records) for stage in STAGES]
    figure = go.Figure(
        go.Bar(
            x=seconds,
            y=list(STAGES.values()),
            orientation="h",
            text=[f"{each:.1f} s" for each in seconds],
            marker_color=_COLOUR,
        )
    )
    return _styled(figure, "Seconds of all workers together", "")


def _styled(figure: go.Figure, across: str, up: str) -> go.Figure:
    figure.update_layout(template="plotly_white", height=320, margin={"l": 10, "r": 10, "t": 20, "b": 10})
    figure.update_xaxes(title=across, automargin=True)
    return figure.update_yaxes(title=up, automargin=True, rangemode="tozero")
