"""What the reader of a verdict should know."""

from collections.abc import Sequence
from html import escape

import streamlit as st

from mvm_core.language import gettext, gettext_noop, ngettext
from pages.components.frame import shared_weights
from pages.components.study import Study

PROVES_THE_PATH = gettext_noop(
    "Metastasis and fracture were learnt from simulated films only: this reading proves the path, "
    "not accuracy."
)
AS_IF = gettext_noop(
    "Nothing is seen on this level. What follows answers another question, metastasis or "
    "benign fracture, as if it were one of them."
)
SHOWN = 2
"""So many remarks are in sight; the others unfold."""


def remarks(study: Study) -> list[str]:
    """What should be known of these films, their vertebrae and their reading, one sentence each."""
    weights = shared_weights()
    found = [gettext(PROVES_THE_PATH)] if study.patient is None and weights.simulated else []
    found += [warning for warning in study.examination.warnings if not _is_the_verdict(study, warning)]
    return list(dict.fromkeys(found))


def notes(sentences: Sequence[str]) -> None:
    """Show remarks, a line each: the first ones in sight, the others unfolded by a click."""
    if not sentences:
        return
    lines = [f"<div>{escape(sentence)}</div>" for sentence in sentences]
    shown, folded = lines[:SHOWN], lines[SHOWN:]
    more = ""
    if folded:
        count = ngettext("{count} more remark", "{count} more remarks", len(folded))
        more = f"<details><summary>{count}</summary>{''.join(folded)}</details>"
    st.html(f'<div class="mvm-notes">{"".join(shown)}{more}</div>')


def as_if_diseased(study: Study) -> None:
    """Say of readings of a level on which nothing is seen what they are worth."""
    if study.looks_intact:
        st.html(f'<div class="mvm-quiet">{gettext(AS_IF)}</div>')


def _is_the_verdict(study: Study, warning: str) -> bool:
    """Whether a warning says again what the verdict says where no vertebra was read."""
    reasons = [
        gettext("{film}: {refused}", film=spine.film, refused=gettext(spine.refused))
        for spine in study.examination.spines.values()
        if spine.refused
    ]
    return study.reading is None and not study.examination.levels and warning.startswith(tuple(reasons))
