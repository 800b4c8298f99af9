"""The parts of a review below its operating point: all readings, compared, their curves and calibration."""

from collections.abc import Sequence
from html import escape

import numpy as np
import streamlit as st

from mvm_core.cohort import MVM
from mvm_core.language import gettext, gettext_noop
from mvm_core.models.wording import signed_text
from mvm_core.review import figures, tables, words
from mvm_core.review.assessment import Agreement
from mvm_core.review.headline import calibrated
from mvm_core.review.references import AREAS
from mvm_core.review.samples import Sample, cohort_title, reading_title
from pages.components.figure import Sheet, download_table, show, table
from pages.components.operating import curves_of

_AS_IT_IS = gettext_noop("as it is")


def results(sheet: Sheet) -> None:
    """All readings at their thresholds, as in the abstract."""
    reviewed = sheet.reviewed
    st.header(gettext("All readings"), anchor=False)
    if sheet.present:
        shown = tables.areas_by_cohort(reviewed.results)
        chosen = [
            place for place, name in enumerate(shown.iloc[:, 0]) if name == reading_title(reviewed.reading)
        ]
        table(shown.to_numpy().tolist(), list(shown.columns), chosen)
        told = gettext("{told}.", told=escape(reviewed.source.label))
        st.html(f'<div class="mvm-quiet">{told}</div>')
        return
    shown = tables.results_for_people(reviewed.results, reviewed.question)
    by_rule = words.rule_title(reviewed.rule, reviewed.fitted_to, reviewed.question)
    chosen = np.flatnonzero(reviewed.results["reading"] == reviewed.reading).tolist()
    table(shown.to_numpy().tolist(), list(shown.columns), chosen, wide=True)
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
    st.header(
        gettext("{reading} against the other readings", reading=reading_title(reviewed.reading)), anchor=False
    )
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
    st.header(
        gettext("Precision, recall and published areas") if of_mvm else gettext("Precision and recall"),
        anchor=False,
    )
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
    st.header(gettext("Is the probability true?"), anchor=False)
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
                        "{cohort}, after {intercept} + {slope:.2f} × logit",
                        cohort=cohort,
                        intercept=signed_text(line.intercept, 2),
                        slope=line.slope,
                    ),
                    after,
                )
            )
    columns = [tables.calibration_rows(one) for _, one in shown]
    rows = [[name, *(column[name] for column in columns)] for name in columns[0]]
    table(rows, [gettext("Figure"), *(name for name, _ in shown)])
