"""The parts of a review below its operating point, each with its table and its figure."""

from collections.abc import Sequence
from html import escape

import numpy as np
import pandas as pd
import streamlit as st

from mvm_core.cohort import MVM
from mvm_core.review import figures, operating_tables, tables, words
from mvm_core.review.assessment import Agreement, decide, subgroups
from mvm_core.review.headline import calibrated
from mvm_core.review.references import ABSTRACT, ABSTRACT_EXTERNAL, AREAS, abstract_external
from mvm_core.review.samples import Sample, cohort_title, reading_title
from mvm_core.validation.published import RATES, possible_ranges, possible_tables
from pages.components.figure import Sheet, download_table, show, table
from pages.components.frame import errors_told
from pages.components.operating import curves_of

_AS_IT_IS = "as it is"
_PUBLISHED = {name: {"npv": "NPV", "f1": "F1"}.get(name, name.capitalize()) for name in RATES}


def _heading(text: str) -> None:
    st.header(text, anchor=False)


def results(sheet: Sheet) -> None:
    """All readings at their thresholds, as in the abstract."""
    reviewed = sheet.reviewed
    _heading("All readings")
    shown = tables.results_for_people(reviewed.results, reviewed.question)
    by_rule = words.rule_title(reviewed.rule, reviewed.fitted_to, reviewed.question)
    chosen = np.flatnonzero(reviewed.results["reading"] == reviewed.reading).tolist()
    table(shown.to_numpy().tolist(), list(shown.columns), chosen)
    st.html(
        f'<div class="mvm-quiet">Thresholds: {escape(by_rule)}, '
        f"for each reading. Rates with k/n and Wilson's 95 % interval; "
        f"sign and no-sign: sensitivity among {reviewed.question.positive} with and without a sign on the "
        "film.</div>"
    )
    download_table(sheet, reviewed.results, "results")


def comparisons(sheet: Sheet) -> None:
    """The chosen reading against each other one."""
    reviewed = sheet.reviewed
    if not reviewed.comparisons:
        return
    _heading(f"{reading_title(reviewed.reading)} against the other readings")
    found = tables.comparisons_table(reviewed)
    shown = tables.comparisons_for_people(found)
    table(shown.to_numpy().tolist(), list(shown.columns), name="Figures of this section")
    st.html(
        f'<div class="mvm-quiet">{escape(words.capital(reviewed.first.title))}, each pair over the cases '
        "that have both readings. Areas by paired DeLong, shares read rightly at the thresholds by McNemar; "
        "p-values by Holm over the rows.</div>"
    )
    download_table(sheet, found, "comparisons")


def curves(sheet: Sheet) -> None:
    """Precision-recall curves and areas beside published ones."""
    reviewed = sheet.reviewed
    drawn = curves_of(reviewed)
    if not drawn:
        st.info("All cases are of one class: there are no curves.")
        return
    of_mvm = reviewed.question is MVM
    _heading("Precision, recall and published areas" if of_mvm else "Precision and recall")
    look = sheet.look
    with st.container(horizontal=True, gap="large"):
        show(
            sheet,
            figures.precision_recall(drawn, look),
            "precision-recall",
            "Precision over recall: "
            + ", ".join(
                f"{one.name} average precision {one.found.precision_recall.average_precision:.3f}"
                for one in drawn
            )
            + ".",
            words.caption(reviewed.first, reviewed.source),
        )
        if of_mvm:
            show(
                sheet,
                figures.published_areas(drawn, look),
                "published-areas",
                f"Areas of this review beside {len(AREAS)} published ones of other material, 0.54 to 0.86.",
                "Published areas are of other films, other patients and other questions: they are no test.",
            )
    partial = tables.areas_table(reviewed)
    shown = tables.areas_for_people(partial, reviewed.question)
    table(shown.to_numpy().tolist(), list(shown.columns), name="Figures of this section")
    if of_mvm:
        sources = dict.fromkeys(reference.source for reference in AREAS)
        st.html(f'<div class="mvm-quiet">Published: {escape("; ".join(sources))}.</div>')
    download_table(sheet, partial, "areas")


