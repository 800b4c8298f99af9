"""The parts of a review on its use: whether acting on it is worth it, and for whom it works."""

import numpy as np
import streamlit as st

from mvm_core.language import gettext
from mvm_core.review import figures, tables, words
from mvm_core.review.assessment import decide, subgroups
from pages.components.figure import Sheet, download_table, show, table


def decision(sheet: Sheet) -> None:
    """Is acting on it worth it, here and at another prevalence."""
    reviewed = sheet.reviewed
    st.header(gettext("Is acting on the reading worth it?"), anchor=False)
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
    st.header(gettext("For whom?"), anchor=False)
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
