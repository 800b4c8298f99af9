"""One reading: the films, the questions, the answer that is locked, and for practice the truth."""

import time
from html import escape

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mvm_core.errors import MvmError, TakenOverError
from mvm_core.language import gettext
from mvm_core.reader_study.answer import Answer
from mvm_core.reader_study.faults import mend_fault, report_fault
from mvm_core.reader_study.lists import PRACTICE, Reading
from mvm_core.reader_study.plan import AIDED, MODALITY_TITLES, StudyCase, StudyPlan
from mvm_core.reader_study.store import Store
from pages.components.frame import tell
from pages.components.reader_study.clock import ASKED, FILMS, cover, so_far, watch
from pages.components.reader_study.films import show_case_films
from pages.components.reader_study.look import look_like_a_reading
from pages.components.reader_study.prepared import PreparedCase, prepare_ahead, prepared
from pages.components.reader_study.questions import (
    advice_in_words,
    advice_told,
    answer_given,
    ask,
    let_point,
    pointed_at,
    take_pick,
)
from pages.components.reader_study.setting import (
    UnderWay,
    begin_reading,
    end_reading,
    leave,
    sitting,
    under_way,
)

_FEEDBACK, _ERROR, _TAKEN, _PRESSED = "study-feedback", "study-error", "study-taken", "study-pressed"


def read_on(plan: StudyPlan, store: Store) -> None:
    """Show what the reader reads next, or that all is read, or from when on there is more.

    Raises
    ------
    TakenOverError
        If another window has taken over.
    """
    own = sitting()
    if own is None:
        return
    st.session_state.pop(_PRESSED, None)
    if (taken := st.session_state.pop(_TAKEN, None)) is not None:
        raise taken
    look_like_a_reading()
    feedback = st.session_state.get(_FEEDBACK)
    if feedback is not None:
        _tell_truth(plan, store, *feedback)
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
    case = _ready(plan, store, own.reader, reading)
    if case is None:
        return
    shown = under_way()
    if shown is None or shown.reading != reading:
        shown = begin_reading(plan, store, own, reading)
    _show(plan, store, shown, case)
    _look_ahead(plan, store, reading, own.reader)


def _ready(plan: StudyPlan, store: Store, reader: str, reading: Reading) -> PreparedCase | None:
    """The case once its films are read; where they cannot be, the organiser is told, and the reader that."""
    try:
        with st.spinner(gettext("The films are coming.")):
            case = prepared(plan, reading.case_id)
    except MvmError as error:
        report_fault(store, reading.case_id, reader, str(error))
        st.info(
            gettext(
                "The next case cannot be shown at this moment. The organiser has been told; your answers so "
                "far are safe."
            )
        )
        with st.container(horizontal=True):
            st.button(gettext("Try again"))
            st.button(gettext("Leave"), on_click=leave, args=(store,))
        return None
    mend_fault(store, reading.case_id)
    return case


def _look_ahead(plan: StudyPlan, store: Store, reading: Reading, reader: str) -> None:
    """Have the case that comes after this one made ready while this one is read."""
    for later in store.lists[reader][reading.place + 1 :]:
        if later.case_id != reading.case_id:
            prepare_ahead(plan, later.case_id)
            return


def _show(plan: StudyPlan, store: Store, shown: UnderWay, case: PreparedCase) -> None:
    reading, own = shown.reading, sitting()
    if own is None:
        return
    place = reading.place
    advice = case.advice if reading.modality == AIDED else None
    cover(shown.name)
    with st.container(key="study-head", horizontal=True, vertical_alignment="center"):
        _head(plan, store, reading)
        _keep_time(plan, store, shown)
    films, asked = _side_by_side()
    with asked, st.container(key=ASKED):
        if advice is not None:
            advice_told(advice)
        whole = ask(plan, place)
        st.button(
            gettext("Lock the answer"),
            type="primary",
            width="stretch",
            disabled=not whole,
            key=_lock_key(place),
            on_click=_give,
            args=(plan, store, shown, case),
        )
        st.html(f"<div class='mvm-quiet'>{escape(gettext('A locked answer cannot be changed.'))}</div>")
        if (error := st.session_state.pop(_ERROR, None)) is not None:
            tell(error)
    with asked:
        st.button(gettext("Interrupt and leave"), on_click=leave, args=(store,), key=f"study-leave-{place}")
    with films, st.container(key=FILMS):
        # after its time a case is not even sent
        if so_far(shown).seconds < plan.longest_s:
            level, revision, pick = pointed_at(plan, place)
            let_point(place, shown.name)
            show_case_films(
                plan, case, shown.name, advice,
                level=level, revision=revision, pick=take_pick if pick else None,
            )  # fmt: skip


