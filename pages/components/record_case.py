"""One case of the record: its reading, earlier ones of the patient beside it, and what people say of it."""

from datetime import date
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from mvm_core.errors import MvmError
from mvm_core.language import gettext
from mvm_core.models.notice import notice_in_words
from mvm_core.models.registry import title_of
from mvm_core.models.wording import probability_text
from pages.access.permission import may_change
from pages.components.figure import table
from pages.components.frame import tell
from pages.components.record_beside import beside, forget_films
from pages.components.record_table import said_of, when
from pages.components.shared_record import who

if TYPE_CHECKING:
    from mvm_core.records.case import KeptCase
    from mvm_core.records.record import Record

_SEEN, _TOLD = "record_seen", "record_told"
_FIELDS = ("before", "after", "comment", "truth", "reference", "date")


def show_case(record: "Record", case: "KeptCase") -> None:
    """Show a case; that it was seen is noted once for each time that it is opened."""
    if st.session_state.get(_SEEN) != case.id:
        case = record.open_case(case.id, who())
        st.session_state[_SEEN] = case.id
    of_patient = record.cases(case.patient)
    reading, said = st.columns([3, 2], gap="large")
    with reading:
        _reading(case)
        beside(record, case, of_patient)
    with said:
        _statement(record, case)
        _deletion(record, case, len(of_patient))


def _reading(case: "KeptCase") -> None:
    where = case.level or gettext("No level")
    st.html(f'<div class="mvm-said">{escape(where)}: {escape(said_of(case))}</div>')
    told = gettext(
        "Kept {time} by {who}; weights {weights}, program {program}. {notice}",
        time=when(case), who=escape(case.who), weights=escape(case.weights), program=escape(case.program),
        notice=escape(notice_in_words(str(case.reading["notice"]))),
    )  # fmt: skip
    st.html(f'<div class="mvm-quiet">{told}</div>')
    if case.simulated:
        told = gettext("SIMULATED FILMS: this case does not count in the clinic's running validation.")
        st.html(f'<div class="mvm-quiet">{escape(told)}</div>')
    rows = [
        [title_of(name), probability_text(result["probability_mvm"]), gettext(result["zone"])]
        for name, result in case.reading["readings"].items()
    ]
    if rows:
        table(rows[:4], [gettext("Reading"), gettext("P(MVM)"), gettext("Answer")], name=gettext("Readings"))
    levels = [
        [
            each["level"] or gettext("box"),
            probability_text(each["probability_disease"]),
            gettext(each["zone"]),
        ]
        for each in case.reading["levels"]
    ]
    with st.expander(gettext("Everything that was read")):
        if len(rows) > 4:
            head = [gettext("Reading"), gettext("P(MVM)"), gettext("Answer")]
            table(rows[4:], head, name=gettext("Readings"))
        head = [gettext("Level"), gettext("P(disease)"), gettext("Answer")]
        table(levels, head, name=gettext("Levels"))
        for warning in case.reading["warnings"]:
            st.html(f'<div class="mvm-quiet">{escape(str(warning))}</div>')


def _statement(record: "Record", case: "KeptCase") -> None:
    from mvm_core.records.case import OPINIONS, REFERENCES, TRUTHS

    said, locked = case.said, not may_change()

    def pick(label: str, options: dict[str, str], now: str, key: str) -> str:
        names = list(options)
        return st.selectbox(
            label, names, index=names.index(now), disabled=locked, key=f"{key}-{case.id}",
            format_func=lambda name: gettext(options[name]), width=210,
        )  # fmt: skip

    st.header(gettext("What it turned out to be"), anchor=False)
    with st.form(f"said-{case.id}", border=False):
        # one under another where two would cut their words
        with st.container(horizontal=True):
            pick(gettext("Truth"), TRUTHS, said.truth, "truth")
            pick(gettext("By reference standard"), REFERENCES, said.reference, "reference")
            pick(gettext("Own opinion before"), OPINIONS, said.opinion_before, "before")
            pick(gettext("Own opinion after"), OPINIONS, said.opinion_after, "after")
        st.date_input(
            gettext("Date of the reference standard"),
            date.fromisoformat(said.reference_date) if said.reference_date else None,
            format="YYYY-MM-DD", disabled=locked, key=f"date-{case.id}",
        )  # fmt: skip
        st.text_area(
            gettext("Comment, without names"), said.comment, disabled=locked, key=f"comment-{case.id}"
        )
        st.form_submit_button(
            gettext("Keep"), type="primary", disabled=locked, on_click=_keep, args=(record, case.id)
        )
    told = st.session_state.pop(_TOLD, None)
    if isinstance(told, MvmError):
        tell(told)
    elif told == case.id:
        st.html('<div class="mvm-quiet" role="status">' + gettext("Kept in the record.") + "</div>")


def _keep(record: "Record", case: str) -> None:
    """Keep what the form says; where that fails keep the one sentence why."""
    from mvm_core.records.case import Statement

    if not may_change():
        return
    given = {name: st.session_state[f"{name}-{case}"] for name in _FIELDS}
    day = given["date"]
    said = Statement(
        given["before"], given["after"], given["comment"], given["truth"], given["reference"],
        day.isoformat() if isinstance(day, date) else "",
    )  # fmt: skip
    try:
        record.say(case, who(), said)
        st.session_state[_TOLD] = case
    except MvmError as error:
        st.session_state[_TOLD] = error


def _delete(record: "Record", patient: str) -> None:
    if may_change():
        try:
            record.delete_patient(patient, who())
            forget_films()
        except MvmError as error:
            st.session_state[_TOLD] = error


def _deletion(record: "Record", case: "KeptCase", count: int) -> None:
    if not may_change():
        return
    with st.expander(gettext("Delete this patient")):
        sure = st.checkbox(
            gettext(
                "Delete all {count} readings of patient {patient} for good", count=count, patient=case.patient
            ),
            key=f"sure-{case.patient}",
        )
        st.button(
            gettext("Delete"), disabled=not sure, key=f"delete-{case.patient}", on_click=_delete,
            args=(record, case.patient),
        )  # fmt: skip
