"""The strip of levels: each level that was read from above, its probability of disease, and its zone."""

from pathlib import Path

import streamlit as st

from mvm_core.examination import Examination
from mvm_core.language import gettext
from mvm_core.models import Zone
from mvm_core.models.wording import probability_text
from pages.components.changes import pick_level
from pages.components.study import Study

KEY = "strip"

_HERE = Path(__file__).with_name("viewer")
_strip = st.components.v2.component(
    "mvm_strip",
    html='<p class="caption"></p><div class="strip" role="group"></div>',
    css=(_HERE / "strip.css").read_text(encoding="utf-8"),
    js=(_HERE / "strip.js").read_text(encoding="utf-8"),
)


def strip(study: Study) -> None:
    """Show the levels as buttons; a press makes a level the one in question on both films."""
    if study.examination.levels:
        data = {"study": study.name, "levels": rows(study.examination), "words": _words(study.examination)}
        _strip(key=KEY, data=data, on_picked_change=_take)
        sure = study.examination.names_probability
        if sure < 1:
            st.html(
                '<p class="mvm-quiet">'
                + gettext(
                    "Levels as found, {sure:.0%} sure on real films: count them before you name one.",
                    sure=sure,
                )
                + "</p>"
            )


def _words(examination: Examination) -> dict[str, str]:
    """What the browser writes by itself."""
    marks = {level.disease_point for level in examination.levels}
    return {
        "caption": gettext("Probability of disease; orange from the mark on")
        if len(marks) < 2
        else gettext(
            "Probability of disease; orange from the mark on, which differs by the films that show a level"
        ),
        "label": gettext("Levels read, from above"),
        "row": gettext("{name}: probability of disease {probability}, {zone}"),
        "chosen": gettext("{name}: probability of disease {probability}, {zone}, in question"),
        "box": gettext("box"),
    }


def rows(examination: Examination) -> list[dict[str, object]]:
    """What the strip shows of each level, from above."""
    return [
        {
            "level": level.level,
            "share": level.probability_disease,
            "probability": probability_text(level.probability_disease),
            "point": level.disease_point,
            "zone": level.zone.said,
            "diseased": level.zone is not Zone.NOTHING_SEEN,
            "chosen": level.level == examination.level_in_question,
        }
        for level in examination.levels
    ]


def _take() -> None:
    picked = (st.session_state.get(KEY) or {}).get("picked")
    # The browser's word is checked like any other input.
    if isinstance(picked, str):
        pick_level(picked)
