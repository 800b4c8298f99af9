"""The record as a table: filtered, sorted, a case chosen, the settled ones taken away."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from mvm_core.language import gettext, ngettext
from mvm_core.models.notice import notice_in_words
from mvm_core.models.registry import title_of
from mvm_core.provenance import Provenance, with_head
from pages.components.shared_record import who

if TYPE_CHECKING:
    from mvm_core.records.case import KeptCase
    from mvm_core.records.record import Record

_ALL, _KNOWN, _OPEN = "", "known", "open"
_CHOSEN, _LISTED = "record-case", "record_listed"
ZONES = ("MVM likely", "indeterminate", "BVF likely", "nothing seen", "not read")


def when(case: "KeptCase") -> str:
    """When a case was kept, to the minute."""
    return gettext("{time} UTC", time=case.kept_at[:16].replace("T", " "))


def said_of(case: "KeptCase") -> str:
    """The zone for people."""
    return gettext(case.zone)


def choose_case(record: "Record", cases: "Sequence[KeptCase]") -> "KeptCase | None":
    """Filter the cases, show the table, note that it was seen, and ask for one."""
    opened = "record-zone" not in st.session_state  # what the filters say is forgotten with the page
    shown = _filtered(cases)
    _note_seen(record, shown, opened)
    if not shown:
        st.info(gettext("No case fits."))
        return None
    by_id = {case.id: case for case in shown}
    picked = st.dataframe(
        _as_table(shown),
        hide_index=True,
        height=min(320, 38 + 35 * len(shown)),
        key="record-table",
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            gettext("Distance, percentile"): st.column_config.NumberColumn(format="%.0f"),
        },
    )
    rows = picked["selection"]["rows"]
    _take_asked(by_id, shown[rows[0]].id if rows and rows[0] < len(shown) else None)
    chosen = st.selectbox(
        gettext("Case"),
        list(by_id),
        format_func=lambda case: " · ".join(
            (case, when(by_id[case]), by_id[case].level or "–", said_of(by_id[case]))
        ),
        index=None,
        key=_CHOSEN,
        placeholder=gettext("Choose a row above or a case here"),
    )
    return by_id.get(chosen) if chosen else None


def _note_seen(record: "Record", shown: "Sequence[KeptCase]", opened: bool) -> None:
    """Note in the trail that cases were seen in the table: at each opening of the page, and new ones."""
    seen: set[str] = set() if opened else st.session_state.get(_LISTED, set())
    new = [case for case in shown if case.id not in seen]
    if new:
        record.note("list", who(), new)
        st.session_state[_LISTED] = seen | {case.id for case in new}


def _take_asked(by_id: "dict[str, KeptCase]", picked: str | None) -> None:
    """Open the case of the address once, or the row that was picked last."""
    asked = st.query_params.pop("case", None)
    if asked is None and picked != st.session_state.get("record-picked"):
        st.session_state["record-picked"] = picked
        asked = picked
    if asked in by_id:
        st.session_state[_CHOSEN] = asked
    elif st.session_state.get(_CHOSEN) not in by_id:
        st.session_state.pop(_CHOSEN, None)


def _filtered(cases: "Sequence[KeptCase]") -> "list[KeptCase]":
    references = {
        _ALL: gettext("with and without reference standard"),
        _OPEN: gettext("without reference standard"),
        _KNOWN: gettext("with reference standard"),
    }
    with st.container(horizontal=True, vertical_alignment="bottom"):
        reference = st.selectbox(
            gettext("Reference standard"), list(references), format_func=references.__getitem__, width=330,
            key="record-reference",
        )  # fmt: skip
        zone = st.selectbox(
            gettext("Answer"), [_ALL, *ZONES], width=200, key="record-zone",
            format_func=lambda name: gettext(name) if name else gettext("any"),
        )  # fmt: skip
        patient = st.selectbox(
            gettext("Patient"), [_ALL, *dict.fromkeys(case.patient for case in cases)], width=230,
            format_func=lambda name: name or gettext("any"), key="record-patient",
        )  # fmt: skip
        people = [_ALL, *sorted({case.who for case in cases})]
        reader = st.selectbox(
            gettext("Read by"), people, width=200, format_func=lambda name: name or gettext("any"),
            key="record-who",
        )  # fmt: skip
    return [
        case
        for case in cases
        if (not reference or (reference == _KNOWN) == bool(case.said.truth))
        and zone in (_ALL, case.zone)
        and patient in (_ALL, case.patient)
        and reader in (_ALL, case.who)
    ]


def _as_table(cases: "Sequence[KeptCase]") -> pd.DataFrame:
    from mvm_core.records.case import OPINIONS, REFERENCES, TRUTHS

    rows = [
        {
            gettext("Kept"): when(case),
            gettext("Case"): case.id,
            gettext("Patient"): case.patient,
            gettext("Level"): case.level,
            gettext("Answer"): said_of(case),
            # written out, for a number that is not there would be told as None
            gettext("P(MVM)"): "–" if case.probability is None else f"{case.probability:.3f}",
            gettext("Distance, percentile"): case.percentile,
            gettext("Before"): gettext(OPINIONS[case.said.opinion_before])
            if case.said.opinion_before
            else "",
            gettext("After"): gettext(OPINIONS[case.said.opinion_after]) if case.said.opinion_after else "",
            gettext("Truth"): gettext(TRUTHS[case.said.truth]) if case.said.truth else "",
            gettext("By"): gettext(REFERENCES[case.said.reference]) if case.said.reference else "",
            gettext("Read by"): case.who,
            gettext("Weights"): case.weights,
            gettext("Simulated"): gettext("yes") if case.simulated else None,
        }
        for case in cases
    ]
    table = pd.DataFrame(rows)
    # a column that nothing is known of only takes room
    return table.drop(columns=[name for name in table if table[name].isna().all()])


def export(record: "Record", cases: "Sequence[KeptCase]") -> None:
    """Offer the settled cases as a table of predictions, with a note of it in the trail."""
    from mvm_core.records.predictions import predictions_of, real, settled

    known = settled(real(cases))
    if not known:
        return
    origin = _origin(Path(record.name).name, known)
    st.download_button(
        gettext("Predictions (CSV)"),
        lambda: with_head(predictions_of(known).to_csv(index=False), origin.lines()).encode(),
        "record-predictions.csv",
        "text/csv",
        on_click=record.note,
        args=("export", who(), known),
    )


def _origin(name: str, known: "Sequence[KeptCase]") -> Provenance:
    """Where a table of settled cases of a record comes from."""
    readings = dict.fromkeys(reading for case in known for reading in case.reading["readings"])
    return Provenance(
        notice=" ".join(dict.fromkeys(notice_in_words(str(case.reading["notice"])) for case in known)),
        weights=", ".join(dict.fromkeys(case.weights for case in known)),
        reading=", ".join(title_of(each) for each in readings),
        cohort=ngettext(
            "clinic's record {name}, {count} case with a reference standard",
            "clinic's record {name}, {count} cases with a reference standard",
            len(known),
            name=name,
        ),
    )
