"""A reader study as one HTML file that asks nothing of any other host."""

from html import escape

import pandas as pd

from mvm_core.language import gettext, language
from mvm_core.provenance import Provenance, today
from mvm_core.review import reader_cases, reader_figures, reader_tables, reader_words, words
from mvm_core.review.html import document, figure_html, table_html
from mvm_core.review.reader_study import ReaderReview
from mvm_core.review.style import PAPER, Look
from mvm_core.validation.mrmc_merits import MERITS


def reader_report_html(reviewed: ReaderReview, origin: Provenance | None = None) -> str:
    """Write a reader study as HTML.

    Parameters
    ----------
    reviewed : ReaderReview
    origin : Provenance or None
        What else goes with it, such as the weights whose advice was given.

    Returns
    -------
    str
        A whole HTML document with plotly.js within, so that it draws without a network.
    """
    notice, size = reader_words.notice(reviewed), reader_words.size(reviewed)
    source = (
        gettext("SIMULATED FILMS") if reviewed.simulated else gettext("table {table}", table=reviewed.name)
    )
    design = gettext(reviewed.layout.design.value)
    look = Look(PAPER, source, (f"{size}, {today()}", design))
    caption = gettext("{size}. From table {name}.", size=size, name=reviewed.name)
    title = gettext("Reader study: {name}", name=reviewed.name)
    parts = [
        f'<p class="notice">{escape(notice)}</p>',
        f"<h1>{escape(title)}</h1>",
        f'<p class="said">{escape(reader_words.headline(reviewed))}</p>',
        f"<p>{escape(caption)} {escape(words.capital(design))}.</p>",
        table_html(reader_tables.means_for_people(reviewed)),
        _head(gettext("Readers and their average")),
        figure_html(reader_figures.roc_of_readers(reviewed, look), "roc-readers", caption),
    ]
    for one in reviewed.analyses:
        parts.append(_head(gettext("{merit} by reader", merit=gettext(MERITS[one.merit].title))))
        figure = reader_figures.differences(one, look)
        if figure is not None:
            parts.append(figure_html(figure, f"differences-{one.merit}", caption))
        parts.append(table_html(reader_tables.by_reader_for_people(one)))
    sections = {
        gettext("Variance components"): reader_tables.components_for_people(reviewed),
        gettext("Size of the next study"): reader_tables.plans_for_people(reviewed),
        gettext("Agreement between readers"): reader_tables.agreement_for_people(reviewed),
        gettext("Calibration of each reader"): reader_tables.calibration_for_people(reviewed),
        gettext("Times"): reader_tables.times_for_people(reviewed),
        gettext("How advice was followed"): reader_tables.following_for_people(reviewed),
        gettext("Cases on which advice moved readers"): reader_tables.swayed_cases_for_people(reviewed),
        gettext("Cases on which readers and the model differ most"): reader_cases.cases_against_the_model(
            reviewed
        ),
        gettext("Cases on which readers differ most"): reader_cases.cases_for_people(reviewed),
    }
    parts += [part for head, frame in sections.items() for part in _section(head, frame)]
    parts += [_head(gettext("Methods")), f"<p>{escape(reader_words.methods(reviewed))}</p>"]
    if origin is not None:
        parts.append(f"<p>{escape(gettext('; ').join(origin.said()[1:]))}</p>")
    return document(title, notice, parts, language())


def _section(head: str, frame: pd.DataFrame) -> list[str]:
    return [] if frame.empty else [_head(head), table_html(frame)]


def _head(text: str) -> str:
    return f"<h2>{escape(text)}</h2>"
