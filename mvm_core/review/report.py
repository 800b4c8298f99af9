"""A review as one HTML file that asks nothing of any other host: figures, tables, methods."""

from collections.abc import Sequence
from dataclasses import replace
from html import escape

import pandas as pd

from mvm_core.cohort import MVM
from mvm_core.language import gettext, language
from mvm_core.provenance import Provenance
from mvm_core.review import figures, headline, operating_tables, tables, words
from mvm_core.review.assessment import decide, subgroups
from mvm_core.review.free_response import (
    FreeResponse,
    free_response_about,
    free_response_caption,
    free_response_for_people,
)
from mvm_core.review.html import document
from mvm_core.review.html import figure_html as _figure
from mvm_core.review.html import table_html as _table
from mvm_core.review.references import roc_references
from mvm_core.review.review import Review
from mvm_core.review.samples import cohort_title
from mvm_core.review.style import PAPER, Look
from mvm_core.review.zones import zones_at


def report_html(reviewed: Review, notice: str, title: str, levels: Sequence[FreeResponse] = ()) -> str:
    """Write a review as HTML.

    Parameters
    ----------
    reviewed : Review
    notice : str
        What stands above everything, such as that films are simulated; in print, on every page.
    title : str
        The reading's name for people.
    levels : sequence of FreeResponse
        Of every level read, where that is known.

    Returns
    -------
    str
        A whole HTML document with plotly.js within, so that it draws without a network.
    """
    origin = words.provenance(reviewed, notice)
    look = Look(PAPER, reviewed.source.label, words.about(reviewed))
    asked = "" if reviewed.question is MVM else f", {reviewed.question.title.lower()}"
    parts = [
        f'<p class="notice">{escape(notice)}</p>',
        (
            "<h1>"
            + gettext(
                "{title}{asked}: review of {name}",
                title=escape(title),
                asked=asked,
                name=escape(reviewed.source.sealed or reviewed.source.name),
            )
            + "</h1>"
        ),
        *_headline(reviewed),
        _about(origin),
        *_discrimination(reviewed, look),
        *_levels(reviewed, levels, look),
        ('<section class="across"><h2>' + gettext("All readings") + "</h2>"),
        _table(tables.results_for_people(reviewed.results, reviewed.question)),
        "</section>",
        *_calibration(reviewed, look),
        *_worth(reviewed, look),
        *_subgroups(reviewed, look),
        *_comparisons(reviewed),
        f"<h2>{gettext('Methods')}</h2>",
        f"<p>{escape(words.methods(reviewed))}</p>",
    ]
    heading = gettext("{title}: review", title=title)
    return document(heading, notice, parts, language())


def _headline(reviewed: Review) -> list[str]:
    parts = [f'<p class="said">{escape(headline.verdict(reviewed))}</p>']
    if reviewed.found[0] is not None:
        heads, rows, _ = headline.shown(reviewed)
        parts.append(_table(pd.DataFrame(rows, columns=heads)))
    parts += [
        f'<p class="{"missed" if missed else "quiet"}">{escape(words.capital(told))}.</p>'
        for told, missed in headline.targets(reviewed)
    ]
    parts.append(f"<p>{escape(headline.calibrated(reviewed.agreements[0]))}</p>")
    return parts


def _about(origin: Provenance) -> str:
    """What goes with every file: weights, cohort, threshold, warnings and date."""
    rows = [
        (gettext("Weights"), origin.weights),
        (gettext("Reading"), origin.reading),
        (gettext("Cohort"), origin.cohort),
        (gettext("Threshold"), origin.threshold),
        (gettext("Date"), origin.date),
    ]
    rows += [(gettext("Warning"), text) for text in origin.warnings]
    body = "".join(
        f'<tr><th scope="row">{name}</th><td>{escape(text)}</td></tr>' for name, text in rows if text
    )
    return f'<table class="about"><tbody>{body}</tbody></table>'


