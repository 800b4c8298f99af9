"""A review as one HTML file that asks nothing of any other host: figures, tables, methods."""

from html import escape

import pandas as pd
import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from mvm_core.review import figures, operating_tables, tables, words
from mvm_core.review.assessment import decide, subgroups
from mvm_core.review.operating import read_at
from mvm_core.review.references import roc_references
from mvm_core.review.review import Review
from mvm_core.review.samples import cohort_title
from mvm_core.review.style import PAPER, Look
from mvm_core.review.zones import zones_at

_CSS = """
body { font: 15px/1.45 system-ui, sans-serif; color: #1a1d20; background: #fff; margin: 2rem auto;
  max-width: 1000px; padding: 0 1.2rem; }
h1 { font-size: 24px; } h2 { font-size: 19px; margin-top: 2.2rem; }
.notice { border-left: 4px solid #00796b; background: #eef3f2; padding: 6px 12px; font-weight: 600; }
.said { font-size: 17px; } .quiet { color: #454c53; font-size: 14px; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 13px; }
th, td { text-align: left; padding: 4px 12px 4px 0; border-bottom: 1px solid #dde1e4; vertical-align: top; }
button { font: inherit; font-size: 13px; margin-right: 8px; }
figure { margin: 1rem 0; } figcaption { color: #454c53; font-size: 14px; }
@media print { button { display: none; } }
"""
_SCRIPT = """
for (const holder of document.querySelectorAll("figure[data-name]")) {
  const { data, layout } = JSON.parse(holder.querySelector("script").textContent);
  const place = holder.querySelector(".plot");
  Plotly.newPlot(place, data, layout, { displayModeBar: false, responsive: true });
  for (const button of holder.querySelectorAll("button"))
    button.addEventListener("click", () => Plotly.downloadImage(place, {
      format: button.dataset.format, filename: holder.dataset.name,
      width: 900, height: layout.height, scale: 2 }));
}
"""


def report_html(reviewed: Review, notice: str, title: str) -> str:
    """Write a review as HTML.

    Parameters
    ----------
    reviewed : Review
    notice : str
        What stands above everything, such as that films are simulated.
    title : str
        The reading's name for people.

    Returns
    -------
    str
        A whole HTML document with plotly.js within, so that it draws without a network.
    """
    look = Look(PAPER, reviewed.source.label)
    read = read_at(reviewed.first, reviewed.threshold)
    said = words.verdict(reviewed.first, reviewed.found[0], read, reviewed.agreements[0], reviewed.apart)
    parts = [
        f'<p class="notice">{escape(notice)}</p>',
        f"<h1>{escape(title)}: review of {escape(reviewed.source.name)}</h1>",
        f'<p class="said">{escape(said)}</p>',
        *([f'<p class="quiet">{escape(words.CLUSTERED)}</p>'] if reviewed.clustered else []),
        *_discrimination(reviewed, look),
        "<h2>All readings</h2>",
        _table(tables.results_for_people(reviewed.results)),
        *_calibration(reviewed, look),
        *_worth(reviewed, look),
        *_subgroups(reviewed, look),
        *_comparisons(reviewed),
        "<h2>Methods</h2>",
        f"<p>{escape(words.methods(reviewed))}</p>",
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(title)}: review</title><style>{_CSS}</style></head><body>"
        f"{''.join(parts)}<script>{get_plotlyjs()}</script><script>{_SCRIPT}</script></body></html>"
    )