def calibration(sheet: Sheet) -> None:
    """Is the probability true."""
    reviewed = sheet.reviewed
    _heading("Is the probability true?")
    known = [
        (one, found)
        for one, found in zip(reviewed.samples, reviewed.agreements, strict=True)
        if found is not None
    ]
    if not known:
        st.info("Scores that are no probabilities, or cases of one class: calibration is not computable.")
        return
    names = [_AS_IT_IS, *known[0][1].recalibrated]
    preview = st.segmented_control(
        "Preview of recalibration", names, default=_AS_IT_IS, required=True, key="preview"
    )
    with st.container(horizontal=True, gap="large"):
        for place, (one, found) in enumerate(known):
            figure = figures.calibration(found, one, sheet.look, str(preview))
            alt = f"Calibration curve, {one.title}. {calibrated(found)}"
            show(sheet, figure, f"calibration-{place}", alt, words.caption(one, reviewed.source))
    _calibration_table(known, str(preview))
    frame = tables.calibration_table(reviewed)
    download_table(sheet, frame, "calibration")


def _calibration_table(known: Sequence[tuple[Sample, Agreement]], preview: str) -> None:
    shown = []
    for one, found in known:
        cohort = cohort_title(one.cohort)
        shown.append((cohort, found.calibration))
        if preview in found.recalibrated:
            line, after, _ = found.recalibrated[preview]
            shown.append((f"{cohort}, after {line.intercept:+.2f} + {line.slope:.2f} × logit", after))
    columns = [tables.calibration_rows(one) for _, one in shown]
    rows = [[name, *(column[name] for column in columns)] for name in columns[0]]
    table(rows, ["Figure", *(name for name, _ in shown)])


def decision(sheet: Sheet) -> None:
    """Is acting on it worth it, here and at another prevalence."""
    reviewed = sheet.reviewed
    _heading("Is acting on the reading worth it?")
    question = reviewed.question
    own = float(reviewed.first.positive.mean())
    stated = st.number_input(
        f"Prevalence of {question.condition} where it is to be used",
        0.01, 0.99, float(np.clip(round(own, 2), 0.01, 0.99)),
        step=0.01, key=f"prevalence-{reviewed.question.name}-{reviewed.first.cohort}", width=320,
    )  # fmt: skip
    prevalence = None if abs(stated - round(own, 2)) < 1e-9 else stated
    look = sheet.look
    found = decide(reviewed.first, prevalence)
    caption = words.caption(reviewed.first, reviewed.source)
    with st.container(horizontal=True, gap="large"):
        if found is not None:
            alt = f"Net benefit of acting on the reading, at a prevalence of {found.prevalence:.2f}."
            show(sheet, figures.decision(found, look, reviewed.question), "decision", alt, caption)
        if reviewed.first.two_classes:
            read = reviewed.reads[0]
            lines = tables.values_over_prevalence(read)
            alt = (
                f"Predictive values over the prevalence of {reviewed.question.condition}: PPV rises with it, "
                "NPV falls."
            )
            figure = figures.at_prevalences(lines, own, look, reviewed.question)
            show(sheet, figure, "prevalence", alt, f"{caption} At {read.threshold:.3f}.")
    if reviewed.first.two_classes:
        prevalences = (own,) if prevalence is None else (own, prevalence)
        carried = tables.carried_table(reviewed.reads[0], prevalences)
        shown = tables.carried_for_people(carried)
        table(shown.to_numpy().tolist(), list(shown.columns), name="Figures of this section")
        st.html(
            '<div class="mvm-quiet">Carried by Bayes\' rule: it holds as far as both rates stay '
            "those of this cohort.</div>"
        )
        download_table(sheet, carried, "prevalence")