def _discrimination(reviewed: Review, look: Look) -> list[str]:
    read = reviewed.reads[0]
    curves = [
        figures.Curve(cohort_title(one.cohort), found, one.question)
        for one, found in zip(reviewed.samples, reviewed.found, strict=True)
        if found is not None
    ]
    caption = words.caption(reviewed.first, reviewed.source)
    reads = reviewed.reads
    parts = [
        ("<h2>" + gettext("At the threshold") + "</h2>"),
        _table(operating_tables.counts_for_people(reviewed.samples, reads)),
        _table(operating_tables.rates_for_people(reviewed.samples, reads)),
        *_zones(reviewed),
    ]
    parts.append(_figure(figures.histogram(reviewed.first, reviewed.threshold, look), "histogram", caption))
    if not curves:
        return [
            *parts,
            ("<p>" + gettext("All cases are of one class: areas and curves are not computable.") + "</p>"),
        ]
    points = [figures.Point(gettext("threshold {threshold:.3f}", threshold=read.threshold), read, live=True)]
    return [
        ("<h2>" + gettext("Areas and curves") + "</h2>"),
        _figure(figures.roc(curves, points, roc_references(reviewed.question), look), "roc", caption),
        _table(tables.areas_for_people(tables.areas_table(reviewed), reviewed.question)),
        _figure(figures.precision_recall(curves, look), "precision-recall", caption),
        *([_published(curves, look)] if reviewed.question is MVM else []),
        *parts,
    ]


def _published(curves: list[figures.Curve], look: Look) -> str:
    return _figure(
        figures.published_areas(curves, look),
        "published-areas",
        gettext("Published areas are of other films, patients and questions: they are no test."),
    )


def _zones(reviewed: Review) -> list[str]:
    limits = reviewed.limits
    if limits is None:
        return []
    zones = zones_at(reviewed.first, limits, reviewed.threshold)
    return [
        f"<p>{escape(words.zones(limits, reviewed.threshold))}</p>",
        _table(operating_tables.zones_for_people(zones, reviewed.threshold, reviewed.question)),
    ]


def _levels(reviewed: Review, found: Sequence[FreeResponse], look: Look) -> list[str]:
    if not found:
        return []
    own = replace(look, about=free_response_about(found, reviewed.source))
    caption = free_response_caption(found, reviewed.source)
    return [
        ("<h2>" + gettext("Every level of a film") + "</h2>"),
        _figure(figures.free_response(found, own), "free-response", caption),
        _table(free_response_for_people(found)),
    ]


def _calibration(reviewed: Review, look: Look) -> list[str]:
    parts = [f"<h2>{gettext('Calibration')}</h2>"]
    for place, (one, found) in enumerate(zip(reviewed.samples, reviewed.agreements, strict=True)):
        if found is None:
            parts.append(
                "<p>" + gettext("{one}: calibration is not computable.", one=escape(one.title)) + "</p>"
            )
            continue
        figure = figures.calibration(found, one, look, "intercept and slope")
        parts.append(_figure(figure, f"calibration-{place}", words.caption(one, reviewed.source)))
        rows = tables.calibration_rows(found.calibration)
        parts.append(_table(pd.DataFrame(rows.items(), columns=["Figure", one.title])))
    return parts


def _worth(reviewed: Review, look: Look) -> list[str]:
    if not reviewed.first.two_classes:
        return []
    caption = words.caption(reviewed.first, reviewed.source)
    read, own = reviewed.reads[0], float(reviewed.first.positive.mean())
    found = decide(reviewed.first)
    lines = tables.values_over_prevalence(read)
    return [
        ("<h2>" + gettext("Is acting on it worth it") + "</h2>"),
        *(
            [_figure(figures.decision(found, look, reviewed.question), "decision", caption)]
            if found is not None
            else []
        ),
        _figure(figures.at_prevalences(lines, own, look, reviewed.question), "prevalence", caption),
        _table(tables.carried_for_people(tables.carried_table(read, (own, 0.1, 0.28, 0.5, 0.7)))),
    ]


def _subgroups(reviewed: Review, look: Look) -> list[str]:
    overall = reviewed.found[0]
    found = subgroups(reviewed.first, reviewed.threshold, reviewed.groups)
    if not found or overall is None:
        return []
    parts = [f"<h2>{gettext('Subgroups')}</h2>"]
    for kind, (plot, _) in found.items():
        said = gettext(
            "Test for a difference: AUC {area}, sensitivity {sensitivity}, specificity {specificity}. ",
            area=words.p_text(plot.auc_test.p),
            sensitivity=words.p_text(plot.sensitivity_test.p),
            specificity=words.p_text(plot.specificity_test.p),
        )
        caption = said + words.caption(reviewed.first, reviewed.source)
        parts.append(
            _figure(
                figures.forest_plot(kind, plot, overall, look, reviewed.question),
                f"subgroups-{kind}",
                caption,
            )
        )
    return parts


def _comparisons(reviewed: Review) -> list[str]:
    if not reviewed.comparisons:
        return []
    return [
        ("<h2>" + gettext("Against the other readings") + "</h2>"),
        _table(tables.comparisons_for_people(tables.comparisons_table(reviewed))),
    ]
