"""What a reader study found: readers without and with the model's answer, over readers and cases."""

from html import escape

import streamlit as st

from mvm_core.language import gettext
from mvm_core.review import reader_figures, reader_tables, reader_words
from mvm_core.review.reader_study import ReaderReview
from mvm_core.review.style import SCREEN, Look
from mvm_core.validation.mrmc_merits import MERITS
from pages.components.frame import errors_told, frame
from pages.components.reader_results.cases import cases_that_differ
from pages.components.reader_results.files import download_all, shown_table
from pages.components.reader_results.source import Found, answers_to_review, reviewed_of


def _results(found: Found, reviewed: ReaderReview) -> None:
    notice, size = reader_words.notice(reviewed), reader_words.size(reviewed)
    design = gettext(reviewed.layout.design.value)
    st.html(f'<div class="mvm-said">{escape(reader_words.headline(reviewed))}</div>')
    told = gettext("{notice} {size}; {design}.", notice=notice, size=size, design=design)
    st.html(f'<div class="mvm-quiet">{escape(told)}</div>')
    download_all(found, reviewed)
    shown_table(found, reader_tables.means_for_people(reviewed), "means", gettext("Figure of merit"))
    look = Look(SCREEN, notice, (size, design))
    with st.container(key="curves-of-readers"):
        left, right = st.columns(2, gap="large")
    with left:
        _figure(reader_figures.roc_of_readers(reviewed, look), "roc", gettext("ROC curves of the readers"))
    with right:
        differences = reader_figures.differences(reviewed.analyses[0], look)
        if differences is not None:
            _figure(differences, "differences", gettext("Paired differences of the readers"))
    cases_that_differ(found, reviewed)
    sections = {
        gettext("Variance components"): ("components", reader_tables.components_for_people(reviewed)),
        gettext("How advice was followed"): ("advice", reader_tables.following_for_people(reviewed)),
        gettext("Cases on which advice moved readers"): (
            "moved", reader_tables.swayed_cases_for_people(reviewed),
        ),
        gettext("Times"): ("times", reader_tables.times_for_people(reviewed)),
        gettext("Agreement between readers"): ("agreement", reader_tables.agreement_for_people(reviewed)),
        gettext("Calibration of each reader"): (
            "calibration", reader_tables.calibration_for_people(reviewed),
        ),
        gettext("Size of the next study"): ("next", reader_tables.plans_for_people(reviewed)),
    }  # fmt: skip
    for one in reviewed.analyses:
        title = gettext("{merit}, by reader", merit=gettext(MERITS[one.merit].title))
        with st.expander(title):
            shown_table(found, reader_tables.by_reader_for_people(one), f"by-reader-{one.merit}", title)
    for title, (name, frame_) in sections.items():
        if not frame_.empty:
            with st.expander(title):
                shown_table(found, frame_, name, title)
    st.header(gettext("Methods"), anchor=False)
    st.html(f"<p>{escape(reader_words.methods(reviewed))}</p>")


def _figure(figure, name: str, alt: str) -> None:  # type: ignore[no-untyped-def]
    st.plotly_chart(figure, theme=None, key=f"readers-{name}", alt=alt)


def _page() -> None:
    st.title(gettext("What the readers found"), anchor=False)
    with errors_told():
        found = answers_to_review()
        if found is not None:
            _results(found, reviewed_of(found))


frame()
_page()