def _discrimination(reviewed: Review, look: Look) -> list[str]:
    read = read_at(reviewed.first, reviewed.threshold)
    curves = [
        figures.Curve(cohort_title(one.cohort), found)
        for one, found in zip(reviewed.samples, reviewed.found, strict=True)
        if found is not None
    ]
    caption = words.caption(reviewed.first, reviewed.source)
    reads = [read_at(one, read.threshold) for one in reviewed.samples]
    parts = [
        "<h2>At the threshold</h2>",
        _table(operating_tables.counts_for_people(reviewed.samples, reads)),
        _table(operating_tables.rates_for_people(reviewed.samples, reads)),
        *_zones(reviewed),
    ]
    parts.append(_figure(figures.histogram(reviewed.first, reviewed.threshold, look), "histogram", caption))
    if not curves:
        return [*parts, "<p>All cases are of one class: areas and curves are not computable.</p>"]
    points = [figures.Point(f"threshold {read.threshold:.3f}", read, live=True)]
    return [
        "<h2>Areas and curves</h2>",
        _figure(figures.roc(curves, points, roc_references(), look), "roc", caption),
        _table(tables.areas_for_people(tables.areas_table(reviewed))),
        _figure(figures.precision_recall(curves, look), "precision-recall", caption),
        _figure(
            figures.published_areas(curves, look),
            "published-areas",
            "Published areas are of other films, patients and questions: they are no test.",
        ),
        *parts,
    ]


def _zones(reviewed: Review) -> list[str]:
    limits = reviewed.limits
    if limits is None:
        return []
    zones = zones_at(reviewed.first, limits, reviewed.threshold)
    return [
        f"<p>{escape(words.zones(limits, reviewed.threshold))}</p>",
        _table(operating_tables.zones_for_people(zones, reviewed.threshold)),
    ]


def _calibration(reviewed: Review, look: Look) -> list[str]:
    parts = ["<h2>Calibration</h2>"]
    for place, (one, found) in enumerate(zip(reviewed.samples, reviewed.agreements, strict=True)):
        if found is None:
            parts.append(f"<p>{escape(one.title)}: calibration is not computable.</p>")
            continue
        figure = figures.calibration(found, one.title, look, "intercept and slope")
        parts.append(_figure(figure, f"calibration-{place}", words.caption(one, reviewed.source)))
        rows = tables.calibration_rows(found.calibration)
        parts.append(_table(pd.DataFrame(rows.items(), columns=["Figure", one.title])))
    return parts


def _worth(reviewed: Review, look: Look) -> list[str]:
    if not reviewed.first.two_classes:
        return []
    caption = words.caption(reviewed.first, reviewed.source)
    read, own = read_at(reviewed.first, reviewed.threshold), float(reviewed.first.positive.mean())
    found = decide(reviewed.first)
    lines = tables.values_over_prevalence(read)
    return [
        "<h2>Is acting on it worth it</h2>",
        *([_figure(figures.decision(found, look), "decision", caption)] if found is not None else []),
        _figure(figures.at_prevalences(lines, own, look), "prevalence", caption),
        _table(tables.carried_for_people(tables.carried_table(read, (own, 0.1, 0.28, 0.5, 0.7)))),
    ]


def _subgroups(reviewed: Review, look: Look) -> list[str]:
    overall = reviewed.found[0]
    found = subgroups(reviewed.first, reviewed.threshold, reviewed.groups)
    if not found or overall is None:
        return []
    parts = ["<h2>Subgroups</h2>"]
    for kind, (plot, _) in found.items():
        said = (
            f"Test for a difference: AUC {words.p_text(plot.auc_test.p)}, sensitivity "
            f"{words.p_text(plot.sensitivity_test.p)}, specificity {words.p_text(plot.specificity_test.p)}. "
        )
        caption = said + words.caption(reviewed.first, reviewed.source)
        parts.append(_figure(figures.forest_plot(kind, plot, overall, look), f"subgroups-{kind}", caption))
    return parts


def _comparisons(reviewed: Review) -> list[str]:
    if not reviewed.comparisons:
        return []
    return [
        "<h2>Against the other readings</h2>",
        _table(tables.comparisons_for_people(tables.comparisons_table(reviewed))),
    ]


def _table(frame: pd.DataFrame) -> str:
    return f'<div class="wide">{frame.to_html(index=False, border=0, justify="left")}</div>'


def _figure(figure: go.Figure, name: str, caption: str) -> str:
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
