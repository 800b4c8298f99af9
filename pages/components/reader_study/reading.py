"""One reading: the films, the questions, the answer that is locked, and for practice the truth."""

import time
from html import escape

import streamlit as st

from mvm_core.errors import MvmError
from mvm_core.language import gettext
from mvm_core.models.wording import probability_text
from mvm_core.reader_study.answer import NO_LEVEL, Answer
from mvm_core.reader_study.lists import PRACTICE, Reading
from mvm_core.reader_study.plan import AIDED, LEVEL, MODALITY_TITLES, MRI, SIGN, StudyPlan
from mvm_core.reader_study.store import Store
from mvm_core.spine import LEVELS
from pages.components.frame import tell
from pages.components.reader_study.clock import so_far, watch
from pages.components.reader_study.films import Advice, advice_on, show_case_films
from pages.components.reader_study.setting import UnderWay, keep_under_way, leave, sitting, under_way

_FEEDBACK = "study-feedback"
_PLACED = "study-placed"


def read_on(plan: StudyPlan, store: Store) -> None:
    """Show what the reader reads next, or that all is read, or from when on there is more."""
    own = sitting()
    if own is None:
        return
    feedback = st.session_state.get(_FEEDBACK)
    if feedback is not None:
        _tell_truth(plan, *feedback)
        return
    reading = store.next_reading(own.reader)
    if reading is None:
        st.html(f"<h1>{escape(gettext('All is read. Thank you.'))}</h1>")
        st.button(gettext("Leave"), on_click=leave, args=(store,))
        return
    ready = store.ready_at(reading, own.reader)
    if ready > time.time():
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(ready))
        st.html(f"<h1>{escape(gettext('The second part begins on {when}.', when=when))}</h1>")
        st.button(gettext("Leave"), on_click=leave, args=(store,))
        return
    shown = under_way()
    if shown is None or shown.reading != reading:
        shown = UnderWay(reading, store.show(own, reading), time.time())
        keep_under_way(shown)
    _show(plan, store, shown)


def _show(plan: StudyPlan, store: Store, shown: UnderWay) -> None:
    reading = shown.reading
    own = sitting()
    if own is None:
        return
    advice = advice_on(plan, reading.case_id) if reading.modality == AIDED else None
    name = f"study-{plan.fingerprint[:8]}-{own.reader}-{reading.place}"
    store.tick(own, reading, so_far(shown))
    _head(plan, store, reading, own.reader)
    films, asked = st.columns([3, 1], gap="medium")
    with asked:
        _ask(plan, store, shown, advice)
    with films:
        if so_far(shown).seconds > plan.longest_s:
            st.info(gettext("The time for this case is over; answer by what you have seen."))
        else:
            show_case_films(plan, reading.case_id, name, advice)
    watch(name)


def _head(plan: StudyPlan, store: Store, reading: Reading, reader: str) -> None:
    own = store.lists[reader]
    place = (
        gettext("Practice")
        if reading.part == PRACTICE
        else gettext("Reading {number} of {count}", number=reading.place + 1, count=len(own))
    )
    simulated = f" · {gettext('Simulated films')}" if plan.simulated else ""
    st.html(
        f"<h1>{escape(place)}</h1><div class='mvm-quiet'>{escape(plan.title)} · "
        f"{escape(gettext(MODALITY_TITLES[reading.modality]))} · {escape(reader)}{escape(simulated)}</div>"
    )


def _ask(plan: StudyPlan, store: Store, shown: UnderWay, advice: Advice | None) -> None:
    place = shown.reading.place
    if advice is not None:
        said = probability_text(advice.result.probability)
        st.html(
            f"<div class='mvm-told' role='status'><b>{escape(gettext('The model'))}</b>: "
            f"{escape(gettext('MVM {said}, {zone}', said=said, zone=advice.result.zone.said))}</div>"
        )
    if LEVEL in plan.questions:
        levels = [NO_LEVEL, *LEVELS[:-1]]
        st.selectbox(
            gettext("Level in question"), levels, key=f"study-level-{place}",
            format_func=lambda name: name or gettext("none"),
        )  # fmt: skip
    percent = st.slider(
        gettext("From surely benign fracture (0) to surely metastasis (100)"),
        0,
        100,
        50,
        key=f"study-mvm-{place}",
    )
    moved = st.session_state.get(_PLACED) == place
    if percent != 50:
        st.session_state[_PLACED], moved = place, True
    if not moved:
        moved = st.checkbox(gettext("50 is my answer"), key=f"study-fifty-{place}")
    for name, question in ((SIGN, gettext("Sign of metastasis seen")), (MRI, gettext("I would order MRI"))):
        if name in plan.questions:
            st.radio(
                question, [True, False], index=None, horizontal=True, key=f"study-{name}-{place}",
                format_func=lambda yes: gettext("yes") if yes else gettext("no"),
            )  # fmt: skip
    open_ = any(
        name in plan.questions and st.session_state.get(f"study-{name}-{place}") is None
        for name in (SIGN, MRI)
    )
    st.button(
        gettext("Lock the answer"),
        type="primary",
        width="stretch",
        disabled=open_ or not moved,
        key=f"study-give-{place}",
        on_click=_give,
        args=(plan, store, shown, advice),
    )
    st.html(f"<div class='mvm-quiet'>{escape(gettext('A locked answer cannot be changed.'))}</div>")
    if (error := st.session_state.pop("study-error", None)) is not None:
        tell(error)
    st.button(gettext("Interrupt and leave"), on_click=leave, args=(store,), key=f"study-leave-{place}")


def _give(plan: StudyPlan, store: Store, shown: UnderWay, advice: Advice | None) -> None:
    place, reading, own = shown.reading.place, shown.reading, sitting()
    if own is None:
        return
    answer = Answer(
        float(st.session_state.get(f"study-mvm-{place}", 50)),
        st.session_state.get(f"study-level-{place}", NO_LEVEL) if LEVEL in plan.questions else None,
        st.session_state.get(f"study-sign-{place}") if SIGN in plan.questions else None,
        st.session_state.get(f"study-mri-{place}") if MRI in plan.questions else None,
    )
    try:
        store.give(own, reading, answer, so_far(shown), advice.result.probability if advice else None)
    except MvmError as error:
        st.session_state["study-error"] = error
        return
    keep_under_way(None)
    last = reading.modality == AIDED or not _comes_again(store, own.reader, reading)
    if reading.part == PRACTICE and last:
        st.session_state[_FEEDBACK] = (reading, answer)


def _comes_again(store: Store, reader: str, reading: Reading) -> bool:
    """Whether the same case of practice is read once more, so that its truth waits."""
    return any(
        each.case_id == reading.case_id and each.place > reading.place and each.part == PRACTICE
        for each in store.lists[reader]
    )


def _tell_truth(plan: StudyPlan, reading: Reading, answer: Answer) -> None:
    case = plan.case(reading.case_id)
    truth = gettext("metastasis") if case.case.label == "mvm" else gettext("benign fracture")
    told = gettext(
        "It was a {truth} at {levels}. You said {percent:.0f} % metastasis.",
        truth=truth,
        levels=", ".join(case.true_levels) or "?",
        percent=answer.probability,
    )
    st.html(f"<h1>{escape(gettext('Practice'))}</h1><p>{escape(told)}</p>")
    st.button(gettext("Go on"), type="primary", on_click=lambda: st.session_state.pop(_FEEDBACK, None))
    show_case_films(plan, reading.case_id, f"study-truth-{reading.place}", advice_on(plan, reading.case_id))
