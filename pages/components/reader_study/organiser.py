"""What the organiser sees: who is where, and at the end the answers."""

import time
from html import escape

import pandas as pd
import streamlit as st

from mvm_core.language import gettext
from mvm_core.provenance import Provenance, with_head
from mvm_core.reader_study.closing import close, closed_at
from mvm_core.reader_study.export import answers_table, everything_table, screens_table
from mvm_core.reader_study.faults import faults
from mvm_core.reader_study.lists import PRACTICE
from mvm_core.reader_study.plan import StudyPlan
from mvm_core.reader_study.progress import ReaderProgress, progress
from mvm_core.reader_study.store import Store
from pages.components.frame import plain, shared_weights
from pages.components.reader_study.setting import leave

_EVERY_S = 5.0


def look_on(plan: StudyPlan, store: Store) -> None:
    """Show how far each reader is, nothing of what anybody said; answers to take away once all are done."""
    with st.container(key="study-progress"):
        st.html(f"<h1>{escape(plan.title)}</h1><div class='mvm-quiet'>{escape(_what(plan))}</div>")
    _table(plan, store)
    for each in faults(store):
        st.warning(
            plain(
                gettext(
                    "Case {case_id} cannot be shown, and whoever reads it next waits: {told} Met by {reader} "
                    "at {when}.",
                    case_id=each.case_id,
                    told=each.told,
                    reader=each.reader,
                    when=_when(each.met_at),
                )
            )
        )
    _end(plan, store)
    st.button(gettext("Leave"), on_click=leave, args=(store,))


def _what(plan: StudyPlan) -> str:
    return gettext(
        "{readers} readers, {cases} cases; {design}",
        readers=len(plan.readers),
        cases=len(plan.cases),
        design=plan.design.said,
    )


def _end(plan: StudyPlan, store: Store) -> None:
    """What can be taken away, or why not yet."""
    unfinished = [each.reader for each in progress(store, time.time()) if not each.finished]
    if unfinished and closed_at(store.engine) is None:
        _quiet(gettext("Answers can be taken away once all are done, or the study is closed."))
        with st.popover(gettext("Close the study")):
            st.markdown(
                plain(
                    gettext(
                        "Nobody can answer any more, and this cannot be undone. Not yet done: {names}.",
                        names=", ".join(unfinished),
                    )
                )
            )
            st.button(
                gettext("Close the study for good"),
                type="primary",
                key="study-close",
                on_click=close,
                args=(store.engine,),
            )
        return
    if unfinished:
        _quiet(
            gettext(
                "Closed. Left out of answers.csv, since they have not read all: {names}; everything.csv has "
                "what they said.",
                names=", ".join(unfinished),
            )
        )
    given = store.answers()
    whole = [each for each in given if each.reader not in unfinished]
    tables = {
        "answers": answers_table(plan, whole),
        "everything": everything_table(plan, given),
        "screens": screens_table({each.name: store.calibrations(each.name) for each in plan.readers}),
    }
    with st.container(horizontal=True):
        for name, table in tables.items():
            st.download_button(
                f"{name}.csv", _with_head(plan, table), f"{name}.csv", "text/csv", on_click="ignore"
            )
    _quiet(
        gettext(
            "The page of results analyses them, and so does: python -m mvm_core validate-readers answers.csv "
            "--html report.html"
        )
    )


def _quiet(told: str) -> None:
    st.html(f"<div class='mvm-quiet'>{escape(told)}</div>")


def _with_head(plan: StudyPlan, table: pd.DataFrame) -> str:
    weights = shared_weights()
    films = "simulated films" if plan.simulated else "films of patients"
    cohort = f"{plan.title}: {films}; study {plan.fingerprint[:12]}"
    origin = Provenance(weights.notice, weights.identity, cohort=cohort)
    return with_head(table.to_csv(index=False), origin.lines())


def _when(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))


@st.fragment(run_every=_EVERY_S)
def _table(plan: StudyPlan, store: Store) -> None:
    now = time.time()
    rows = [_row(plan, each, now) for each in progress(store, now)]
    st.dataframe(pd.DataFrame(rows), hide_index=True)


def _row(plan: StudyPlan, each: ReaderProgress, now: float) -> dict[str, object]:
    """A reader's line; practice apart, and the group where there are several."""
    row: dict[str, object] = {gettext("Reader"): each.reader}
    if plan.split_plot:
        row[gettext("Group")] = each.group + 1
    count = max(each.readings)
    for part, readings in each.readings.items():
        if part == PRACTICE:
            title = gettext("Practice")
        elif count == 1:
            title = gettext("Readings")
        else:
            title = gettext("Part {number}", number=part)
        row[title] = gettext("{done} of {count}", done=each.done[part], count=readings)
    row[gettext("Now")] = _state(each, now)
    row[gettext("Last seen")] = _when(each.seen_at) if each.seen_at else ""
    return row


def _state(each: ReaderProgress, now: float) -> str:
    if each.finished:
        return gettext("done")
    if each.sits:
        return gettext("reads")
    if each.ready_at > now:
        return gettext("may go on from {when}", when=_when(each.ready_at))
    return gettext("away") if each.seen_at else gettext("not yet come")
