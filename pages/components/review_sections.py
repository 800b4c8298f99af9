"""The parts of a review below its operating point, each with its table and its figure."""

from collections.abc import Sequence
from html import escape

import numpy as np
import pandas as pd
import streamlit as st

from mvm_core.cohort import MVM
from mvm_core.language import gettext, gettext_noop
from mvm_core.review import figures, operating_tables, tables, words
from mvm_core.review.assessment import Agreement, decide, subgroups
from mvm_core.review.headline import calibrated
from mvm_core.review.references import ABSTRACT, ABSTRACT_EXTERNAL, AREAS, abstract_external
from mvm_core.review.samples import Sample, cohort_title, reading_title
from mvm_core.validation.metrics import METRICS
from mvm_core.validation.published import RATES, possible_ranges, possible_tables
from pages.components.figure import Sheet, download_table, show, table
from pages.components.frame import errors_told
from pages.components.operating import curves_of

_AS_IT_IS = gettext_noop("as it is")


def _published(name: str) -> str:
    return METRICS[name].column() if name in METRICS else gettext("Prevalence")


def _heading(text: str) -> None:
    st.header(text, anchor=False)


def results(sheet: Sheet) -> None:
    """All readings at their thresholds, as in the abstract."""
    reviewed = sheet.reviewed
    _heading(gettext("All readings"))
    shown = tables.results_for_people(reviewed.results, reviewed.question)
    by_rule = words.rule_title(reviewed.rule, reviewed.fitted_to, reviewed.question)
    chosen = np.flatnonzero(reviewed.results["reading"] == reviewed.reading).tolist()
    table(shown.to_numpy().tolist(), list(shown.columns), chosen)
    st.html(
        '<div class="mvm-quiet">'
        + gettext(
            "Thresholds: {by_rule}, for each reading. Rates with k/n and Wilson's 95 % interval; "
            "sign and no-sign: sensitivity among {positive} with and without a sign on the film.",
            by_rule=escape(by_rule),
            positive=reviewed.question.positive,
        )
        + "</div>"
    )
    download_table(sheet, reviewed.results, "results")


def comparisons(sheet: Sheet) -> None:
    """The chosen reading against each other one."""
    reviewed = sheet.reviewed
    if not reviewed.comparisons:
        return
    _heading(gettext("{reading} against the other readings", reading=reading_title(reviewed.reading)))
    found = tables.comparisons_table(reviewed)
    shown = tables.comparisons_for_people(found)
    table(shown.to_numpy().tolist(), list(shown.columns), name=gettext("Figures of this section"))
    st.html(
        '<div class="mvm-quiet">'
        + gettext(
            "{title}, each pair over the cases that have both readings. Areas by paired DeLong, "
            "shares read rightly at the thresholds by McNemar; p-values by Holm over the rows.",
            title=escape(words.capital(reviewed.first.title)),
        )
        + "</div>"
    )
    download_table(sheet, found, "comparisons")