def _lock_key(place: int) -> str:
    return f"study-give-{place}"


@st.fragment
def _keep_time(plan: StudyPlan, store: Store, shown: UnderWay) -> None:
    """Run the clock, and keep what it tells; the rest of the page does not run for that."""
    own = sitting()
    watch(plan, shown, _lock_key(shown.reading.place))
    # The clock's word travels with a press, and the browser then asks for this part of the page alone.
    if own is None or st.session_state.get(_PRESSED):
        st.rerun()
    try:
        store.tick(own, shown.reading, so_far(shown))
    except TakenOverError as error:
        st.session_state[_TAKEN] = error
        st.rerun()


def _side_by_side() -> list[DeltaGenerator]:
    """Where films hang, and where it is asked and told."""
    with st.container(key="study-arena"):
        return st.columns([3, 1], gap="medium")


def _head(plan: StudyPlan, store: Store, reading: Reading) -> None:
    """Where in the list a reader is; practice counts by itself."""
    own = sitting()
    if own is None:
        return
    reader = own.reader
    practice = reading.part == PRACTICE
    alike = [each for each in store.lists[reader] if (each.part == PRACTICE) == practice]
    at = {"number": alike.index(reading) + 1, "count": len(alike)}
    place = (
        gettext("Practice {number} of {count}", **at)
        if practice
        else gettext("Reading {number} of {count}", **at)
    )
    simulated = f" · {gettext('Simulated films')}" if plan.simulated else ""
    st.html(
        f"<h1>{escape(place)}</h1><div class='mvm-quiet'>{escape(plan.title)} · "
        f"{escape(gettext(MODALITY_TITLES[reading.modality]))} · {escape(reader)}{escape(simulated)}</div>"
    )


def _give(plan: StudyPlan, store: Store, shown: UnderWay, case: PreparedCase) -> None:
    reading, own = shown.reading, sitting()
    if own is None:
        return
    st.session_state[_PRESSED] = True
    advice = case.advice.result.probability if reading.modality == AIDED else None
    try:
        answer = answer_given(plan, reading.place)
        store.give(own, reading, answer, so_far(shown, pressed=True), advice)
    except MvmError as error:
        st.session_state[_ERROR] = error
        return
    end_reading()
    last = reading.modality == AIDED or not _comes_again(store, own.reader, reading)
    if reading.part == PRACTICE and last:
        st.session_state[_FEEDBACK] = (reading, answer)


def _comes_again(store: Store, reader: str, reading: Reading) -> bool:
    """Whether the same case of practice is read once more, so that its truth waits."""
    return any(
        each.case_id == reading.case_id and each.place > reading.place and each.part == PRACTICE
        for each in store.lists[reader]
    )


def _tell_truth(plan: StudyPlan, store: Store, reading: Reading, answer: Answer) -> None:
    case, shown = plan.case(reading.case_id), prepared(plan, reading.case_id)
    with st.container(key="study-head"):
        _head(plan, store, reading)
    films, told = _side_by_side()
    with told:
        st.html(
            f'<div class="mvm-told" role="status"><div class="truth">{escape(_truth(case))}</div>'
            + "".join(
                f"<div>{escape(sentence)}</div>"
                for sentence in (
                    *_said(case, answer),
                    gettext("The model: {told}.", told=advice_in_words(shown.advice)),
                )
            )
            + "</div>"
        )
        st.button(
            gettext("Go on"),
            type="primary",
            width="stretch",
            on_click=lambda: st.session_state.pop(_FEEDBACK, None),
        )
        if case.true_levels:
            st.html(f'<div class="mvm-quiet">{escape(gettext("Outlined: the levels with disease."))}</div>')
    with films:
        show_case_films(plan, shown, f"study-truth-{reading.place}", shown.advice, diseased=case.true_levels)


def _truth(case: StudyCase) -> str:
    truth = gettext("metastasis") if case.case.label == "mvm" else gettext("benign fracture")
    if not case.true_levels:
        return gettext("It was a {truth}.", truth=truth)
    return gettext("It was a {truth} at {levels}.", truth=truth, levels=gettext(", ").join(case.true_levels))


def _said(case: StudyCase, answer: Answer) -> tuple[str, ...]:
    """What the reader said of a case, its level held beside the truth."""
    said = gettext("You said {percent:.0f} % metastasis.", percent=answer.probability)
    if not answer.level or not case.true_levels:
        return (said,)
    pointed = (
        gettext("You pointed at {level}: right.", level=answer.level)
        if answer.level in case.true_levels
        else gettext("You pointed at {level}: another level.", level=answer.level)
    )
    return said, pointed