def forests(sheet: Sheet) -> None:
    """For whom does it work."""
    reviewed = sheet.reviewed
    question = reviewed.question
    found = subgroups(reviewed.first, reviewed.threshold, reviewed.groups)
    _heading("For whom?")
    overall = reviewed.found[0]
    if not found or overall is None:
        st.info("The table names no two groups of cases by sign, level, sex, age or site.")
        return
    kind = st.segmented_control(
        "Subgroups by", list(found), default=next(iter(found)), required=True, key="subgroups"
    )
    plot = found[str(kind)][0] if kind in found else next(iter(found.values()))[0]
    show(
        sheet,
        figures.forest_plot(str(kind), plot, overall, sheet.look, reviewed.question),
        "forest",
        f"AUC, sensitivity and specificity by {kind}: {len(plot.subgroups)} groups.",
        f"{words.caption(reviewed.first, reviewed.source)} Rates at {reviewed.threshold:.3f}.",
        width=900,
    )
    st.html(
        f'<div class="mvm-quiet">Test for a difference: AUC {words.p_text(plot.auc_test.p)}, sensitivity '
        f"{words.p_text(plot.sensitivity_test.p)}, specificity {words.p_text(plot.specificity_test.p)}; "
        f"unadjusted, and small groups show little. The area of a group of {question.positive} only is "
        f"against all {question.negative} without a group.</div>"
    )
    frame = tables.forest_table({name: one for name, (one, _) in found.items()}, question)
    download_table(sheet, frame, "subgroups")


def published(sheet: Sheet) -> None:
    """The 2×2 table behind published figures."""
    _heading("The table behind published figures")
    st.markdown(f"Figures as printed; empty where not given. At first, the external set of {ABSTRACT}.")
    given = {}
    with st.container(horizontal=True):
        for name in RATES:
            given[name] = st.text_input(
                _PUBLISHED[name],
                ABSTRACT_EXTERNAL.get(name, ""),
                key=f"published-{name}",
                width=120,
            )
        cases = st.number_input("Cases, if known", 0, 5000, 0, key="published-n", width=150)
    stated = {name: text.strip() for name, text in given.items() if text.strip()}
    with errors_told():
        ranges = abstract_external() if stated == ABSTRACT_EXTERNAL else possible_ranges(stated)
        if not ranges:
            st.warning("No table fits these figures: they contradict each other.")
            return
        table(
            [[_PUBLISHED[name], f"{one.low:.3f} to {one.high:.3f}"] for name, one in ranges.items()],
            ["Rate", "All that fits"],
        )
        if cases:
            fitting = possible_tables(stated, int(cases))
            st.markdown(f"{len(fitting):,} tables of {cases} cases fit.")
            frame = pd.DataFrame([vars(one) for one in fitting])
            if len(frame):
                st.dataframe(frame.head(1000), hide_index=True, height=240, width=620)
                download_table(sheet, frame, "published-tables")


def sample_size(sheet: Sheet) -> None:
    """How many cases an external validation needs."""
    reviewed, question = sheet.reviewed, sheet.reviewed.question
    _heading("How many cases does an external validation need?")
    with st.container(horizontal=True):
        width = st.number_input("Wanted width of the 95 % interval", 0.01, 0.5, 0.10, step=0.01, width=260)
        share = st.number_input(
            f"Prevalence of {question.condition} there", 0.02, 0.98, 0.28, step=0.01, width=220
        )
    found = reviewed.found[0]
    read = reviewed.reads[0]
    sizes = operating_tables.sample_size_table(found.auc.auc if found else None, read, width, share, question)
    rows = [
        [name, *("not computable" if pd.isna(count) else f"{count:,}" for count in counts)]
        for name, *counts in sizes[["expected", "cases", *question.keys]].itertuples(index=False)
    ]
    table(
        rows, ["As here", "Cases", *(words.capital(name) for name in (question.positive, question.negative))]
    )
    st.html(
        '<div class="mvm-quiet">Variance of Hanley and McNeil for the AUC, Wilson\'s width for rates.</div>'
    )
    download_table(sheet, sizes, "sample-size")