def curves(sheet: Sheet) -> None:
    """Precision-recall curves and areas beside published ones."""
    reviewed = sheet.reviewed
    drawn = curves_of(reviewed)
    if not drawn:
        st.info(gettext("All cases are of one class: there are no curves."))
        return
    of_mvm = reviewed.question is MVM
    _heading(gettext("Precision, recall and published areas") if of_mvm else gettext("Precision and recall"))
    look = sheet.look
    with st.container(horizontal=True, gap="large"):
        show(
            sheet,
            figures.precision_recall(drawn, look),
            "precision-recall",
            gettext("Precision over recall: ")
            + ", ".join(
                gettext(
                    "{curve} average precision {average_precision:.3f}",
                    curve=one.name,
                    average_precision=one.found.precision_recall.average_precision,
                )
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
                gettext(
                    "Areas of this review beside {areas} published ones of other material, 0.54 to 0.86.",
                    areas=len(AREAS),
                ),
                gettext(
                    "Published areas are of other films, other patients and other questions: they are no "
                    "test."
                ),
            )
    partial = tables.areas_table(reviewed)
    shown = tables.areas_for_people(partial, reviewed.question)
    table(shown.to_numpy().tolist(), list(shown.columns), name=gettext("Figures of this section"))
    if of_mvm:
        sources = dict.fromkeys(reference.source for reference in AREAS)
        st.html(
            '<div class="mvm-quiet">'
            + gettext("Published: {sources}.", sources=escape("; ".join(sources)))
            + "</div>"
        )
    download_table(sheet, partial, "areas")


def calibration(sheet: Sheet) -> None:
    """Is the probability true."""
    reviewed = sheet.reviewed
    _heading(gettext("Is the probability true?"))
    known = [
        (one, found)
        for one, found in zip(reviewed.samples, reviewed.agreements, strict=True)
        if found is not None
    ]
    if not known:
        st.info(
            gettext("Scores that are no probabilities, or cases of one class: calibration is not computable.")
        )
        return
    names = [_AS_IT_IS, *known[0][1].recalibrated]
    preview = st.segmented_control(
        gettext("Preview of recalibration"),
        names,
        default=_AS_IT_IS,
        required=True,
        format_func=gettext,
        key="preview",
    )
    with st.container(horizontal=True, gap="large"):
        for place, (one, found) in enumerate(known):
            figure = figures.calibration(found, one, sheet.look, str(preview))
            alt = gettext("Calibration curve, {one}. {found}", one=one.title, found=calibrated(found))
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
            shown.append(
                (
                    gettext(
                        "{cohort}, after {intercept:+.2f} + {slope:.2f} × logit",
                        cohort=cohort,
                        intercept=line.intercept,
                        slope=line.slope,
                    ),
                    after,
                )
            )
    columns = [tables.calibration_rows(one) for _, one in shown]
    rows = [[name, *(column[name] for column in columns)] for name in columns[0]]
    table(rows, [gettext("Figure"), *(name for name, _ in shown)])


def decision(sheet: Sheet) -> None:
    """Is acting on it worth it, here and at another prevalence."""
    reviewed = sheet.reviewed
    _heading(gettext("Is acting on the reading worth it?"))
    question = reviewed.question
    own = float(reviewed.first.positive.mean())
    stated = st.number_input(
        gettext("Prevalence of {condition} where it is to be used", condition=question.condition),
        0.01, 0.99, float(np.clip(round(own, 2), 0.01, 0.99)),
        step=0.01, key=f"prevalence-{reviewed.question.name}-{reviewed.first.cohort}", width=320,
    )  # fmt: skip
    prevalence = None if abs(stated - round(own, 2)) < 1e-9 else stated
    look = sheet.look
    found = decide(reviewed.first, prevalence)
    caption = words.caption(reviewed.first, reviewed.source)
    with st.container(horizontal=True, gap="large"):
        if found is not None:
            alt = gettext(
                "Net benefit of acting on the reading, at a prevalence of {prevalence:.2f}.",
                prevalence=found.prevalence,
            )
            show(sheet, figures.decision(found, look, reviewed.question), "decision", alt, caption)
        if reviewed.first.two_classes:
            read = reviewed.reads[0]
            lines = tables.values_over_prevalence(read)
            alt = gettext(
                "Predictive values over the prevalence of {condition}: PPV rises with it, NPV falls.",
                condition=reviewed.question.condition,
            )
            figure = figures.at_prevalences(lines, own, look, reviewed.question)
            show(
                sheet,
                figure,
                "prevalence",
                alt,
                gettext("{caption} At {threshold:.3f}.", caption=caption, threshold=read.threshold),
            )
    if reviewed.first.two_classes:
        prevalences = (own,) if prevalence is None else (own, prevalence)
        carried = tables.carried_table(reviewed.reads[0], prevalences)
        shown = tables.carried_for_people(carried)
        table(shown.to_numpy().tolist(), list(shown.columns), name=gettext("Figures of this section"))
        st.html(
            '<div class="mvm-quiet">'
            + gettext("Carried by Bayes' rule: it holds as far as both rates stay those of this cohort.")
            + "</div>"
        )
        download_table(sheet, carried, "prevalence")


def forests(sheet: Sheet) -> None:
    """For whom does it work."""
    reviewed = sheet.reviewed
    question = reviewed.question
    found = subgroups(reviewed.first, reviewed.threshold, reviewed.groups)
    _heading(gettext("For whom?"))
    overall = reviewed.found[0]
    if not found or overall is None:
        st.info(gettext("The table names no two groups of cases by sign, level, sex, age or site."))
        return
    kind = st.segmented_control(
        gettext("Subgroups by"),
        list(found),
        default=next(iter(found)),
        required=True,
        format_func=gettext,
        key="subgroups",
    )
    plot = found[str(kind)][0] if kind in found else next(iter(found.values()))[0]
    show(
        sheet,
        figures.forest_plot(str(kind), plot, overall, sheet.look, reviewed.question),
        "forest",
        gettext(
            "AUC, sensitivity and specificity by {kind}: {subgroups} groups.",
            kind=gettext(str(kind)),
            subgroups=len(plot.subgroups),
        ),
        gettext(
            "{first} Rates at {threshold:.3f}.",
            first=words.caption(reviewed.first, reviewed.source),
            threshold=reviewed.threshold,
        ),
        width=900,
    )
    st.html(
        '<div class="mvm-quiet">'
        + gettext(
            "Test for a difference: AUC {area}, sensitivity {sensitivity}, specificity {specificity}; "
            "unadjusted, and small groups show little. The area of a group of {positive} only is against all "
            "{negative} without a group.",
            area=words.p_text(plot.auc_test.p),
            sensitivity=words.p_text(plot.sensitivity_test.p),
            specificity=words.p_text(plot.specificity_test.p),
            positive=question.positive,
            negative=question.negative,
        )
        + "</div>"
    )
    frame = tables.forest_table({name: one for name, (one, _) in found.items()}, question)
    download_table(sheet, frame, "subgroups")


def published(sheet: Sheet) -> None:
    """The 2×2 table behind published figures."""
    _heading(gettext("The table behind published figures"))
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
    _heading(gettext("How many cases does an external validation need?"))
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
