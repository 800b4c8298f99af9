"""What the organiser sees: who is where, and at the end the answers."""

import time
from html import escape

import pandas as pd
import streamlit as st

from mvm_core.language import gettext
from mvm_core.provenance import Provenance, with_head
from mvm_core.reader_study.export import answers_table, everything_table
from mvm_core.reader_study.faults import faults
from mvm_core.reader_study.plan import StudyPlan
from mvm_core.reader_study.progress import progress
from mvm_core.reader_study.store import Store
from pages.components.frame import plain, shared_weights
from pages.components.reader_study.setting import leave

_EVERY_S = 5.0


def look_on(plan: StudyPlan, store: Store) -> None:
    """Show how far each reader is, nothing of what anybody said; answers to take away once all are done."""
    st.html(f"<h1>{escape(plan.title)}</h1><div class='mvm-quiet'>{escape(plan.design.said)}</div>")
    _table(store)
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
    done = all(each.finished for each in progress(store, time.time()))
    if done:
        given = store.answers()
        for name, table in (
            ("answers", answers_table(plan, given)),
            ("everything", everything_table(plan, given)),
        ):
            st.download_button(
                f"{name}.csv", _with_head(plan, table), f"{name}.csv", "text/csv", on_click="ignore"
            )
        st.html(
            "<div class='mvm-quiet'>"
            + escape(
                gettext("python -m mvm_core validate-readers answers.csv --html report.html analyses them.")
            )
            + "</div>"
        )
    else:
        st.html(
            f"<div class='mvm-quiet'>{escape(gettext('Answers can be taken away once all are done.'))}</div>"
        )
    st.button(gettext("Leave"), on_click=leave, args=(store,))


def _with_head(plan: StudyPlan, table: pd.DataFrame) -> str:
    weights = shared_weights()
    films = "simulated films" if plan.simulated else "films of patients"
    cohort = f"{plan.title}: {films}; study {plan.fingerprint[:12]}"
    origin = Provenance(weights.notice, weights.identity, cohort=cohort)
    return with_head(table.to_csv(index=False), origin.lines())


def _when(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))


@st.fragment(run_every=_EVERY_S)
def _table(store: Store) -> None:
    now = time.time()
    rows = [
        {
            gettext("Reader"): each.reader,
            gettext("Group"): each.group + 1,
            gettext("Read"): sum(each.done.values()),
            gettext("Of"): sum(each.readings.values()),
            gettext("Reads now"): gettext("yes") if each.sits else gettext("no"),
            gettext("Last seen"): _when(each.seen_at) if each.seen_at else "",
        }
        for each in progress(store, now)
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True)
