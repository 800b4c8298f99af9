"""Results to take away, each saying where it comes from."""

import json

import streamlit as st

from mvm_core.language import ENGLISH, gettext, language, speaking
from mvm_core.models import Reading
from mvm_core.models.lettering import can_be_drawn
from mvm_core.models.notice import notice_in_words
from mvm_core.models.overlay import render_pair
from mvm_core.models.registry import title_of
from mvm_core.models.report import reading_as_csv, reading_as_dict
from mvm_core.models.wording import HIGH_SENSITIVITY, HIGH_SPECIFICITY
from mvm_core.provenance import Provenance, with_head
from pages.components.remarks import remarks
from pages.components.study import Study


def downloads(study: Study, reading: Reading, chosen: str) -> None:
    """Offer the reading as JSON and CSV, and the films with the evidence of the chosen reading as PNG."""
    pair, origin = study.pair, origin_of(study, reading, chosen)
    level = study.examination.level_in_question or ""
    document = {
        **reading_as_dict(pair, reading),
        "concerns": [concern.as_dict() for concern in study.examination.concerns],
        "level": level,
        "provenance": origin.as_dict(),
    }
    st.download_button(
        "JSON", json.dumps(document, indent=2), "reading.json", "application/json", on_click="ignore"
    )
    bare = st.session_state.get("bare-tables", False)
    table = with_head(reading_as_csv(pair, reading), [] if bare else origin.lines())
    st.download_button("CSV", table, "reading.csv", "text/csv", on_click="ignore")
    spoken = language()
    drawn_in = spoken if can_be_drawn(spoken) else ENGLISH
    # Drawn when asked for: it takes longer than everything else on the page.
    st.download_button(
        "PNG",
        lambda: _drawn(study, reading, chosen, drawn_in),
        "reading.png",
        "image/png",
        on_click="ignore",
        help=None
        if drawn_in == spoken
        else gettext("In English: this computer has no font with Chinese letters, such as Noto Sans CJK."),
    )
    st.checkbox(
        gettext("Bare CSV"),
        key="bare-tables",
        persist_state="session",
        help=gettext("No lines above the header"),
    )


def _drawn(study: Study, reading: Reading, chosen: str, spoken: str) -> bytes:
    """The films as PNG, in the language of the page, whose run is over when the file is asked for."""
    with speaking(spoken):
        level = study.examination.level_in_question or ""
        return render_pair(
            study.pair,
            reading,
            chosen,
            origin=origin_of(study, reading, chosen),
            level=level,
            concerns=study.examination.concerns,
        )


def origin_of(study: Study, reading: Reading, chosen: str) -> Provenance:
    """What goes with a reading into every file."""
    points = reading.results[chosen].points
    films = "; ".join(film.name for film in study.pair.films.values())
    level = study.examination.level_in_question
    who = gettext("simulated patient") if study.patient is not None else gettext("films of one patient")
    return Provenance(
        notice=notice_in_words(reading.notice),
        weights=reading.weights_id,
        reading=title_of(chosen),
        cohort=f"{who}, {films}" + (gettext(", level {level}", level=level) if level else ""),
        threshold=(
            gettext(
                "BVF likely below the {lower} {low:.3f}, MVM likely from the "
                "{upper} {high:.3f} up, fitted on the tune split",
                lower=gettext(HIGH_SENSITIVITY),
                low=points.high_sensitivity,
                upper=gettext(HIGH_SPECIFICITY),
                high=points.high_specificity,
            )
        ),
        warnings=tuple(dict.fromkeys([*remarks(study), *reading.warnings])),
    )
