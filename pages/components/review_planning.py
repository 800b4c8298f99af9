"""The parts of a review beside its own cases: published figures, and how many cases another study needs."""

import pandas as pd
import streamlit as st

from mvm_core.language import gettext
from mvm_core.review import operating_tables, words
from mvm_core.review.references import ABSTRACT, ABSTRACT_EXTERNAL, abstract_external
from mvm_core.validation.metrics import METRICS
from mvm_core.validation.published import RATES, possible_ranges, possible_tables
from pages.components.figure import Sheet, download_table, table
from pages.components.frame import errors_told


def _published(name: str) -> str:
    return METRICS[name].column() if name in METRICS else gettext("Prevalence")


def published(sheet: Sheet) -> None:
    """The 2×2 table behind published figures."""
    st.header(gettext("The table behind published figures"), anchor=False)
    st.markdown(
        gettext(
            "Figures as printed; empty where not given. At first, the external set of {abstract}.",
            abstract=ABSTRACT,
        )
    )
    given = {}
    with st.container(horizontal=True):
        for name in RATES:
            given[name] = st.text_input(
                _published(name),
                ABSTRACT_EXTERNAL.get(name, ""),
                key=f"published-{name}",
                width=120,
            )
        cases = st.number_input(gettext("Cases, if known"), 0, 5000, 0, key="published-n", width=150)
    stated = {name: text.strip() for name, text in given.items() if text.strip()}
    with errors_told():
        ranges = abstract_external() if stated == ABSTRACT_EXTERNAL else possible_ranges(stated)
        if not ranges:
            st.warning(gettext("No table fits these figures: they contradict each other."))
            return
        table(
            [
                [_published(name), gettext("{low:.3f} to {high:.3f}", low=one.low, high=one.high)]
                for name, one in ranges.items()
            ],
            [gettext("Rate"), gettext("All that fits")],
        )
        if cases:
            fitting = possible_tables(stated, int(cases))
            st.markdown(
                gettext("{fitting:,} tables of {cases} cases fit.", fitting=len(fitting), cases=cases)
            )
            frame = pd.DataFrame([vars(one) for one in fitting])
            if len(frame):
                st.dataframe(frame.head(1000), hide_index=True, height=240, width=620)
                download_table(sheet, frame, "published-tables")


def sample_size(sheet: Sheet) -> None:
    """How many cases an external validation needs."""
    reviewed, question = sheet.reviewed, sheet.reviewed.question
    st.header(gettext("How many cases does an external validation need?"), anchor=False)
    with st.container(horizontal=True):
        width = st.number_input(
            gettext("Wanted width of the 95 % interval"), 0.01, 0.5, 0.10, step=0.01, width=260
        )
        share = st.number_input(
            gettext("Prevalence of {condition} there", condition=question.condition),
            0.02,
            0.98,
            0.28,
            step=0.01,
            width=220,
        )
    found = reviewed.found[0]
    read = reviewed.reads[0]
    sizes = operating_tables.sample_size_table(found.auc.auc if found else None, read, width, share, question)
    rows = [
        [name, *(gettext("not computable") if pd.isna(count) else f"{count:,}" for count in counts)]
        for name, *counts in sizes[["expected", "cases", *question.keys]].itertuples(index=False)
    ]
    table(
        rows,
        [
            gettext("As here"),
            gettext("Cases"),
            *(words.capital(name) for name in (question.positive, question.negative)),
        ],
    )
    st.html(
        '<div class="mvm-quiet">'
        + gettext("Variance of Hanley and McNeil for the AUC, Wilson's width for rates.")
        + "</div>"
    )
    download_table(sheet, sizes, "sample-size")
