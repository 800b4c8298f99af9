"""Earlier readings of a patient beside the one that is open, and the films where they are kept."""

from typing import TYPE_CHECKING

import cv2
import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mvm_core.errors import MvmError
from mvm_core.language import gettext
from mvm_core.models.wording import probability_text
from mvm_core.radiograph import View
from mvm_core.spine import LEVELS
from pages.components.figure import table
from pages.components.frame import tell
from pages.components.record_table import said_of, when
from pages.components.shared_record import who

if TYPE_CHECKING:
    from mvm_core.records.case import KeptCase
    from mvm_core.records.record import Record

_BESIDE, _FILMS = "record_beside", "record_films"
_HIGHEST = 900
"""Rows of a film as it is shown here, in pixels."""

_NOTHING = "–"


def beside(record: "Record", case: "KeptCase", of_patient: "tuple[KeptCase, ...]") -> None:
    """Show all readings of the patient, the newest first, this one marked; set one beside it; show films."""
    other = None
    if len(of_patient) < 2:
        st.html('<div class="mvm-quiet">' + gettext("No other reading of this patient is kept.") + "</div>")
    else:
        st.header(gettext("All readings of this patient"), anchor=False)
        _table(case, of_patient)
        other = _asked(record, case, of_patient)
    if other is not None:
        _level_by_level(case, other)
    for each in (case, *([other] if other is not None else [])):
        _films(record, each)


def forget_films() -> None:
    """Let no film stay in the session's memory."""
    st.session_state.pop(_FILMS, None)


def _table(case: "KeptCase", of_patient: "tuple[KeptCase, ...]") -> None:
    from mvm_core.records.case import TRUTHS

    head = [gettext("Kept"), gettext("Level"), gettext("Answer"), gettext("P(MVM)"), gettext("Truth")]
    rows = [
        [
            when(each),
            each.level or _NOTHING,
            said_of(each),
            probability_text(each.probability) if each.probability is not None else _NOTHING,
            gettext(TRUTHS[each.said.truth]),
        ]
        for each in of_patient
    ]
    chosen = [at for at, each in enumerate(of_patient) if each.id == case.id]
    table(rows, head, chosen, name=gettext("All readings of this patient"))


def _asked(record: "Record", case: "KeptCase", of_patient: "tuple[KeptCase, ...]") -> "KeptCase | None":
    """The reading to set beside, with an entry in the trail that it was seen."""
    others = {each.id: each for each in of_patient if each.id != case.id}
    chosen = st.selectbox(
        gettext("Set beside"),
        list(others),
        index=None,
        format_func=lambda name: (
            f"{when(others[name])} · {others[name].level or _NOTHING} · {said_of(others[name])}"
        ),
        key=f"beside-{case.id}",
        placeholder=gettext("Choose another reading of this patient"),
    )
    if chosen not in others:
        st.session_state.pop(_BESIDE, None)
        return None
    if st.session_state.get(_BESIDE) != (case.id, chosen):
        record.open_case(chosen, who())
        st.session_state[_BESIDE] = case.id, chosen
    return others[chosen]


def _level_by_level(case: "KeptCase", other: "KeptCase") -> None:
    both = [{each["level"]: each for each in one.reading["levels"]} for one in (case, other)]
    names = sorted(
        both[0].keys() | both[1].keys(),
        key=lambda name: LEVELS.index(name) if name in LEVELS else len(LEVELS),
    )
    rows = [
        [name or gettext("box"), *(text for one in both for text in _said(one.get(name)))] for name in names
    ]
    head = [gettext("Level")]
    for one in (case, other):
        head += [f"{when(one)}: {gettext('P(disease)')}", gettext("Answer")]
    table(rows, head, name=gettext("Level by level"))


def _said(level: dict | None) -> tuple[str, str]:
    if level is None:
        return _NOTHING, _NOTHING
    return probability_text(level["probability_disease"]), gettext(level["zone"])


def _films(record: "Record", case: "KeptCase") -> None:
    try:
        shown = _pictures(record, case.id)
    except MvmError as error:
        tell(error)
        return
    if not shown:
        return
    with st.expander(gettext("Films kept {time}", time=when(case)), expanded=True):
        for place, (view, picture) in zip(st.columns(2), shown.items(), strict=False):
            told = gettext("{view} film", view=View(view).label)
            place.image(picture, caption=told, alt=f"{told}, {when(case)}")


def _pictures(record: "Record", case: str) -> dict[str, NDArray[np.uint8]]:
    """Films as they are shown; those of the last cases that were open stay in the session."""
    found: dict[str, dict[str, NDArray[np.uint8]]] = st.session_state.setdefault(_FILMS, {})
    if case not in found:
        while len(found) > 1:
            found.pop(next(iter(found)))
        found[case] = {view: _small(film) for view, film in record.films_of(case).items()}
    return found[case]


def _small(film: NDArray[np.float32]) -> NDArray[np.uint8]:
    scale = min(1.0, _HIGHEST / film.shape[0])
    size = max(1, round(film.shape[1] * scale)), max(1, round(film.shape[0] * scale))
    return np.rint(cv2.resize(film, size, interpolation=cv2.INTER_AREA) * 255).astype(np.uint8)
